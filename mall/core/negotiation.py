"""What an endpoint answers in: JSON, which is all the shop speaks."""

from rest_framework.negotiation import DefaultContentNegotiation

ANYTHING = "*/*"


class JsonNegotiation(DefaultContentNegotiation):
    """REST framework's, without reading on where a client takes JSON as it takes anything."""

    def select_renderer(self, request, renderers, format_suffix=None):
        """See REST framework. Raises: NotAcceptable, Http404."""
        told, first = request.META, renderers[0]
        is_odd = format_suffix or told.get("QUERY_STRING")
        if not is_odd and told.get("HTTP_ACCEPT", ANYTHING) in (ANYTHING, first.media_type):
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)

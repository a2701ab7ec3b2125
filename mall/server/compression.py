"""Pages are sent compressed where no server stands in front that does it (ops/nginx)."""

from django.middleware.gzip import GZipMiddleware

KINDS = ("text/html", "text/csv", "application/json")  # ops/nginx/mall.conf.template says the same


class PageCompressionMiddleware(GZipMiddleware):
    """Compress what is written; pictures are small already. Django adds random bytes, so that the
    length of a page tells nothing of what is in it.
    """

    def process_response(self, request, response):
        if not response.get("Content-Type", "").startswith(KINDS):
            return response
        return super().process_response(request, response)

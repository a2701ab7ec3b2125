"""How bodies of the API are read. Apart from mall.core.api, because DRF loads parsers while it
loads its views.
"""

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JsonBody(JSONParser):
    """JSON as an app sends it; brackets nested until Python gives up are a bad request, not a
    fault.
    """

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError from error

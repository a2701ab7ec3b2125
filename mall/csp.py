"""The Content-Security-Policy: strict everywhere, looser only where somebody else's pages need
it.
"""

from functools import cache

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy

# Where an address begins, and what is in it. Unfold's admin evaluates Alpine expressions and writes
# style attributes; Swagger UI styles inline; the bridge of WeChat's browser, by which one pays in
# there, speaks through frames (weixin://dispatch_message, weixin://private/setresult).
LOOSER = {
    ("/admin/", ""): {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]},
    ("/api/docs/", ""): {"style-src": ["'unsafe-inline'"]},
    ("/orders/", "/pay/"): {"frame-src": ["weixin:"]},
}


class PolicyMiddleware(CSPMiddleware):
    """Send the policy of CONTENT_SECURITY_POLICY, with the additions of LOOSER for their
    addresses.
    """

    def process_request(self, request):
        """No page of ours asks for a nonce."""

    def process_response(self, request, response):
        path = request.path_info
        place = next((one for one in LOOSER if path.startswith(one[0]) and one[1] in path), None)
        response.headers.setdefault(HEADER, _policy_of(place))
        return response


@cache
def _policy_of(place):
    """Return the header's words, which take longer to write than many an answer."""
    return build_policy(update=LOOSER.get(place))

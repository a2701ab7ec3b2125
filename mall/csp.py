"""The Content-Security-Policy: strict everywhere, looser only where somebody else's pages need
it.
"""

from csp.middleware import CSPMiddleware

# Unfold's admin evaluates Alpine expressions and writes style attributes; Swagger UI styles inline.
LOOSER = {
    "/admin/": {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]},
    "/api/docs/": {"style-src": ["'unsafe-inline'"]},
}


class PolicyMiddleware(CSPMiddleware):
    """Send the policy of CONTENT_SECURITY_POLICY, with the additions of LOOSER for their
    addresses.
    """

    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, additions in LOOSER.items():
            if request.path_info.startswith(prefix):
                parts.update = {**(parts.update or {}), **additions}
        return parts

"""A mini-program signs in by the app API: it has no pages (allauth asks each provider for some)."""

urlpatterns = []

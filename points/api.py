"""API of the points app."""

urlpatterns = []

"""Orders in API v1."""

urlpatterns = []

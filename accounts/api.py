"""API about the member."""

urlpatterns = []

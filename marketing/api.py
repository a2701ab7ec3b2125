"""The API of marketing: check-ins and notifications."""

urlpatterns = []

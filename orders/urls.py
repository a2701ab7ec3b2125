"""Addresses of the order pages (contract.md, "Pages")."""

app_name = "orders"
urlpatterns = []

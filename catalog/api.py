"""Categories and products for app clients."""

urlpatterns = []

"""API v1: each app lists its endpoints in ``api_urls`` of its own api.py."""

from django.urls import include, path

urlpatterns = [
    path("", include((f"{app}.api", f"{app}-api")))
    for app in ("orders", "points", "catalog", "marketing", "accounts")  # the most asked first
]
urlpatterns += [path("", include("mall.face.api")), path("", include("mall.reports.api"))]

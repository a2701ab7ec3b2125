"""Where the shop's own pages and the files made of its face stand."""

from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from mall.core.models.face import ShopPage
from mall.face import views

urlpatterns = [
    *(
        path(f"{kind}/", login_not_required(partial(views.page, kind=kind)), name=kind)
        for kind in ShopPage.Kind.values
    ),
    path("face.css", views.style, name="style"),
    path("icons/<str:name>", views.icon, name="icon"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("site.webmanifest", views.manifest, name="manifest"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.site_map, name="sitemap"),
]

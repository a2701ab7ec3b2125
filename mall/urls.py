"""Every address of the mall; each app owns its own urls.py and api.py."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.views import EmailView
from mall import member_page, views
from mall.monitoring import health, metrics
from mall.reports import pages
from mall.setup import views as setup_views

DOCUMENT_SECONDS = 300  # writing the document costs as much as a hundred pages

urlpatterns = [
    path("", include("mall.face.urls")),
    path("", include("marketing.urls")),
    path("", include("catalog.urls")),
    path("", include("orders.urls")),
    path("", include("points.urls")),
    path("", include("accounts.urls")),
    path("accounts/email/", EmailView.as_view(), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("admin/reports/<slug:name>/", admin.site.admin_view(pages.show), name="report"),
    path(
        "admin/members/<int:pk>/",
        admin.site.admin_view(member_page.show),
        name="member_page",
    ),
    path("admin/set-up/", admin.site.admin_view(setup_views.show), name="set_up"),
    path("admin/", admin.site.urls),
    path("setup/", setup_views.come_in, name="setup"),
    path("language/", views.set_language, name="set_language"),
    path("sw.js", views.page_worker, name="page_worker"),
    path("offline/", views.offline, name="offline"),
    path("theme/", views.set_theme, name="set_theme"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    # allauth has doors for phone numbers wherever it has some for e-mails; ours are elsewhere.
    re_path(r"^api/auth/app/v1/(account|auth)/phone", views.not_offered),
    path("api/auth/app/v1/auth/code/", include("accounts.entrance_api")),
    path("api/auth/app/v1/auth/signup", include("accounts.sign_up")),
    path("api/auth/", include("allauth.headless.urls")),
    path("api/v1/", include("mall.api_urls")),
    path(
        "api/schema/",
        login_not_required(cache_page(DOCUMENT_SECONDS)(SpectacularAPIView.as_view())),
        name="schema",
    ),
    path(
        "api/docs/",
        login_not_required(SpectacularSwaggerSplitView.as_view(url_name="schema")),
        name="docs",
    ),
    path("media/<path:path>", views.picture),
]

handler400 = "mall.views.bad_request"
handler404 = "mall.views.not_found"
handler500 = "mall.views.server_error"

"""Pages about the member; sign-in, e-mail and password pages are allauth's, under /accounts/."""

from django.urls import path

from accounts import address_views, consent_views, privacy_views, views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/profile/", views.profile, name="profile"),
    path("account/addresses/", address_views.address_list, name="addresses"),
    path("account/addresses/new/", address_views.address_new, name="address_new"),
    path("account/addresses/read/", address_views.address_read, name="address_read"),
    path("account/regions/", address_views.region_choice, name="region_choice"),
    path("account/addresses/<int:pk>/", address_views.address_edit, name="address_edit"),
    path(
        "account/addresses/<int:pk>/default/", address_views.address_default, name="address_default"
    ),
    path("account/addresses/<int:pk>/delete/", address_views.address_delete, name="address_delete"),
    path("account/consent/", consent_views.show, name="consent"),
    path("account/privacy/", privacy_views.privacy, name="privacy"),
    path("account/privacy/export/", privacy_views.take_along, name="export"),
    path("account/privacy/delete/", privacy_views.delete_account, name="delete"),
]

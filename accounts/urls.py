"""Pages about the member; sign-in, e-mail and password pages are allauth's, under /accounts/."""

from django.urls import path

from accounts import address_views, consent_views, phone_views, privacy_views, views

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
    path("account/phone/", phone_views.own, name="phone"),
    path("account/phone/code/", phone_views.own_code, name="phone_code"),
    path("account/phone/again/", phone_views.own_again, name="phone_again"),
    path("account/phone/remove/", phone_views.remove, name="phone_remove"),
    path("accounts/phone/", phone_views.sign_in, name="phone_sign_in"),
    path("accounts/phone/code/", phone_views.sign_in_code, name="phone_sign_in_code"),
    path("accounts/phone/again/", phone_views.sign_in_again, name="phone_sign_in_again"),
    path("account/consent/", consent_views.show, name="consent"),
    path("account/privacy/", privacy_views.privacy, name="privacy"),
    path("account/privacy/export/", privacy_views.take_along, name="export"),
    path("account/privacy/delete/", privacy_views.delete_account, name="delete"),
]

"""Pages about the member; sign-in, e-mail and password pages are allauth's, under /accounts/."""

from django.urls import path

from accounts import consent_views, privacy_views, views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/profile/", views.profile, name="profile"),
    path("account/addresses/", views.address_list, name="addresses"),
    path("account/addresses/new/", views.address_new, name="address_new"),
    path("account/addresses/<int:pk>/", views.address_edit, name="address_edit"),
    path("account/addresses/<int:pk>/default/", views.address_default, name="address_default"),
    path("account/addresses/<int:pk>/delete/", views.address_delete, name="address_delete"),
    path("account/consent/", consent_views.show, name="consent"),
    path("account/privacy/", privacy_views.privacy, name="privacy"),
    path("account/privacy/export/", privacy_views.take_along, name="export"),
    path("account/privacy/delete/", privacy_views.delete_account, name="delete"),
]

"""The pages of marketing: home, check-in, inbox."""

from django.urls import path

from marketing import inbox_views, mission_views, share_views, views
from marketing.recommendations import views as suggestions

app_name = "marketing"
urlpatterns = [
    path("", views.home, name="home"),
    path("checkin/", views.checkin, name="checkin"),
    path("missions/", mission_views.show, name="missions"),
    path("missions/<slug:code>/claim/", mission_views.claim, name="claim"),
    path("share/", share_views.share, name="share"),
    path("s/<str:token>/", share_views.landing, name="landing"),
    path("products/<int:product_id>/together/", suggestions.together, name="together"),
    path("inbox/", inbox_views.inbox, name="inbox"),
    path("account/notifications/", inbox_views.choose, name="preferences"),
    path("unsubscribe/<str:token>/", inbox_views.unsubscribe, name="unsubscribe"),
]

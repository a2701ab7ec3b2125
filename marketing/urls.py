"""The pages of marketing: home, check-in, inbox."""

from django.urls import path

from marketing import inbox_views, views

app_name = "marketing"
urlpatterns = [
    path("", views.home, name="home"),
    path("checkin/", views.checkin, name="checkin"),
    path("inbox/", inbox_views.inbox, name="inbox"),
    path("account/notifications/", inbox_views.choose, name="preferences"),
    path("unsubscribe/<str:token>/", inbox_views.unsubscribe, name="unsubscribe"),
]

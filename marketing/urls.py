"""The pages of marketing: home, check-in, inbox."""

from django.urls import path

from marketing import views

app_name = "marketing"
urlpatterns = [
    path("", views.home, name="home"),
    path("checkin/", views.checkin, name="checkin"),
    path("inbox/", views.inbox, name="inbox"),
]

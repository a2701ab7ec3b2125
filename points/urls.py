"""Pages of the points app."""

from django.urls import path

from points import views

app_name = "points"
urlpatterns = [path("points/", views.show_statement, name="statement")]

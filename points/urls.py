"""Pages of the points app."""

from django.urls import path

from points import views
from points.moving_in import views as moving_in_views

app_name = "points"
urlpatterns = [
    path("points/", views.show_statement, name="statement"),
    path("points/explain/", views.explain_balance, name="explain"),
    path("points/entries/<int:seq>/", views.show_entry, name="entry"),
    path("points/statement.csv", views.download_statement, name="download"),
    path("points/ways/", views.show_ways, name="ways"),
    path("points/cases/<int:pk>/appeal/", views.send_appeal, name="appeal"),
    path("welcome/<str:token>/", moving_in_views.set_password, name="moved_in"),
]

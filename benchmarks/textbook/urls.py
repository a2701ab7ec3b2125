"""The text-book's addresses."""

from django.urls import path

from benchmarks.textbook import views

urlpatterns = [
    path("items", views.Items.as_view()),
    path("items/<int:pk>", views.ItemDetail.as_view()),
    path("redemptions", views.Redemptions.as_view()),
    path("points", views.PointsLogs.as_view()),
    path("visits", views.CheckIn.as_view()),
    path("sign-in", views.SignIn.as_view()),
    path("sign-up", views.SignUp.as_view()),
]

"""Pages about the member; sign-in, e-mail and password pages are allauth's, under /accounts/."""

app_name = "accounts"
urlpatterns = []

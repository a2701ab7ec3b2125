"""Where the pages of WeChat's sign-in begin and end."""

from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns

from accounts.wechat.provider import PageProvider

urlpatterns = default_urlpatterns(PageProvider)

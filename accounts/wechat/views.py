"""The two pages of WeChat's sign-in: the one that leads there, and the one it leads back to."""

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView

from accounts.wechat.pages import PageAdapter

oauth2_login = OAuth2LoginView.adapter_view(PageAdapter)
oauth2_callback = OAuth2CallbackView.adapter_view(PageAdapter)

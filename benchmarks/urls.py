"""The mall's addresses, and the text-book's beside them."""

from django.urls import include, path

from mall.urls import handler400, handler404, handler500  # noqa: F401
from mall.urls import urlpatterns as mall_patterns

urlpatterns = [path("textbook/", include("benchmarks.textbook.urls")), *mall_patterns]

"""WSGI entry point (granian in every profile)."""

from django.core.wsgi import get_wsgi_application

from mall.profile import use_profile

use_profile()
application = get_wsgi_application()

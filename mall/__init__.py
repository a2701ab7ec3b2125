"""Points Mall: the project above its apps."""

from mall.celery import app as celery_app

__all__ = ["celery_app"]

"""The checkout policy, in the back office."""

from django.contrib import admin

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.one_row import OneRow
from orders.models import (
    CheckoutPolicy,
)


@admin.register(CheckoutPolicy)
class CheckoutPolicyAdmin(OneRow, ModelAdmin):
    """The one row of numbers checkout goes by."""

"""On the page of a product that consists of a coupon: which one it gives."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.admin import ProductAdmin
from catalog.models import Product
from mall.core.admin.table_inline import TableInline
from orders.coupons import goods
from orders.models import CouponGoods


class CouponGoodsForm(forms.ModelForm):
    """A coupon that can be sold as goods."""

    def clean_template(self):
        """What stands there may have been paused since: that keeps nobody from other edits."""
        template = self.cleaned_data["template"]
        if "template" not in self.changed_data:
            return template
        is_new = self.instance._state.adding
        if complaint := goods.complaint(template):
            raise forms.ValidationError(complaint, code="not_for_goods")
        if not is_new and goods.is_awaited(self.instance.product_id):
            raise forms.ValidationError(
                _("Somebody ordered the coupon that stands here and has not paid yet."),
                code="awaited",
            )
        return template


class CouponGoodsInline(TableInline):
    model = CouponGoods
    form = CouponGoodsForm
    extra = 1
    max_num = 1
    can_delete = False  # who has ordered it could not be given anything
    autocomplete_fields = ["template"]
    fields = ["template"]

    @staticmethod
    def fits(product) -> bool:
        """Whether a product consists of a coupon."""
        return product.kind == Product.Kind.COUPON


ProductAdmin.more_inlines.append(CouponGoodsInline)

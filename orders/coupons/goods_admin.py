"""On the page of a product that consists of a coupon: which one it gives."""

from django import forms

from catalog.admin import ProductAdmin
from catalog.models import Product
from mall.core.admin.table_inline import TableInline
from orders.coupons import goods
from orders.models import CouponGoods


class CouponGoodsForm(forms.ModelForm):
    """A coupon that can be sold as goods."""

    def clean_template(self):
        template = self.cleaned_data["template"]
        if complaint := goods.complaint(template):
            raise forms.ValidationError(complaint, code="not_for_goods")
        return template


class CouponGoodsInline(TableInline):
    model = CouponGoods
    form = CouponGoodsForm
    extra = 1
    max_num = 1
    autocomplete_fields = ["template"]
    fields = ["template"]

    @staticmethod
    def fits(product) -> bool:
        """Whether a product consists of a coupon."""
        return product.kind == Product.Kind.COUPON


ProductAdmin.more_inlines.append(CouponGoodsInline)

"""Goods and categories as the API answers them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog import facts
from catalog.models import Product
from catalog.payable import is_payable
from mall.core.api import absolute
from mall.core.shapes import Shape


class CategorySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    icon = serializers.CharField(help_text="Name of a Bootstrap icon.")
    parent = serializers.IntegerField(allow_null=True)
    depth = serializers.IntegerField()


class CategoryNameSerializer(Shape):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()


class ProductSerializer(Shape):
    """A product in a list; the prices are those of its cheapest SKU."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    summary = serializers.CharField()
    category = CategoryNameSerializer()
    kind = serializers.ChoiceField(Product.Kind.choices)
    pay_mode = serializers.ChoiceField(Product.PayMode.choices)
    points_price = serializers.IntegerField(help_text="Whole points.")
    cash_price = serializers.DecimalField(12, 2, help_text="Yuan.")
    has_choices = serializers.BooleanField(help_text="Whether there is more than one SKU.")
    price_varies = serializers.BooleanField(
        help_text="Whether its SKUs differ in price: what stands here is the lowest."
    )
    market_price = serializers.DecimalField(
        12, 2, allow_null=True, help_text="Yuan elsewhere; null where not higher, or not told."
    )
    sold = serializers.IntegerField(
        allow_null=True, help_text="Pieces sold so far, counted daily; null below ten."
    )
    image = serializers.SerializerMethodField()
    payable = serializers.SerializerMethodField(
        help_text="False: it costs yuan, and the shop takes no payments at the moment."
    )
    in_stock = serializers.BooleanField()
    affordable = serializers.BooleanField(
        help_text="Whether the caller's points are enough; false without a token."
    )
    locked_until = serializers.IntegerField(
        help_text="The tier from which on the caller may have it; 0 where nothing is in the way."
    )

    def get_payable(self, product) -> bool:
        return is_payable(product["pay_mode"])

    def get_image(self, product) -> str | None:
        return absolute(self.context["request"], product["image_url"])


class SkuSerializer(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    points_price = serializers.IntegerField(help_text="Whole points.")
    cash_price = serializers.DecimalField(12, 2, help_text="Yuan.")
    stock = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Points the caller lacks; 0 without a token.")
    usual_points_price = serializers.IntegerField(
        allow_null=True, help_text="What it costs when the price of now ends; null: the same."
    )
    usual_cash_price = serializers.DecimalField(12, 2, allow_null=True, help_text="Yuan.")
    price_until = serializers.DateTimeField(
        allow_null=True, help_text="When the price of now ends; null: not planned."
    )


class AttributeSerializer(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.CharField()


class PictureSerializer(serializers.Serializer):
    url = serializers.CharField()
    alt = serializers.CharField(help_text="What it shows; may be empty.")


class ProductDetailSerializer(ProductSerializer):
    """One product with its choices."""

    description = serializers.CharField(help_text="Sanitised HTML.")
    images = serializers.SerializerMethodField(help_text="Addresses of the further pictures.")
    pictures = serializers.SerializerMethodField(help_text="All pictures, the main one first.")
    attributes = serializers.SerializerMethodField(help_text="What it is, in this order.")
    limit_per_order = serializers.IntegerField(help_text="0 = no limit.")
    limit_per_person = serializers.IntegerField(help_text="0 = no limit.")
    limit_per_period = serializers.IntegerField(
        help_text="Pieces one person may have in each limit_period; 0 = no limit."
    )
    limit_period = serializers.ChoiceField(Product.Period.choices)
    sale_starts_at = serializers.DateTimeField(allow_null=True)
    sale_ends_at = serializers.DateTimeField(allow_null=True)
    skus = SkuSerializer(many=True)

    def get_images(self, product) -> list[str]:
        return [
            absolute(self.context["request"], picture["image_url"])
            for picture in product["pictures"]
        ]

    @extend_schema_field(PictureSerializer(many=True))
    def get_pictures(self, product) -> list[dict]:
        request = self.context["request"]
        return [
            {"url": absolute(request, picture["image_url"]), "alt": picture["alt"]}
            for picture in facts.gallery(product)
        ]

    @extend_schema_field(AttributeSerializer(many=True))
    def get_attributes(self, product) -> list[dict]:
        return [{"name": name, "value": value} for name, value in product["attributes"]]

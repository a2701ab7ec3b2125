"""API of the shop's face: who it is, what its home page shows in which order, and its own words:
help, terms, privacy policy, about.
"""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import face
from mall.core.api import absolute
from mall.core.face import colours
from mall.core.models.face import HomeBlock, ShopPage
from mall.core.shapes import Shape


class ColoursSerializer(Shape):
    """What buttons wear, as #rrggbb: each can be made out (WCAG AA) on its ground."""

    light = serializers.CharField()
    dark = serializers.CharField()


class ContactSerializer(Shape):
    """How the shop is reached; "" where it does not say."""

    email = serializers.CharField()
    phone = serializers.CharField()
    address = serializers.CharField()


class HomeBlockSerializer(Shape):
    """A part of the home page. Of ``categories`` and ``picks`` it says where they stand: what is in
    them are the categories, and the products or recommendations.
    """

    kind = serializers.ChoiceField(HomeBlock.Kind.choices)
    title = serializers.CharField(help_text='"": the usual one of its kind.')
    text = serializers.CharField()
    picture = serializers.URLField(allow_null=True)
    width = serializers.IntegerField(allow_null=True, help_text="Of the picture, in pixels.")
    height = serializers.IntegerField(allow_null=True)
    link = serializers.CharField(help_text='A path of this shop, or an https address; "": none.')


class ShopSerializer(Shape):
    """The shop in the caller's language."""

    name = serializers.CharField()
    slogan = serializers.CharField()
    description = serializers.CharField()
    logo = serializers.URLField(allow_null=True, help_text="null: it has none of its own.")
    colours = ColoursSerializer()
    contact = ContactSerializer()
    icp_number = serializers.CharField()
    icp_link = serializers.URLField(help_text="Where the number must lead to.")
    home = HomeBlockSerializer(many=True, help_text="What is shown now, in its order.")


class ShopView(APIView):
    """Who the shop is."""

    permission_classes = [AllowAny]

    @extend_schema(operation_id="shop_read", tags=["shop"], responses=ShopSerializer)
    def get(self, request):
        """Read the shop's name, logo, colours, contact, and what its home page shows."""
        shop, (blocks, _changes_at) = face.current(), face.blocks()
        told = {name: getattr(shop, name) for name in ("name", "slogan", "description", "icp_link")}
        told |= {
            "icp_number": shop.icp,
            "logo": absolute(request, shop.logo),
            "colours": {
                "light": shop.light or colours.DEFAULT["light"],
                "dark": shop.dark or colours.DEFAULT["dark"],
            },
            "contact": {"email": shop.email, "phone": shop.phone, "address": shop.address},
            "home": [_block(request, block) for block in blocks],
        }
        return Response(ShopSerializer(told).data)


def _block(request, block: face.Block) -> dict:
    told = {name: getattr(block, name) for name in ("kind", "title", "text", "link")}
    width, height = block.box or (None, None)
    return told | {"picture": absolute(request, block.picture), "width": width, "height": height}


class ShopPageSerializer(serializers.Serializer):
    """A page in the caller's language; version 0 is the text that came with the software, which has
    no body here."""

    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField(help_text="HTML with harmless tags only.")
    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField(allow_null=True)


class ShopPageView(APIView):
    """One page of the shop's own words."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="pages_read",
        tags=["shop"],
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=ShopPage.Kind.values)
        ],
        responses=ShopPageSerializer,
    )
    def get(self, request, kind):
        """Read a page: help, terms, privacy or about."""
        if kind not in ShopPage.Kind.values:
            raise Http404
        return Response(ShopPageSerializer(face.page_of(kind)).data)


urlpatterns = [
    path("shop", ShopView.as_view()),
    path("pages/<slug:kind>", ShopPageView.as_view()),
]

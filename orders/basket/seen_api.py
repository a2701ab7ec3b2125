"""What the caller looked at lately in API v1: the member's list, the same as on the pages."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import audience
from catalog.serializers import ProductSerializer
from mall.core.api import whole
from mall.core.shapes import Shape
from mall.core.strict import read
from orders.basket import seen
from orders.serializers import NothingRequest

TAGS = ["seen"]


class SeenSerializer(Shape):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ProductSerializer(many=True)
    is_off = serializers.BooleanField(help_text="The member wants nothing noted.")


class SeenListView(APIView):
    @extend_schema(operation_id="seen_list", tags=TAGS, responses=SeenSerializer)
    def get(self, request):
        """List what the caller looked at and is offered now, the newest first."""
        tier = audience.tier_of(request)
        goods = seen.goods_of(request, available=request.purse.available, tier=tier)
        told = whole(goods) | {"is_off": seen.is_off(request)}
        return Response(SeenSerializer(told, context={"request": request}).data)

    @extend_schema(operation_id="seen_clear", tags=TAGS, responses={204: None})
    def delete(self, request):
        """Forget all of it."""
        seen.forget(request.user)
        return Response(status=204)


class SeenView(APIView):
    @extend_schema(
        operation_id="seen_put", tags=TAGS, request=NothingRequest, responses={204: None}
    )
    def put(self, request, product_id):
        """Note that the caller looked at a product; nothing is noted of who wants that."""
        read(NothingRequest, request.data)
        seen.look(request.user, product_id)
        return Response(status=204)


urlpatterns = [
    path("seen", SeenListView.as_view()),
    path("seen/<int:product_id>", SeenView.as_view()),
]

"""Wishes and the goal in API v1."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import audience, storefront
from mall.core.api import absolute
from mall.core.shapes import Shape
from mall.core.strict import StrictSerializer, read
from marketing.wishes import goal
from orders.basket import wishes
from orders.serializers import YuanField
from points import event_delivery

TAGS = ["wishes"]


class WishRequest(StrictSerializer):
    goal = serializers.BooleanField(
        required=False, help_text="The one goal from now on, or no longer; else as it is."
    )


class WishSerializer(Shape):
    product = serializers.IntegerField()
    name = serializers.CharField()
    image = serializers.URLField(allow_null=True)
    points_price = serializers.IntegerField()
    cash_price = YuanField()
    in_stock = serializers.BooleanField()
    is_goal = serializers.BooleanField()


class WaySerializer(Shape):
    """A mission that pays."""

    code = serializers.CharField()
    title = serializers.CharField()
    points = serializers.IntegerField()


class GoalSerializer(Shape):
    product = serializers.IntegerField()
    name = serializers.CharField()
    missing = serializers.IntegerField(help_text="Points; 0 when it is within reach.")
    checkins = serializers.IntegerField(
        allow_null=True,
        help_text="Daily check-ins that earn them from the caller's streak of today on; null when "
        "more than a month of them.",
    )
    missions = WaySerializer(many=True)


class WishListSerializer(Shape):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = WishSerializer(many=True)
    goal = GoalSerializer(allow_null=True)


class WishListView(APIView):
    @extend_schema(operation_id="wishlist_list", tags=TAGS, responses=WishListSerializer)
    def get(self, request):
        """List what the caller wishes for and is offered now, the newest first, and how far the
        goal is.
        """
        event_delivery.hear(request.user)
        return Response(_shown(request))


class WishView(APIView):
    @extend_schema(
        operation_id="wishlist_put", tags=TAGS, request=WishRequest, responses=WishListSerializer
    )
    def put(self, request, product_id):
        """Wish for a product, and make it the goal or no longer."""
        aims = read(WishRequest, request.data).validated_data.get("goal")
        if aims:
            wishes.aim(request.user, product_id)
        else:
            wishes.wish(request.user, product_id)
        if aims is False and wishes.goal_of(request.user) == product_id:
            wishes.rest(request.user)
        return Response(_shown(request))

    @extend_schema(operation_id="wishlist_delete", tags=TAGS, responses={204: None})
    def delete(self, request, product_id):
        """Wish for it no longer."""
        wishes.forget(request.user, product_id)
        return Response(status=204)


def _shown(request) -> dict:
    goal_id, available = wishes.goal_of(request.user), request.purse.available
    goods = storefront.named(
        wishes.ids_of(request.user), available=available, tier=audience.tier_of(request)
    )
    results = [
        {
            "product": fact["id"],
            "name": fact["name"],
            "image": absolute(request, fact["image_url"]),
            "points_price": fact["points_price"],
            "cash_price": str(fact["cash_price"]),
            "in_stock": fact["in_stock"],
            "is_goal": fact["id"] == goal_id,
        }
        for fact in goods
    ]
    way = goal.to(request, goal_id) if goal_id else None
    return {
        "count": len(results),
        "next": None,
        "previous": None,
        "results": results,
        "goal": way and _goal(way),
    }


def _goal(way) -> dict:
    return {
        "product": way.product["id"],
        "name": way.product["name"],
        "missing": way.missing,
        "checkins": way.checkins,
        "missions": [
            {"code": one.code, "title": one.mission.title, "points": one.points}
            for one in way.missions
        ],
    }


urlpatterns = [
    path("wishlist", WishListView.as_view()),
    path("wishlist/<int:product_id>", WishView.as_view()),
]

"""Coupons in API v1: one's own, those for sale, and buying one with points."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import clock, repeats
from mall.core.api import REPLAYED, Cursor, key_of, listed, made, once_key, whole
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictSerializer, read
from orders.coupons import lifecycle, offers
from orders.errors import InvalidKey
from orders.models import Coupon, CouponTemplate
from orders.serializers import NothingRequest, YuanField
from points import balance, event_delivery

TAGS = ["coupons"]
SHELVES = ["usable", "used", "expired"]


class CouponCursor(Cursor):
    ordering = "-pk"


class ShelfQuery(StrictSerializer):
    state = serializers.ChoiceField(
        SHELVES, required=False, help_text="Where a coupon stands today; all when left out."
    )
    cursor = serializers.CharField(required=False, max_length=200)


class TermsSerializer(serializers.ModelSerializer):
    """What a coupon takes off, and which goods it is for."""

    amount = YuanField(help_text="Yuan off; 0.00 for percent off.")
    cap = YuanField(help_text="Yuan off at most, for percent off.")
    threshold = YuanField(help_text="From so many yuan of goods it is for.")
    text = serializers.SerializerMethodField(
        help_text="The same in a line, in the caller's language."
    )

    class Meta:
        model = CouponTemplate
        fields = ["id", "name", "kind", "amount", "percent", "cap", "threshold", "scope", "text"]

    def get_text(self, template) -> str:
        return offers.describe(template)


class CouponSerializer(serializers.ModelSerializer):
    template = TermsSerializer()
    state = serializers.ChoiceField(Coupon.State.choices, source="state_now")
    starts_at = serializers.DateTimeField(source="template.starts_at", allow_null=True)
    order = serializers.SlugRelatedField("no", read_only=True, allow_null=True)

    class Meta:
        model = Coupon
        fields = [
            "id",
            "code",
            "state",
            "source",
            "template",
            "starts_at",
            "expires_at",
            "granted_at",
            "used_at",
            "order",
        ]


class BoughtSerializer(CouponSerializer):
    points = serializers.IntegerField(source="price_points", help_text="Points it cost.")

    class Meta(CouponSerializer.Meta):
        fields = [*CouponSerializer.Meta.fields, "points"]


class OfferSerializer(TermsSerializer):
    left = serializers.IntegerField(
        allow_null=True, help_text="How many are left; null without a limit."
    )
    can_buy = serializers.BooleanField(help_text="Whether the caller may buy one, points aside.")
    affordable = serializers.BooleanField(help_text="Whether the caller's points suffice.")

    class Meta(TermsSerializer.Meta):
        fields = [
            *TermsSerializer.Meta.fields,
            "price_points",
            "starts_at",
            "ends_at",
            "valid_days",
            "left",
            "can_buy",
            "affordable",
        ]


class CouponListView(APIView):
    pagination_class = CouponCursor

    @extend_schema(
        operation_id="coupons_list",
        tags=TAGS,
        parameters=[ShelfQuery],
        responses=CouponSerializer(many=True),
    )
    def get(self, request):
        """List the caller's coupons, newest first."""
        asked = read(ShelfQuery, request.query_params).validated_data
        event_delivery.hear(request.user)
        found = offers.shelf(request.user, asked.get("state"), as_of=clock.now())
        pages = self.pagination_class()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(CouponSerializer(page, many=True).data)


class OfferListView(APIView):
    @extend_schema(
        operation_id="coupons_offers", tags=TAGS, responses=listed("CouponOffers", OfferSerializer)
    )
    def get(self, request):
        """List the coupons that can be bought with points now."""
        return Response(
            whole(
                OfferSerializer(
                    offers.for_sale(
                        request.user,
                        as_of=clock.now(),
                        available=balance.of(request.user).available,
                    ),
                    many=True,
                ).data
            )
        )


class PurchaseView(APIView):
    @extend_schema(
        operation_id="coupons_purchase",
        tags=TAGS,
        request=NothingRequest,
        responses={201: BoughtSerializer},
        parameters=[
            OpenApiParameter("template", int, OpenApiParameter.PATH),
            once_key("coupon"),
            REPLAYED,
        ],
    )
    def post(self, request, template):
        """Buy a coupon with points; the same key again answers the same coupon."""
        read(NothingRequest, request.data)
        key = key_of(request)
        if not repeats.is_key(key):
            raise InvalidKey
        template = get_object_or_404(
            CouponTemplate.objects.exclude(status=CouponTemplate.Status.DRAFT), pk=template
        )
        limit(request, "redeem", ACTIONS_PER_MEMBER, once=key)
        bought = lifecycle.purchase(request.user, template.pk, key=key)
        return made(BoughtSerializer(offers.shown(bought)).data, replayed=bought.replayed)


urlpatterns = [
    path("coupons", CouponListView.as_view()),
    path("coupons/offers", OfferListView.as_view()),
    path("coupons/<int:template>/purchase", PurchaseView.as_view()),
]

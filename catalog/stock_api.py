"""The API of the back room: stock, what came and went, and deliveries; permission-checked, through
the same verbs as the admin.
"""

import re

from django.db.models import Q
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from catalog import shelf_log, stock
from catalog.models import LEFT, MOST_RECEIVED, Sku, StockMovement
from catalog.shelf_log import LOG_END, START, Place
from catalog.staff_api import TAGS, Newest, paged
from mall.core import repeats
from mall.core.api import REPLAYED, Clerk, Cursor, key_of, made, once_key
from mall.core.strict import StrictIntegerField, StrictSerializer, read


class MayMoveStock(Clerk):
    looking, acting = "catalog.view_stock", "catalog.change_stock"


class StockSerializer(serializers.ModelSerializer):
    sku = serializers.IntegerField(source="pk")
    product = serializers.IntegerField(source="product_id")
    name = serializers.CharField(source="__str__", help_text="Product and choice.")
    quantity = serializers.IntegerField(source="pieces", help_text="Pieces left right now.")

    class Meta:
        model = Sku
        fields = ["sku", "product", "name", "is_active", "quantity"]


class MovementSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(
        allow_null=True, help_text="null for a sale: its reference names the order."
    )
    sku = serializers.IntegerField(source="sku_id")
    direction = serializers.ChoiceField(StockMovement.Direction.choices)

    class Meta:
        model = StockMovement
        fields = ["id", "sku", "direction", "delta", "reference", "actor", "note", "created_at"]


class DeliveryRequest(StrictSerializer):
    quantity = StrictIntegerField(
        min_value=-MOST_RECEIVED,
        max_value=MOST_RECEIVED,
        help_text="A delivery is positive, a correction may be negative.",
    )
    note = serializers.CharField(
        max_length=200, help_text="A delivery number, a stocktake, damage."
    )

    def validate_quantity(self, quantity):
        if not quantity:
            raise serializers.ValidationError(_("Zero pieces change nothing."), "zero")
        return quantity


class StockQuery(StrictSerializer):
    left = serializers.ChoiceField(
        list(LEFT), required=False, help_text="none: sold out; few: fewer than 10."
    )
    cursor = serializers.CharField(required=False, max_length=200)


class MovementsQuery(StrictSerializer):
    cursor = serializers.CharField(required=False, max_length=200)


class Pages(Cursor):
    """{next, previous, results} of two logs at once: a cursor names a place in both."""

    written = re.compile(r"(older|newer)-([0-9]{1,19})-([0-9]{1,19})")

    def page(self, sku, request) -> list[StockMovement]:
        """Return the movements a request asks for. Raises: NotFound for a cursor we never wrote."""
        self.base_url, self.previous, self.next = request.build_absolute_uri(), None, None
        way, place = self._asked(request.query_params.get(self.cursor_query_param))
        look = shelf_log.newer if way == "newer" else shelf_log.older
        found = look(sku, self.page_size + 1, place)
        if way == "newer":
            page = found[-self.page_size :]
            self.next, over = place, place.over(page)
            self.previous = over if len(found) > len(page) else None
        else:
            page = found[: self.page_size]
            self.next = place.under(page) if len(found) > len(page) else None
            self.previous = None if place == START else place
        return page

    def get_next_link(self):
        return self._link("older", self.next)

    def get_previous_link(self):
        return self._link("newer", self.previous)

    def _asked(self, cursor):
        if cursor is None:
            return "older", START
        asked = self.written.fullmatch(cursor)
        if asked is None:
            raise NotFound(self.invalid_cursor_message)
        return asked[1], Place(*(min(int(number), LOG_END) for number in asked.groups()[1:]))

    def _link(self, way, place):
        if place is None:
            return None
        cursor = f"{way}-{place.logged}-{place.sold}"
        return replace_query_param(self.base_url, self.cursor_query_param, cursor)


class StockList(APIView):
    permission_classes = [IsAuthenticated, MayMoveStock]
    pagination_class = Newest

    @extend_schema(
        operation_id="staff_stock_list",
        tags=TAGS,
        parameters=[StockQuery],
        responses=StockSerializer(many=True),
    )
    def get(self, request):
        """List what is left of every SKU, newest SKU first."""
        asked = read(StockQuery, request.query_params.dict()).validated_data
        found = Sku.objects.select_related("product", "stock").filter(
            LEFT.get(asked.get("left"), Q())
        )
        return paged(self, found, StockSerializer)


class Movements(APIView):
    permission_classes = [IsAuthenticated, MayMoveStock]
    pagination_class = Pages

    @extend_schema(
        operation_id="staff_stock_movements",
        tags=TAGS,
        parameters=[MovementsQuery],
        responses=MovementSerializer(many=True),
    )
    def get(self, request, sku):
        """List why a SKU's pieces changed, newest first."""
        read(MovementsQuery, request.query_params.dict())
        if not Sku.objects.filter(pk=sku).exists():
            raise Http404
        pages = self.pagination_class()
        page = pages.page(sku, request)
        return pages.get_paginated_response(MovementSerializer(page, many=True).data)

    @extend_schema(
        operation_id="staff_stock_receive",
        tags=TAGS,
        request=DeliveryRequest,
        responses={201: MovementSerializer},
        parameters=[once_key("delivery"), REPLAYED],
    )
    def post(self, request, sku):
        """Book a delivery or a correction of a SKU; the same key books once."""
        sent, key = read(DeliveryRequest, request.data).validated_data, key_of(request)
        if not repeats.is_key(key):
            raise serializers.ValidationError(
                {"Idempotency-Key": [_("Please send a key of your own with each delivery.")]}
            )
        if not Sku.objects.filter(pk=sku).exists():
            raise NotFound
        movement = stock.deliver(sku, key=key, actor=f"staff:{request.user.pk}", **sent)
        return made(MovementSerializer(movement).data, replayed=movement.replayed)


urlpatterns = [
    path("staff/stock", StockList.as_view()),
    path("staff/stock/<int:sku>/movements", Movements.as_view()),
]

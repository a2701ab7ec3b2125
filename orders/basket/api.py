"""The basket in API v1: an app client has the member's, the same as on the pages."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import absolute, listed, whole
from mall.core.strict import read
from orders import proposals
from orders.basket import again, alerts, contents, standing
from orders.basket.baskets import MemberBasket
from orders.basket.serializers import (
    AlertSerializer,
    BasketLineRequest,
    BasketSerializer,
    PutAgainSerializer,
)
from orders.basket.shelves import offered
from orders.models import Order
from orders.serializers import NothingRequest
from points import event_delivery

TAGS = ["cart"]


def shown(request, lines) -> dict:
    """Return a member's basket as it is answered."""
    stands = standing.look(request.user, lines)
    available, carriage = request.purse.available, stands.carriage
    best = proposals.of(request.user, stands.quoted, available=available, carriage=carriage)
    return {
        "lines": [_line(request, row) for row in stands.rows],
        "saved": [_line(request, row) for row in stands.saved],
        "refusal": _problem(stands.refusal),
        **standing.sums(stands),
        **(stands.quote.way() if stands.quote else {}),
        "proposed": best and best.as_dict(),
    }


def _line(request, row) -> dict:
    return {
        "sku": row.sku.pk,
        "product": row.sku.product.name,
        "product_id": row.sku.product_id,
        "sku_name": row.sku.name or "",
        "image": absolute(request, row.sku.product.image_url),
        "quantity": row.quantity,
        "unit_points": row.sku.points_price,
        "unit_cash": str(row.sku.cash_price),
        "points": row.points,
        "cash": str(row.cash),
        "left": row.left,
        "most": row.most,
        "problem": _problem(row.problem),
    }


def _problem(refusal) -> dict | None:
    return refusal and {"code": refusal.code, "detail": str(refusal)}


class BasketView(APIView):
    @extend_schema(operation_id="cart_retrieve", tags=TAGS, responses=BasketSerializer)
    def get(self, request):
        """Show the caller's basket with today's prices and stock, and what it would cost."""
        event_delivery.hear(request.user)
        return Response(shown(request, MemberBasket(request.user.pk).lines()))


class BasketLineView(APIView):
    @extend_schema(
        operation_id="cart_put", tags=TAGS, request=BasketLineRequest, responses=BasketSerializer
    )
    def put(self, request, sku):
        """Have exactly so many pieces of a SKU in the basket; the same again changes nothing."""
        sent = read(BasketLineRequest, request.data).validated_data
        basket = MemberBasket(request.user.pk)
        if sku not in basket.lines():  # what is there already may be put aside in any case
            offered(sku, request.user)
        quantity, saved = sent["quantity"], sent.get("saved")
        lines = basket.change(lambda kept: contents.put(kept, sku, quantity, is_saved=saved))
        return Response(shown(request, lines))

    @extend_schema(operation_id="cart_delete", tags=TAGS, responses={204: None})
    def delete(self, request, sku):
        """Take a SKU out of the basket; one that is not in it stays out."""
        MemberBasket(request.user.pk).change(lambda kept: contents.remove(kept, sku))
        return Response(status=204)


class PutAgainView(APIView):
    @extend_schema(
        operation_id="orders_buy_again",
        tags=TAGS,
        request=NothingRequest,
        responses=PutAgainSerializer,
    )
    def post(self, request, no):
        """Put what is still offered of an order into the basket; what finds no room to be ordered
        is saved for later.
        """
        read(NothingRequest, request.data)
        order = get_object_or_404(Order.objects.of(request.user), no=no)
        put = again.put(order)
        return Response({**shown(request, put.lines), "left_out": put.gone})


class AlertListView(APIView):
    @extend_schema(
        operation_id="stock_alerts_list", tags=TAGS, responses=listed("AlertList", AlertSerializer)
    )
    def get(self, request):
        """List the sold-out SKUs whose return the caller waits for."""
        return Response(whole([{"sku": sku} for sku in sorted(alerts.skus_of(request.user))]))


class AlertView(APIView):
    @extend_schema(
        operation_id="stock_alerts_put",
        tags=TAGS,
        request=NothingRequest,
        responses=AlertSerializer,
    )
    def put(self, request, sku):
        """Be told once when a sold-out SKU is back."""
        read(NothingRequest, request.data)
        alerts.ask(request.user, sku)
        return Response({"sku": sku})

    @extend_schema(operation_id="stock_alerts_delete", tags=TAGS, responses={204: None})
    def delete(self, request, sku):
        """Wait for it no longer."""
        alerts.withdraw(request.user, sku)
        return Response(status=204)


urlpatterns = [
    path("cart", BasketView.as_view()),
    path("cart/lines/<int:sku>", BasketLineView.as_view()),
    path("orders/<str:no>/basket", PutAgainView.as_view()),
    path("stock-alerts", AlertListView.as_view()),
    path("stock-alerts/<int:sku>", AlertView.as_view()),
]

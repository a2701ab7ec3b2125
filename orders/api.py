"""Orders in API v1: quote, place once, history, pay, cancel, confirm the receipt, and the
providers' door.
"""

from functools import partial

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import traces
from mall.core.api import REPLAYED, Cursor, key_of, once_key
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.openapi import refusal
from mall.core.own_list import OwnList
from mall.core.plain_post import PlainPost
from mall.core.shapes import bare
from mall.core.strict import read
from orders import history, lifecycle, listing_serializers, pricing, proposals
from orders.basket import api as basket_api
from orders.basket import seen_api
from orders.checkout import place_order
from orders.coupons import api as coupon_api
from orders.coupons import wallet
from orders.coupons.guesses import count_try
from orders.errors import NoSuchProvider, NoticeTooLarge
from orders.flash import api as flash_api
from orders.flash import lottery_api
from orders.freight import Destination
from orders.models import Order
from orders.payments import cash_in, enquiries, gateways
from orders.payments.messages import Payer
from orders.payments.serializers import NoticeSerializer, PaymentRequest, PaymentSerializer
from orders.quote_serializers import ProposedQuoteSerializer
from orders.refunds import api as refund_api
from orders.refusal_serializers import PRICE_CHANGED
from orders.reviews import api as review_api
from orders.serializers import (
    NothingRequest,
    OrderDetailSerializer,
    OrderRequest,
    OrderSerializer,
    QuoteRequest,
    StatusQuery,
)
from points import account_state, event_delivery

TAGS = ["orders"]


class OrderCursor(Cursor):
    ordering = "-pk"


def own(request, no) -> Order:
    """Return the caller's order; somebody else's does not exist."""
    order = history.own(request.user.pk, no)
    if order is None:
        raise Http404
    return order


def shown(request, order):
    """Return an order as it is answered, from what the verb that returned it knows."""
    return bare(OrderSerializer, {"request": request}).to_representation(order)


def _destination(request, asked) -> Destination:
    """Return where a quote goes to; an address that is named has to be there. Raises:
    AddressNeeded.
    """
    to = Destination(request.user, asked.get("address"))
    if "address" in asked:
        to.required()
    return to


class QuoteView(APIView):
    @extend_schema(
        operation_id="orders_quote",
        tags=TAGS,
        request=QuoteRequest,
        responses=ProposedQuoteSerializer,
    )
    def post(self, request):
        """Say what these lines cost now."""
        sent = read(QuoteRequest, request.data)
        asked = sent.validated_data
        count_try(request, asked.get("coupon"))
        event_delivery.hear(request.user)
        quote = pricing.quote(
            request.user,
            sent.wanted(),
            points_to_use=asked["points_to_use"],
            coupon=asked.get("coupon"),
            to=_destination(request, asked),
        )
        return Response({**quote.as_dict(), **quote.way(), **self._proposed(quote)})

    def _proposed(self, quote) -> dict:
        """Return the best the member could do with coupon and points, and the coupon that would
        take most off where none is in use.
        """
        if not quote.goods_cash:
            return {"proposed": None, "coupon_proposed": None}
        options = wallet.options(self.request.user, quote.lines)
        best = proposals.propose(
            quote.lines,
            options,
            available=self.request.purse.available,
            carriage=quote.carriage,
        )
        coupon = None if quote.coupon else wallet.propose(options)
        return {
            "proposed": best and best.as_dict(),
            "coupon_proposed": coupon and coupon.in_hand.as_dict(coupon.discount),
        }


class OrderListView(PlainPost, OwnList):
    asked = OrderRequest
    pagination_class = OrderCursor
    state = staticmethod(account_state.read)

    @extend_schema(
        operation_id="orders_list",
        tags=TAGS,
        parameters=[StatusQuery],
        responses=OrderSerializer(many=True),
    )
    def get(self, request):
        """List the caller's orders, newest first."""
        asked = read(StatusQuery, request.query_params).validated_data
        statuses = [asked["status"]] if "status" in asked else ()
        return Response(self.listed(request, statuses=statuses))

    def listed(self, request, statuses=()):
        """Return a page of them."""
        pages = self.pagination_class()
        page = pages.page_of(partial(history.page_of, request.user.pk, statuses=statuses), request)
        return pages.answer(listing_serializers.shown(page, request))

    @extend_schema(
        operation_id="orders_create",
        tags=TAGS,
        request=OrderRequest,
        responses={201: OrderSerializer, 409: PRICE_CHANGED},
        parameters=[once_key("order"), REPLAYED],
    )
    def post(self, request):
        """Place an order; the same key and body again answer the same order."""
        return super().post(request)

    def posted(self, request, sent):
        """Place an order of what was sent."""
        key, asked = key_of(request), sent.validated_data
        limit(request, "redeem", ACTIONS_PER_MEMBER, once=key)
        count_try(request, asked.get("coupon"))
        order = place_order(
            request.user,
            lines=sent.wanted(),
            key=key,
            points_to_use=asked["points_to_use"],
            coupon=asked.get("coupon"),
            address=asked.get("address"),
            expect=asked.get("expect"),
            from_basket=asked["from_basket"],
            trace=traces.of(request),
        )
        return shown(request, order), order.replayed


class OrderView(APIView):
    @extend_schema(operation_id="orders_retrieve", tags=TAGS, responses=OrderDetailSerializer)
    def get(self, request, no):
        """Show one order with its events and payments."""
        event_delivery.hear(request.user)
        found = Order.objects.of(request.user).prefetch_related(
            "lines", "payments__refunds", "shipments__lines"
        )
        order = get_object_or_404(found, no=no)
        return Response(OrderDetailSerializer(order, context={"request": request}).data)


class PaymentView(APIView):
    @extend_schema(
        operation_id="orders_pay",
        tags=TAGS,
        request=PaymentRequest,
        responses={
            201: PaymentSerializer,
            409: refusal("provider_unavailable, provider_refused: nothing was charged; try again."),
        },
    )
    def post(self, request, no):
        """Start paying an order's cash; an open payment of the same provider and way is continued,
        another one is closed.
        """
        sent = read(PaymentRequest, request.data)
        asked = sent.validated_data
        payment = cash_in.start(own(request, no), asked["provider"], asked.get("way", ""))
        enquiries.leave_others(payment)
        payer = Payer(address=request.META["REMOTE_ADDR"], openid=asked.get("openid", ""))
        told = {"request": request, "pay_with": cash_in.begin(payment, payer)}
        return Response(PaymentSerializer(payment, context=told).data, status=201)


class CancellationView(APIView):
    @extend_schema(
        operation_id="orders_cancel", tags=TAGS, request=NothingRequest, responses=OrderSerializer
    )
    def post(self, request, no):
        """Cancel an order that is not shipped yet; points, cash and goods go back."""
        read(NothingRequest, request.data)
        return Response(
            shown(request, lifecycle.cancel(own(request, no), actor=f"member:{request.user.pk}"))
        )


class ReceiptView(APIView):
    @extend_schema(
        operation_id="orders_receive", tags=TAGS, request=NothingRequest, responses=OrderSerializer
    )
    def post(self, request, no):
        """Confirm that a shipped order arrived."""
        read(NothingRequest, request.data)
        return Response(
            shown(request, lifecycle.complete(own(request, no), actor=f"member:{request.user.pk}"))
        )


class NotifyView(APIView):
    """The door of the payment providers: no token, no session, a signature over the raw body
    instead.
    """

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []

    @extend_schema(
        operation_id="payments_notify",
        tags=["payments"],
        request={
            "application/json": OpenApiTypes.OBJECT,
            "application/x-www-form-urlencoded": OpenApiTypes.OBJECT,
        },
        responses={
            200: NoticeSerializer,
            403: refusal("bad_signature: not signed by the provider, or not now."),
            413: refusal("too_large: more than 64 KiB."),
            422: refusal(
                "idempotency_conflict: this event or money was told of another payment, or "
                "otherwise."
            ),
        },
    )
    def post(self, request, provider):
        """Take in a provider's signed notice; a repeated one is answered as the first was, in the
        provider's own words.
        """
        if int(request.META.get("CONTENT_LENGTH") or 0) > cash_in.NOTICE_BYTES:
            raise NoticeTooLarge
        try:
            notice = cash_in.receive_notice(provider, request.body, request.headers)
        except NoSuchProvider:
            raise Http404 from None
        kind, text = gateways.get(provider).acknowledge(notice)
        return HttpResponse(text, content_type=kind)


urlpatterns = [
    path("orders/quote", QuoteView.as_view()),
    path("orders", OrderListView.as_view()),
    path("orders/<str:no>", OrderView.as_view()),
    path("orders/<str:no>/payments", PaymentView.as_view()),
    path("orders/<str:no>/cancellation", CancellationView.as_view()),
    path("orders/<str:no>/receipt", ReceiptView.as_view()),
    path("payments/<str:provider>/notify", NotifyView.as_view()),
    *basket_api.urlpatterns,
    *seen_api.urlpatterns,
    *coupon_api.urlpatterns,
    *review_api.urlpatterns,
    *refund_api.urlpatterns,
    *flash_api.urlpatterns,
    *lottery_api.urlpatterns,
]

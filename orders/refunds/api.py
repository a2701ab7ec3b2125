"""Refunds, parcels and codes in API v1: a member's own, and staff's side of them."""

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import REPLAYED, Clerk, Cursor, key_of, listed, made, once_key, whole
from mall.core.limits import ACTIONS_PER_MEMBER, guard, limit
from mall.core.strict import read
from orders import delivery, lifecycle
from orders.models import Order, RefundLine, RefundRequest
from orders.refunds import preview, requests
from orders.refunds.errors import InvalidRefund
from orders.refunds.serializers import (
    ApprovalRequest,
    AskedRefundSerializer,
    CodeSerializer,
    ParcelRequest,
    PasswordRequest,
    PreviewSerializer,
    RefundAskRequest,
    RefundStatusQuery,
    RejectionRequest,
)
from orders.serializers import NothingRequest, OrderSerializer

TAGS, STAFF_TAGS = ["orders"], ["staff"]
GUESSES = "5/15m"


LINES = OpenApiParameter(
    "line",
    {"type": "array", "items": {"type": "integer"}},
    description="Ids of lines; all when none is named.",
)
QUANTITIES = OpenApiParameter(
    "quantity",
    {"type": "array", "items": {"type": "integer"}},
    description="Pieces of each, in step.",
)


def _own(request, no) -> Order:
    return get_object_or_404(Order.objects.of(request.user), no=no)


def _requests():
    return RefundRequest.objects.select_related("order").prefetch_related(
        Prefetch("lines", RefundLine.objects.select_related("line"))
    )


def _shown(asked) -> dict:
    return AskedRefundSerializer(_requests().get(pk=asked.pk)).data


def _pieces(query) -> list[tuple[int, int]] | None:
    """Return the (line, pieces) a query names; None when it names none. Raises: InvalidRefund."""
    lines, quantities = query.getlist("line"), query.getlist("quantity")
    if set(query) - {"line", "quantity"} or len(lines) != len(quantities):
        raise InvalidRefund
    if not all(
        number.isascii() and number.isdigit() and len(number) <= 18
        for number in [*lines, *quantities]
    ):
        raise InvalidRefund
    return [
        (int(line), int(quantity)) for line, quantity in zip(lines, quantities, strict=True)
    ] or None


# --- a member's own ------------------------------------------------------------------
class RefundListView(APIView):
    @extend_schema(
        operation_id="refunds_list",
        tags=TAGS,
        responses=listed("RefundList", AskedRefundSerializer),
    )
    def get(self, request, no):
        """List the refund requests of an own order, newest first."""
        return Response(
            whole(
                AskedRefundSerializer(_requests().filter(order=_own(request, no)), many=True).data
            )
        )

    @extend_schema(
        operation_id="refunds_create",
        tags=TAGS,
        request=RefundAskRequest,
        responses={201: AskedRefundSerializer},
        parameters=[once_key("refund request"), REPLAYED],
    )
    def post(self, request, no):
        """Ask to refund pieces of an own order; the same key and body again answer the same
        request.
        """
        sent, key = read(RefundAskRequest, request.data), key_of(request)
        order = _own(request, no)
        limit(request, "refund", ACTIONS_PER_MEMBER, once=key)
        asked = requests.request(
            order,
            lines=sent.wanted(),
            key=key,
            actor=f"member:{request.user.pk}",
            reason=sent.validated_data["reason"],
        )
        return made(_shown(asked), replayed=asked.replayed)


class RefundPreviewView(APIView):
    @extend_schema(
        operation_id="refunds_preview",
        tags=TAGS,
        parameters=[LINES, QUANTITIES],
        responses=PreviewSerializer,
    )
    def get(self, request, no):
        """Show what refunding pieces of an own order would give back and take."""
        return Response(
            PreviewSerializer(preview.show(_own(request, no), _pieces(request.query_params))).data
        )


class WithdrawalView(APIView):
    @extend_schema(
        operation_id="refunds_withdraw",
        tags=TAGS,
        request=NothingRequest,
        responses=AskedRefundSerializer,
    )
    def post(self, request, no, number):
        """Take an own request back before it is decided."""
        read(NothingRequest, request.data)
        asked = get_object_or_404(_requests(), order=_own(request, no), number=number)
        return Response(_shown(requests.withdraw(asked, actor=f"member:{request.user.pk}")))


class CodesView(APIView):
    @extend_schema(
        operation_id="orders_codes",
        tags=TAGS,
        request=PasswordRequest,
        responses=listed("CodeList", CodeSerializer),
    )
    def post(self, request, no):
        """Show the codes of an own order, after the password; who looked is noted."""
        sent, order = read(PasswordRequest, request.data), _own(request, no)
        guard(request, "codes", GUESSES)
        keys = delivery.reveal(order, user=request.user, password=sent.validated_data["password"])
        return Response(
            whole(CodeSerializer(keys, many=True).data), headers={"Cache-Control": "no-store"}
        )


# --- staff ------------------------------------------------------------------------------
class MayDecide(Clerk):
    looking, acting = "orders.view_refundrequest", "orders.decide_refundrequest"


class MayShip(Clerk):
    acting = "orders.ship_order"


class RefundCursor(Cursor):
    ordering = "-pk"


class StaffRefundListView(APIView):
    permission_classes = [IsAuthenticated, MayDecide]
    pagination_class = RefundCursor

    @extend_schema(
        operation_id="staff_refunds_list",
        tags=STAFF_TAGS,
        parameters=[RefundStatusQuery],
        responses=AskedRefundSerializer(many=True),
    )
    def get(self, request):
        """List refund requests of all members, newest first."""
        asked = read(RefundStatusQuery, request.query_params).validated_data
        found = _requests().filter(**({"status": asked["status"]} if "status" in asked else {}))
        pages = self.pagination_class()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(AskedRefundSerializer(page, many=True).data)


class StaffRefundView(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_refunds_preview", tags=STAFF_TAGS, responses=PreviewSerializer
    )
    def get(self, request, pk):
        """Show what approving a waiting request would give back and take."""
        asked = get_object_or_404(_requests().waiting(), pk=pk)
        return Response(PreviewSerializer(preview.show_request(asked)).data)


class ApprovalView(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_refunds_approve",
        tags=STAFF_TAGS,
        request=ApprovalRequest,
        responses=AskedRefundSerializer,
    )
    def post(self, request, pk):
        """Approve a request: points, cash and goods go back."""
        sent, asked = read(ApprovalRequest, request.data), get_object_or_404(_requests(), pk=pk)
        return Response(
            _shown(requests.approve(asked, actor=f"staff:{request.user.pk}", **sent.validated_data))
        )


class RejectionView(APIView):
    permission_classes = [IsAuthenticated, MayDecide]

    @extend_schema(
        operation_id="staff_refunds_reject",
        tags=STAFF_TAGS,
        request=RejectionRequest,
        responses=AskedRefundSerializer,
    )
    def post(self, request, pk):
        """Reject a request, with the reason."""
        sent, asked = read(RejectionRequest, request.data), get_object_or_404(_requests(), pk=pk)
        return Response(
            _shown(requests.reject(asked, actor=f"staff:{request.user.pk}", **sent.validated_data))
        )


class ParcelView(APIView):
    permission_classes = [IsAuthenticated, MayShip]

    @extend_schema(
        operation_id="staff_orders_ship",
        tags=STAFF_TAGS,
        request=ParcelRequest,
        responses=OrderSerializer,
    )
    def post(self, request, no):
        """Send a paid order off, or a parcel with some of its pieces."""
        sent = read(ParcelRequest, request.data).validated_data
        order = get_object_or_404(Order, no=no)
        pieces = (
            {part["line"]: part["quantity"] for part in sent["lines"]} if "lines" in sent else None
        )
        lifecycle.ship(
            order,
            actor=f"staff:{request.user.pk}",
            carrier=sent["carrier"],
            number=sent["tracking_number"],
            pieces=pieces,
        )
        order = Order.objects.prefetch_related("lines").get(pk=order.pk)
        return Response(OrderSerializer(order, context={"request": request}).data)


urlpatterns = [
    path("orders/<str:no>/refunds", RefundListView.as_view()),
    path("orders/<str:no>/refunds/preview", RefundPreviewView.as_view()),
    path("orders/<str:no>/refunds/<int:number>/withdrawal", WithdrawalView.as_view()),
    path("orders/<str:no>/codes", CodesView.as_view()),
    path("staff/refunds", StaffRefundListView.as_view()),
    path("staff/refunds/<int:pk>", StaffRefundView.as_view()),
    path("staff/refunds/<int:pk>/approval", ApprovalView.as_view()),
    path("staff/refunds/<int:pk>/rejection", RejectionView.as_view()),
    path("staff/orders/<str:no>/shipments", ParcelView.as_view()),
]

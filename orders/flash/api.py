"""Flash redemption in API v1: the sessions now and next, and getting a piece."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import traces
from catalog.models import MAX_QUANTITY
from catalog.payable import takes_yuan
from mall.core import clock
from mall.core.api import REPLAYED, absolute, key_of, made, once_key
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from orders.flash import board, redemption
from orders.models import FlashSession, Order
from orders.pricing import LARGEST_ID
from orders.refusal_serializers import PRICE_CHANGED
from orders.serializers import ExpectRequest, OrderSerializer, YuanField

TAGS = ["flash"]
STATES = [
    board.SOON,
    board.OPEN,
    board.YOURS,
    board.SOLD_OUT,
    board.OVER,
    board.REGISTER,
    board.REGISTERED,
    board.DRAWING,
    board.WON,
    board.LOST,
]


class FlashOrderRequest(StrictSerializer):
    quantity = StrictIntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)
    address = StrictIntegerField(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text="Id; the default one when left out.",
    )
    expect = ExpectRequest(required=False)


class FlashItemSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    sku = serializers.IntegerField()
    product = serializers.IntegerField()
    name = serializers.CharField()
    sku_name = serializers.CharField()
    image = serializers.SerializerMethodField()
    points_price = serializers.IntegerField()
    cash_price = YuanField()
    usual_points = serializers.IntegerField(help_text="Points outside the session.")
    usual_cash = YuanField(help_text="Yuan outside the session.")
    payable = serializers.SerializerMethodField(
        help_text="False: it costs yuan, and the shop takes no payments at the moment."
    )
    stock = serializers.IntegerField(help_text="Pieces set aside for the session.")
    left = serializers.IntegerField(help_text="Pieces left, as a hint: only trying tells.")
    limit_per_person = serializers.IntegerField()
    had = serializers.IntegerField(help_text="Pieces the caller has; 0 for visitors.")
    state = serializers.ChoiceField(STATES)
    by_lot = serializers.BooleanField(
        help_text="True: one registers, and lots decide at the end of the session."
    )
    registered = serializers.IntegerField(help_text="Registrations that stand.")

    def get_payable(self, item) -> bool:
        return takes_yuan() or not item["cash_price"]

    def get_image(self, item) -> str | None:
        return absolute(self.context["request"], item["image_url"])


class FlashSessionSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="session.pk")
    name = serializers.CharField(source="session.name")
    starts_at = serializers.DateTimeField(source="session.starts_at")
    ends_at = serializers.DateTimeField(source="session.ends_at")
    opens_at = serializers.DateTimeField(
        help_text="When it opens for the caller: members of some tiers are let in early."
    )
    status = serializers.ChoiceField(
        [FlashSession.Status.SCHEDULED.value, FlashSession.Status.RUNNING.value]
    )
    items = FlashItemSerializer(many=True)


class FlashSerializer(serializers.Serializer):
    now = serializers.DateTimeField(help_text="The shop's time, to count down from.")
    sessions = FlashSessionSerializer(many=True)


class FlashView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="flash_list", tags=TAGS, responses=FlashSerializer)
    def get(self, request):
        """List the flash sessions that run or come next, the soonest first, five at most."""
        now = clock.now()
        member = request.user if request.user.is_authenticated else None
        shown = {"now": now, "sessions": board.sessions(member, as_of=now)}
        return Response(FlashSerializer(shown, context={"request": request}).data)


class FlashOrderView(APIView):
    @extend_schema(
        operation_id="flash_redeem",
        tags=TAGS,
        request=FlashOrderRequest,
        responses={201: OrderSerializer, 409: PRICE_CHANGED},
        parameters=[once_key("order"), REPLAYED],
    )
    def post(self, request, item):
        """Redeem pieces of a flash item; the same key and body again answer the same order.

        Refusals (409): `not_started`, `over`, `out_of_stock`, `limit_reached`,
        `insufficient_points`, `price_changed`.
        """
        wanted, key = read(FlashOrderRequest, request.data).validated_data, key_of(request)
        limit(request, "redeem", ACTIONS_PER_MEMBER, once=key)
        order = redemption.redeem(
            request.user,
            item=item,
            quantity=wanted["quantity"],
            key=key,
            address=wanted.get("address"),
            expect=wanted.get("expect"),
            trace=traces.of(request),
        )
        shown = OrderSerializer(
            Order.objects.prefetch_related("lines").get(pk=order.pk), context={"request": request}
        ).data
        return made(shown, replayed=order.replayed)


urlpatterns = [
    path("flash", FlashView.as_view()),
    path("flash/<int:item>/orders", FlashOrderView.as_view()),
]

"""Flash items that are drawn by lot in API v1: registering, withdrawing, and the proof."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from orders.errors import NoSuchFlashItem
from orders.flash import lots_proof, registration
from orders.flash.lottery_errors import NotDrawnByLot
from orders.models import Registration
from orders.pricing import LARGEST_ID

TAGS = ["flash"]


class RegistrationRequest(StrictSerializer):
    address = StrictIntegerField(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text="Id; the default one when left out.",
    )


class RegistrationSerializer(serializers.Serializer):
    item = serializers.IntegerField(source="item_id")
    number = serializers.IntegerField(help_text="The lot's number in its session.")
    state = serializers.ChoiceField(Registration.State.values)
    points = serializers.IntegerField(help_text="Points held until lots are drawn.")
    registered_at = serializers.DateTimeField()


class MyLotSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    rank = serializers.IntegerField(allow_null=True)
    won = serializers.BooleanField(allow_null=True, help_text="null until lots are drawn.")


class LotsProofSerializer(serializers.Serializer):
    item = serializers.IntegerField()
    cancelled_at = serializers.DateTimeField(
        allow_null=True, help_text="When the session was called off: no lots are drawn."
    )
    cancellation_reason = serializers.CharField(allow_blank=True)
    commitment = serializers.CharField(help_text="SHA-256 of `table`, told before it starts.")
    table = serializers.CharField(help_text="The promise as its canonical JSON text.")
    seed = serializers.CharField(allow_null=True, help_text="null until lots are drawn.")
    registered = serializers.ListField(
        child=serializers.IntegerField(), help_text="The numbers that were not withdrawn."
    )
    winners = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="The first by their lots."
    )
    mine = MyLotSerializer(allow_null=True)


class RegistrationView(APIView):
    @extend_schema(
        operation_id="flash_register",
        tags=TAGS,
        request=RegistrationRequest,
        responses={201: RegistrationSerializer},
    )
    def post(self, request, item):
        """Register for one piece that is drawn by lot, with its points held; again, the same
        registration answers.

        Refusals (409): `not_drawn_by_lot`, `not_started`, `over`, `insufficient_points`.
        """
        wanted = read(RegistrationRequest, request.data).validated_data
        limit(request, "redeem", ACTIONS_PER_MEMBER)
        made = registration.register(request.user, item=item, address=wanted.get("address"))
        return Response(RegistrationSerializer(made).data, status=201)

    @extend_schema(
        operation_id="flash_withdraw", tags=TAGS, responses={200: RegistrationSerializer}
    )
    def delete(self, request, item):
        """Withdraw while the session runs; the points are free at once."""
        return Response(RegistrationSerializer(registration.withdraw(request.user, item=item)).data)


class LotsProofView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(operation_id="flash_lots", tags=TAGS, responses=LotsProofSerializer)
    def get(self, request, item):
        """Show what the lots of an item are checked with; 404 where none are drawn."""
        member = request.user if request.user.is_authenticated else None
        try:
            found = registration.find(item)
        except NotDrawnByLot as error:
            raise NoSuchFlashItem from error
        return Response(LotsProofSerializer(lots_proof.of(found, member)).data)


urlpatterns = [
    path("flash/<int:item>/registration", RegistrationView.as_view()),
    path("flash/<int:item>/lots", LotsProofView.as_view()),
]

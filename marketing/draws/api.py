"""Lucky draws in API v1: what is promised, drawing a ticket, and what to check it with."""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import REPLAYED, key_of, listed, made, once_key, whole
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from marketing.draws import board, drawing, prizes, proof
from marketing.models import Draw, DrawPrize, DrawTicket
from marketing.models.draw import MOST_POINTS
from orders.pricing import LARGEST_ID

TAGS = ["draws"]
STATUSES = [status.value for status in Draw.Status if status != Draw.Status.DRAFT]
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH)
NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH)


class PrizeSerializer(serializers.Serializer):
    no = serializers.IntegerField(source="prize.position")
    kind = serializers.ChoiceField(DrawPrize.Kind.values, source="prize.kind")
    name = serializers.CharField(source="prize.name")
    points = serializers.IntegerField(source="prize.points", help_text="0 where it is none.")
    weight = serializers.IntegerField(source="prize.weight")
    chance_percent = serializers.CharField(
        source="chance", help_text="The weight by the sum of all weights, in percent."
    )
    stock = serializers.IntegerField(source="prize.stock", allow_null=True)
    left = serializers.IntegerField(
        source="prize.left",
        allow_null=True,
        help_text="null without a limit. At 0 its chance goes to thanks.",
    )
    pity = serializers.BooleanField(
        source="prize.is_pity", help_text="Who is sure to win wins one of these."
    )


class StandingSerializer(serializers.Serializer):
    free = serializers.IntegerField(help_text="Free tickets left today.")
    given = serializers.IntegerField(help_text="Tickets from missions and goods.")
    drawn_today = serializers.IntegerField()
    left_today = serializers.IntegerField(help_text="How many may be drawn today still.")


class DrawSerializer(serializers.Serializer):
    code = serializers.SlugField(source="draw.code")
    title = serializers.CharField(source="draw.title")
    text = serializers.CharField(source="draw.text", allow_blank=True)
    status = serializers.ChoiceField(STATUSES)
    cancellation_reason = serializers.CharField(
        source="draw.cancellation_reason",
        allow_blank=True,
        help_text="Why it was called off; empty otherwise.",
    )
    starts_at = serializers.DateTimeField(source="draw.starts_at")
    ends_at = serializers.DateTimeField(source="draw.ends_at")
    free_per_day = serializers.IntegerField(source="draw.free_per_day")
    draws_per_day = serializers.IntegerField(source="draw.draws_per_day")
    price_points = serializers.IntegerField(
        source="draw.price_points", help_text="Points for another ticket; 0: not sold."
    )
    pity_after = serializers.IntegerField(
        source="draw.pity_after",
        help_text="After so many tickets without a prize the next wins a marked one; 0: never.",
    )
    drawn = serializers.IntegerField(source="draw.drawn", help_text="Tickets drawn so far.")
    commitment = serializers.CharField(
        source="draw.commitment", help_text="SHA-256 of the frozen table."
    )
    prizes = PrizeSerializer(many=True, source="lines")
    mine = StandingSerializer(
        source="standing", allow_null=True, help_text="null for whoever is not signed in."
    )
    sure_in = serializers.IntegerField(
        allow_null=True, help_text="Tickets without luck until the caller is sure to win."
    )


class TicketRequest(StrictSerializer):
    points = StrictIntegerField(
        min_value=0,
        max_value=MOST_POINTS,
        default=0,
        help_text="Points you agree to where you have no ticket left.",
    )


class TicketSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    source = serializers.ChoiceField(DrawTicket.Source.values)
    drawn_at = serializers.DateTimeField()
    price_points = serializers.IntegerField()
    misses = serializers.IntegerField(help_text="Tickets without a prize before it.")
    gone = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of the prizes that were gone."
    )
    prize = serializers.SerializerMethodField()
    order = serializers.CharField(
        source="order.no", allow_null=True, default=None, help_text="Number of the prize's order."
    )
    waits_for_address = serializers.BooleanField()

    def get_prize(self, ticket) -> dict[str, str | int]:
        prize = ticket.prize
        return {
            "no": prize.position,
            "kind": prize.kind,
            "name": prize.name,
            "points": prize.points,
        }


class ProofTicketSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    misses = serializers.IntegerField()
    gone = serializers.ListField(child=serializers.IntegerField())
    prize = serializers.IntegerField()


class ProofSerializer(serializers.Serializer):
    code = serializers.SlugField()
    status = serializers.ChoiceField(STATUSES)
    commitment = serializers.CharField(help_text="SHA-256 of `table`, told before any ticket.")
    table = serializers.CharField(
        help_text="The frozen table as its canonical JSON text; the hash of the seed stands in it."
    )
    seed = serializers.CharField(
        allow_null=True, help_text="32 bytes in hex; null until the draw is over."
    )
    tickets = ProofTicketSerializer(many=True, help_text="The caller's own; none for visitors.")


class PrizeClaimRequest(StrictSerializer):
    address = StrictIntegerField(
        min_value=1,
        max_value=LARGEST_ID,
        required=False,
        help_text="Id; the default one when left out.",
    )


class PrizeClaimedSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    order = serializers.CharField(help_text="Number of the order that brings the prize.")


class DrawListView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="draws_list", tags=TAGS, responses=listed("DrawPage", DrawSerializer)
    )
    def get(self, request):
        """List the draws that are open, come next, were called off before their end, or were over
        in the last 30 days.
        """
        return Response(whole(DrawSerializer(board.every(_member(request)), many=True).data))


class DrawView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="draws_retrieve", tags=TAGS, responses=DrawSerializer, parameters=[CODE]
    )
    def get(self, request, code):
        """Show one draw: what can be won, with which chance, what is left, what is the caller's."""
        return Response(DrawSerializer(board.one(code, _member(request))).data)


class TicketView(APIView):
    @extend_schema(
        operation_id="draws_tickets",
        tags=TAGS,
        responses=listed("DrawTicketPage", TicketSerializer),
        parameters=[CODE],
    )
    def get(self, request, code):
        """List the tickets the caller has drawn, the newest first, 100 at most."""
        drawn = board.own_tickets(board.one(code).draw, request.user)
        return Response(whole(TicketSerializer(drawn, many=True).data))

    @extend_schema(
        operation_id="draws_draw",
        tags=TAGS,
        request=TicketRequest,
        responses={201: TicketSerializer},
        parameters=[CODE, once_key("ticket"), REPLAYED],
    )
    def post(self, request, code):
        """Draw one ticket: a free one, else one that was given, else one for `points`; the same key
        again answers the same ticket.

        Refusals (409): `not_started`, `over`, `limit_reached`, `no_ticket`, `insufficient_points`.
        """
        wanted, key = read(TicketRequest, request.data).validated_data, key_of(request)
        limit(request, "draw", ACTIONS_PER_MEMBER, once=key)
        ticket = drawing.draw(request.user, code, key=key, points=wanted["points"])
        return made(TicketSerializer(ticket).data, replayed=ticket.replayed)


class ProofView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="draws_proof", tags=TAGS, responses=ProofSerializer, parameters=[CODE]
    )
    def get(self, request, code):
        """Show what a draw is checked with: the promise, the caller's tickets, and the seed once it
        is over.
        """
        draw = board.one(code).draw
        return Response(ProofSerializer(proof.of(draw, _member(request))).data)


class ClaimView(APIView):
    @extend_schema(
        operation_id="draws_claim",
        tags=TAGS,
        request=PrizeClaimRequest,
        responses={201: PrizeClaimedSerializer},
        parameters=[CODE, NUMBER],
    )
    def post(self, request, code, number):
        """Have goods that were won sent to an address; asked again, the same order answers."""
        wanted = read(PrizeClaimRequest, request.data).validated_data
        limit(request, "redeem", ACTIONS_PER_MEMBER)
        order = prizes.claim(request.user, code, number, address=wanted.get("address"))
        return Response(
            PrizeClaimedSerializer({"number": number, "order": order.no}).data, status=201
        )


def _member(request):
    return request.user if request.user.is_authenticated else None


urlpatterns = [
    path("draws", DrawListView.as_view()),
    path("draws/<slug:code>", DrawView.as_view()),
    path("draws/<slug:code>/tickets", TicketView.as_view()),
    path("draws/<slug:code>/tickets/<int:number>/claim", ClaimView.as_view()),
    path("draws/<slug:code>/proof", ProofView.as_view()),
]

"""The API of points: balance, entries, rules."""

from functools import partial

from django.urls import path
from django.utils.functional import SimpleLazyObject
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import Cursor
from mall.core.api_fields import DayField
from mall.core.own_list import OwnList
from mall.core.shapes import RowShape, Shape
from mall.core.strict import StrictSerializer, read
from points import (
    account_state,
    adjustments_api,
    balance,
    cases_api,
    event_delivery,
    pending,
    perks,
    rates,
    rules_api,
    rules_staff_api,
    statement,
    tiers,
    wording,
)
from points.models import LedgerEntry

TAG = ["points"]


class ExpiringSerializer(serializers.Serializer):
    on = serializers.DateField(help_text="The last day these points are good for.")
    points = serializers.IntegerField()


class ComingSerializer(serializers.Serializer):
    points = serializers.IntegerField(source="left")
    action = serializers.CharField()
    reference = serializers.CharField(help_text="What for, e.g. order:<no>.")
    arrives_at = serializers.DateTimeField(
        source="matures_at", allow_null=True, help_text="Null: the goods are not received yet."
    )


class TierSerializer(serializers.Serializer):
    level = serializers.IntegerField(source="tier.level", help_text="1 to 5.")
    name = serializers.CharField(source="tier.name")
    credited = serializers.IntegerField(
        help_text="Points earned within twelve months; spent and expired ones count too."
    )
    next_at = serializers.IntegerField(
        source="next.threshold", allow_null=True, help_text="Null on the highest tier."
    )
    kept_until = serializers.DateField(
        allow_null=True, help_text="The last day of grace when the points no longer suffice."
    )


class PerksSerializer(serializers.Serializer):
    level = serializers.IntegerField(help_text="1 to 5.")
    name = serializers.CharField()
    missing = serializers.IntegerField(help_text="Points until it is reached; 0 for the own tier.")
    earn_percent = serializers.IntegerField(help_text="100: as the rules say; 120: a fifth more.")
    shields_a_month = serializers.IntegerField(
        help_text="Missed check-ins a month that do not end a streak."
    )
    birthday_points = serializers.IntegerField()
    early_access_minutes = serializers.IntegerField(
        help_text="How long before the beginning flash sessions let the member in."
    )
    words = serializers.ListField(child=serializers.CharField(), help_text="All of it, as said.")


class PointsSerializer(serializers.Serializer):
    available = serializers.IntegerField(help_text="Points to spend now.")
    held = serializers.IntegerField(help_text="Reserved for orders that wait for payment.")
    pending = serializers.IntegerField(help_text="On the way: the sum of coming.")
    debt = serializers.IntegerField(help_text="Owed; the next points repay it first.")
    tier = TierSerializer()
    perks = PerksSerializer(help_text="What the tier gives.")
    next_perks = PerksSerializer(allow_null=True, help_text="Null on the highest tier.")
    status = serializers.CharField()
    expiring = ExpiringSerializer(many=True)
    lasting = serializers.IntegerField(help_text="Points that never expire.")
    coming = ComingSerializer(many=True, help_text="What is on the way, the soonest first.")
    points_per_yuan = serializers.IntegerField(
        allow_null=True, help_text="How many points are worth one yuan now."
    )


class LotSerializer(Shape):
    expires_on = serializers.DateField(allow_null=True, help_text="Null: for ever.")
    points = serializers.IntegerField(help_text="Plus: added to this lot; minus: taken from it.")


class EntrySerializer(Shape):
    may_be_absent = ("formula",)

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(LedgerEntry.Kind.choices)
    points = serializers.IntegerField(
        source="delta", help_text="The change of the available points, with its sign."
    )
    balance_after = serializers.IntegerField()
    held_after = serializers.IntegerField()
    reference = serializers.CharField()
    description = serializers.CharField()
    occurred_at = serializers.DateTimeField(source="created_at")
    on = serializers.DateField(source="biz_date", help_text="The shop day.")
    lots = LotSerializer(many=True)
    formula = serializers.CharField(
        required=False,
        help_text="How the points were made, only where more than a rule made them: "
        "20 × 1.2 (V4) × 2 (Friday tea).",
    )


_entry = RowShape(
    EntrySerializer,
    statement.SHOWN,
    description=wording.describe,
    lots=lambda line, _names: [
        {"expires_on": day, "points": points} for day, points in line.alloc.get("lots", ())
    ],
    # a line's lots are read once: few lines were multiplied
    formula=lambda line, names: (
        wording.formula_of(line, names) if '"made"' in line.alloc_text else ""
    ),
)


def _shown(line, names) -> dict:
    """Return an entry as programs read it; few were multiplied, and only those say so."""
    shown = _entry(line, names)
    if not shown["formula"]:
        del shown["formula"]
    return shown


class EntryQuery(StrictSerializer):
    """What may be asked of the entries."""

    kind = serializers.ChoiceField(LedgerEntry.Kind.choices, required=False)
    to = DayField(required=False)
    cursor = serializers.CharField(required=False, max_length=200)

    def get_fields(self):
        return {**super().get_fields(), "from": DayField(required=False)}

    def bounds(self):
        asked = self.validated_data
        return {"kind": asked.get("kind"), "since": asked.get("from"), "until": asked.get("to")}


class Newest(Cursor):
    """Entries newest first; their ids are the order."""

    ordering = "-id"


class Points(APIView):
    """The member's points now."""

    @extend_schema(operation_id="read_points", tags=TAG, responses=PointsSerializer)
    def get(self, request):
        event_delivery.hear(request.user)
        now = balance.of(request.user)
        expiring = [{"on": on, "points": points} for on, points in now.expiring]
        coming = list(pending.on_the_way(request.user.pk))
        rate, standing = rates.shown(), tiers.standing_of(request.user.pk)
        numbers = {
            name: getattr(now, name) for name in ("available", "held", "debt", "status", "lasting")
        }
        numbers |= {
            "pending": sum(grant.left for grant in coming),
            "points_per_yuan": rate and rate.current.points_per_yuan,
        }
        return Response(
            PointsSerializer(
                {
                    **numbers,
                    "tier": standing,
                    "perks": _perks(standing.tier),
                    "next_perks": standing.next and _perks(standing.next, standing.missing),
                    "expiring": expiring,
                    "coming": coming,
                }
            ).data
        )


def _perks(tier, missing=0):
    words = [perk.text for perk in perks.of(tier)]
    said = {"level": tier.level, "name": tier.name, "missing": missing, "words": words}
    return said | perks.numbers_of(tier)


class Entries(OwnList):
    """The member's entries, newest first, each with its lots."""

    pagination_class = Newest
    state = staticmethod(account_state.read)

    @extend_schema(
        operation_id="list_point_entries",
        tags=TAG,
        parameters=[
            OpenApiParameter(
                "kind", str, enum=LedgerEntry.Kind.values, description="Only entries of this kind."
            ),
            OpenApiParameter(
                "from", {"type": "string", "format": "date"}, description="From this shop day on."
            ),
            OpenApiParameter(
                "to", {"type": "string", "format": "date"}, description="Up to this shop day."
            ),
        ],
        responses=EntrySerializer(many=True),
    )
    def get(self, request):
        bounds = read(EntryQuery, request.query_params.dict()).bounds()
        return Response(self.listed(request, **bounds))

    def listed(self, request, **bounds):
        """Return a page of them."""
        if not getattr(request, "truth", None):
            event_delivery.hear(request.user)
        pages = self.pagination_class()
        page = pages.page_of(partial(statement.lines_of, request.user.pk, **bounds), request)
        names = SimpleLazyObject(wording.rule_names)
        return pages.answer([_shown(line, names) for line in page])


urlpatterns = [
    path("points", Points.as_view()),
    path("points/entries", Entries.as_view()),
    *rules_api.urlpatterns,
    *rules_staff_api.urlpatterns,
    *adjustments_api.urlpatterns,
    *cases_api.urlpatterns,
]

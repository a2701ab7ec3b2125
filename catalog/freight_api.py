"""Freight templates in the API of the back room, through the same verbs as the admin."""

from decimal import Decimal

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import freight, freight_templates, places
from catalog.freight import Load
from catalog.models import MAX_QUANTITY, MOST_FREIGHT, MOST_UNITS, FreightTemplate
from mall.core.api import Clerk, listed, whole
from mall.core.regions import tree
from mall.core.strict import StrictIntegerField, StrictSerializer, read

TAGS = ["staff goods"]
MOST_REGIONS = 100
MOST_PLACES = 500
CODE = r"^[0-9]{6}\Z"


class MayEditFreight(Clerk):
    looking, acting = "catalog.view_freighttemplate", "catalog.change_freighttemplate"


class FreightTermsRequest(StrictSerializer):
    """What carrying costs in one place; units are pieces or grams."""

    delivers = serializers.BooleanField(default=True)
    first_units = StrictIntegerField(min_value=1, max_value=MOST_UNITS, default=1)
    first_fee = serializers.DecimalField(
        8, 2, min_value=Decimal(0), max_value=MOST_FREIGHT, default=Decimal(0), help_text="Yuan."
    )
    more_units = StrictIntegerField(min_value=1, max_value=MOST_UNITS, default=1)
    more_fee = serializers.DecimalField(
        8, 2, min_value=Decimal(0), max_value=MOST_FREIGHT, default=Decimal(0), help_text="Yuan."
    )
    free_from_cash = serializers.DecimalField(
        10, 2, min_value=Decimal("0.01"), allow_null=True, default=None, help_text="Yuan of goods."
    )
    free_from_pieces = StrictIntegerField(
        min_value=1, max_value=MOST_UNITS, allow_null=True, default=None
    )


class FreightRegionRequest(FreightTermsRequest):
    """Other terms for some places."""

    places = serializers.ListField(
        child=serializers.RegexField(CODE, max_length=6),
        min_length=1,
        max_length=MOST_PLACES,
        help_text="Codes of provinces and cities, see GET /api/v1/regions.",
    )


class FreightTemplateRequest(FreightTermsRequest):
    """A template with all its regions; its own terms are those of everywhere else."""

    name = serializers.CharField(max_length=60)
    charged_by = serializers.ChoiceField(FreightTemplate.ChargedBy.choices)
    is_default = serializers.BooleanField(default=False)
    regions = FreightRegionRequest(many=True, max_length=MOST_REGIONS, default=list)
    version = serializers.CharField(
        required=False, max_length=64, help_text="As it was read, to change it."
    )


class FreightRegionSerializer(FreightRegionRequest):
    words = serializers.SerializerMethodField()

    def get_words(self, region) -> str:
        return places.written(region.places)


class FreightTemplateSerializer(FreightTemplateRequest):
    id = serializers.IntegerField()
    regions = FreightRegionSerializer(many=True)
    version = serializers.SerializerMethodField(help_text="Sent back with a change.")

    def get_version(self, row) -> str:
        return freight_templates.version_of(row)


class FreightLoadRequest(StrictSerializer):
    """What goes where, to be tried."""

    place = serializers.RegexField(CODE, max_length=6, help_text="Code of a region.")
    pieces = StrictIntegerField(min_value=1, max_value=20 * MAX_QUANTITY)
    grams = StrictIntegerField(min_value=0, max_value=20 * MAX_QUANTITY * MOST_UNITS, default=0)
    cash = serializers.DecimalField(
        12, 2, min_value=Decimal(0), default=Decimal(0), help_text="Yuan of goods."
    )


class FreightAnswer(serializers.Serializer):
    region = serializers.CharField()
    fee = serializers.DecimalField(8, 2, allow_null=True, help_text="null: not delivered there.")


def _templates():
    return FreightTemplate.objects.prefetch_related("regions")


def _found(pk):
    row = _templates().filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _write(request, pk=None):
    sent = dict(read(FreightTemplateRequest, request.data).validated_data)
    regions, seen = sent.pop("regions"), sent.pop("version", None)
    row = freight_templates.write(sent, regions, by=request.user, template_id=pk, seen=seen)
    return FreightTemplateSerializer(row).data


class StaffFreightTemplates(APIView):
    permission_classes = [IsAuthenticated, MayEditFreight]

    @extend_schema(
        operation_id="staff_freight_list",
        tags=TAGS,
        responses=listed("FreightTemplateList", FreightTemplateSerializer),
    )
    def get(self, request):
        """List the freight templates."""
        return Response(whole(FreightTemplateSerializer(_templates(), many=True).data))

    @extend_schema(
        operation_id="staff_freight_add",
        tags=TAGS,
        request=FreightTemplateRequest,
        responses={201: FreightTemplateSerializer},
    )
    def post(self, request):
        """Add a template."""
        return Response(_write(request), status=201)


class StaffFreightTemplate(APIView):
    permission_classes = [IsAuthenticated, MayEditFreight]

    @extend_schema(
        operation_id="staff_freight_read", tags=TAGS, responses=FreightTemplateSerializer
    )
    def get(self, request, pk):
        """Show one template."""
        return Response(FreightTemplateSerializer(_found(pk)).data)

    @extend_schema(
        operation_id="staff_freight_change",
        tags=TAGS,
        request=FreightTemplateRequest,
        responses=FreightTemplateSerializer,
    )
    def put(self, request, pk):
        """Write a template anew, whole (409 changed_meanwhile when ``version`` is old)."""
        _found(pk)
        return Response(_write(request, pk))

    @extend_schema(operation_id="staff_freight_delete", tags=TAGS, responses={204: None})
    def delete(self, request, pk):
        """Delete a template that no product names (409 in_use)."""
        _found(pk)
        freight_templates.remove(pk, by=request.user)
        return Response(status=204)


class StaffFreightTry(APIView):
    permission_classes = [IsAuthenticated, MayEditFreight]

    @extend_schema(
        operation_id="staff_freight_try",
        tags=TAGS,
        request=FreightLoadRequest,
        responses=FreightAnswer,
    )
    def post(self, request, pk):
        """Say what a load would cost somewhere; nothing is kept."""
        row, sent = _found(pk), read(FreightLoadRequest, request.data).validated_data
        if tree.find(sent["place"]) is None:
            raise places.UnknownPlace(place=sent["place"], field="place")
        load = Load(sent["pieces"], sent["grams"], sent["cash"])
        fee = freight.as_template(row, row.regions.all()).fee_at(sent["place"], load)
        told = {"region": tree.shown(sent["place"]), "fee": fee}
        return Response(FreightAnswer(told).data)


urlpatterns = [
    path("staff/freight-templates", StaffFreightTemplates.as_view()),
    path("staff/freight-templates/<int:pk>", StaffFreightTemplate.as_view()),
    path("staff/freight-templates/<int:pk>/try", StaffFreightTry.as_view()),
]

"""The address book in API v1: addresses, a pasted one taken apart, and the regions they are in."""

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import addresses, pasted_address
from accounts.api_fields import LineField
from accounts.models import DETAIL_LENGTH, RECIPIENT_LENGTH, REGION_LENGTH
from mall.core import phones
from mall.core.api import listed, whole
from mall.core.api_fields import StrictBooleanField
from mall.core.regions import tree
from mall.core.strict import StrictSerializer, read

TAGS = ["me"]


class AddressSerializer(StrictSerializer):
    """A delivery address."""

    id = serializers.IntegerField(read_only=True)
    recipient = LineField(max_length=RECIPIENT_LENGTH)
    territory = serializers.ChoiceField(
        phones.Territory.choices,
        required=False,
        help_text="Decides how a phone number without country code is read; CN unless said.",
    )
    phone = LineField(
        max_length=phones.LONGEST_TYPED,
        help_text="Mobile or landline of the territory, or with +86, +852, +853, +886 of any of "
        "them; kept and answered in one form (13812345678, 057188886666, +85291234567).",
    )
    region = LineField(max_length=REGION_LENGTH)
    detail = LineField(max_length=DETAIL_LENGTH)
    is_default = StrictBooleanField(required=False)

    def validate(self, sent):
        """Return the number's one form, as the territory says; the kept one stays as it is."""
        kept = self.context.get("kept")
        if "phone" not in sent or (kept and sent["phone"] == kept.phone):
            return sent
        usual = kept.territory if kept else phones.Territory.MAINLAND
        try:
            number = phones.canonical(sent["phone"], sent.get("territory", usual))
        except DjangoValidationError as refusal:
            raise DjangoValidationError({"phone": refusal}) from None
        return {**sent, "phone": number}


class AddressesView(GenericAPIView):
    """The address book."""

    serializer_class = AddressSerializer

    def get_queryset(self):
        return addresses.book_of(self.request.user)

    @extend_schema(operation_id="addresses_list", tags=TAGS, responses=AddressSerializer(many=True))
    def get(self, request):
        """List the own addresses, the default one first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(AddressSerializer(page, many=True).data)

    @extend_schema(operation_id="addresses_add", tags=TAGS, responses={201: AddressSerializer})
    def post(self, request):
        """Add an address (409 limit_reached when the book is full)."""
        sent = read(AddressSerializer, request.data)
        address = addresses.add(request.user, **sent.validated_data)
        return Response(AddressSerializer(address).data, status=status.HTTP_201_CREATED)


@extend_schema(parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)], tags=TAGS)
class AddressView(GenericAPIView):
    """One of the own addresses."""

    serializer_class = AddressSerializer

    def _own(self, id):
        address = addresses.owned(self.request.user, id)
        if address is None:
            raise Http404
        return address

    @extend_schema(operation_id="addresses_read")
    def get(self, request, id):
        """Read an address."""
        return Response(AddressSerializer(self._own(id)).data)

    @extend_schema(operation_id="addresses_change", request=AddressSerializer(partial=True))
    def patch(self, request, id):
        """Change some fields of an address."""
        address = self._own(id)
        sent = read(AddressSerializer, request.data, partial=True, context={"kept": address})
        return Response(AddressSerializer(addresses.change(address, **sent.validated_data)).data)

    @extend_schema(operation_id="addresses_remove", responses={204: None})
    def delete(self, request, id):
        """Delete an address."""
        addresses.remove(self._own(id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WholeAddressRequest(StrictSerializer):
    """A whole address as it was pasted."""

    text = serializers.CharField(max_length=pasted_address.LONGEST)


class NoteSerializer(serializers.Serializer):
    """What to look at, or to fill in."""

    field = serializers.CharField()
    detail = serializers.CharField()


class RegionSerializer(serializers.Serializer):
    """A province, city or district."""

    code = serializers.CharField(help_text="Six digits, as GB/T 2260 gives them.")
    name = serializers.CharField()
    words = serializers.SerializerMethodField(help_text="How an address writes it, as `region`.")
    is_last = serializers.SerializerMethodField(help_text="Whether there is nothing inside it.")

    def get_words(self, region) -> str:
        return tree.words(region.code)

    def get_is_last(self, region) -> bool:
        return not tree.choices(region.code)


class AddressPartsSerializer(serializers.Serializer):
    """What was read. A field that is empty was not certain, and a note says why."""

    recipient = serializers.CharField()
    territory = serializers.ChoiceField(phones.Territory.choices)
    phone = serializers.CharField()
    region = serializers.CharField()
    region_code = serializers.CharField()
    detail = serializers.CharField()
    notes = NoteSerializer(many=True)
    candidates = RegionSerializer(many=True, help_text="Where several regions are called so.")


class AddressPartsView(APIView):
    @extend_schema(
        operation_id="addresses_parse",
        tags=TAGS,
        request=WholeAddressRequest,
        responses=AddressPartsSerializer,
    )
    def post(self, request):
        """Take a pasted address apart, to be shown and confirmed; nothing is kept (400
        unreadable_address when it is not written in Chinese).
        """
        sent = read(WholeAddressRequest, request.data).validated_data
        parts = pasted_address.take_apart(sent["text"])
        told = {
            "notes": [{"field": name, "detail": said} for name, said in parts.notes.items()],
            "candidates": [tree.find(code) for code in parts.candidates],
        }
        fields = ("recipient", "territory", "phone", "region", "region_code", "detail")
        told |= {name: getattr(parts, name) for name in fields}
        return Response(AddressPartsSerializer(told).data)


class RegionsQuery(StrictSerializer):
    inside = serializers.RegexField(
        r"^[0-9]{6}\Z", max_length=6, required=False, help_text="A code; provinces without one."
    )

    def validate_inside(self, code):
        """Refuse a code that there is not."""
        if tree.find(code) is None:
            raise serializers.ValidationError(_("There is no region of this code."))
        return code


class RegionsView(APIView):
    @extend_schema(
        operation_id="regions_list",
        tags=["regions"],
        parameters=[RegionsQuery],
        responses=listed("RegionList", RegionSerializer),
    )
    def get(self, request):
        """List what one chooses from inside a region, to put an address together."""
        code = read(RegionsQuery, request.query_params).validated_data.get("inside", "")
        return Response(whole(RegionSerializer(tree.choices(code), many=True).data))


urlpatterns = [
    path("me/addresses", AddressesView.as_view(), name="addresses"),
    path("me/addresses/parse", AddressPartsView.as_view(), name="address-parts"),
    path("me/addresses/<int:id>", AddressView.as_view(), name="address"),
    path("regions", RegionsView.as_view(), name="regions"),
]

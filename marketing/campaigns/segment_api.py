"""The API of the back office: segments with their members counted, and tags."""

from django.contrib.auth import get_user_model
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator
from rest_framework.views import APIView

from mall.core.api import Clerk, Cursor
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from marketing.campaigns import segments, tags, wording
from marketing.campaigns.checking import MOST_TAGS, checked
from marketing.campaigns.conditions import FIELDS
from marketing.models import Segment
from marketing.models.segment import TAG_LENGTH

TAGS = ["staff campaigns"]
MOST_MEMBERS = 500


class MayName(Clerk):
    looking, acting = "marketing.view_segment", "marketing.change_segment"


class MayTag(Clerk):
    looking, acting = "marketing.view_membertag", "marketing.add_membertag"


# --- shapes ----------------------------------------------------------------------
def _condition(field):
    words = {"required": False}
    if field.kind == "whole":
        return StrictIntegerField(min_value=field.least, max_value=field.most, **words)
    if field.kind == "yes_no":
        return serializers.BooleanField(**words)
    if field.kind == "tags":
        tag = serializers.CharField(max_length=TAG_LENGTH)
        return serializers.ListField(child=tag, max_length=MOST_TAGS, **words)
    return serializers.CharField(max_length=60, **words)


SegmentConditionsRequest = type(
    "SegmentConditionsRequest",
    (StrictSerializer,),
    {"__module__": __name__, "__doc__": "What must hold of a member; all that is named.",
     **{name: _condition(field) for name, field in FIELDS.items()}},
)  # fmt: skip


class SegmentCountRequest(StrictSerializer):
    conditions = SegmentConditionsRequest()

    def validate_conditions(self, said):
        """Return conditions as they are kept, or say beside each what is wrong."""
        kept, wrong = checked(said)
        if wrong:
            raise serializers.ValidationError({name: [words] for name, words in wrong.items()})
        return kept


class SegmentChangeRequest(SegmentCountRequest):
    name_zh_hans = serializers.CharField(max_length=60)
    name_en = serializers.CharField(max_length=60)


class SegmentRequest(SegmentChangeRequest):
    code = serializers.SlugField(max_length=40, validators=[UniqueValidator(Segment.objects.all())])


class SegmentSerializer(serializers.ModelSerializer):
    conditions = serializers.DictField()
    sentence = serializers.SerializerMethodField(help_text="The conditions in words.")

    class Meta:
        model = Segment
        fields = ["code", "name", "name_zh_hans", "name_en", "conditions", "sentence", "created_at"]

    def get_sentence(self, segment) -> str:
        return wording.of_conditions(segment.conditions)


class SegmentCount(serializers.Serializer):
    members = serializers.IntegerField(help_text="How many these conditions find now.")
    sample = serializers.ListField(
        child=serializers.CharField(), help_text="Usernames of a few of them."
    )


class TagRequest(StrictSerializer):
    tag = serializers.CharField(max_length=TAG_LENGTH)
    members = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MOST_MEMBERS,
        help_text="The members' numbers.",
    )

    def validate_tag(self, word):
        """Return the tag as it is kept."""
        tag = tags.read(word)
        if not tag or "," in tag:
            raise serializers.ValidationError(_("A word without commas, please."))
        return tag

    def validate_members(self, ids):
        """Refuse numbers of nobody."""
        known = set(
            get_user_model()._default_manager.filter(pk__in=ids).values_list("pk", flat=True)
        )
        unknown = [str(pk) for pk in ids if pk not in known]
        if unknown:
            raise serializers.ValidationError(
                _("There is no member %(members)s.") % {"members": ", ".join(unknown[:20])}
            )
        return sorted(known)


class TagCount(serializers.Serializer):
    tag = serializers.CharField()
    changed = serializers.IntegerField(help_text="Of how many members something changed.")


class ByCode(Cursor):
    ordering = "code"


# --- segments ---------------------------------------------------------------------
class Segments(ListAPIView):
    permission_classes = [IsAuthenticated, MayName]
    serializer_class = SegmentSerializer
    pagination_class = ByCode
    queryset = Segment.objects.all()

    @extend_schema(operation_id="staff_segments_list", tags=TAGS)
    def get(self, request, *args, **kwargs):
        """List saved segments."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="staff_segments_add",
        tags=TAGS,
        request=SegmentRequest,
        responses={201: SegmentSerializer},
    )
    def post(self, request):
        """Save a segment."""
        said = read(SegmentRequest, request.data).validated_data
        segment = segments.save(Segment(**said), actor=request.user)
        return Response(SegmentSerializer(segment).data, status=201)


class SegmentDetail(APIView):
    permission_classes = [IsAuthenticated, MayName]

    @extend_schema(operation_id="staff_segments_read", tags=TAGS, responses=SegmentSerializer)
    def get(self, request, code):
        """Show one segment."""
        return Response(SegmentSerializer(get_object_or_404(Segment, code=code)).data)

    @extend_schema(
        operation_id="staff_segments_change",
        tags=TAGS,
        request=SegmentChangeRequest,
        responses=SegmentSerializer,
    )
    def put(self, request, code):
        """Change a segment; scheduled campaigns keep the conditions they began with."""
        segment = get_object_or_404(Segment, code=code)
        for name, value in read(SegmentChangeRequest, request.data).validated_data.items():
            setattr(segment, name, value)
        return Response(SegmentSerializer(segments.save(segment, actor=request.user)).data)


class SegmentCounting(APIView):
    permission_classes = [IsAuthenticated, MayName]

    @extend_schema(
        operation_id="staff_segments_count",
        tags=TAGS,
        request=SegmentCountRequest,
        responses=SegmentCount,
    )
    def post(self, request):
        """Count whom conditions find now, without saving them."""
        said = read(SegmentCountRequest, request.data).validated_data["conditions"]
        found = {"members": segments.count(said), "sample": segments.sample(said)}
        return Response(found)


# --- tags ---------------------------------------------------------------------------
class Tags(APIView):
    permission_classes = [IsAuthenticated, MayTag]

    @extend_schema(
        operation_id="staff_tags_give", tags=TAGS, request=TagRequest, responses=TagCount
    )
    def post(self, request):
        """Give members a tag; harmless when repeated."""
        return self._done(request, tags.give)

    @extend_schema(
        operation_id="staff_tags_take", tags=TAGS, request=TagRequest, responses=TagCount
    )
    def put(self, request):
        """Take a tag from members; harmless when repeated."""
        return self._done(request, tags.take)

    def _done(self, request, verb):
        said = read(TagRequest, request.data).validated_data
        changed = verb(said["members"], said["tag"], actor=request.user)
        return Response({"tag": said["tag"], "changed": changed})


urlpatterns = [
    path("staff/segments", Segments.as_view()),
    path("staff/segments/count", SegmentCounting.as_view()),
    path("staff/segments/<slug:code>", SegmentDetail.as_view()),
    path("staff/tags", Tags.as_view()),
]

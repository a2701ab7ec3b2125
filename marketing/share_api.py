"""Shared links in API v1: a link to the shop or to a product. What a visitor brings is seen by the
shop when one lands.
"""

from django.urls import path, reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.limits import limit
from mall.core.openapi import refusal
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from marketing import shared_links

LINKS_PER_MEMBER = "10/h"


class ShareRequest(StrictSerializer):
    product = StrictIntegerField(
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        help_text="Id; without it the shop is shared.",
    )


class ShareSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="The caller's own link; the same one every time.")
    points = serializers.IntegerField(help_text="For each visitor who counts.")
    per_day = serializers.IntegerField(help_text="Visitors a day that are paid.")
    visitors_today = serializers.IntegerField()
    paid_today = serializers.IntegerField()


class ShareView(APIView):
    @extend_schema(
        operation_id="shares_create",
        tags=["sharing"],
        request=ShareRequest,
        responses={201: ShareSerializer, 404: refusal("not_found: no such product on sale.")},
    )
    def post(self, request):
        """Make a link; it pays when another person lands through it, up to the rule's limit a
        day.
        """
        asked = read(ShareRequest, request.data)
        product_id = asked.validated_data.get("product")
        if product_id is not None and shared_links.shared_product(product_id) is None:
            raise NotFound
        link = shared_links.Link(request.user.pk, product_id)
        limit(request, "share", LINKS_PER_MEMBER, once=link.page)
        shared_links.own_device(
            request.user,
            shared_links.Visitor(
                request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", "")
            ),
        )
        now = shared_links.today(request.user)
        url = request.build_absolute_uri(reverse("marketing:landing", args=[link.token]))
        facts = {
            "url": url,
            "points": now.points,
            "per_day": now.per_day,
            "visitors_today": now.visitors,
            "paid_today": now.paid,
        }
        return Response(ShareSerializer(facts).data, status=201)


urlpatterns = [path("shares", ShareView.as_view(), name="shares")]

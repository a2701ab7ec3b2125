"""The text-book doors: generic views, ModelSerializer, one transaction with row locks."""

from datetime import timedelta

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.textbook.models import Item, PointsLog, Redemption, Visit, Wallet
from mall.core import clock

REWARD = 20


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["id", "name", "summary", "price", "stock"]


class Items(generics.ListAPIView):
    permission_classes = [AllowAny]
    queryset = Item.objects.order_by("-id")
    serializer_class = ItemSerializer


class Redeem(APIView):
    @transaction.atomic
    def post(self, request):
        item = get_object_or_404(Item.objects.select_for_update(), pk=request.data["item"])
        wallet = Wallet.objects.select_for_update().get(user=request.user)
        if item.stock < 1 or wallet.points < item.price:
            return Response({"detail": "no"}, status=409)
        item.stock -= 1
        item.save()
        wallet.points -= item.price
        wallet.save()
        made = Redemption.objects.create(
            user=request.user, item=item, quantity=1, points=item.price
        )
        PointsLog.objects.create(user=request.user, change=-item.price, reason="redeem")
        return Response({"id": made.pk, "points": made.points}, status=201)


class CheckIn(APIView):
    @transaction.atomic
    def post(self, request):
        wallet = Wallet.objects.select_for_update().get(user=request.user)
        today = clock.today()
        yesterday = Visit.objects.filter(user=request.user, on=today - timedelta(days=1)).first()
        visit, is_new = Visit.objects.get_or_create(
            user=request.user,
            on=today,
            defaults={"streak": yesterday.streak + 1 if yesterday else 1},
        )
        if not is_new:
            return Response({"detail": "already"}, status=409)
        wallet.points += REWARD
        wallet.save()
        PointsLog.objects.create(user=request.user, change=REWARD, reason="check-in")
        return Response({"on": visit.on, "streak": visit.streak, "points": REWARD}, status=201)


urlpatterns = [
    path("items", Items.as_view()),
    path("redemptions", Redeem.as_view()),
    path("visits", CheckIn.as_view()),
]

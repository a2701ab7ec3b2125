"""The text-book's doors: generic views, one transaction with row locks where something changes."""

from datetime import timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from rest_framework import generics
from rest_framework.authtoken.models import Token
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.textbook import serializers
from benchmarks.textbook.models import Item, PointsLog, Redemption, Visit, Wallet

REWARD = 20
WELCOME = 100


class Items(generics.ListAPIView):
    permission_classes = [AllowAny]
    queryset = Item.objects.select_related("category").order_by("-id")
    serializer_class = serializers.ItemSerializer


class ItemDetail(generics.RetrieveAPIView):
    permission_classes = [AllowAny]
    queryset = Item.objects.select_related("category")
    serializer_class = serializers.ItemDetailSerializer


class TwentyAPage(PageNumberPagination):
    page_size = 20


class Redemptions(generics.ListAPIView):
    serializer_class = serializers.RedemptionSerializer
    pagination_class = TwentyAPage

    def get_queryset(self):
        mine = Redemption.objects.filter(user=self.request.user)
        return mine.select_related("item__category").order_by("-id")

    @transaction.atomic
    def post(self, request):
        asked = serializers.RedemptionRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        quantity = asked.validated_data["quantity"]
        item = Item.objects.select_for_update().get(pk=asked.validated_data["item"].pk)
        wallet = Wallet.objects.select_for_update().get(user=request.user)
        points = item.price * quantity
        if item.stock < quantity:
            return Response({"detail": "Sold out."}, status=409)
        if wallet.points < points:
            return Response({"detail": "Not enough points."}, status=409)
        item.stock -= quantity
        item.save()
        wallet.points -= points
        wallet.save()
        made = Redemption.objects.create(
            user=request.user, item=item, quantity=quantity, points=points
        )
        PointsLog.objects.create(user=request.user, change=-points, reason="redeem")
        return Response(serializers.RedemptionSerializer(made).data, status=201)


class PointsLogs(generics.ListAPIView):
    serializer_class = serializers.PointsLogSerializer

    def get_queryset(self):
        return PointsLog.objects.filter(user=self.request.user).order_by("-id")


class CheckIn(APIView):
    @transaction.atomic
    def post(self, request):
        wallet = Wallet.objects.select_for_update().get(user=request.user)
        today = timezone.localdate()
        yesterday = Visit.objects.filter(user=request.user, on=today - timedelta(days=1)).first()
        visit, is_new = Visit.objects.get_or_create(
            user=request.user,
            on=today,
            defaults={"streak": yesterday.streak + 1 if yesterday else 1},
        )
        if not is_new:
            return Response({"detail": "Already checked in."}, status=409)
        wallet.points += REWARD
        wallet.save()
        PointsLog.objects.create(user=request.user, change=REWARD, reason="check-in")
        return Response(serializers.VisitSerializer(visit).data, status=201)


class SignIn(APIView):
    permission_classes = [AllowAny]

    def post(self, request):
        asked = serializers.SignInRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        user = authenticate(request, **asked.validated_data)
        if user is None:
            return Response({"detail": "Wrong name or password."}, status=400)
        token, _is_new = Token.objects.get_or_create(user=user)
        return Response({"token": token.key})


class SignUp(APIView):
    permission_classes = [AllowAny]

    @transaction.atomic
    def post(self, request):
        asked = serializers.SignUpRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        user = User.objects.create_user(**asked.validated_data)
        Wallet.objects.create(user=user, points=WELCOME)
        PointsLog.objects.create(user=user, change=WELCOME, reason="welcome")
        return Response({"token": Token.objects.create(user=user).key}, status=201)

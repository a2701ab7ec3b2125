"""What goes in and out, one ModelSerializer each."""

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers

from benchmarks.textbook.models import Category, Item, PointsLog, Redemption, Visit


class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "name"]


class ItemSerializer(serializers.ModelSerializer):
    category = CategorySerializer()

    class Meta:
        model = Item
        fields = ["id", "category", "name", "summary", "price", "stock"]


class ItemDetailSerializer(ItemSerializer):
    class Meta(ItemSerializer.Meta):
        fields = [*ItemSerializer.Meta.fields, "description"]


class RedemptionRequest(serializers.Serializer):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all())
    quantity = serializers.IntegerField(min_value=1, max_value=99, default=1)


class RedemptionSerializer(serializers.ModelSerializer):
    item = ItemSerializer()

    class Meta:
        model = Redemption
        fields = ["id", "item", "quantity", "points", "created_at"]


class PointsLogSerializer(serializers.ModelSerializer):
    class Meta:
        model = PointsLog
        fields = ["id", "change", "reason", "created_at"]


class VisitSerializer(serializers.ModelSerializer):
    class Meta:
        model = Visit
        fields = ["on", "streak"]


class SignInRequest(serializers.Serializer):
    username = serializers.CharField()
    password = serializers.CharField()


class SignUpRequest(serializers.ModelSerializer):
    password = serializers.CharField(validators=[validate_password])

    class Meta:
        model = User
        fields = ["username", "email", "password"]

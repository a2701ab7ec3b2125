"""The page of a member's badges."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketing.badges import shelf
from points import event_delivery


@require_safe
def show(request):
    """Show the badges a member has, and those there are to earn."""
    event_delivery.hear(request.user)
    places = shelf.of(request.user)
    earned = sum(place.is_earned for place in places)
    return render(request, "marketing/badges.html", {"places": places, "earned": earned})

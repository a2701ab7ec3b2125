"""The pages of marketing."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render


@login_not_required
def home(request):
    return render(request, "marketing/home.html")


def checkin(request):
    return render(request, "marketing/checkin.html")


def inbox(request):
    return render(request, "marketing/inbox.html")

"""The member's statement."""

from django.shortcuts import render


def statement(request):
    """Show the balance and its entries."""
    return render(request, "points/statement.html", {})

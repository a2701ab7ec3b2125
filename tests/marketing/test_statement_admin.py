"""Month-end statements in the back office: figures and lines as people read them."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from marketing.models import MonthStatement

pytestmark = pytest.mark.django_db
LINES = [
    {"line": "issued", "points": 6950, "yuan": "69.50"},
    {"line": "redeemed", "points": -1450, "yuan": "-14.50"},
    {"line": "revalued", "points": 0, "yuan": "-0.10"},
]


def test_statement_when_read_then_figures_and_lines_are_written_as_on_pages(client, admin_user):
    MonthStatement.objects.create(
        month=date(2026, 10, 1), issued=6950, redeemed=-1450, expired=-1360, adjusted=0,
        owed=10015, rate=100, worth=Decimal("100.15"), breakage=None, lines=LINES,
        ladder=[["2026-11-01", 1090, 1090]],
    )  # fmt: skip
    client.force_login(admin_user)
    client.cookies["mall_language"] = "en"

    page = client.get(
        reverse("admin:marketing_monthstatement_change", args=["2026-10-01"])
    ).content.decode()
    listed = client.get(reverse("admin:marketing_monthstatement_changelist")).content.decode()

    for text in (page, listed):
        assert all(said in text for said in ("6,950", "−1,450", "−1,360", "10,015", "¥100.15"))
        assert "-1450" not in text and "-1360" not in text
    for said in ("Redeemed", "−¥14.50", "Revalued", "−¥0.10", "2026-11", "1,090"):
        assert said in page

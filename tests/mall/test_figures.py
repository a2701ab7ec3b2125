"""Figures as people read them: thousands apart, and a true minus."""

from decimal import Decimal

import pytest

from mall.core.templatetags.mall import figure, points, signed, signed_points, yuan
from mall.reports.dress import written


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (figure(1250), "1,250"),
        (figure(-65.84, 1), "−65.8"),
        (signed(-65.84, 1), "−65.8"),
        (signed(0.04, 1), "0.0"),
        (signed(-0.04, 1), "0.0"),
        (signed(1234.5, 2, "¥"), "+¥1,234.50"),
        (signed(-3.4, 2, "¥"), "−¥3.40"),
        (points(-1250), "−1,250"),
        (signed_points(20), "+20"),
        (signed_points(0), "0"),
        (signed_points(-1250), "−1,250"),
        (yuan("12.5"), "¥12.50"),
        (yuan(Decimal("-1250.005")), "−¥1,250.01"),
        (written(-1250, "points"), "−1,250"),
        (written(-1.25, "count"), "−1.2"),
        (written(-0.123, "share"), "−12.3%"),
        (written(-4.0, "days"), "−4"),
        (written(Decimal("-9.9"), "yuan"), "−¥9.90"),
        (written("A-1", "text"), "A-1"),
    ],
)
def test_figure_when_written_for_people_then_a_true_minus_and_nothing_else_changed(said, read):
    assert said == read

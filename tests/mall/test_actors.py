"""Who did it, in words: a name for staff and members, the shop itself, and whatever else as it
stands.
"""

import re
from pathlib import Path

import pytest
from django.core.cache import cache

from mall import schedule
from mall.core import actors, audit_actions
from mall.jobs import words
from tests.factories.accounts import MemberFactory

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "catalog", "mall", "marketing", "orders", "points")


@pytest.fixture(autouse=True)
def fresh_names():
    cache.clear()


@pytest.mark.django_db
def test_in_words_when_staff_or_a_member_then_by_name():
    clerk = MemberFactory(username="xiaoyu")

    assert actors.in_words(f"staff:{clerk.pk}") == "xiaoyu"
    assert actors.in_words(f"member:{clerk.pk}") == "会员 xiaoyu"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("actor", "words"),
    [
        ("system", "系统"),
        ("sandbox", "sandbox"),
        ("", "–"),
        ("staff:x", "staff:x"),
        ("staff:" + "9" * 40, "staff:" + "9" * 40),
    ],
)
def test_in_words_when_nobody_of_the_shop_then_as_it_stands(actor, words):
    assert actors.in_words(actor) == words


@pytest.mark.django_db
def test_in_words_when_one_asked_and_another_agreed_then_both_are_named():
    first, second = MemberFactory(username="xiaoyu"), MemberFactory(username="banban")

    assert actors.in_words(f"staff:{first.pk}+staff:{second.pk}") == "xiaoyu + banban"


@pytest.mark.django_db
def test_in_words_when_asked_again_then_the_name_is_remembered(django_assert_num_queries):
    clerk = MemberFactory(username="xiaoyu")

    with django_assert_num_queries(1):
        assert {actors.in_words(f"staff:{clerk.pk}") for _ in range(3)} == {"xiaoyu"}


def test_deeds_when_the_sources_note_one_then_it_has_words():
    sources = "".join(
        path.read_text()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path.name != "deeds.py"
    )
    noted = set(
        re.findall(
            r"audit\.note\([^\"]{0,80}\"([a-z]+\.[a-z_]+)\"(?: if \w+ else \"([a-z]+\.[a-z_]+)\")?",
            sources,
        )
    )
    codes = {code for pair in noted for code in pair if code}

    assert len(codes) > 30
    assert codes - set(audit_actions.WORDS) == set()


def test_job_words_when_the_schedule_has_a_job_then_it_has_words():
    assert {job.name for job in schedule.JOBS} == set(words.WORDS)

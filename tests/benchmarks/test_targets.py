"""What a run's figures are compared with, and how they are told."""

import json
import re
from importlib import import_module

import pytest

from benchmarks.__main__ import KEPT, OFFICE, ON_STAGE, alone
from benchmarks.figures import door, slowest
from benchmarks.page import page
from benchmarks.targets import DRIVER, GOALS, TARGETS, Target


def test_targets_when_listed_then_each_belongs_to_a_part_and_names_a_door_of_its_own():
    doors = [target.door for target in TARGETS]

    assert len(set(doors)) == len(doors)
    assert {target.part for target in TARGETS} <= {*ON_STAGE, OFFICE}


@pytest.mark.parametrize("name", [*ON_STAGE, *alone()])
def test_parts_when_listed_then_each_can_be_run_by_its_name(name):
    assert callable(import_module(f"benchmarks.{name}").run)


@pytest.mark.parametrize(
    ("now", "text_book", "met"), [(300, 100, True), (299, 100, False), (300, None, None)]
)
def test_target_when_it_is_a_ratio_then_it_is_met_from_that_ratio_on(now, text_book, met):
    target = Target("redeem", "redeem", 3, 5, over="text-book")
    row = door("redeem", {"now": now} | ({"text-book": text_book} if text_book else {}), "ok/s")

    assert target.is_met(row) is met


@pytest.mark.parametrize(("p99", "errors", "met"), [(250, 0, True), (251, 0, False), (9, 1, False)])
def test_target_when_waits_are_long_or_answers_wrong_then_it_is_not_met(p99, errors, met):
    target = Target("redeem on SQLite", "sqlite", 150, 300, p99_ms=250)
    row = door("redeem on SQLite", {"now": 400}, "ok/s", p99={"now": p99}, errors={"now": errors})

    assert target.is_met(row) is met


@pytest.mark.parametrize(("now", "met"), [(1.0, True), (1.01, False)])
def test_target_when_it_is_a_ceiling_then_it_is_met_up_to_it(now, met):
    target = Target("home", "home", 1.0, 0.3, at_most=True)

    assert target.is_met(door("home", {"now": now}, "ms CPU")) is met


def test_slowest_when_a_list_is_slower_than_others_then_it_speaks_for_all():
    rows = [
        {"name": "orders", "value": 28.0, "unit": "ms"},
        {"name": "members", "value": 31.0, "unit": "ms"},
        {"name": "filling", "value": 900, "unit": "s"},
    ]

    assert slowest(rows)["values"] == {"now": 31.0}


def test_page_when_some_doors_were_measured_then_every_target_has_its_line():
    rows = [door("redeem, one hot, beside mysqlclient alone", {"now": 900, DRIVER: 3000}, "ok/s")]
    results = {
        "driver": {
            "command": "python -m benchmarks driver",
            "commit": "abc1234",
            "base": "d8cae0f",
            "at": "2026-11-29 02:00 UTC",
            "machine": "2 cores",
            "note": "a trial",
            "rows": rows,
        }
    }

    told = page(results)

    for target in TARGETS:
        assert len(re.findall(rf"^\| {re.escape(target.door)} \|.*\|$", told, re.M)) == 1
    assert "| 900 | ok/s |" in told and "yes (0.30 of 3,000)" in told
    assert "**a trial**" in told


def test_page_when_the_figures_of_a_real_shop_are_kept_then_each_goal_is_told_and_met():
    results = json.loads(KEPT.read_text())

    told = page(results)

    assert {goal.part for goal in GOALS} <= results.keys()
    for goal in GOALS:
        line = re.search(rf"^\| {re.escape(goal.door)} \| .* \| (.*) \|$", told, re.M)
        assert line and line[1] == "yes", goal.door


def test_page_when_a_figure_is_below_its_goal_then_it_says_so():
    results = json.loads(KEPT.read_text())
    for row in results["evidence"]["rows"]:
        if row["name"] == "type, new, ours: hit@10":
            row["value"] = 70.9

    assert "| type, new, ours: hit@10 | 70.9 | % | ≥ 71 | no |" in page(results)

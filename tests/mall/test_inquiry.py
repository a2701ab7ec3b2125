"""Questions that hang, fail or come late hold up nobody, and are asked one at a time."""

import threading
import time

import pytest

from mall.monitoring import inquiry
from mall.monitoring.inquiry import NO_ANSWER, Inquiry


@pytest.fixture
def patience(monkeypatch):
    """Short, so that the tests are."""
    monkeypatch.setattr(inquiry, "PATIENCE_SECONDS", 0.2)


@pytest.fixture
def frozen():
    """A question nobody answers until the test is over: frozen() hangs, frozen.asked counts."""
    thawed = threading.Event()

    def ask():
        ask.asked += 1
        thawed.wait(30)
        return {"frozen": "ok"}

    ask.asked, ask.thaw = 0, thawed.set
    yield ask
    thawed.set()


def test_states_when_one_question_hangs_then_the_others_are_told(patience, frozen):
    asked = Inquiry({"frozen": frozen, "quick": lambda: {"quick": "ok", "its neighbour": "ill"}})

    assert asked.states() == {"frozen": NO_ANSWER, "quick": "ok", "its neighbour": "ill"}


def test_states_when_a_question_hangs_for_ever_then_it_is_asked_once_and_many_wait_for_nothing(
    patience, frozen, run_threads, monkeypatch
):
    asked = Inquiry({"frozen": frozen})
    asked.states()

    # whoever waited now would still wait when the question is answered
    monkeypatch.setattr(inquiry, "PATIENCE_SECONDS", 60)
    for _round in range(20):
        asked.forget()
        told = run_threads(40, asked.states)

    assert told == [{"frozen": NO_ANSWER}] * 40
    assert frozen.asked == 1


def test_states_when_it_is_answered_again_then_the_next_asks_anew(patience, frozen):
    asked = Inquiry({"frozen": frozen})
    assert asked.states() == {"frozen": NO_ANSWER}

    frozen.thaw()
    asked._open["frozen"].join(5)
    asked.forget()

    assert asked.states() == {"frozen": "ok"}
    assert frozen.asked == 2


@pytest.mark.parametrize(("late_seconds", "told"), [(15, "slow"), (0, NO_ANSWER)])
def test_states_when_each_answer_comes_late_then_the_one_before_is_told_while_it_is_fresh(
    patience, monkeypatch, late_seconds, told
):
    monkeypatch.setattr(inquiry, "LATE_SECONDS", late_seconds)
    asked = Inquiry({"part": lambda: time.sleep(0.4) or {"part": "slow"}})
    assert asked.states() == {"part": NO_ANSWER}

    asked._open["part"].join(5)
    asked.forget()

    assert asked.states() == {"part": told}


def test_states_when_it_freezes_after_an_answer_in_time_then_that_one_is_not_told_again(
    patience, frozen
):
    answers = [lambda: {"frozen": "ok"}, frozen, frozen]
    asked = Inquiry({"frozen": lambda: answers.pop(0)()})

    assert asked.states() == {"frozen": "ok"}
    asked.forget()

    assert asked.states() == {"frozen": NO_ANSWER}


def test_states_when_a_question_breaks_then_it_has_no_answer(caplog):
    def broken():
        raise ZeroDivisionError

    assert Inquiry({"broken": broken}).states() == {"broken": NO_ANSWER}


def test_states_when_many_come_at_once_then_each_question_is_asked_once(run_threads):
    asked, count = [], lambda: asked.append(1) or {"part": "ok"}

    told = run_threads(40, Inquiry({"part": count}).states)

    assert (told, len(asked)) == ([{"part": "ok"}] * 40, 1)

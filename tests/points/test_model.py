"""T11, T12, T13: the machine and the ledger against an independent model, one step at a time."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from mall import verification
from points import machine, machine_state
from tests.points.books import InTheDatabase, OnPaper, soon, text
from tests.points.reference import No, Reference

FIRST_DAY = date(2028, 2, 20)  # the leap day lies ahead
NUMBERS = st.integers(1, 40)
LIVES = st.one_of(st.integers(0, 12), st.integers(0, 90), st.none())


class Account(RuleBasedStateMachine):
    """Twelve things that can happen to an account, done to the subject and to the reference."""

    earnings, spends, holds = Bundle("earnings"), Bundle("spends"), Bundle("holds")
    make_subject = OnPaper

    @initialize()
    def open(self):
        self.subject = self.make_subject()
        self.model = Reference()
        self.clock = FIRST_DAY
        self.done = 0

    def both(self, name, *args):
        """Do the same to both; they must agree, also on a refusal. Returns the new key, or None
        when refused.
        """
        self.done += 1
        key = f"fact:{self.done}"
        self.model.begin(self.clock)
        answers = []
        for side, call in (
            ("model", getattr(self, f"model_{name}")),
            ("subject", getattr(self.subject, name)),
        ):
            try:
                call(key, *args) if side == "model" else call(self.clock, key, *args)
                answers.append("done")
            except No as refusal:
                answers.append(str(refusal))
        assert answers[0] == answers[1]
        if answers[0] != "done":
            self.model.undo()
            return None
        self.model.posted()
        return key

    def model_accrue(self, key, number, day):
        self.model.accrue(key, number, day)

    def model_spend(self, key, number):
        self.model.spend(key, number)

    def model_hold(self, key, number):
        self.model.hold(key, number)

    def model_capture(self, key, hold, number):
        self.model.capture(key, hold, number)

    def model_release(self, key, hold):
        self.model.release(hold)

    def model_refund(self, key, of_key, number, at_fault):
        self.model.refund(of_key, number, at_fault)

    def model_clawback(self, key, of_key, number):
        self.model.clawback(of_key, number)

    def model_adjust(self, key, number, day):
        self.model.adjust(number, day)

    @property
    def today(self):
        return max(self.clock, self.model.posted_on or self.clock)

    @rule(days=st.integers(0, 9))
    def days_pass(self, days):
        self.clock += timedelta(days=days)

    @rule(days=st.integers(1, 2))
    def the_clock_steps_back(self, days):
        self.clock -= timedelta(days=days)

    @rule(target=earnings, number=NUMBERS, life=LIVES)
    def accrue(self, number, life):
        return self.both("accrue", number, soon(self.today, life)) or multiple()

    @rule(first=st.integers(0, 60), count=st.integers(8, 24), step=st.integers(1, 3))
    def accrue_for_many_days(self, first, count, step):
        """More last days than there are buckets, sooner or later."""
        for number in range(count):
            self.both("accrue", 1 + number % 3, soon(self.today, first + number * step))

    @rule(number=NUMBERS)
    def accrue_what_is_dead_already(self, number):
        self.both("accrue", number, self.today - timedelta(days=1))

    @rule(target=spends, number=NUMBERS)
    def spend(self, number):
        return self.both("spend", number) or multiple()

    @rule(target=spends)
    def spend_all(self):
        return self.both("spend", max(1, self.model.available)) or multiple()

    @rule(target=holds, number=NUMBERS)
    def hold(self, number):
        return self.both("hold", number) or multiple()

    @rule(target=spends, hold=consumes(holds), share=st.integers(1, 100))
    def capture(self, hold, share):
        number = max(1, len(self.model.holds.get(hold, ())) * share // 100)
        return self.both("capture", hold, number) or multiple()

    @rule(hold=consumes(holds))
    def release(self, hold):
        self.both("release", hold)
        self.both("release", hold)  # a second time there is nothing left to give back

    @rule(spend=spends, number=NUMBERS, at_fault=st.booleans())
    def refund(self, spend, number, at_fault):
        self.both("refund", spend, number, at_fault)

    @rule(spend=spends, at_fault=st.booleans())
    def refund_all(self, spend, at_fault):
        self.both("refund", spend, max(1, len(self.model.spent[spend])), at_fault)

    @rule(earning=earnings, number=NUMBERS)
    def clawback(self, earning, number):
        self.both("clawback", earning, number)

    @rule(earning=earnings)
    def clawback_all(self, earning):
        self.both("clawback", earning, max(1, self.model.earned[earning]["left"]))

    @rule(number=st.integers(-40, 40).filter(bool), life=LIVES)
    def adjust(self, number, life):
        self.both("adjust", number, soon(self.today, life))

    @rule()
    def sweep(self):
        self.model.begin(self.clock)
        self.subject.sweep(self.clock)

    @invariant()
    def they_agree(self):
        if hasattr(self, "subject"):
            self.model.begin(self.clock)
            self.subject.sweep(self.clock)
            assert self.subject.seen() == (
                self.model.available,
                self.model.held,
                self.model.owed,
                self.model.days(),
            )


class AccountInTheDatabase(Account):
    """The same life, through the ledger's verbs."""

    make_subject = InTheDatabase

    def teardown(self):
        if hasattr(self, "subject"):
            assert verification.verify(self.subject.member) == []


def play(life, examples, steps):
    quiet = [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ]
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=quiet,
        print_blob=True,
    )
    run_state_machine_as_test(life, settings=profile)


def test_machine_when_an_account_lives_then_it_equals_the_model_of_single_points():
    play(Account, examples=120, steps=60)


@pytest.mark.django_db
def test_ledger_when_an_account_lives_then_it_equals_the_model_of_single_points():
    play(AccountInTheDatabase, examples=12, steps=30)


@pytest.mark.long
def test_machine_when_an_account_lives_long_then_it_equals_the_model_of_single_points():
    play(Account, examples=500, steps=200)


@pytest.mark.long
@pytest.mark.once(on="sqlite")
@pytest.mark.django_db
def test_ledger_when_an_account_lives_long_then_it_equals_the_model_of_single_points():
    play(AccountInTheDatabase, examples=100, steps=100)


def test_sweep_when_the_history_is_monotone_then_the_counter_formula_tells_what_expires():
    """T13: expirable(d) = max(0, credited with expiry before d − all that ever left)."""
    for seed in range(60):
        dice = random.Random(seed)
        state, day, credited, consumed = machine_state.State(), FIRST_DAY, [], 0
        for _ in range(120):
            day += timedelta(days=dice.choice((0, 0, 1, 5, 20)))
            dead = max(
                0, sum(points for expires_on, points in credited if expires_on < day) - consumed
            )
            if dice.random() < 0.5:
                expires_on = max(
                    [day + timedelta(days=dice.randint(0, 60)), *(last for last, _ in credited)]
                )
                command, moved = machine.Accrue(dice.randint(1, 50), text(expires_on)), None
            else:
                wanted = sum(points for _, points in credited) - consumed - dead
                command, moved = (
                    (machine.Spend(dice.randint(1, wanted)), "spend")
                    if wanted
                    else (machine.Sweep(), None)
                )

            state, entries = machine.run(state, command, on=text(day))

            assert -sum(entry.delta for entry in entries if entry.kind == "expire") == dead, (
                f"seed {seed}"
            )
            consumed += dead + (command.points if moved else 0)
            if isinstance(command, machine.Accrue):
                credited.append((expires_on, command.points))
            assert state.available == sum(points for _, points in credited) - consumed


def churn(commands, seed):
    """T11: random commands, sensible or not; the machine checks its own invariants after each."""
    dice = random.Random(seed)
    paper, day, keys = OnPaper(), FIRST_DAY, ["none"]
    refused = 0
    for number in range(commands):
        if dice.random() < 0.02:
            paper, day, keys = OnPaper(), FIRST_DAY, ["none"]
        day += timedelta(days=dice.choice((0, 0, 0, 1, -1, 30)))
        key = f"fact:{number}"
        amount = dice.choice((1, 7, 50, 400, 0, -3, 10**12))
        some = dice.choice(keys)
        life = soon(day, dice.choice((None, 0, 3, 45, 400, -2)))
        verb, *args = dice.choice(
            [
                (paper.accrue, key, amount, life),
                (paper.spend, key, amount),
                (paper.hold, key, amount),
                (paper.capture, key, some, amount),
                (paper.release, key, some),
                (paper.refund, key, some, amount, dice.random() < 0.5),
                (paper.clawback, key, some, amount),
                (paper.adjust, key, amount, life),
                (paper.sweep,),
            ]
        )
        try:
            verb(day, *args)
            keys.append(key)
        except No:
            refused += 1
    return refused


def test_machine_when_commands_are_random_then_its_invariants_hold():
    assert churn(20_000, seed=20261120) > 0


@pytest.mark.long
def test_machine_when_a_million_commands_are_random_then_its_invariants_hold():
    assert churn(1_000_000, seed=11) > 0

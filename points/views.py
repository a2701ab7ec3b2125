"""The member's points: statement, explanations, ways to earn, and the word they may say about a
case.
"""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mall.core import unsent
from mall.core.errors import DomainError
from mall.core.export import table_response
from mall.core.limits import ACTIONS_PER_MEMBER, EXPORTS, limit
from points import (
    balance,
    explanation,
    formula,
    pending,
    perks,
    rates,
    risk,
    rule_wording,
    rules,
    set_aside,
    statement,
    tiers,
    wording,
)
from points.forms import AppealForm, StatementForm
from points.models import PointAccount, RiskCase

SOON = 3
ON_THE_WAY_SHOWN = 5


@require_safe
def show_statement(request):
    """Show the balance, what expires when, what is on the way, and every entry, newest first."""
    asked = StatementForm(request.GET).asked()
    account = PointAccount.objects.filter(pk=request.user.pk).first()
    page = statement.page_of(request.user.pk, **asked)
    names = wording.rule_names()
    standing = balance.of_account(account) if account else balance.Balance()
    coming = list(pending.on_the_way(request.user.pk))
    tier = tiers.standing_of(request.user.pk)
    context = {
        "standing": standing,
        "pending": sum(grant.left for grant in coming),
        "soon": standing.expiring[:SOON],
        "later": standing.expiring[SOON:],
        "coming": [_coming(grant) for grant in coming[:ON_THE_WAY_SHOWN]],
        "coming_more": [_coming(grant) for grant in coming[ON_THE_WAY_SHOWN:]],
        "rows": [_row(entry, names) for entry in page.entries],
        "older": page.older,
        "is_first_page": asked["before"] is None,
        "flow": asked["flow"],
        "reference": asked["reference"],
        "flows": [("", _("All")), ("in", _("In")), ("out", _("Out"))],
        "rate": rates.shown(),
        "tier": tier,
        "perks": perks.of(tier.tier),
        "next_perks": [perk for perk in perks.of(tier.next) if perk.is_new] if tier.next else [],
        "cases": _cases(request.user.pk) if standing.status != PointAccount.Status.ACTIVE else [],
        "is_paused": standing.status == PointAccount.Status.FROZEN,
        "appeal_max": risk.APPEAL_MAX,
        "written": (unsent.take(request) or {}).get("text", ""),
    }
    return render(request, "points/statement.html", context)


@require_safe
def explain_balance(request):
    """Open the balance into what made it."""
    account = PointAccount.objects.filter(pk=request.user.pk).first()
    opened = explanation.of_account(account) if account else None
    names = wording.rule_names()
    context = {
        "opened": opened,
        "lots": [
            (lot, [(_row(entry, names), points) for entry, points in lot.sources])
            for lot in opened.lots
        ]
        if opened
        else [],
        "holds": [(_row(entry, names), points) for entry, points in opened.holds if entry]
        if opened
        else [],
        "owed": [_row(entry, names) for entry in opened.owed] if opened else [],
        "coming": [_coming(grant) for grant in opened.on_the_way] if opened else [],
        "pending": sum(grant.left for grant in opened.on_the_way) if opened else 0,
        "rate": rates.shown(),
    }
    return render(request, "points/explain.html", context)


@require_safe
def show_entry(request, seq):
    """Open one entry: where its points came from, when they die, what used them."""
    story = explanation.of_entry(request.user.pk, seq)
    if story is None:
        raise Http404
    names = wording.rule_names()
    row = _row(story.entry, names)
    context = {
        "story": story,
        "row": row,
        "entry": story.entry,
        "terms": [rule_wording.worth_of(story.version), *rule_wording.details_of(story.version)]
        if story.version
        else [],
        "left": [
            (day and date.fromisoformat(day), points) for day, points in story.trace.left.items()
        ],
        "used_by": _named(story, story.trace.used_by, names),
        "came_from": _named(story, story.trace.came_from, names),
        "goes_back_to": story.goes_back_to and _row(story.goes_back_to, names),
        "came_back_in": [_row(entry, names) for entry in story.came_back_in],
        "by_staff": story.entry.actor.startswith("staff:"),
        "formula": formula.in_words(_made_of(story), names),
    }
    return render(request, "points/entry.html", context)


@require_safe
def download_statement(request):
    """Hand out every entry as a table, oldest first."""
    limit(request, "statement", EXPORTS)
    names = wording.rule_names()
    header = [
        _("No."),
        _("Time"),
        _("What"),
        _("Change"),
        _("Balance"),
        _("Reserved"),
        _("Owed"),
        _("Order"),
        _("Lots"),
    ]
    entries = statement.entries_of(request.user.pk).order_by("pk").iterator(chunk_size=500)
    rows = (
        (
            entry.seq,
            entry.created_at,
            wording.describe(entry, names),
            entry.delta,
            entry.balance_after,
            entry.held_after,
            entry.debt_after,
            wording.order_of(entry),
            "; ".join(
                f"{lot.expires_on or _('Never expire')} = {lot.points}"
                for lot in wording.lots_of(entry)
            ),
        )
        for entry in entries
    )
    return table_response(request, _("points"), header, rows)


@login_not_required
@require_safe
def show_ways(request):
    """Show what earns points now, from the rules themselves."""
    ways = [
        {
            "name": version.rule.name,
            "icon": rule_wording.icon_of(version.rule.action),
            "worth": rule_wording.worth_of(version),
            "details": rule_wording.details_of(version),
            "place": rule_wording.PLACES.get(version.rule.action, ""),
            "until": version.rule.ends_at,
        }
        for version in rules.in_force()
        if not (request.user.is_authenticated and version.rule.action == "register")
    ]
    return render(request, "points/ways.html", {"ways": ways, "rate": rates.shown()})


@require_POST
def send_appeal(request, pk):
    """Keep what the member says about their own case."""
    case = get_object_or_404(RiskCase, pk=pk, account_id=request.user.pk)
    form = AppealForm(request.POST)
    if not form.is_valid():
        unsent.keep(request, reverse("points:statement"))
        messages.error(
            request,
            _("Please write a few words, up to %(most)s characters.") % {"most": risk.APPEAL_MAX},
        )
        return redirect("points:statement")
    try:
        limit(request, "appeal", ACTIONS_PER_MEMBER)
        risk.appeal(case, text=form.cleaned_data["text"])
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Thank you. A person will read this and get back to you."))
    return redirect("points:statement")


def _cases(user_id):
    waiting, cases = set_aside.points_of(user_id), []
    for case in risk.standing(user_id):
        is_waiting = waiting and case.status == RiskCase.Status.OPEN and case.scope != "spend"
        words = {"words": wording.of_case(case), "set_aside": waiting if is_waiting else 0}
        cases.append({"case": case, **words})
    return cases


def _coming(grant):
    kind, _colon, no = grant.reference.partition(":")
    return {
        "grant": grant,
        "name": grant.version.rule.name,
        "order_no": no if kind == "order" else "",
    }


def _named(story, parts, names):
    return [
        (_row(story.neighbours[seq], names), points)
        for seq, points in parts
        if seq in story.neighbours
    ]


def _made_of(story):
    """Return how the points of an entry were made: also of what a refund took some back of."""
    return story.grant.made if story.grant else story.entry.alloc.get("made")


def _row(entry, names):
    return {
        "entry": entry,
        "words": wording.describe(entry, names),
        "icon": wording.icon_of(entry),
        "lots": wording.lots_of(entry),
        "formula": wording.formula_of(entry, names),
        "order_no": wording.order_of(entry),
        "repaid": -entry.debt_delta if entry.debt_delta < 0 else 0,
        "owed": entry.debt_delta if entry.debt_delta > 0 else 0,
    }

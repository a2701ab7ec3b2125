"""Segments and campaigns in a sentence an operator can read aloud."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Category
from mall.core import clock
from marketing.campaigns.planning import SUPPOSED_RATE, Sizes
from marketing.models import Campaign

# which fields one phrase needs, and the phrase; the first that fits of those with the same fields
PHRASES = (
    (("tier_from", "tier_to"), gettext_lazy("tier V%(tier_from)s to V%(tier_to)s")),
    (("tier_from",), gettext_lazy("tier V%(tier_from)s and above")),
    (("tier_to",), gettext_lazy("tier V%(tier_to)s and below")),
    (("earned_from", "earned_to"), gettext_lazy("%(earned_from)s to %(earned_to)s points ever")),
    (("earned_from",), gettext_lazy("at least %(earned_from)s points ever earned")),
    (("earned_to",), gettext_lazy("at most %(earned_to)s points ever earned")),
    (
        ("next_tier_within",),
        gettext_lazy("at most %(next_tier_within)s points from the next tier"),
    ),
    (("joined_days",), gettext_lazy("joined in the last %(joined_days)s days")),
    (("joined_from", "joined_to"), gettext_lazy("joined from %(joined_from)s to %(joined_to)s")),
    (("joined_from",), gettext_lazy("joined from %(joined_from)s on")),
    (("joined_to",), gettext_lazy("joined until %(joined_to)s")),
    (("silent_days",), gettext_lazy("no order for %(silent_days)s days")),
    (("ordered_days",), gettext_lazy("ordered in the last %(ordered_days)s days")),
    (
        ("orders_from", "orders_to", "orders_days"),
        gettext_lazy("%(orders_from)s to %(orders_to)s orders in %(orders_days)s days"),
    ),
    (("orders_from", "orders_to"), gettext_lazy("%(orders_from)s to %(orders_to)s orders ever")),
    (
        ("orders_from", "orders_days"),
        gettext_lazy("number of orders in %(orders_days)s days: at least %(orders_from)s"),
    ),
    (("orders_from",), gettext_lazy("number of orders ever: at least %(orders_from)s")),
    (
        ("orders_to", "orders_days"),
        gettext_lazy("number of orders in %(orders_days)s days: at most %(orders_to)s"),
    ),
    (("orders_to",), gettext_lazy("number of orders ever: at most %(orders_to)s")),
    (
        ("spend_from", "spend_to", "spend_days"),
        gettext_lazy("¥%(spend_from)s to ¥%(spend_to)s spent in %(spend_days)s days"),
    ),
    (("spend_from", "spend_to"), gettext_lazy("¥%(spend_from)s to ¥%(spend_to)s ever spent")),
    (
        ("spend_from", "spend_days"),
        gettext_lazy("at least ¥%(spend_from)s spent in %(spend_days)s days"),
    ),
    (("spend_from",), gettext_lazy("at least ¥%(spend_from)s ever spent")),
    (
        ("spend_to", "spend_days"),
        gettext_lazy("at most ¥%(spend_to)s spent in %(spend_days)s days"),
    ),
    (("spend_to",), gettext_lazy("at most ¥%(spend_to)s ever spent")),
    (("tags",), gettext_lazy("tagged %(tags)s")),
    (("not_tags",), gettext_lazy("not tagged %(not_tags)s")),
    (
        ("expiring_points", "expiring_days"),
        gettext_lazy(
            "at least %(expiring_points)s points that expire within %(expiring_days)s days"
        ),
    ),
    (("expiring_days",), gettext_lazy("points that expire within %(expiring_days)s days")),
    (
        ("expiring_points",),
        gettext_lazy("at least %(expiring_points)s points that expire within 30 days"),
    ),
)

# the same where a range has one value alone
EXACTLY = {
    ("tier_from", "tier_to"): gettext_lazy("tier V%(tier_from)s"),
    ("joined_from", "joined_to"): gettext_lazy("joined in %(joined_from)s"),
    ("orders_from", "orders_to", "orders_days"): gettext_lazy(
        "number of orders in %(orders_days)s days: %(orders_from)s"
    ),
    ("orders_from", "orders_to"): gettext_lazy("number of orders ever: %(orders_from)s"),
}


def of_conditions(said: dict) -> str:
    """Return what a segment asks, as one phrase."""
    places, done, phrases = _places(said), set(), []
    for needed, phrase in PHRASES:
        if all(name in said for name in needed) and done.isdisjoint(needed):
            done.update(needed)
            if needed in EXACTLY and said[needed[0]] == said[needed[1]]:
                phrase = EXACTLY[needed]
            phrases.append(str(phrase) % places)
    if "category" in said:
        phrases.append(_of_category(said))
    return _("; ").join(phrases)


def _places(said) -> dict:
    return {
        name: f"{value:,}" if isinstance(value, int) else ", ".join(value)
        if isinstance(value, list) else value
        for name, value in said.items()
    }  # fmt: skip


def _of_category(said) -> str:
    shelf = Category.objects.filter(slug=said["category"]).first()
    words = {"category": shelf.name if shelf else said["category"]}
    words["days"] = said.get("category_days", "")
    has, when = said.get("category_bought", True), "category_days" in said
    return {
        (True, True): _("bought %(category)s in the last %(days)s days"),
        (True, False): _("bought %(category)s"),
        (False, True): _("did not buy %(category)s in the last %(days)s days"),
        (False, False): _("never bought %(category)s"),
    }[has, when] % words


def of_campaign(campaign: Campaign) -> str:
    """Return all of a campaign in a few sentences: whom, what, when, within what, and how it will
    be known.
    """
    said = campaign.conditions or campaign.segment.conditions
    words = {
        "whom": of_conditions(said),
        "what": of_gift(campaign),
        "from": _moment(campaign.starts_at),
        "until": _moment(campaign.ends_at),
    }
    whole = [
        _("Members with: %(whom)s. They get: %(what)s. From %(from)s until %(until)s.") % words
    ]
    whole += _limits(campaign)
    if campaign.holdout_percent:
        whole.append(
            _("%(percent)s %% of them, drawn at random, get nothing; the campaign is judged by: "
              "%(goal)s.")
            % {"percent": campaign.holdout_percent, "goal": campaign.get_goal_display()}
        )  # fmt: skip
    else:
        whole.append(_("Nobody is held out, so nobody will know what it did."))
    return " ".join(whole)


def of_gift(campaign: Campaign) -> str:
    """Return what a treated member gets, as a phrase."""
    parts = []
    if campaign.points:
        parts.append(_("%(points)s points") % {"points": f"{campaign.points:,}"})
    if campaign.coupon_id:
        parts.append(_("the coupon “%(coupon)s”") % {"coupon": campaign.coupon})
    if campaign.is_multiplying:
        parts.append(
            _("%(percent)s %% of the usual points for orders") % {"percent": campaign.earn_percent}
        )
    if campaign.title:
        parts.append(_("the message “%(title)s”") % {"title": campaign.title})
    return _(", ").join(parts) or "–"


def of_refusal(code: str) -> str:
    """Return why a member was given nothing; a dash for who was, or waits."""
    return {
        "left": _("The member has left."),
        "account_paused": _("The account is paused: it earns nothing."),
    }.get(code, code or "–")


def _limits(campaign) -> list[str]:
    said = []
    if campaign.budget_points:
        points = f"{campaign.budget_points:,}"
        said.append(_("At most %(points)s points in all.") % {"points": points})
    if campaign.budget_yuan:
        yuan = f"{campaign.budget_yuan:,.2f}"
        said.append(_("At most ¥%(yuan)s of coupons.") % {"yuan": yuan})
    return said


def _moment(at) -> str:
    return date_format(localtime(at, clock.SHOP_ZONE), "DATETIME_FORMAT") if at else "…"


def of_sizes(campaign: Campaign, sizes: Sizes) -> str:
    """Return what a campaign comes to if it began now, in a few sentences."""
    words = {
        "members": f"{sizes.members:,}",
        "treated": f"{sizes.treated:,}",
        "held_out": f"{sizes.held_out:,}",
    }
    said = [_("Members now: %(members)s; to get it: %(treated)s; held out: %(held_out)s.") % words]
    if sizes.points:
        words = {"points": f"{sizes.points:,}", "budget": f"{campaign.budget_points:,}"}
        said.append(_("For all of them %(points)s points; the budget is %(budget)s.") % words)
    if sizes.yuan:
        words = {"yuan": f"{sizes.yuan:,.2f}", "budget": f"{campaign.budget_yuan:,.2f}"}
        said.append(
            _("For all of them coupons of up to ¥%(yuan)s; the budget is ¥%(budget)s.") % words
        )
    if sizes.smallest is not None:
        said.append(_of_smallest(sizes.smallest))
    return " ".join(said)


def _of_smallest(share: float) -> str:
    """Say which difference would be found; none where there cannot be one so large."""
    if share > 1 - SUPPOSED_RATE:
        return _(
            "These are too few to find any difference: if about one in ten comes by itself, it "
            "would stay unknown even if all came."
        )
    return _(
        "If about one in ten comes by itself, a difference of %(points)s percentage points "
        "would be found four times of five; less would probably stay unknown."
    ) % {"points": f"{share * 100:.1f}"}

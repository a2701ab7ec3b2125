"""How the back office (django-unfold) looks and where its rooms are."""

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def _room(title, icon, model):
    """One line of the sidebar: shown to whoever may look at that model."""
    app, name = model.split(".")

    def link(request):
        return reverse(f"admin:{app}_{name}_changelist")

    def may_look(request):
        return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(
            f"{app}.change_{name}"
        )

    def is_here(request):
        return request.path.startswith(link(request))

    return {"title": title, "icon": icon, "link": link, "active": is_here, "permission": may_look}


def _report(title, icon, name):
    """One line of the sidebar for a page of numbers."""

    def link(request):
        return reverse("report", args=[name])

    return {
        "title": title,
        "icon": icon,
        "link": link,
        "active": lambda request: request.path == link(request),
        "permission": lambda request: request.user.has_perm("marketing.read_reports"),
    }


def _wing(title, *rooms):
    return {"title": title, "separator": True, "collapsible": False, "items": list(rooms)}


UNFOLD = {
    "SITE_TITLE": _("Points Mall back office"),
    "SITE_HEADER": _("Points Mall"),
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "storefront",
    "SITE_ICON": lambda request: static("icons/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/logo.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "10px",
    "STYLES": [lambda request: static("css/back_office.css")],
    "SCRIPTS": [lambda request: static("js/select_names.js")],
    "COLORS": {
        # Warm greys and the shop's persimmon.
        "base": {
            "50": "oklch(98.3% .006 80)",
            "100": "oklch(96.2% .009 80)",
            "200": "oklch(91.8% .013 78)",
            "300": "oklch(86% .016 75)",
            "400": "oklch(70% .02 65)",
            "500": "oklch(53% .022 60)",
            "600": "oklch(43% .022 55)",
            "700": "oklch(35.5% .02 52)",
            "800": "oklch(26.5% .016 50)",
            "900": "oklch(20.5% .012 50)",
            "950": "oklch(15% .009 50)",
        },
        "primary": {
            "50": "oklch(97.4% .014 50)",
            "100": "oklch(94.4% .032 48)",
            "200": "oklch(89% .063 47)",
            "300": "oklch(81.5% .107 46)",
            "400": "oklch(72.5% .153 44)",
            "500": "oklch(63% .178 40)",
            "600": "oklch(55% .172 38)",
            "700": "oklch(48% .15 37)",
            "800": "oklch(41% .122 37)",
            "900": "oklch(35.5% .098 37)",
            "950": "oklch(25% .068 36)",
        },
    },
    "DASHBOARD_CALLBACK": "mall.overview.show",
    "SIDEBAR": {
        "show_search": True,
        "command_search": False,
        "show_all_applications": False,
        "navigation": [],
    },
}
UNFOLD["SIDEBAR"]["navigation"] = [
    _wing(
        _("Shop"),
        _room(_("Products"), "redeem", "catalog.product"),
        _room(_("Categories"), "category", "catalog.category"),
        _room(_("Files of goods"), "upload_file", "catalog.goodsimport"),
        _room(_("Hot words"), "local_fire_department", "catalog.hotword"),
        _room(_("Stock"), "inventory_2", "catalog.sku"),
        _room(_("Stock movements"), "swap_vert", "catalog.stockmovement"),
        _room(_("Scheduled prices"), "event_upcoming", "catalog.scheduledprice"),
        _room(_("Card keys"), "key", "catalog.cardkey"),
        _room(_("Reviews"), "rate_review", "catalog.review"),
        _room(_("Review policy"), "gavel", "catalog.reviewpolicy"),
        _room(_("Flash sessions"), "bolt", "orders.flashsession"),
        _room(_("Registrations for lots"), "how_to_reg", "orders.registration"),
        _room(_("Back-in-stock notices"), "notifications_active", "orders.stockalert"),
        _room(_("Wishes"), "favorite", "orders.wish"),
    ),
    _wing(
        _("Face of the shop"),
        _room(_("Name, logo and colours"), "palette", "mall.shopface"),
        _room(_("Home page"), "home", "mall.homeblock"),
        _room(_("Pages of the shop"), "article", "mall.shoppage"),
    ),
    _wing(
        _("Orders"),
        _room(_("Orders"), "receipt_long", "orders.order"),
        _room(_("Carriers"), "local_shipping", "orders.carrier"),
        _room(_("Freight templates"), "weight", "catalog.freighttemplate"),
        _room(_("Files of tracking numbers"), "upload_file", "orders.dispatchfile"),
        _room(_("Payments"), "payments", "orders.payment"),
        _room(_("Refund requests"), "assignment_return", "orders.refundrequest"),
        _room(_("Refunds"), "undo", "orders.paymentrefund"),
        _room(_("Daily bills"), "receipt", "orders.paymentbill"),
        _room(_("Differences of bills"), "difference", "orders.billdifference"),
        _room(_("Checkout policy"), "tune", "orders.checkoutpolicy"),
    ),
    _wing(
        _("Coupons"),
        _room(_("Coupon templates"), "confirmation_number", "orders.coupontemplate"),
        _room(_("Hand-outs"), "outbox", "orders.coupongrant"),
        _room(_("Members' coupons"), "local_activity", "orders.coupon"),
    ),
    _wing(
        _("Members"),
        _room(_("Members"), "group", "accounts.user"),
        _room(_("Roles"), "shield_person", "auth.group"),
        _room(_("Consents"), "handshake", "accounts.consent"),
        _room(_("Phone numbers"), "phone_iphone", "accounts.phonenumber"),
        _room(_("WeChat persons"), "chat", "accounts.wechatperson"),
        _room(_("Files of members"), "upload_file", "points.memberimport"),
        _room(_("Members who moved in"), "move_up", "points.movedmember"),
    ),
    _wing(
        _("Points"),
        _room(_("Accounts"), "account_balance_wallet", "points.pointaccount"),
        _room(_("Ledger entries"), "list_alt", "points.ledgerentry"),
        _room(_("Rules"), "rule", "points.rule"),
        _room(_("Back-tests"), "history", "points.backtest"),
        _room(_("Budgets"), "savings", "points.budget"),
        _room(_("Exchange rates"), "currency_exchange", "points.exchangerate"),
        _room(_("Points on the way"), "schedule", "points.grant"),
        _room(_("Adjustments"), "rule", "points.adjustment"),
        _room(_("Files of adjustments"), "upload_file", "points.adjustmentbatch"),
        _room(_("Cases"), "gavel", "points.riskcase"),
        _room(_("Risk rules"), "shield", "points.riskrule"),
        _room(_("What risk rules saw"), "visibility", "points.risksighting"),
        _room(_("Facts"), "history", "points.event"),
        _room(_("Facts not followed up"), "sync_problem", "points.parked"),
        _room(_("Tiers"), "military_tech", "points.tierlevel"),
        _room(_("Points policy"), "policy", "points.pointspolicy"),
    ),
    _wing(
        _("Marketing"),
        _room(_("Campaigns"), "campaign", "marketing.campaign"),
        _room(_("Segments"), "group_work", "marketing.segment"),
        _room(_("Members' tags"), "sell", "marketing.membertag"),
        _room(_("Arms of campaigns"), "call_split", "marketing.campaignmember"),
        _room(_("Missions"), "flag", "marketing.mission"),
        _room(_("Progress of members"), "trending_up", "marketing.missionprogress"),
        _room(_("Lucky draws"), "casino", "marketing.draw"),
        _room(_("Draw tickets"), "local_activity", "marketing.drawticket"),
        _room(_("Check-ins"), "event_available", "marketing.checkin"),
        _room(_("Outage days"), "cloud_off", "marketing.outageday"),
        _room(_("Check-in policy"), "policy", "marketing.checkinpolicy"),
        _room(_("Leaderboards"), "leaderboard", "marketing.board"),
        _room(_("Scores"), "scoreboard", "marketing.boardscore"),
        _room(_("Taking part in leaderboards"), "how_to_reg", "marketing.contestant"),
        _room(_("Badges"), "workspace_premium", "marketing.memberbadge"),
        _room(_("Shared years"), "auto_awesome", "marketing.yearshare"),
        _room(_("Visitors through links"), "share", "marketing.sharelanding"),
        _room(_("Invited members"), "group_add", "marketing.referral"),
        _room(_("Custom events"), "webhook", "marketing.customevent"),
        _room(_("Webhooks"), "webhook", "marketing.webhookendpoint"),
        _room(_("Webhook deliveries"), "outbox", "marketing.webhookdelivery"),
        _room(_("Notifications"), "notifications", "marketing.notification"),
        _room(_("Mails"), "outgoing_mail", "marketing.delivery"),
        _room(_("Messages"), "sms", "marketing.message"),
        _room(_("Contact policy"), "tune", "marketing.contactpolicy"),
        _room(_("Daily figures"), "monitoring", "marketing.dailyrollup"),
    ),
    _wing(
        _("Numbers"),
        _report(_("Activity"), "groups", "activity"),
        _report(_("Retention"), "keep", "retention"),
        _report(_("Cohorts"), "grid_on", "cohorts"),
        _report(_("Repurchase"), "repeat", "repurchase"),
        _report(_("Forecast"), "query_stats", "forecast"),
        _report(_("Recommendations"), "recommend", "recommendations"),
        _report(_("Points & liability"), "account_balance", "points"),
        _report(_("Breakage & month ends"), "hourglass_bottom", "liability"),
        _room(_("Month-end statements"), "event_note", "marketing.monthstatement"),
        _room(_("Import earlier orders"), "upload_file", "marketing.historyimport"),
        _room(_("Imported orders"), "history", "marketing.historyorder"),
        _room(_("Earlier customers"), "person_search", "marketing.historycustomer"),
    ),
    _wing(
        _("System"),
        _room(_("Periodic jobs"), "schedule", "django_celery_beat.periodictask"),
        _room(_("Job runs"), "task_alt", "mall.jobrun"),
        _room(_("Audit log"), "history_edu", "mall.auditrow"),
    ),
]

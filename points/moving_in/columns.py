"""The columns of a file of members, in either language."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from mall.core.tables.columns import Column

COLUMNS = (
    Column(
        "number",
        (
            gettext_lazy("Member number"),
            pgettext_lazy(
                "headings", "member no|card number|customer number|member ID|customer ID"
            ),
        ),
        is_code=True,
    ),
    Column(
        "name",
        (gettext_lazy("nickname"), pgettext_lazy("headings", "name|customer name|member name")),
    ),
    Column("email", (gettext_lazy("e-mail"), pgettext_lazy("headings", "mail|e-mail address"))),
    Column(
        "phone",
        (
            gettext_lazy("phone number"),
            pgettext_lazy("headings", "phone|mobile|mobile number|telephone|contact number"),
        ),
        is_code=True,
    ),
    Column(
        "points",
        (
            gettext_lazy("points"),
            pgettext_lazy(
                "headings", "balance|points left|available points|current points|points balance"
            ),
        ),
    ),
    Column(
        "expires_on",
        (
            gettext_lazy("Last day"),
            pgettext_lazy("headings", "expiry|valid until|good until|expires on|expiry date"),
        ),
    ),
    Column(
        "earned",
        (
            gettext_lazy("Points earned in twelve months"),
            pgettext_lazy("headings", "earned in a year|growth points"),
        ),
    ),
    Column(
        "tier", (gettext_lazy("Tier"), pgettext_lazy("headings", "level|member level|member tier"))
    ),
    Column("birthday", (gettext_lazy("birthday"), pgettext_lazy("headings", "date of birth"))),
    Column(
        "joined_on",
        (
            gettext_lazy("Joined on"),
            pgettext_lazy("headings", "member since|registered on|joined|registration date"),
        ),
    ),
    Column("remark", (gettext_lazy("Consent"), pgettext_lazy("headings", "consent remark|agreed"))),
)
TITLES = {column.name: column.titles[0] for column in COLUMNS}

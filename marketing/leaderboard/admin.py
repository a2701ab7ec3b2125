"""The leaderboards as the back office sees them: each board, its first members by name."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import MEMBER_HELP, members
from marketing.models import Board, BoardScore, Contestant

FIRST = 10


@admin.register(Board)
class BoardAdmin(ReadOnly, ModelAdmin):
    """One board a week and month; who is behind the masks stands here."""

    is_short = True
    list_display = ["starts_on", "ends_on", "period", "frozen_at"]
    list_filter = ["period"]
    fields = ["period", "starts_on", "ends_on", "frozen_at", "first"]
    readonly_fields = ["first"]

    @admin.display(description=_("First places"))
    def first(self, board):
        scores = board.scores.select_related("user").order_by("-points", "-user")[:FIRST]
        return ", ".join(f"{score.user} ({score.points})" for score in scores) or "–"


@admin.register(BoardScore)
class BoardScoreAdmin(ReadOnly, ModelAdmin):
    """What a member has on a board."""

    list_display = ["board", "user", "points"]
    ordering = ["-pk"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["board", "user"]


@admin.register(Contestant)
class ContestantAdmin(ReadOnly, ModelAdmin):
    """Who takes part, and who does not want to."""

    list_display = ["user", "is_shown", "counted_seq"]
    ordering = ["-pk"]
    search_fields = members("user")
    search_help_text = MEMBER_HELP
    list_select_related = ["user"]

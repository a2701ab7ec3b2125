"""What must be reached, door by door, and whether a run reached it.

Sources: the issue "Facts are rows", its table of targets; docs/decisions/0104-two-shelves.md, the
goals of the recommendations.
"""

from dataclasses import dataclass

from benchmarks.stage import NOW, TEXT_BOOK, TODAY

DRIVER = "mysqlclient"


@dataclass(frozen=True)
class Target:
    """A door's promise: what is shown of now (or now ÷ ``over``) is at least ``must``, or at most;
    ``p99_ms`` is the slowest hundredth's longest wait, ``no_errors`` says none at all.
    """

    door: str
    part: str
    must: float
    aim: float | None
    over: str | None = None
    at_most: bool = False
    p99_ms: float | None = None

    @property
    def words(self) -> str:
        """Return the promise as the table writes it."""
        bound = "≤" if self.at_most else "≥"
        over = f" × {self.over}" if self.over else ""
        p99 = f", p99 ≤ {self.p99_ms:g} ms" if self.p99_ms else ""
        return f"{bound} {self.must:g}{over}{p99}"

    def reached(self, row) -> float | None:
        """Return what is compared with ``must``; None when the other side was not measured."""
        values = row["values"]
        if not self.over:
            return values[NOW]
        return ratio(values, self.over)

    def is_met(self, row) -> bool | None:
        """Return whether the promise is kept; None when it cannot be told."""
        reached = self.reached(row)
        if reached is None:
            return None
        kept = reached <= self.must if self.at_most else reached >= self.must
        if self.p99_ms:
            kept = kept and row["p99"][NOW] <= self.p99_ms
        return kept and not row.get("errors", {}).get(NOW)


def ratio(values, over) -> float | None:
    """Return now ÷ ``over``, None when that was not measured."""
    return values[NOW] / values[over] if values.get(over) else None


def _text_book(door, part, must, aim, **words):
    return Target(door, part, must, aim, over=TEXT_BOOK, **words)


TARGETS = (
    _text_book("product list, 24", "browse", 6, 10),
    _text_book("product detail", "browse", 4, 8),
    _text_book("order history, 20", "books", 4, 6),
    _text_book("points statement", "books", 5, 8),
    _text_book("check-in", "checkin", 1.8, 3.5),
    _text_book("redeem, one hot", "redeem", 3, 5),
    _text_book("redeem, one hot, 128 connections", "redeem", 4, 6, p99_ms=250),
    _text_book("redeem, many products", "redeem", 1.6, 2.5),
    _text_book("sold-out refusal", "redeem", 4, 8),
    Target("order with cash and its notice, hot", "mixed", 5, 10, over=TODAY),
    Target("home, anonymous", "home", 1.0, 0.3, at_most=True),
    Target("home, member", "home", 8, 5, at_most=True),
    _text_book("sign in, 8 connections", "entrance", 6, 8),
    _text_book("sign up, 8 connections", "entrance", 6, 8),
    _text_book("redeem, one hot, binlog and 1 ms fsync", "durable", 4, 8),
    Target("redeem, one hot, beside mysqlclient alone", "driver", 0.25, 0.6, over=DRIVER),
    Target("redeem on SQLite, 8 threads", "sqlite", 150, 300, p99_ms=250),
    Target("expiry of accounts", "expiry", 2, 3, over=TODAY),
    Target("import_history", "imports", 1.5, 2, over=TODAY),
    Target("mails per CPU second", "mails", 8, 20, over=TODAY),
    Target("list, a large shop, cold", "shelves", 60, None, at_most=True),
    Target("search, a large shop, cold", "shelves", 60, None, at_most=True),
    Target("affordable, a large shop, cold", "shelves", 60, None, at_most=True),
    Target("picks, a large shop, cold", "shelves", 60, None, at_most=True),
    Target("slowest list of the back office", "office", 300, None, at_most=True),
)


def _at_least(shelf, musts):
    return [Target(f"{shelf}: {figure}", "evidence", must, None) for figure, must in musts.items()]


GOALS = (  # of recommendations: of plain figures, by their name
    *_at_least("type, new, ours", {"hit@10": 71, "ndcg@10": 17, "coverage": 5}),
    *_at_least("type, again, ours", {"hit@10": 97, "ndcg@10": 70}),
    *_at_least("type, all, ours", {"hit@10": 91}),
    *_at_least("category, new, ours", {"hit@10": 78.5, "ndcg@10": 25.5, "coverage": 50}),
    *_at_least("category, again, ours", {"hit@10": 98, "ndcg@10": 79}),
    *_at_least("category, all, ours", {"hit@10": 94.5}),
    *(
        Target(f"{level}, new, {some}: ours − popular", "evidence", must, None)
        for level in ("type", "category")
        for must, among in (
            (-1, ("50 drawn, mean", "200 drawn, mean", "1000 drawn, mean")),
            (-2, ("histories of 1", "histories of 2", "histories of 3")),
        )
        for some in among
    ),
    Target("the nightly count", "recommendations", 60, None, at_most=True),
    Target("the nightly count, most memory", "recommendations", 600, None, at_most=True),
)

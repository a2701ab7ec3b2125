"""List, check-in, redeem one hot product, redeem a hundred: ours and the text-book's, in turns, in
the same minutes.

Every round ends with verify_ledger; a figure of books that do not close is no figure.
"""

import json
from statistics import median

ROUNDS = 3
MEMBERS = 9000
SPREAD = 100
PLENTY = 10**7
PRICE = 10


def run() -> list[dict]:
    """Return ok/s, latencies and CPU of each door and the ratio to the text-book's."""
    from benchmarks import stage

    with stage.servers() as database:
        tokens, skus, items = _furnish()
        with stage.web() as granian:
            processes = {"web": granian, "database": database.process}
            rows = []
            for name, ours, theirs in _pairs(tokens, skus, items):
                rows += _compare(name, ours, theirs, processes)
        return rows


def _pairs(tokens, skus, items):
    """Yield name and, for each version, what to knock with; check-in takes fresh members each
    round.
    """

    def orders(which):
        return {
            "bodies": [json.dumps({"lines": [{"sku": sku, "quantity": 1}]}) for sku in which],
            "tokens": tokens,
        }

    def redemptions(which):
        return {"bodies": [json.dumps({"item": item}) for item in which], "tokens": tokens}

    def once_each(which):
        share = len(tokens) // ROUNDS
        return lambda turn: {"tokens": tokens[turn * share : (turn + 1) * share], "bodies": which}

    yield "list of 24", ("GET", "/api/v1/products", {}), ("GET", "/textbook/items", {})
    yield (
        "check-in",
        ("POST", "/api/v1/checkins", once_each(["{}"])),
        ("POST", "/textbook/visits", once_each(["{}"])),
    )
    yield (
        "redeem, one hot",
        ("POST", "/api/v1/orders", orders(skus[:1])),
        ("POST", "/textbook/redemptions", redemptions(items[:1])),
    )
    yield (
        "redeem, 100 products",
        ("POST", "/api/v1/orders", orders(skus)),
        ("POST", "/textbook/redemptions", redemptions(items)),
    )


def _compare(name, ours, theirs, processes) -> list[dict]:
    from django.core.management import call_command

    from benchmarks import stage

    found = {"ours": [], "text-book": []}
    for turn in range(ROUNDS):
        for version, (method, path, words) in (("ours", ours), ("text-book", theirs)):
            words = words(turn) if callable(words) else words
            seconds = 3 if name == "check-in" else stage.SECONDS  # a member checks in once a day
            found[version].append(
                stage.load(path, method=method, processes=processes, seconds=seconds, **words)
            )
    call_command("verify_ledger")
    rows = []
    for version, rounds in found.items():
        middle = sorted(rounds, key=lambda one: one["ok_per_second"])[len(rounds) // 2]
        rows.append(
            {"name": f"{name}: {version}", "value": round(middle["ok_per_second"]), "unit": "ok/s"}
        )
        rows += [
            {"name": f"{name}: {version} {cut}", "value": round(middle[cut], 1), "unit": "ms"}
            for cut in ("p50", "p95", "p99")
        ]
        rows += [
            {"name": f"{name}: {version} CPU {who}", "value": round(ms, 2), "unit": "ms/request"}
            for who, ms in middle["cpu_ms"].items()
        ]
        rows.append(
            {
                "name": f"{name}: {version} errors",
                "value": sum(one["errors"] for one in rounds),
                "unit": "answers",
            }
        )
    ratio = median(one["ok_per_second"] for one in found["ours"]) / median(
        one["ok_per_second"] for one in found["text-book"]
    )
    return [*rows, {"name": f"{name}: ours ÷ text-book", "value": round(ratio, 2), "unit": "×"}]


def _furnish():
    """Make tables, members with points and tokens, goods in both versions; returns tokens, SKU ids,
    item ids.
    """
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from accounts.models import User
    from benchmarks.textbook.models import Item, Wallet
    from catalog import shelf_prices, stock
    from catalog.models import Category, Product, Sku
    from points import ledger

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the text-book's tables, which name ours
    User.objects.bulk_create(
        [
            User(
                username=f"bench{n}",
                email=f"bench{n}@example.com",
                email_canonical=f"bench{n}",
                password="!",
            )
            for n in range(MEMBERS)
        ],
        batch_size=1000,
    )
    members = list(User.objects.filter(username__startswith="bench").order_by("pk"))
    for start in range(0, MEMBERS, 500):
        with transaction.atomic():
            for member in members[start : start + 500]:
                ledger.open_account(member.pk)
                ledger.accrue(member.pk, points=1_000_000, key="gift")
    Wallet.objects.bulk_create(
        [Wallet(user=member, points=1_000_000) for member in members], batch_size=1000
    )
    shelf = Category.objects.create(slug="bench", name_zh_hans="测试", name_en="Bench")
    skus, items = [], []
    for n in range(SPREAD):
        product = Product.objects.create(
            category=shelf,
            name_zh_hans=f"商品 {n}",
            name_en=f"Product {n}",
            kind=Product.Kind.VIRTUAL,
            pay_mode="points",
            status="on",
        )
        sku = Sku.objects.create(
            product=product, name_zh_hans="默认", name_en="Default", points_price=PRICE
        )
        stock.receive(sku.pk, quantity=PLENTY, actor="bench", note="bench")
        skus.append(sku.pk)
        items.append(Item.objects.create(name=f"商品 {n}", price=PRICE, stock=PLENTY).pk)
    shelf_prices.draw(Product.objects.values_list("pk", flat=True))
    return [_token_of(member) for member in members], skus, items


def _token_of(member) -> str:
    """Return an access token as the headless sign-in would hand out, good for this run."""
    from allauth.headless.tokens.strategies.jwt import internal
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return internal.create_access_token(member, session, {})

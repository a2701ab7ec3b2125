"""Make the text-book's tables, members with points and tokens, goods, and somebody's history."""

from benchmarks.inside import answer

REDEEMED = 20  # orders each reader has


def furnish(*, members, goods, readers, plenty, price, points, password):
    """Return what to knock with."""
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from benchmarks.textbook.models import Category, Item, PointsLog, Wallet

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # our own tables, which name the user's
    hashed = make_password(password)
    people = [
        User(username=f"bench{n}", email=f"bench{n}@example.com", password=hashed)
        for n in range(members)
    ]
    User.objects.bulk_create(people, batch_size=1000)
    people = list(User.objects.order_by("pk"))
    for model, words in (
        (Wallet, {"points": points}),
        (PointsLog, {"change": points, "reason": "gift"}),
    ):
        rows = [model(user=user, **words) for user in people]
        model.objects.bulk_create(rows, batch_size=1000)
    Token.objects.bulk_create(
        [Token(user=user, key=Token.generate_key()) for user in people], batch_size=1000
    )
    tokens = Token.objects.order_by("user").values_list("key", flat=True)
    shelf = Category.objects.create(name="Bench")
    kept = [
        Item.objects.create(category=shelf, name=f"商品 {n}", price=price, stock=plenty).pk
        for n in range(goods)
    ]
    sold_out = Item.objects.create(category=shelf, name="商品", price=price, stock=0).pk
    _redeem(people[:readers], kept[0], price)
    return {
        "tokens": [f"Token {key}" for key in tokens],
        "readers": readers,
        "skus": kept,
        "products": kept,
        "sold_out": sold_out,
        "names": [user.username for user in people],
    }


def _redeem(people, item_id, price):
    from django.db.models import F

    from benchmarks.textbook.models import Item, PointsLog, Redemption, Wallet

    for user in people:
        for _turn in range(REDEEMED):
            Redemption.objects.create(user=user, item_id=item_id, quantity=1, points=price)
            PointsLog.objects.create(user=user, change=-price, reason="redeem")
        Wallet.objects.filter(user=user).update(points=F("points") - price * REDEEMED)
    Item.objects.filter(pk=item_id).update(stock=F("stock") - len(people) * REDEEMED)


if __name__ == "__main__":
    answer(furnish)

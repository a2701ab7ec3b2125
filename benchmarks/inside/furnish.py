"""Make members with points, tier and token, goods, and somebody's history."""

from benchmarks.inside import answer

BATCH = 500
REDEEMED = 20  # orders each reader has
SESSIONS = 200  # members who come with a browser


def furnish(*, members, goods, readers, plenty, price, points, password):
    """Return what to knock with."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if settings.STATIC_ROOT:
        call_command("collectstatic", verbosity=0, interactive=False)
    people = _people(members, password)
    _give(people, points)
    hot = _sku(points=price, stock=plenty)
    shelf = {"category": hot.product.category}
    skus = [hot, *[_sku(points=price, stock=plenty, **shelf) for _n in range(goods - 1)]]
    with_cash = _sku(points=price, cash="1.00", stock=plenty, **shelf)
    sold_out = _sku(points=price, stock=0, **shelf)
    _redeem(people[:readers], hot)
    return {
        "tokens": [f"Bearer {_token(user)}" for user in people],
        "readers": readers,
        "cookies": [_cookie(user) for user in people[:SESSIONS]],
        "skus": [sku.pk for sku in skus],
        "products": [sku.product_id for sku in skus],
        "sold_out": sold_out.pk,
        "with_cash": with_cash.pk,
        "names": [user.username for user in people],
        "payment_secret": settings.PAYMENT_SECRET,
        "merchant": settings.PAYMENT_MERCHANT,
    }


def _people(count, password):
    from allauth.account.models import EmailAddress
    from django.contrib.auth.hashers import make_password

    from accounts.models import User

    hashed = make_password(password)
    made = [
        User(
            username=f"bench{n}",
            email=f"bench{n}@example.com",
            email_canonical=f"bench{n}@example.com",
            password=hashed,
        )
        for n in range(count)
    ]
    User.objects.bulk_create(made, batch_size=1000)
    people = list(User.objects.filter(username__startswith="bench").order_by("pk"))
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in people],
        batch_size=1000,
    )
    return people


def _give(people, points):
    """Open accounts, give points that do not end, and let everybody stand on a tier."""
    from django.db import transaction

    from points import ledger, machine, tiers

    gift = machine.Accrue(points, None, "", None)
    for start in range(0, len(people), BATCH):
        with transaction.atomic():
            ledger.post_many(
                [
                    ledger.Posting(user.pk, gift, key="bench:gift")
                    for user in people[start : start + BATCH]
                ]
            )
    tiers.reassess_due()


def _sku(**words):
    from tests.factories.orders import virtual_sku

    return virtual_sku(**words)


def _redeem(people, sku):
    from tests.factories.orders import place

    for user in people:
        for _turn in range(REDEEMED):
            place(user, sku)


def _token(user):
    """Return an access token as the headless sign-in hands one out."""
    from allauth.headless import app_settings
    from django.http import HttpRequest

    request = HttpRequest()
    request.user, request.session = user, _session(user)
    return app_settings.TOKEN_STRATEGY.create_access_token(request)


def _session(user):
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]  # who knows a user by id
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session


def _cookie(user):
    from django.conf import settings

    return f"{settings.SESSION_COOKIE_NAME}={_session(user).session_key}"


if __name__ == "__main__":
    answer(furnish)

"""A stranger's day with openapi-python-client; prints what the test asserts."""

import json
import os
import sys

from shop import AuthenticatedClient, Client
from shop.api.accounts import auth_auth_signup_post as signup
from shop.api.accounts import auth_tokens_refresh_post as refresh
from shop.api.check_in import check_in
from shop.api.orders import orders_create, orders_quote
from shop.api.points import list_point_entries, read_points
from shop.models import (
    AuthAuthenticatedResponse,
    AuthSignup,
    AuthTokensRefreshPostBody,
    AuthTokensRefreshPostResponse200,
    CheckedIn,
    ExpectRequestRequest,
    LineRequestRequest,
    Order,
    OrderRefusal,
    OrderRequestRequest,
    PaginatedEntryList,
    Points,
    ProposedQuote,
    Quote,
    QuoteRequestRequest,
)

base, lines = os.environ["BASE"], [LineRequestRequest(sku=int(os.environ["SKU"]), quantity=1)]
who = AuthSignup(username="py-client", email="py@example.com", password="a-long-password-7")
joined = signup.sync(client=Client(base_url=base), body=who)
assert isinstance(joined, AuthAuthenticatedResponse), joined
access, again = joined.meta.access_token, joined.meta.refresh_token
assert isinstance(access, str), access
assert isinstance(again, str), again
shop = AuthenticatedClient(base_url=base, token=access)

day = check_in.sync(client=shop)
assert isinstance(day, CheckedIn), day
quote = orders_quote.sync(client=shop, body=QuoteRequestRequest(lines=lines))
assert isinstance(quote, ProposedQuote), quote
wrong = OrderRequestRequest(lines=lines, expect=ExpectRequestRequest(points=1, cash="0.00"))
refused = orders_create.sync(client=shop, body=wrong, idempotency_key="wrong")
assert isinstance(refused, OrderRefusal), refused
assert isinstance(refused.quote, Quote)
seen = ExpectRequestRequest(points=quote.points, cash=quote.cash)
right = OrderRequestRequest(lines=lines, expect=seen)
order = orders_create.sync(client=shop, body=right, idempotency_key="one")
assert isinstance(order, Order), order
entries = list_point_entries.sync(client=shop)
assert isinstance(entries, PaginatedEntryList), entries
pair = refresh.sync(
    client=Client(base_url=base), body=AuthTokensRefreshPostBody(refresh_token=again)
)
assert isinstance(pair, AuthTokensRefreshPostResponse200), pair
fresh = AuthenticatedClient(base_url=base, token=pair.data.access_token)
points = read_points.sync(client=fresh)
assert isinstance(points, Points), points
said = {
    "streak": day.streak,
    "quoted": quote.points,
    "requoted": refused.quote.points,
    "status": str(order.status),
    "entries": len(entries.results),
    "available": points.available,
}
sys.stdout.write(json.dumps(said))

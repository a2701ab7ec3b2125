"""A stranger's day with openapi-generator's Python client; prints what the test asserts."""

import json
import os
import sys

import shop
from shop.exceptions import ApiException

settings = shop.Configuration(host=os.environ["BASE"])
api = shop.ApiClient(settings)
accounts, orders = shop.AccountsApi(api), shop.OrdersApi(api)
lines = [shop.LineRequestRequest(sku=int(os.environ["SKU"]), quantity=1)]

who = shop.AuthSignup(username="py-gen", email="gen@example.com", password="a-long-password-7")
meta = accounts.auth_auth_signup_post(who).meta
settings.access_token = meta.access_token

day = shop.CheckInApi(api).check_in()
quote = orders.orders_quote(shop.QuoteRequestRequest(lines=lines))
wrong = shop.ExpectRequestRequest(points=1, cash="0.00")
try:
    orders.orders_create("wrong", shop.OrderRequestRequest(lines=lines, expect=wrong))
    raise SystemExit("an order at another price was taken")
except ApiException as refused:
    requoted = refused.data.quote.points
seen = shop.ExpectRequestRequest(points=quote.points, cash=quote.cash)
order = orders.orders_create("one", shop.OrderRequestRequest(lines=lines, expect=seen))
entries = shop.PointsApi(api).list_point_entries()
pair = accounts.auth_tokens_refresh_post(
    shop.AuthTokensRefreshPostRequest(refresh_token=meta.refresh_token)
)
settings.access_token = pair.data.access_token
said = {
    "streak": day.streak,
    "quoted": quote.points,
    "requoted": requoted,
    "status": order.status,
    "entries": len(entries.results),
    "available": shop.PointsApi(api).read_points().available,
}
sys.stdout.write(json.dumps(said))

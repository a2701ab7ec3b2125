// A stranger's day with @hey-api/openapi-ts; prints what the test asserts.
import { client } from "./hey/client.gen";
import {
  authAuthSignupPost,
  authTokensRefreshPost,
  checkIn,
  listPointEntries,
  ordersCreate,
  ordersQuote,
  readPoints,
} from "./hey/sdk.gen";

const lines = [{ sku: Number(process.env.SKU), quantity: 1 }];
let token: string | undefined;
client.setConfig({ baseUrl: process.env.BASE!, auth: (way) => (way.scheme === "bearer" ? token : undefined) });

const joined = await authAuthSignupPost({
  body: { username: "ts-hey", email: "ts-hey@example.com", password: "a-long-password-7" },
  throwOnError: true,
});
token = joined.data.meta.access_token;

const day = await checkIn({ throwOnError: true });
const quote = await ordersQuote({ body: { lines }, throwOnError: true });
const refused = await ordersCreate({
  headers: { "Idempotency-Key": "wrong" },
  body: { lines, expect: { points: 1, cash: "0.00" } },
});
const order = await ordersCreate({
  headers: { "Idempotency-Key": "one" },
  body: { lines, expect: { points: quote.data.points, cash: quote.data.cash } },
  throwOnError: true,
});
const entries = await listPointEntries({ throwOnError: true });
const pair = await authTokensRefreshPost({
  body: { refresh_token: joined.data.meta.refresh_token! },
  throwOnError: true,
});
token = pair.data.data.access_token;
const points = await readPoints({ throwOnError: true });

const requoted: number | undefined =
  refused.error && "quote" in refused.error ? refused.error.quote?.points : undefined;
console.log(
  JSON.stringify({
    streak: day.data.streak,
    quoted: quote.data.points,
    requoted,
    status: order.data.status,
    entries: entries.data.results.length,
    available: points.data.available,
  }),
);

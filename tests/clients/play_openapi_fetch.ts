// A stranger's day with openapi-typescript and openapi-fetch; prints what the test asserts.
import createClient from "openapi-fetch";
import type { paths } from "./schema";

const [base, sku] = [process.env.BASE!, Number(process.env.SKU)];
const shop = createClient<paths>({ baseUrl: base });
const lines = [{ sku, quantity: 1 }];

const joined = await shop.POST("/api/auth/app/v1/auth/signup", {
  body: { username: "ts-fetch", email: "ts-fetch@example.com", password: "a-long-password-7" },
});
const { access_token, refresh_token } = joined.data!.meta;
let bearer = `Bearer ${access_token}`;
shop.use({
  onRequest({ request }) {
    request.headers.set("Authorization", bearer);
    return request;
  },
});

const day = await shop.POST("/api/v1/checkins", {});
const quote = await shop.POST("/api/v1/orders/quote", { body: { lines } });
const refused = await shop.POST("/api/v1/orders", {
  params: { header: { "Idempotency-Key": "wrong" } },
  body: { lines, expect: { points: 1, cash: "0.00" } },
});
const order = await shop.POST("/api/v1/orders", {
  params: { header: { "Idempotency-Key": "one" } },
  body: { lines, expect: { points: quote.data!.points, cash: quote.data!.cash } },
});
const entries = await shop.GET("/api/v1/points/entries", {});
const pair = await shop.POST("/api/auth/app/v1/tokens/refresh", {
  body: { refresh_token: refresh_token! },
});
bearer = `Bearer ${pair.data!.data.access_token}`;
const points = await shop.GET("/api/v1/points", {});

// Typed, not guessed: what is not in the document does not compile under --strict.
const requoted: number | undefined =
  refused.error && "quote" in refused.error ? refused.error.quote?.points : undefined;
console.log(
  JSON.stringify({
    streak: day.data!.streak,
    quoted: quote.data!.points,
    requoted,
    status: order.data!.status,
    entries: entries.data!.results.length,
    available: points.data!.available,
  }),
);

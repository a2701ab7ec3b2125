// A stranger's day with orval's fetch client; prints what the test asserts.
import {
  authAuthSignupPost,
  authTokensRefreshPost,
  checkIn,
  listPointEntries,
  ordersCreate,
  ordersQuote,
  readPoints,
} from "./orval";

const fetched = globalThis.fetch;
let token: string | undefined;
globalThis.fetch = (address, asked) => {
  const headers = new Headers(asked?.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  return fetched(new URL(String(address), process.env.BASE!), { ...asked, headers });
};
const lines = [{ sku: Number(process.env.SKU), quantity: 1 }];

function must<T extends { status: number }, S extends T["status"]>(
  answer: T,
  status: S,
): Extract<T, { status: S }> {
  if (answer.status !== status) throw new Error(JSON.stringify(answer));
  return answer as Extract<T, { status: S }>;
}

const joined = must(
  await authAuthSignupPost({
    username: "ts-orval",
    email: "ts-orval@example.com",
    password: "a-long-password-7",
  }),
  200,
);
token = joined.data.meta.access_token;

const day = must(await checkIn(), 201);
const quote = must(await ordersQuote({ lines }), 200);
const wrong = { lines, expect: { points: 1, cash: "0.00" } };
const refused = must(
  await ordersCreate(wrong, { headers: { "Idempotency-Key": "wrong" } }),
  409,
);
const right = { lines, expect: { points: quote.data.points, cash: quote.data.cash } };
const order = must(await ordersCreate(right, { headers: { "Idempotency-Key": "one" } }), 201);
const entries = must(await listPointEntries(), 200);
const pair = must(
  await authTokensRefreshPost({ refresh_token: joined.data.meta.refresh_token! }),
  200,
);
token = pair.data.data.access_token;
const points = must(await readPoints(), 200);

console.log(
  JSON.stringify({
    streak: day.data.streak,
    quoted: quote.data.points,
    requoted: refused.data.quote?.points,
    status: order.data.status,
    entries: entries.data.results.length,
    available: points.data.available,
  }),
);

-- Order for points and cash, start the payment, tell it as the provider does: each connection is a
-- thread of its own and goes through the three in turn. What counts is orders paid.
local ffi = require("ffi")
ffi.cdef [[
  const void *EVP_sha256(void);
  unsigned char *HMAC(const void *kind, const void *key, int key_length, const unsigned char *text,
                      size_t length, unsigned char *out, unsigned int *out_length);
]]
local crypto = ffi.load("crypto.so.3")
local caller, threads, step, turn, wrong = {}, {}, "order", 0, {}
local run = os.getenv("BENCH_RUN")

local function signed(text)
  local key, out, length = os.getenv("BENCH_SECRET"), ffi.new("unsigned char[64]"),
    ffi.new("unsigned int[1]")
  crypto.HMAC(crypto.EVP_sha256(), key, #key, text, #text, out, length)
  return (ffi.string(out, length[0]):gsub(".", function(byte)
    return string.format("%02x", string.byte(byte))
  end))
end

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(os.getenv("BENCH_CALLERS")) do table.insert(caller, line) end
  for line in io.lines(os.getenv("BENCH_BODIES")) do order = line end
  paid, refused, said = 0, 0, ""
end

function request()
  local headers = {["Content-Type"] = "application/json"}
  if step == "order" then
    turn = turn + 1
    local mine = caller[((turn - 1) * tonumber(os.getenv("BENCH_CONNECTIONS")) + id) % #caller + 1]
    token = mine:match(": (.*)$")
    headers["Idempotency-Key"] = run .. "x" .. id .. "x" .. turn
    headers["Authorization"] = token
    return wrk.format("POST", "/api/v1/orders", headers, order)
  end
  if step == "payment" then
    headers["Authorization"] = token
    return wrk.format("POST", "/api/v1/orders/" .. no .. "/payments", headers,
      '{"provider": "sandbox"}')
  end
  local stamp = tostring(os.time())
  local notice = string.format('{"event_id": "paid-%s", "event": "paid", "payment": "%s", '
    .. '"provider_ref": "sbx-%s", "amount": "%s", "currency": "CNY", "merchant": "%s"}',
    payment, payment, payment, amount, os.getenv("BENCH_MERCHANT"))
  headers["X-Sandbox-Timestamp"] = stamp
  headers["X-Sandbox-Signature"] = signed(stamp .. "." .. notice)
  return wrk.format("POST", "/api/v1/payments/sandbox/notify", headers, notice)
end

function response(status, headers, body)
  if status >= 400 then
    refused, said = refused + 1, step .. " " .. status .. " " .. body
    step = "order"
  elseif step == "order" then
    no, amount, step = body:match('"no":%s*"([^"]+)"'), body:match('"cash":%s*"([^"]+)"'), "payment"
  elseif step == "payment" then
    payment, step = body:match('"no":%s*"([^"]+)"'), "notice"
  else
    paid, step = paid + 1, "order"
  end
end

function done(summary, latency, requests)
  local paid, refused = 0, 0
  for _, thread in ipairs(threads) do
    paid, refused = paid + thread:get("paid"), refused + thread:get("refused")
    if thread:get("said") ~= "" then io.stderr:write(thread:get("said"), "\n") end
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  local shape = '\nJSON{"requests":%d,"right":%d,"lost":%d,"micros":%d,'
    .. '"p50":%d,"p95":%d,"p99":%d}\n'
  -- a whole order is three requests: those in hand when the time is over are neither right nor wrong
  io.write(string.format(shape, paid + refused, paid, lost, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end

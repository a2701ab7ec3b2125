-- One request again and again, by members in turn, with bodies drawn by chance.
local caller, bodies, turn, right = {}, {}, 0, 0
local run, expected = os.getenv("BENCH_RUN"), tonumber(os.getenv("BENCH_EXPECTED"))
local threads = {}

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init(args)
  for line in io.lines(os.getenv("BENCH_CALLERS")) do table.insert(caller, line) end
  for line in io.lines(os.getenv("BENCH_BODIES")) do table.insert(bodies, line) end
  math.randomseed(id + 1)
  told = 0
end

function request()
  turn = turn + 1
  local mark = run .. "x" .. id .. "x" .. turn
  local headers = {["Content-Type"] = "application/json", ["Idempotency-Key"] = mark}
  if #caller > 0 then
    local name, value = caller[(turn * 2 + id) % #caller + 1]:match("^([%w-]+): (.*)$")
    headers[name] = value
  end
  local body = nil
  if #bodies > 0 then body = bodies[math.random(#bodies)]:gsub("{n}", mark) end
  return wrk.format(os.getenv("BENCH_METHOD"), os.getenv("BENCH_PATH"), headers, body)
end

-- Reading answers costs the load some of its pace, so it is done only where a refusal is right.
if expected ~= 200 then
  function response(status, headers, body)
    if status == expected then told = told + 1 end
  end
end

function done(summary, latency, requests)
  local right = summary.requests - summary.errors.status
  if expected ~= 200 then
    right = 0
    for _, thread in ipairs(threads) do right = right + thread:get("told") end
  end
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  local shape = '\nJSON{"requests":%d,"right":%d,"lost":%d,"micros":%d,'
    .. '"p50":%d,"p95":%d,"p99":%d}\n'
  io.write(string.format(shape, summary.requests, right, lost, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end

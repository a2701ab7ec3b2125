#!/usr/bin/env bash
# celery 5.6.3, kombu 5.7.0, redis-py 8.1.0, Debian's redis-server 7.0.15; one worker,
# `--concurrency 2`, prefetch multiplier 1, acks_late. One child does a long task, the other
# idles; the broker is killed, started again, and three short tasks are sent.
#
# Most expect the idle child to do them (`-O fair` is the default). Instead none is done before
# the long one ends: losing the broker clears the pool's notes of who is busy, so the first short
# task is written to the busy child, and the prefetch count is reduced ("Temporarily reducing the
# prefetch count to 1") by the task that runs, so nothing else is fetched meanwhile.
# `--disable-prefetch` (new in 5.6, "only fetches when a slot is free") changes nothing: it counts
# requests that the same loss forgot. `worker_enable_prefetch_count_reduction = False` does: one
# short task waits, all others flow.
#
# Exits 0 as long as it is so, 1 when the behaviour changed. Takes about two minutes.
set -euo pipefail
work="$(mktemp -d)"
broker=; worker=
stop() { for one in $worker $broker; do kill -9 "$one" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap 'stop; rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check celery==5.6.3 kombu==5.7.0 redis==8.1.0 packaging==25.0
cat > "$work/app.py" <<'PY'
import os, time
from celery import Celery
app = Celery("app", broker=f"redis+socket://{os.environ['WORK']}/r.sock")
app.conf.update(task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=1)
app.conf.worker_enable_prefetch_count_reduction = os.environ["REDUCE"] == "yes"
@app.task
def work(name, seconds):
    time.sleep(seconds)
    with open(f"{os.environ['WORK']}/done", "a") as done:
        done.write(f"{name}\n")
PY
wait_for() { # a command, for at most two minutes
  for _ in $(seq 400); do "$@" && return 0; sleep 0.3; done
  echo "never happened: $*" >&2; tail -n 20 "$work/worker.log" >&2; exit 1
}
answers() { redis-cli -s "$work/r.sock" ping >/dev/null 2>&1; }
listens() { [ "$(redis-cli -s "$work/r.sock" client list | grep -c 'cmd=brpop')" -ge 1 ]; }
start_redis() {
  redis-server --port 0 --unixsocket "$work/r.sock" --save "" --dir "$work" >"$work/redis.log" & broker=$!
  wait_for answers
}
try() { # the word for this try, whether the prefetch count is reduced, more arguments of the worker
  local said="$1"; export WORK="$work" REDUCE="$2"; shift 2
  : > "$work/done"; : > "$work/worker.log"
  cd "$work"; start_redis
  "$work/venv/bin/celery" -A app worker --concurrency 2 --loglevel info "$@" >"$work/worker.log" 2>&1 & worker=$!
  wait_for grep -q 'ready\.' "$work/worker.log"
  "$work/venv/bin/python" -c 'import app; app.work.delay("long", 30)'
  sleep 2; kill -9 $broker; wait $broker 2>/dev/null || true; rm -f "$work/r.sock"; sleep 1; start_redis
  wait_for listens; sleep 1
  "$work/venv/bin/python" -c 'import app; [app.work.delay(f"short{n}", 0) for n in range(3)]'
  wait_for grep -q long "$work/done"
  before="$(sed '/long/,$d' "$work/done" | wc -l)"
  echo "$said: $before of 3 short tasks done before the long one"
  stop; worker=; broker=; rm -f "$work/r.sock"
}
try "as it comes" yes; plain=$before
try "--disable-prefetch" yes --disable-prefetch; disabled=$before
try "worker_enable_prefetch_count_reduction = False" no; kept=$before
[ "$plain" -eq 0 ] && [ "$disabled" -eq 0 ] && [ "$kept" -eq 2 ]

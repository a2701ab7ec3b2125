#!/usr/bin/env bash
# argon2-cffi 25.1.0 (argon2-cffi-bindings 25.1.0) on glibc 2.36: what eight threads took to hash
# passwords at 19 MiB each.
#
# argon2 takes its memory with one malloc and frees it, and glibc maps pieces of 128 KiB and more
# apart and unmaps them at free, so most expect a process to be as small after a sign-in as
# before. But the first free of such a piece raises the size from which glibc maps apart to that
# piece's ("dynamic mmap threshold", mallopt(3)): each further hash takes its 19 MiB from the
# arena of its thread, where it stays. Eight threads keep some 150 MiB for good. Setting the size,
# to any value, ends the raising: mallopt(M_MMAP_THRESHOLD, …) or MALLOC_MMAP_THRESHOLD_ in the
# environment, and nothing stays.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check argon2-cffi==25.1.0 argon2-cffi-bindings==25.1.0
cat > "$work/try.py" <<'PY'
import os
import threading

from argon2.low_level import Type, hash_secret


def resident():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


def sign_in():
    for _ in range(4):
        gate.wait()
        hash_secret(b"password", b"s" * 16, 2, 19 * 1024, 1, 32, Type.ID)


gate, before = threading.Barrier(8), resident()
threads = [threading.Thread(target=sign_in) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(resident() - before)
PY
left="$("$work/venv/bin/python" "$work/try.py")"
left_when_set="$(MALLOC_MMAP_THRESHOLD_=1048576 "$work/venv/bin/python" "$work/try.py")"
echo "left after 32 hashes by 8 threads: $left MiB; with the size set: $left_when_set MiB"
[ "$left" -gt 60 ] && [ "$left_when_set" -lt 20 ]

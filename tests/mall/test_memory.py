"""What a sign-in takes goes back to the system, in a web process and in a worker."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from mall.server import memory

# Eight threads sign in as the shop's hasher does, four times each; how many MiB are left of it?
SIGN_INS = """
import threading
from argon2.low_level import Type, hash_secret
from accounts.passwords import Argon2Hasher as cost

def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * 4096 // 2**20

def sign_in():
    for _ in range(4):
        gate.wait(60)
        hash_secret(b"p", b"s" * 16, cost.time_cost, cost.memory_cost, 1, 32, Type.ID)

gate, before = threading.Barrier(8), resident()
threads = [threading.Thread(target=sign_in) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
print("LEFT", resident() - before)
"""
# How many pages does the system hand over for eight sign-ins?
TAKEN = """
import os, resource, subprocess, sys
from argon2.low_level import Type, hash_secret
memory.map_large_pieces_apart()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    hash_secret(b"p", b"s" * 16, 2, 19 * 1024, 1, 32, Type.ID)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, flush=True)
if memory.TUNABLES not in os.environ:
    memory.ask_for_large_pages()
    os.execv(sys.executable, sys.orig_argv)
"""
ASKS = "from mall.server import memory"
OFFERED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
HAS_LARGE_PAGES = OFFERED.exists() and "[never]" not in OFFERED.read_text()
STARTS = {
    "web": "import mall.wsgi",
    "worker": "from mall.celery import signals; signals.celeryd_init.send('worker')",
}

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc")


def left_after_sign_ins(start, **environment):
    told = subprocess.run(
        [sys.executable, "-c", f"{start}\n{SIGN_INS}"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mall.settings.test", **environment},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "LEFT" in told.stdout, told.stderr
    return int(told.stdout.rpartition("LEFT")[2])


@pytest.mark.parametrize("process", STARTS)
def test_memory_when_eight_sign_in_at_once_then_given_back(process):
    assert left_after_sign_ins(STARTS[process]) < 40


def test_memory_when_a_web_process_is_ready_then_collections_pass_over_its_code():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{STARTS['web']}; import gc\n"
            "print('LOOKED', len(gc.get_objects()), gc.get_freeze_count())",
        ],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mall.settings.test"},
        capture_output=True,
        text=True,
        timeout=200,
    )

    looked_at, left_alone = map(int, told.stdout.rpartition("LOOKED")[2].split())
    assert left_alone > 100_000
    assert looked_at < 10_000


@pytest.mark.skipif(not HAS_LARGE_PAGES, reason="this system gives none")
def test_memory_when_served_then_a_sign_in_takes_hardly_any_page_by_itself():
    environment = {name: told for name, told in os.environ.items() if name != memory.TUNABLES}
    asked = [sys.executable, "-c", f"{ASKS}\n{TAKEN}"]

    told = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=200)

    small, large = map(int, told.stdout.split())
    assert large < small / 3, told.stderr


def test_memory_when_an_operator_chose_tunables_then_they_stay_so(monkeypatch):
    monkeypatch.setenv(memory.TUNABLES, "glibc.malloc.hugetlb=0")

    memory.ask_for_large_pages()

    assert os.environ[memory.TUNABLES] == "glibc.malloc.hugetlb=0"


def test_memory_when_an_operator_chose_then_it_stays_so(monkeypatch):
    monkeypatch.setenv(memory.CHOSEN, "33554432")

    assert memory.map_large_pieces_apart() is False

"""What a round is told of the processes that worked for it."""

import os
import signal
import subprocess
import sys

from benchmarks import processes

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
print("ended", flush=True)
input()
"""


def test_cpu_when_a_process_ends_meanwhile_then_it_is_named_and_not_taken_off():
    command = [sys.executable, "-c", PARENT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as parent:
        child = int(parent.stdout.readline())
        before = processes.cpu_of_each(parent)

        os.kill(child, signal.SIGTERM)
        parent.stdout.readline()
        used, ended = processes.cpu_between(before, processes.cpu_of_each(parent))
        parent.communicate("\n")

    assert set(before) == {parent.pid, child}
    assert (used >= 0, ended) == (True, [child])

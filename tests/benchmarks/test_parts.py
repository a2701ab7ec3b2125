"""Every part of `make bench` starts, loads and tells its rows: with tiny sizes, so that a change
that breaks a benchmark is noticed before somebody needs its figures.
"""

import os
import subprocess
import sys

import pytest

from benchmarks.__main__ import OFFICE, ON_STAGE
from benchmarks.targets import TARGETS
from tests.conftest import ROOT

pytestmark = [pytest.mark.mariadb, pytest.mark.long]


def test_parts_when_run_with_tiny_sizes_then_each_tells_its_doors_without_errors():
    clean = {name: word for name, word in os.environ.items() if not name.startswith("MALL_")}

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--tiny", *ON_STAGE, OFFICE],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    told = [line for line in done.stdout.splitlines() if " said " not in line]
    for target in TARGETS:
        assert any(line.startswith(target.door) for line in told), target.door
    assert " said " not in done.stdout, done.stdout[-4000:]

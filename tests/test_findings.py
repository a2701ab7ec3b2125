"""Whether libraries and servers still do what findings/ tells of them (make findings)."""

import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))


def test_findings_when_listed_then_every_script_has_its_line():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [one.name for one in SCRIPTS if f"({one.name})" not in listed] == []


@pytest.mark.findings
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_finding_when_run_now_then_it_is_still_so(script):
    done = subprocess.run([script], capture_output=True, text=True)

    if done.returncode == 2:
        pytest.skip(done.stderr[-300:])  # what it tells of is not to be had here
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

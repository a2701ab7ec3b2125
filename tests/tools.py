"""Tools of others that a test plays with: installed once, as their lock file says, into a cache
folder outside the tree (TOOLS_CACHE, ~/.cache/points-mall-tools). That asks the registries.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SECONDS = 900


def run(*command, cwd, **environment):
    """Run a tool; return what it printed, or fail with all it said."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def node_tools(lists: Path) -> Path:
    """Return the folder whose node_modules hold what ``lists``/package-lock.json names."""
    files = [lists / name for name in ("package.json", "package-lock.json")]
    folder, is_complete = _cached(files)
    if not is_complete:
        for file in files:
            shutil.copy(file, folder)
        run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        (folder / "complete").touch()
    return folder


def python_tools(lists: Path) -> Path:
    """Return the folder of the commands of what ``lists``/requirements.txt names."""
    wanted = lists / "requirements.txt"
    folder, is_complete = _cached([wanted])
    if not is_complete:
        run(sys.executable, "-m", "venv", folder, cwd=lists)
        run(folder / "bin/pip", "install", "-q", "-r", wanted, cwd=folder)
        (folder / "complete").touch()
    return folder / "bin"


def _cached(files) -> tuple[Path, bool]:
    """Return the cache folder of these lists of packages, and whether it is complete."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    cache = Path(os.environ.get("TOOLS_CACHE", "~/.cache/points-mall-tools")).expanduser()
    folder = cache / f"{files[0].parent.name}-{digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder, (folder / "complete").exists()

"""Files that a script makes of others and that are checked in: written, or looked at whether they
still are what the script would write.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def keep(file: Path, text: str, arguments: list[str]) -> int:
    """Write a file, or with ``--check`` say whether it is current; return the exit code."""
    name = file.relative_to(ROOT)
    if "--check" not in arguments:
        file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}: {len(text.encode()):,} bytes\n")
        return 0
    is_current = file.exists() and file.read_text(encoding="utf-8") == text
    by = Path(sys.argv[0]).name
    sys.stdout.write("current\n" if is_current else f"{name} is old: scripts/{by}\n")
    return 0 if is_current else 1

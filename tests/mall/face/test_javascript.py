"""The one script, as scripts/javascript.py writes it."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SPEC = importlib.util.spec_from_file_location("javascript", ROOT / "scripts" / "javascript.py")
javascript = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(javascript)


def test_script_when_built_now_then_the_one_checked_in_and_holds_every_module():
    script = javascript.build()
    entry = javascript.ENTRY.read_text()

    assert javascript.RESULT.read_text() == script, "run scripts/javascript.py"
    assert script.count("\n}\n{\n") == entry.count("import ") - 1


def test_script_when_a_module_imports_or_exports_then_refused(tmp_path):
    for line in ('import "./menus.js";', "export const one = 1;"):
        module = tmp_path / "module.js"
        module.write_text(f"// words\n{line}\n")

        with pytest.raises(ValueError, match=r"module\.js imports or exports"):
            javascript._alone(module)

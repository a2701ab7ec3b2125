"""The one script, as scripts/javascript.py writes it."""

import checked_in
import javascript
import pytest


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


def test_keep_when_only_looked_at_then_told_and_nothing_is_written(capsys):
    before = javascript.RESULT.read_text()

    codes = [checked_in.keep(javascript.RESULT, text, ["--check"]) for text in (before, "old")]

    assert codes == [0, 1]
    assert capsys.readouterr().out.startswith("current\nstatic/js/shop.js is old: ")
    assert javascript.RESULT.read_text() == before

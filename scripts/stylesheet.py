#!/usr/bin/env python3
"""Write the shop's one style sheet, static/css/shop.css: what static/css/mall.css imports, without
what no template asks for of Bootstrap, and without white space.

  python scripts/stylesheet.py          write it
  python scripts/stylesheet.py --check  say whether it is current (exit 1 when not)

Run it after any change of a style sheet, and when a template uses a class of Bootstrap for the
first time; tests/mall/face/test_stylesheet.py fails until then. No Node, no package.
"""

import re
import sys

from checked_in import ROOT, keep

CSS = ROOT / "static" / "css"
ENTRY, RESULT = CSS / "mall.css", CSS / "shop.css"
VENDOR = "vendor"
NESTED = ("@media", "@layer", "@supports", "@container")
APPS = ("accounts", "catalog", "mall", "marketing", "orders", "points")
NAME = re.compile(r"\.(-?[_a-zA-Z][\w-]*)")
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
QUOTED = re.compile(r"""["']([^"']*)["']""")
WORD = re.compile(r"[\w-]+")


def build() -> str:
    """Return the style sheet."""
    entry = _without_comments(ENTRY.read_text())
    order = re.search(r"@layer [^;{]+;", entry)[0]
    parts = [_minified(order)]
    names, prefixes = used_classes()
    for path, layer in re.findall(r'@import url\("([^"]+)"\)(?: layer\((\w+)\))?;', entry):
        rules = list(_rules(_without_comments((CSS / path).resolve().read_text())))
        if layer == VENDOR:
            rules = _only_used(rules, names, prefixes)
        text = "".join(_written(rule) for rule in rules)
        parts.append(f"@layer {layer}{{{text}}}" if layer else text)
    return _without_lost_variables("".join(parts)) + "\n"


def used_classes() -> tuple[set[str], set[str]]:
    """Return the classes that templates, forms and scripts name, and how those begin that they put
    together (``btn-{{ tone }}``).
    """
    names, prefixes = set(), set()
    for path in (ROOT / "templates").rglob("*.html"):
        for value in re.findall(r'class="((?:{%.*?%}|{{.*?}}|[^"])*)"', path.read_text()):
            for tag in TAG.findall(value):
                names.update(word for text in QUOTED.findall(tag) for word in WORD.findall(text))
            names.update(WORD.findall(TAG.sub(" ", re.sub(r"{%.*?%}", " ", value))))
            prefixes.update(re.findall(r"([\w-]+-){{", value))
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    for path in (*sources, *(ROOT / "static" / "js").glob("*.js")):
        for text in QUOTED.findall(path.read_text(encoding="utf-8")):
            names.update(WORD.findall(text))
    return names, prefixes


def _only_used(rules, names, prefixes):
    """Leave out the selectors whose classes nobody uses."""

    def is_used(selector):
        return all(
            name in names or any(name.startswith(prefix) for prefix in prefixes)
            for name in NAME.findall(re.sub(r"\[[^\]]*\]", "", selector))
        )

    kept = []
    for prelude, body in rules:
        if prelude.startswith(NESTED) and isinstance(body, list):
            inner = _only_used(body, names, prefixes)
            kept += [(prelude, inner)] if inner else []
        elif prelude.startswith("@"):
            kept.append((prelude, body))
        else:
            selectors = [one for one in _split(prelude, ",") if is_used(one)]
            kept += [(",".join(selectors), body)] if selectors else []
    return kept


def _without_lost_variables(css):
    """Leave out custom properties of Bootstrap and animations that nothing refers to any more."""
    own = re.compile(r"(--bs-[\w-]+):(?:\"[^\"]*\"|\([^)]*\)|[^;{}\"(])*;?")
    while True:
        asked = set(re.findall(r"var\((--[\w-]+)", css))
        lost = {found[0] for found in own.finditer(css) if found[1] not in asked}
        shorter = own.sub(lambda found, lost=lost: "" if found[0] in lost else found[0], css)
        for name in set(re.findall(r"@keyframes ([\w-]+)", shorter)):
            if not re.search(rf"animation[\w-]*:[^;}}]*\b{name}\b", shorter):
                shorter = re.sub(rf"@keyframes {name}{{(?:[^{{}}]*{{[^{{}}]*}})*}}", "", shorter)
        shorter = re.sub(r"(?<=[};{])[^{};@]+{}", "", shorter)
        if shorter == css:
            return css
        css = shorter


# --- reading and writing ---------------------------------------------------------
def _without_comments(css):
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def _rules(css):
    """Yield (prelude, body): a list of rules for a group, text for declarations, None for a
    statement.
    """
    at = 0
    while at < len(css):
        end = _find(css, at, ";{")
        if end < 0:
            break
        prelude = css[at:end].strip()
        if css[end] == ";":
            if prelude and not prelude.startswith("@charset"):  # a layer may hold none
                yield prelude, None
            at = end + 1
            continue
        close = _closing(css, end)
        inside = css[end + 1 : close]
        yield prelude, list(_rules(inside)) if prelude.startswith(NESTED) else inside
        at = close + 1


def _find(css, at, wanted):
    """Return where one of the characters stands next, outside quotes and parentheses, or -1."""
    quote, depth = "", 0
    while at < len(css):
        here = css[at]
        if quote:
            at += here == "\\"
            quote = "" if here == quote else quote
        elif here in "\"'":
            quote = here
        elif here == "(":
            depth += 1
        elif here == ")":
            depth -= 1
        elif depth == 0 and here in wanted:
            return at
        at += 1
    return -1


def _closing(css, opened):
    depth, at = 1, opened + 1
    while depth:
        at = _find(css, at, "{}")
        depth += 1 if css[at] == "{" else -1
        at += 1
    return at - 1


def _split(text, mark):
    at, parts = 0, []
    while (end := _find(text, at, mark)) >= 0:
        parts.append(text[at:end].strip())
        at = end + 1
    return [*parts, text[at:].strip()]


def _written(rule):
    prelude, body = rule
    if body is None:
        return f"{_minified(prelude)};"
    if isinstance(body, list):
        return f"{_minified(prelude)}{{{''.join(map(_written, body))}}}"
    if _find(body, 0, "{") >= 0:  # keyframes
        inner = "".join(_written(one) for one in _rules(body))
        return f"{_minified(prelude)}{{{inner}}}"
    return f"{_minified(prelude)}{{{';'.join(map(_declaration, filter(None, _split(body, ';'))))}}}"


def _declaration(text):
    name, _colon, value = text.partition(":")
    return f"{name.strip()}:{_minified(value)}"


def _minified(text):
    """Return text with single spaces, and none around commas; what is quoted stays."""
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", text.strip())
    pieces[::2] = [re.sub(r"\s*,\s*", ",", re.sub(r"\s+", " ", one)) for one in pieces[::2]]
    return "".join(pieces).strip()


if __name__ == "__main__":
    sys.exit(keep(RESULT, build(), sys.argv[1:]))

"""The house rules an import cannot tell (docs/architecture.md): writers, names, time, pages."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import Resolver404, URLPattern, get_resolver, resolve

from mall.core import events

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("accounts", "points", "catalog", "orders", "marketing")
DOORS = ("forms", "views", "urls", "api", "serializers", "admin", "tasks")
WRITES = {
    "create",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "update",
    "bulk_update",
    "delete",
}
BANNED = {
    "manager",
    "managers",
    "helper",
    "helpers",
    "util",
    "utils",
    "process",
    "handle",
    "data",
    "info",
    "service",
    "services",
}
CLOCKS = {"datetime.now", "datetime.utcnow", "date.today", "timezone.now", "timezone.localdate"}
CHINESE = re.compile(r"[\u3400-\u9fff]")


def python_files(*folders):
    """Every module of ours but migrations, as (path relative to the root, syntax tree)."""
    for folder in folders or ("mall", *ROOMS):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def templates():
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def root_name(node):
    """The name a chain of attributes and calls begins with: Order.objects.filter(...) -> Order."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def writing_calls(tree):
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in WRITES
        ):
            yield node, root_name(node.func)


def offenders(found):
    return sorted(f"{path}:{line}" for path, line in found)


# --- single writers ---------------------------------------------------------
@pytest.mark.parametrize(
    ("writer", "models", "tables"),
    [
        (
            "points/ledger.py",
            {"PointAccount", "LedgerEntry"},
            r"points_(pointaccount|ledgerentry)\b",
        ),
        ("catalog/stock.py", {"Stock", "StockMovement"}, r"catalog_stock(movement)?\b"),
    ],
)
def test_writer_when_rows_change_then_only_there(writer, models, tables):
    statement = re.compile(
        rf"\b(INSERT|UPDATE|DELETE|REPLACE)\b.*{tables}", re.IGNORECASE | re.DOTALL
    )
    found = []
    for path, tree in python_files():
        if path == writer:
            continue
        found += [(path, call.lineno) for call, name in writing_calls(tree) if name in models]
        found += [
            (path, node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and statement.search(node.value)
        ]
    assert offenders(found) == []


@pytest.mark.parametrize(
    ("room", "may"),
    [
        ("account_rows", {"points/ledger.py", "points/locked_account.py"}),
        ("rows.insert", {"points/account_rows.py", "points/event_rows.py"}),
        ("rows.execute", {"points/account_rows.py", "points/event_rows.py", "points/tiers.py"}),
        (
            "rows.insert_read_back",
            {
                "accounts/registration.py",
                "orders/drafts.py",
                "orders/payments/cash_in.py",
                "marketing/checkin/streak.py",
            },
        ),
        ("rows.update", {"orders/lifecycle.py", "orders/payments/cash_in.py"}),
    ],
)
def test_rows_when_sql_is_written_out_then_only_in_the_rooms_for_it(room, may):
    """What writes without the ORM is known by what it calls."""
    found = []
    for path, tree in python_files():
        for node in ast.walk(tree):
            names = (
                {alias.name for alias in node.names}
                if isinstance(node, ast.ImportFrom) and node.module == "points"
                else {ast.unparse(node)}
                if isinstance(node, ast.Attribute)
                else set()
            )
            found += [(path, node.lineno)] if room in names and path not in may else []
    assert offenders(found) == []


def test_lifecycle_when_an_order_changes_status_then_only_there():
    found = []
    for path, tree in python_files("orders", "marketing", "mall"):
        if path == "orders/lifecycle.py":
            continue
        for node in ast.walk(tree):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AugAssign)
                else []
            )
            found += [
                (path, node.lineno)
                for target in targets
                if isinstance(target, ast.Attribute)
                and target.attr == "status"
                and root_name(target).endswith("order")
            ]
        for call, name in writing_calls(tree):
            names_status = any(word.arg == "status" for word in call.keywords)
            if (
                names_status
                and call.func.attr in {"update", "update_or_create"}
                and name.lower() in {"order", "orders"}
            ):
                found.append((path, call.lineno))
    assert offenders(found) == []


def test_verification_when_it_compares_then_it_writes_nothing():
    """It reads everything, so it must not be a way to change anything; what follows from a finding
    is points/drift.py's.
    """
    may = {"ledger.open", "stock.drifted", "stock_buckets.count", "stock_buckets.levels"}
    found = []
    for path, tree in python_files("mall/verification"):
        found += [(path, call.lineno) for call, _name in writing_calls(tree)]
        called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        found += [
            (path, node.lineno)
            for node in called
            if root_name(node) in {"ledger", "stock", "stock_buckets"}
            and ast.unparse(node.func) not in may
        ]
    assert offenders(found) == []


# --- names ------------------------------------------------------------------
def test_names_when_a_module_is_named_then_by_a_noun_of_the_mall():
    files = [
        path
        for path in ROOT.glob("*/**/*.py")
        if path.relative_to(ROOT).parts[0] in ("mall", *ROOMS)
    ]
    names = {part for path in files for part in path.relative_to(ROOT).with_suffix("").parts}
    assert sorted(names & BANNED) == []


def test_modules_when_counted_then_none_has_more_than_300_lines():
    """A longer one is usually two nouns."""
    found = {
        path: lines
        for path, _tree in python_files()
        if (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 300
    }
    assert found == {}


def test_names_when_a_verb_is_named_then_by_the_business():
    # Django's own names, django-structlog's and allauth's
    given = {"handle", "process_exception", "process_request", "process_response", "process_view"}
    given |= {"handle_response", "handle_no_permission", "bound_data", "get_access_token_data"}
    found = []
    for path, tree in python_files():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name not in given:
                words = set(re.sub(r"(?<!^)(?=[A-Z])", "_", node.name).lower().split("_"))
                found += [(f"{path} {node.name}", node.lineno)] if words & BANNED else []
    assert offenders(found) == []


def test_names_when_a_test_is_named_then_it_says_when_and_then():
    found = [
        (f"{path} {node.name}", node.lineno)
        for path, tree in python_files("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not re.fullmatch(r"test_\w+_when_\w+_then_\w+", node.name)
    ]
    assert offenders(found) == []


# What reads words and numbers as people here write them, or other systems' files.
READS_CHINESE = ("catalog/spelling.py", "mall/core/pasted.py", "mall/core/phones.py")
READS_CHINESE += ("orders/payments/bill_files.py",)
READS_CHINESE += ("mall/core/regions/tree.py", "mall/core/regions/reading.py")
READS_CHINESE += ("accounts/pasted_text.py", "accounts/names.py")


def test_names_when_code_is_read_then_texts_are_english():
    """Chinese stands in locale/, in the demo shop and in the database; a language may name
    itself.
    """
    found = []
    for path, tree in python_files():
        if path.startswith(("mall/demo/", "mall/settings/")) or path in READS_CHINESE:
            continue
        # docstrings may give examples
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            (path, node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in said
            and CHINESE.search(node.value)
        ]
    for path, text in templates():
        found += [
            (path, number)
            for number, line in enumerate(text.splitlines(), 1)
            if CHINESE.search(line) and 'lang="zh' not in line
        ]
    assert offenders(found) == []


# --- time and tables --------------------------------------------------------
def test_clock_when_code_wants_the_time_then_asks_the_shop_clock():
    found = []
    for path, tree in python_files():
        if path == "mall/core/clock.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = f"{root_name(node.func)}.{node.func.attr}"
                found += [(path, node.lineno)] if called in CLOCKS else []
    assert offenders(found) == []


def test_texts_when_marked_for_translation_then_by_names_that_makemessages_knows():
    marked = re.compile(r"import n?p?gettext(?:_lazy)? as (?!_\n)\w+")

    found = {
        path: marked.findall((ROOT / path).read_text(encoding="utf-8"))
        for path, _tree in python_files()
    }

    assert {path for path, aliases in found.items() if aliases} == set()


def test_constraints_when_unique_then_without_a_condition():
    """MariaDB and MySQL ignore a conditional unique constraint without a word."""
    found = [
        f"{model._meta.label}: {constraint.name}"
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        for constraint in model._meta.constraints
        if getattr(constraint, "condition", None) is not None
        and type(constraint).__name__ == "UniqueConstraint"
    ]
    assert found == []


@pytest.mark.django_db
def test_migrations_when_models_are_read_then_nothing_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


# --- rooms and doors --------------------------------------------------------
def kind(name):
    """A module is known by its last word: `refund_admin` is a door as `admin` is."""
    return name.rpartition("_")[2]


def imported_whole(tree):
    """What a module imports, by full name, also lazily inside a function, as (module, line)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)


def imported(tree):
    """What a module takes from ours, also lazily inside a function, as (first name, second name,
    line).
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            first, *more = node.module.split(".")
            for second in more[:1] or [alias.name for alias in node.names]:
                yield first, second, node.lineno
        elif isinstance(node, ast.Import):
            yield from ((*f"{alias.name}.".split(".")[:2], node.lineno) for alias in node.names)


def imported_modules(tree):
    """Which modules of ours a module imports, also lazily inside a function, by full name: `from
    orders.coupons import admin` and `from orders.coupons.admin import CouponAdmin` are one.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield (name if is_module(name) else node.module), node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)


def is_module(name):
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def test_doors_when_a_module_imports_one_then_it_is_a_door_of_the_same_kind():
    """models <- verbs <- doors: a verb opens no door, and a door only gathers the rooms' doors of
    its own kind.
    """
    found = []
    for path, tree in python_files(*ROOMS):
        me = kind(Path(path).stem)
        if me in ("apps", "urls") or Path(path).stem == "__init__" or "/management/" in path:
            continue
        for module, line in imported_modules(tree):
            room, _, name = module.partition(".")
            theirs = kind(name.rpartition(".")[2])
            is_shape = me in DOORS and theirs in ("forms", "serializers")
            if room in ROOMS and theirs in DOORS and theirs != me and not is_shape:
                found.append((f"{path} {module}", line))
    assert offenders(found) == []


@pytest.mark.parametrize(
    "line",
    [
        "from orders.coupons import admin",
        "from orders.coupons.admin import GrantAdmin",
        "import orders.coupons.admin",
        "from orders import checkout_views",
    ],
)
def test_doors_when_one_is_imported_from_a_room_then_it_is_seen(line):
    [(module, _line)] = imported_modules(ast.parse(line))

    assert kind(module.rpartition(".")[2]) in DOORS


def test_roof_when_an_app_or_the_ground_imports_then_never_from_above():
    found = []
    for path, tree in python_files("mall/core", *ROOMS):
        for package, name, line in imported(tree):
            if package == "mall" and name != "core":
                found.append((f"{path} mall.{name}", line))
    assert offenders(found) == []


def test_imports_when_linted_then_every_contract_is_kept():
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert linted.returncode == 0, linted.stdout


def test_listeners_when_a_room_tells_or_asks_then_never_through_a_signal_of_its_own():
    """What follows from a fact stands on the pages listeners.py; signals are Django's and allauth's
    alone, and no other module opens a page or adds a listener.
    """
    found = [
        (f"{path} {module}", line)
        for path, tree in python_files()
        for module, line in imported_whole(tree)
        if module.startswith("django.dispatch")
    ]
    for path, tree in python_files():
        # the delivery asks the pages who listens
        if path in ("mall/core/events.py", "points/event_delivery.py") or path.endswith("/apps.py"):
            continue
        found += [
            (f"{path} {node.attr}", node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and (node.attr, root_name(node)) in {("open_page", "events"), ("listeners", "events")}
        ]
    assert offenders(found) == []


def test_listeners_when_a_page_is_read_then_each_kind_is_told_by_a_room_below():
    """A kind that nobody tells is a consequence that never comes."""
    told = {
        value
        for room in ROOMS
        for name, value in vars(importlib.import_module(f"{room}.events")).items()
        if name.isupper() and isinstance(value, str)
    }
    heard = {
        kind
        for room in ROOMS
        if (ROOT / room / "listeners.py").exists()
        for kind in importlib.import_module(f"{room}.listeners").LISTENERS
    }

    assert heard <= told
    assert {kind for kind, verbs in events.listeners.items() if verbs} <= told


# --- pages ------------------------------------------------------------------
def url_names(patterns=None, prefix=""):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield f"{prefix}{pattern.name}"
        else:
            yield from url_names(
                pattern.url_patterns,
                f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix,
            )


PROMISED = """
    / /products/ /products/1/ /orders/new/ /orders/ /orders/ABC/ /orders/ABC/pay/
    /orders/ABC/cancellation/ /orders/ABC/receipt/ /points/ /checkin/ /inbox/ /account/
    /accounts/login/ /accounts/signup/ /accounts/logout/ /accounts/password/reset/ /admin/
    /healthz /readyz /api/schema/ /api/docs/ /api/v1/me /api/v1/me/addresses
    /api/v1/me/addresses/1 /api/v1/points /api/v1/points/entries /api/v1/points/rules
    /api/v1/checkins /api/v1/categories /api/v1/products /api/v1/products/1 /api/v1/orders/quote
    /api/v1/orders /api/v1/orders/ABC /api/v1/orders/ABC/payments /api/v1/orders/ABC/cancellation
    /api/v1/orders/ABC/receipt /api/v1/notifications /api/v1/notifications/read
    /api/v1/payments/sandbox/notify /api/auth/app/v1/auth/signup /api/auth/app/v1/auth/login
    /api/auth/app/v1/auth/session /api/auth/app/v1/tokens/refresh
""".split()


@pytest.mark.parametrize("address", PROMISED)
def test_address_when_promised_then_resolves(address):
    try:
        resolve(address)
    except Resolver404:
        pytest.fail(f"{address} leads nowhere", pytrace=False)


def test_links_when_a_template_names_an_address_then_it_exists():
    known = set(url_names())
    found = [
        (f"{path} {name}", text[: match.start()].count("\n") + 1)
        for path, text in templates()
        for match in re.finditer(r"{%\s*url\s+['\"]([^'\"]+)['\"]", text)
        if (name := match[1]) not in known
    ]
    assert offenders(found) == []


def test_files_when_a_template_names_one_then_it_exists():
    found = [
        (f"{path} {match[1]}", text[: match.start()].count("\n") + 1)
        for path, text in templates()
        for match in re.finditer(r"{%\s*static\s+['\"]([^'\"]+)['\"]", text)
        if finders.find(match[1]) is None
    ]
    assert offenders(found) == []


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a style attribute", r"\sstyle\s*="),
        ("a style element", r"<style\b"),
        ("an inline script", r"<script(?![^>]*\bsrc=)(?![^>]*application/json)"),
        ("an event handler", r"<[^>]*\son[a-z]+\s*="),
        ("another host", r"(?:src|href|action|srcset|poster)\s*=\s*['\"]\s*(?:https?:)?//"),
        ("a javascript: address", r"javascript:"),
    ],
)
def test_page_when_written_then_has_nothing_inline_and_nothing_foreign(what, pattern):
    found = [
        (path, text[: match.start()].count("\n") + 1)
        for path, text in templates()
        if "/email" not in path
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]
    assert offenders(found) == [], what


def test_static_when_loaded_then_asks_no_other_host():
    pattern = re.compile(
        r"(?:url\(\s*['\"]?|@import\s+['\"]|fetch\(\s*['\"]|import\(\s*['\"]|importScripts\(\s*['\"])(?:https?:)?//",
        re.IGNORECASE,
    )
    found = [
        (path.relative_to(ROOT).as_posix(), 0)
        for kind in ("css", "js", "svg")
        for path in (ROOT / "static").rglob(f"*.{kind}")
        if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert offenders(found) == []


def test_form_when_it_posts_then_carries_the_token():
    found = [
        (path, text[: match.start()].count("\n") + 1)
        for path, text in templates()
        for match in re.finditer(
            r"<form\b[^>]*\bmethod\s*=\s*['\"]post['\"].*?</form>", text, re.IGNORECASE | re.DOTALL
        )
        if "csrf_token" not in match[0]
    ]
    assert offenders(found) == []


def test_component_when_opened_then_names_its_inputs_first():
    found = [
        (path, 1)
        for path, text in templates()
        if path.startswith("templates/components/") and not re.match(r"{#|{%\s*comment", text)
    ]
    assert offenders(found) == []


def test_documents_when_cited_then_the_repository_has_them():
    """A reader who looks a source up finds it."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    known = {Path(name).name for name in listed if name.endswith(".md")}

    lacking = {
        f"{name}: {cited}"
        for name in listed
        if name.endswith((".py", ".html", ".sh", ".toml", ".template", ".yml"))
        for cited in re.findall(r"[\w.-]+\.md\b", (ROOT / name).read_text(encoding="utf-8"))
        if cited not in known
    }

    assert not lacking

"""The API document is what the API answers: clients generated from it compile under the strictest
settings and live through a stranger's day at production's own command, and two linters find no
error in it.

Node and Python tools are installed from the lock file and requirements.txt beside this file
(tests/tools.py). That asks the registries, so they run by ``pytest -m "clients and long"`` and
``make test-long`` only. What the generators stumbled over stands in tests/mall/test_openapi.py,
which always runs.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.conftest import ROOT
from tests.faults.shop import Shop
from tests.faults.test_killed import copy_tables
from tests.services import start_mariadb, start_redis
from tests.tools import node_tools, python_tools, run

pytestmark = [
    pytest.mark.clients, pytest.mark.long, pytest.mark.mariadb, pytest.mark.timeout(1_800),
]  # fmt: skip
HERE = Path(__file__).parent
PUT_ON_SALE = """
import django
django.setup()
from tests.factories.orders import virtual_sku
print(virtual_sku(points=30).pk)
"""
LIVED = {
    "streak": 1,
    "quoted": 30,
    "requoted": 30,
    "status": "paid",
    "entries": 3,
    "available": 90,
}
STRICT = {
    "compilerOptions": {
        "strict": True,
        "noEmit": True,
        "skipLibCheck": True,
        "target": "ES2022",
        "module": "ESNext",
        "moduleResolution": "bundler",
        "lib": ["ES2022", "DOM", "DOM.Iterable"],
        "types": ["node"],
    },
    "include": ["*.ts"],
}


@pytest.fixture(scope="module")
def node():
    """The folder whose node_modules hold the Node tools."""
    return node_tools(HERE)


@pytest.fixture(scope="module")
def python():
    """The folder of the commands of a virtual environment with the Python tools."""
    return python_tools(HERE)


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """The document as it is served."""
    path = tmp_path_factory.mktemp("document") / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(path))
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory, django_db_setup, django_db_blocker):
    """Where a shop of production's own command answers, and something to redeem there."""
    folder = tmp_path_factory.mktemp("s")
    database, redis = start_mariadb(folder), start_redis(folder)
    with django_db_blocker.unblock():
        copy_tables(database)
    served = Shop(folder, database, redis)
    try:
        served.open()
        sku = run(sys.executable, "-c", PUT_ON_SALE, cwd=ROOT, **served.environment())
        yield {"BASE": f"http://127.0.0.1:{served.port}", "SKU": sku.strip()}
    finally:
        served.close()
        for server in (database, redis):
            server.kill()


def test_linters_when_they_read_the_document_then_no_error(node, document, tmp_path):
    tools = node / "node_modules/.bin"
    rules = tmp_path / "spectral.yaml"
    rules.write_text('extends: ["spectral:oas"]\n')

    run(tools / "redocly", "lint", document, cwd=node)
    run(tools / "spectral", "lint", "-r", rules, document, cwd=node)


TYPESCRIPT = {
    "openapi_fetch": ["openapi-typescript", "{document}", "-o", "schema.d.ts"],
    "hey_api": ["openapi-ts", "-i", "{document}", "-o", "hey", "-c", "@hey-api/client-fetch"],
    "orval": ["orval", "--input", "{document}", "--output", "orval.ts", "--client", "fetch"],
}


@pytest.mark.parametrize("name", TYPESCRIPT)
def test_typescript_when_generated_then_strict_and_lives_a_day(
    node, document, shop, tmp_path, name
):
    tools, script = node / "node_modules/.bin", f"play_{name}.ts"
    (tmp_path / "node_modules").symlink_to(node / "node_modules")
    (tmp_path / "tsconfig.json").write_text(json.dumps(STRICT))
    shutil.copy(HERE / script, tmp_path)

    command, *words = [word.format(document=document) for word in TYPESCRIPT[name]]
    run(tools / command, *words, cwd=tmp_path)
    run(tools / "tsc", "-p", "tsconfig.json", cwd=tmp_path)
    bundled = ["--bundle", "--platform=node", "--format=esm", "--outfile=play.mjs"]
    run(tools / "esbuild", script, *bundled, cwd=tmp_path)
    said = run("node", "play.mjs", cwd=tmp_path, **shop)

    assert json.loads(said) == LIVED


def test_openapi_python_client_when_generated_then_strict_and_lives_a_day(
    python, document, shop, tmp_path
):
    script = "play_openapi_python_client.py"
    shutil.copy(HERE / script, tmp_path)

    generate = ["generate", "--path", document, "--output-path", tmp_path / "shop"]
    run(python / "openapi-python-client", *generate, "--meta", "none", cwd=tmp_path)
    run(python / "mypy", "--strict", "shop", script, cwd=tmp_path)
    said = run(python / "python", script, cwd=tmp_path, **shop)

    assert json.loads(said) == LIVED


@pytest.mark.skipif(shutil.which("java") is None, reason="openapi-generator needs Java")
def test_openapi_generator_when_generated_then_lives_a_day(python, document, shop, tmp_path):
    script = "play_openapi_generator.py"
    shutil.copy(HERE / script, tmp_path)

    words = ["generate", "-g", "python", "-i", document, "-o", tmp_path, "--package-name", "shop"]
    run(python / "openapi-generator-cli", *words, cwd=tmp_path)
    said = run(python / "python", script, cwd=tmp_path, **shop)

    assert json.loads(said) == LIVED

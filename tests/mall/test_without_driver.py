"""What an embedded shop has installed is enough: ./scripts/run brings no driver of MySQL's
(requirements/base.in).
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ("mall.settings.", "mall.database.mysql", "mall.wsgi")  # the last begins to serve
READ_ALL = f"""
import importlib, pkgutil
import django
django.setup()
for app in ("mall", "accounts", "points", "catalog", "orders", "marketing"):
    for module in pkgutil.walk_packages(importlib.import_module(app).__path__, app + "."):
        if not module.name.startswith({OTHERS}) and "__main__" not in module.name:
            importlib.import_module(module.name)
"""


def test_modules_when_mysqls_driver_is_not_installed_then_all_but_its_backend_are_read(tmp_path):
    (tmp_path / "MySQLdb.py").write_text("raise ImportError('not installed')")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"DJANGO_SETTINGS_MODULE": "mall.settings.embedded", "PYTHONPATH": str(tmp_path)}
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path / 'mall.sqlite3'}"}

    done = subprocess.run(
        [sys.executable, "-c", READ_ALL], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr[-2000:]

"""Bring mall/core/regions/regions.json up to date from the npm package @vant/area-data.

Usage: .venv/bin/python scripts/regions.py VERSION YEAR    (needs npm and node)

YEAR is the year of the divisions in it, told to whoever reads the file; the package says it in its
changes. Afterwards: mend REGIONS.md beside the file, run tests/mall/test_regions.py.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@vant/area-data"
FILE = Path(__file__).resolve().parent.parent / "mall/core/regions/regions.json"
NO_PLACES = {
    "\u5176\u5b83\u533a",
    "\u5176\u4ed6\u533a",
    "\u5e02\u8f96\u533a",
}  # "other", "the city's own"
READ = """
const { areaList } = require(process.argv[1]);
const names = { ...areaList.province_list, ...areaList.city_list, ...areaList.county_list };
process.stdout.write(JSON.stringify(names));
"""


def main(version: str, year: str) -> None:
    """Fetch the package, and write its names by code, one on each line."""
    with tempfile.TemporaryDirectory() as folder:
        pack = ["npm", "pack", f"{PACKAGE}@{version}", "--silent"]
        file = subprocess.run(pack, cwd=folder, check=True, capture_output=True, text=True)
        archive = Path(folder, file.stdout.strip())
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        read = ["node", "-e", READ, str(Path(folder, "package"))]
        written = subprocess.run(read, check=True, capture_output=True, text=True).stdout
    named = json.loads(written).items()
    names = {code: name for code, name in sorted(named) if name not in NO_PLACES}
    names = _without_their_city(names)
    about = {"source": PACKAGE, "version": version, "year": int(year), "sha256": digest}
    FILE.write_text(json.dumps({**about, "names": names}, ensure_ascii=False, indent=0) + "\n")
    sys.stdout.write(f"{len(names)} regions of {PACKAGE} {version}, archive sha256 {digest}\n")


def _without_their_city(names: dict[str, str]) -> dict[str, str]:
    """Return the names with a district that begins with its city's name called without it, and left
    out where the city has one that is called so.
    """
    found, called = {}, {(code[:4], name) for code, name in names.items()}
    for code, name in names.items():
        city = names.get(f"{code[:4]}00", "")
        bare = name.removeprefix(city) if city != name and city[2:] and code[4:] != "00" else name
        if bare == name or len(bare) < 3:
            found[code] = name
        elif (code[:4], bare) not in called:
            found[code] = bare
    return found


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

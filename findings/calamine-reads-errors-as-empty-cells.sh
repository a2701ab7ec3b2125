#!/usr/bin/env bash
# python-calamine 0.9.1 on a workbook that XlsxWriter 3.3.1 wrote: what a cell with an error says.
#
# A reader that knows errors (openpyxl gives '#N/A', pandas NaN) lets a program refuse the row.
# calamine knows them too (its Rust library has Data::Error), but python-calamine turns each into
# '', the same as an empty cell: a lookup that found nothing is a row without a value, and whoever
# leaves rows without a value out loses it without a word. What tells the two apart is t="e" in the
# sheet's XML.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check python-calamine==0.9.1 xlsxwriter==3.3.1
cat > "$work/try.py" <<'PY'
import io
import sys

import xlsxwriter
from python_calamine import load_workbook

file = io.BytesIO()
book = xlsxwriter.Workbook(file)
sheet = book.add_worksheet()
sheet.write_row(0, 0, ["sku", "pieces"])
sheet.write_string(1, 0, "A-1")
sheet.write_formula(1, 1, "=NA()", None, "#N/A")
sheet.write_string(2, 0, "A-2")
book.close()
file.seek(0)
rows = load_workbook(file).get_sheet_by_index(0).to_python()
print(rows)
sys.exit(rows[1:] != [["A-1", ""], ["A-2", ""]])
PY
"$work/venv/bin/python" "$work/try.py"

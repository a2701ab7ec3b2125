# The mall's commands. `make run` needs nothing prepared; the others install what they need.
.PHONY: run test test-long findings pictures bench check lock
PYTHON := .venv/bin/python

run:        ## serve the mall on http://127.0.0.1:8000 with a demo shop
	./scripts/run

test:       ## everything, on SQLite and on MariaDB
	./scripts/test

test-long:  ## the heavier sweeps too
	MALL_RANDOM=1 ./scripts/test -m "long or fuzz" --timeout 7200 -o faulthandler_timeout=9000

findings:   ## whether libraries and servers still do what findings/ tells of them (once a week)
	./scripts/test -m findings --timeout 3600 -o faulthandler_timeout=0

pictures:   ## take the READMEs' pictures anew from the demo shop; look at each before you commit it
	./scripts/test -m pictures tests/browser/test_pictures.py --timeout 3600 -o faulthandler_timeout=0

bench:      ## measure every target beside a text-book project and an earlier build; writes benchmarks/RESULTS.md
	./scripts/bench

check:      ## style, import rules, migrations, deployment, texts
	./scripts/check

lock:       ## pin what requirements/*.in ask for, keeping present pins where they still fit
	./scripts/test --version >/dev/null
	$(PYTHON) -m pip install -q -r requirements/dev.txt
	for set in base production test dev; do \
	  .venv/bin/uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header requirements/$$set.in -o requirements/$$set.txt || exit 1; \
	done

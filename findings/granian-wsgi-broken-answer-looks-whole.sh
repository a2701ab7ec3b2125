#!/usr/bin/env bash
# granian 2.8.7, WSGI interface (Linux, CPython 3.11+): an application whose answer breaks half
# way (the iterator it returned raises) leaves the client a complete one. granian logs the
# traceback, then writes the closing chunk: status 200, a first part, and by HTTP/1.1 (RFC 9112,
# section 7.1) nothing is missing. Most expect the connection to be cut before the last chunk, so
# that curl, a browser or a program knows. A download read from a database row by row is thus a
# shorter file when the database goes away, and nobody is told: write it to its end first and
# answer then, with a Content-Length. Prints what a client reads; exits 1 when the behaviour is no
# longer that.
set -euo pipefail

folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.7

cat > "$folder/app.py" <<'PYTHON'
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/csv")])

    def rows():
        yield b"no,points\r\n"
        yield b"1,100\r\n"
        raise RuntimeError("the database is away")

    return rows()
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$folder" && exec venv/bin/granian --interface wsgi --host 127.0.0.1 --port "$port" --no-ws --log-level critical app:application) > "$folder/said" 2>&1 &
server=$!

python3 - "$port" <<'PYTHON'
import http.client, sys, time

for _ in range(100):
    try:
        link = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
        link.request("GET", "/")
        break
    except OSError:
        time.sleep(0.1)
answer = link.getresponse()
try:
    read = f"complete: {answer.read()!r}"
except http.client.HTTPException as error:
    read = f"error: {error!r}"
print(f"status {answer.status}, {read}")
sys.exit((answer.status, read) != (200, "complete: b'no,points\\r\\n1,100\\r\\n'"))
PYTHON

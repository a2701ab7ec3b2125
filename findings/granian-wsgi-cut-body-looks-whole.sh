#!/usr/bin/env bash
# granian 2.8.7, WSGI interface (Linux, CPython 3.11+): a request body whose sender stops half way
# reaches the application as a complete one. wsgi.input returns the first part and then b"", like
# any body that has ended: a chunked body without its last chunk, and a measured one
# (Content-Length: 30) of which 12 bytes came. Most expect an error from read(), at the least for
# a chunked body without its closing chunk, which HTTP/1.1 (RFC 9112, section 8) calls incomplete;
# the server knows that, the application is not told. An application that must not take half a
# payment notice for the whole has to count a measured body itself and cannot accept chunked ones
# at all. Prints what the application read; exits 1 when the behaviour is no longer that.
set -euo pipefail

folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.7

cat > "$folder/app.py" <<'PYTHON'
def application(environ, start_response):
    stream, came = environ["wsgi.input"], b""
    try:
        while piece := stream.read(1024):
            came += piece
        said = f"complete: {came!r}"
    except Exception as error:
        said = f"error: {error!r} after {came!r}"
    print(said, flush=True)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [said.encode()]
PYTHON

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$folder" && exec venv/bin/granian --interface wsgi --host 127.0.0.1 --port "$port" --no-ws --log-level error app:application) > "$folder/said" 2>&1 &
server=$!

python3 - "$port" "$folder/said" <<'PYTHON'
import socket, sys, time

port, said = int(sys.argv[1]), sys.argv[2]
head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
bodies = {
    "chunked, second chunk cut": head + b"Transfer-Encoding: chunked\r\n\r\n7\r\npay 10 \r\n6\r\nfor",
    "Content-Length 30, 12 came": head + b"Content-Length: 30\r\n\r\npay 10 for a",
}
for _ in range(100):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        break
    except OSError:
        time.sleep(0.1)
for body in bodies.values():
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(body)
        time.sleep(0.3)
        link.shutdown(socket.SHUT_WR)
        time.sleep(0.7)
lines = [line for line in open(said).read().splitlines() if line.startswith(("complete", "error"))]
for name, line in zip(bodies, lines, strict=True):
    print(f"{name}: the application read {line}")
sys.exit(lines != ["complete: b'pay 10 for'", "complete: b'pay 10 for a'"])
PYTHON

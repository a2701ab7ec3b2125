#!/usr/bin/env bash
# python-alipay-sdk 3.4.0 (pyOpenSSL 25.3.0, pycryptodomex 3.24.2); keys made here, a server on
# 127.0.0.1 stands for Alipay.
#
# Alipay signs the text of the object in its answer, as it stands. The library looks for the end
# of that text by counting braces and does not know which of them stand inside strings: with one
# brace in a text (a shop's name, a subject) it checks too little or too much, and a genuine answer
# raises AliPayValidationError. Most expect the signature to depend on the keys alone. A pair of
# braces in one text goes well, so tests with "{…}" find nothing. Whoever asks what became of a
# payment never learns it, and whoever takes the error for a forgery gives the order up.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check python-alipay-sdk==3.4.0 pyOpenSSL==25.3.0 pycryptodomex==3.24.2
cat > "$work/try.py" <<'PY'
import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from alipay import AliPay
from alipay.exceptions import AliPayValidationError
from Cryptodome.Hash import SHA256
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature import pkcs1_15

provider = RSA.generate(2048)
told = {}


class Provider(BaseHTTPRequestHandler):
    def do_GET(self):
        text = json.dumps(told, ensure_ascii=False)
        sign = pkcs1_15.new(provider).sign(SHA256.new(text.encode()))
        sign = base64.b64encode(sign).decode()
        body = f'{{"alipay_trade_query_response":{text},"sign":"{sign}"}}'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = AliPay(
    appid="2021000000000000",
    app_private_key_string=RSA.generate(2048).export_key().decode(),
    alipay_public_key_string=provider.public_key().export_key().decode(),
)
client._gateway = f"http://127.0.0.1:{server.server_port}/"

found = {}
for name in ("Tea House", "{Tea} House", "Tea } House", "Tea { House"):
    told.update(code="10000", trade_status="TRADE_SUCCESS", store_name=name)
    try:
        found[name] = client.api_alipay_trade_query(out_trade_no="1")["trade_status"]
    except AliPayValidationError as error:
        found[name] = type(error).__name__
    print(f"a genuine answer with the name {name!r}: {found[name]}")
bad = "AliPayValidationError"
sys.exit(list(found.values()) != ["TRADE_SUCCESS", "TRADE_SUCCESS", bad, bad])
PY
"$work/venv/bin/python" "$work/try.py"

#!/usr/bin/env bash
# wechatpayv3 2.0.4: what a notice signed by nobody makes a shop do that verifies it.
#
# In public-key mode (public_key and public_key_id given) most expect a notice that names another
# key to be refused at once: building the client asks nobody. But for a number it does not know
# WeChatPay.callback first asks GET /v3/certificates of WeChat Pay, unlimited by default (timeout
# None), and again for the next such notice, also for a number that can be no certificate's
# (another PUB_KEY_ID_…): anybody who can reach the notice URL holds a thread of the shop for as
# long as WeChat Pay takes, and spends its calls there.
#
# So compare Wechatpay-Serial with public_key_id before calling the library.
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check wechatpayv3==2.0.4
cat > "$work/try.py" <<'PY'
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa
from wechatpayv3 import WeChatPay, WeChatPayType

asked = []


class WeChat(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), WeChat)
threading.Thread(target=server.serve_forever, daemon=True).start()
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
public = key.public_key().public_bytes(
    form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
)
client = WeChatPay(
    WeChatPayType.NATIVE, mchid="1900000001", private_key=private.decode(),
    cert_serial_no="5157F09EFDC096DE15EBE81A47057A7232F1B8E1", appid="wx0000000000000001",
    apiv3_key="k" * 32, notify_url="https://shop.example/notify",
    public_key=public.decode(), public_key_id="PUB_KEY_ID_0119000001",
)
client._core._gate_way = f"http://127.0.0.1:{server.server_port}"
built = list(asked)


def told(serial):
    headers = {
        "Wechatpay-Signature": "bm9ib2R5", "Wechatpay-Timestamp": str(int(time.time())),
        "Wechatpay-Nonce": "nonce", "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    }
    return client.callback(headers, "{}")


answers = [told("5157F09E"), told("5157F09E"), told("PUB_KEY_ID_0000000000")]
print("building asked", built, "| forged notices asked", asked, "| answers", answers)
is_so = built == [] and asked == ["/v3/certificates"] * 3 and answers == [None] * 3
sys.exit(0 if is_so else 1)
PY
"$work/venv/bin/python" "$work/try.py"

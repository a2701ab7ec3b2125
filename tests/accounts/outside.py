"""WeChat and Tencent Cloud SMS on 127.0.0.1, answering in the shapes of the real ones
(developers.weixin.qq.com/miniprogram/dev/OpenApiDoc; cloud.tencent.com/document/api/382/55981).
"""

import base64
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MINI, SECRET = "wx00000000000000aa", "the-secret-of-the-mini-program"
SERVICE, WEBSITE = "wx00000000000000bb", "wx00000000000000cc"
KEY = base64.b64encode(b"0123456789abcdef").decode()
TENCENT = {"secret_id": "id", "secret_key": "key", "app_id": "1400000000", "sign": "shop"}


class Outside:
    """Both, and what they know: ``people`` maps a code to (openid, unionid), ``numbers`` one to a
    phone number. ``calls`` is what was asked; ``broken`` maps a path to an errcode, "slow" or
    "noise"; ``sms_code`` is how the next message ends, ``messages`` what was sent.
    """

    def __init__(self):
        self.forget()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def forget(self):
        self.people, self.numbers, self.broken = {}, {}, {}
        self.calls, self.messages, self.sms_code, self.tokens = [], [], "Ok", 0
        self.watermark = MINI

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # --- WeChat -----------------------------------------------------------------
    def person(self, asked):
        if asked["secret"] != SECRET:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = asked.get("js_code") or asked.get("code")
        openid, unionid = self.people.get(code, (None, ""))
        if openid is None:
            return {"errcode": 40029, "errmsg": "invalid code"}
        if openid == "used":
            return {"errcode": 40163, "errmsg": "code been used"}
        self.people[code] = ("used", "")
        told = {"openid": openid, "session_key": KEY, "access_token": f"page-{openid}"}
        return {**told, "unionid": unionid} if unionid else told

    def number(self, asked, sent):
        if asked["access_token"] != f"token-{self.tokens}":
            return {"errcode": 40001, "errmsg": "invalid credential"}
        number = self.numbers.pop(sent["code"], None)
        if number is None:
            return {"errcode": 40029, "errmsg": "invalid code"}
        return {"errcode": 0, "errmsg": "ok", "phone_info": self.info(number)}

    def info(self, number, seconds_ago=0):
        return {
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": "86",
            "watermark": {"timestamp": int(time.time()) - seconds_ago, "appid": self.watermark},
        }

    def token(self):
        self.tokens += 1
        return {"access_token": f"token-{self.tokens}", "expires_in": 7200}

    def sealed(self, number, key=KEY, **info):
        """Return encryptedData and iv as ``getPhoneNumber`` gives them to a mini-program."""
        plain = json.dumps(self.info(number, **info)).encode()
        pad, iv = 16 - len(plain) % 16, os.urandom(16)
        cipher = Cipher(algorithms.AES(base64.b64decode(key)), modes.CBC(iv)).encryptor()
        text = cipher.update(plain + bytes([pad]) * pad) + cipher.finalize()
        return base64.b64encode(text).decode(), base64.b64encode(iv).decode()

    def subscribed(self, asked, sent):
        if asked["access_token"] != f"token-{self.tokens}":
            return {"errcode": 40001, "errmsg": "invalid credential"}
        self.messages.append((sent["touser"], sent["template_id"], sent["data"]))
        return {"errcode": 0, "errmsg": "ok"}

    # --- Tencent ----------------------------------------------------------------
    def message(self, sent):
        if self.sms_code == "AuthFailure":
            error = {"Code": "AuthFailure.SecretIdNotFound", "Message": "no such key"}
            return {"Response": {"Error": error, "RequestId": "r"}}
        if self.sms_code == "Ok":
            self.messages.append((sent["PhoneNumberSet"][0], *sent["TemplateParamSet"]))
        status = {"Code": self.sms_code, "PhoneNumber": sent["PhoneNumberSet"][0]}
        return {"Response": {"SendStatusSet": [status], "RequestId": "r"}}

    def answer(self, path, asked, sent):
        if path == "/sns/jscode2session" or path == "/sns/oauth2/access_token":
            return self.person(asked)
        if path == "/cgi-bin/stable_token":
            return self.token()
        if path == "/wxa/business/getuserphonenumber":
            return self.number(asked, sent)
        if path == "/cgi-bin/message/subscribe/send":
            return self.subscribed(asked, sent)
        return self.message(sent)


def handler_of(outside):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            where = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(where.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else {}
            outside.calls.append(where.path)
            broken = outside.broken.get(where.path)
            if broken == "slow":
                time.sleep(0.6)
                return  # and does nothing of it either
            answer = (
                {"errcode": broken, "errmsg": "system error"}
                if isinstance(broken, int)
                else outside.answer(where.path, asked, sent)
            )
            body = b"<html>" if broken == "noise" else json.dumps(answer).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                return  # they hung up, as they should

        do_POST = do_GET

        def log_message(self, *args):
            """Say nothing."""

    return Handler

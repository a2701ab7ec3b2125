#!/usr/bin/env bash
# wechatpy 1.8.18 with requests; no network: an adapter of requests stands for WeChat and notes how
# long it would be waited for.
#
# WeChatClient(appid, secret, timeout=3): most expect every call to end after three seconds. Each
# does, but for the one that is made first and again every two hours or whenever WeChat calls the
# token stale: the token itself is asked for without any timeout (`_fetch_access_token` leaves
# `self.timeout` out), in the middle of a call that has three seconds. Whoever needs an end to that
# puts a requests.Session of their own into `client._http`.
#
# Exits 0 as long as it is so, 1 when the behaviour changed.
set -euo pipefail
work="$(mktemp -d /tmp/token.XXXX)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check wechatpy==1.8.18 requests cryptography setuptools==80.9.0

cat > "$work/try.py" <<'PY'
import json
import sys

import requests
from requests.adapters import BaseAdapter
from wechatpy import WeChatClient

STALE_TIMES = 1  # once, as when another process fetched a newer token


class WeChat(BaseAdapter):
    """Hands tokens out and calls the first one stale; notes each call and its timeout."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def send(self, request, timeout=None, **_words):
        path = request.path_url.partition("?")[0]
        self.calls.append((path, timeout))
        asked = sum(one == path for one, _timeout in self.calls)
        told = {"access_token": f"t{asked}", "expires_in": 7200}
        if path != "/cgi-bin/token":
            stale = {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid"}
            told = stale if asked <= STALE_TIMES else {"errcode": 0, "errmsg": "ok"}
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        answer._content = json.dumps(told).encode()
        return answer

    def close(self):
        """Nothing is open."""


wechat, client = WeChat(), WeChatClient("wx0", "secret", timeout=3)
client._http.mount("https://", wechat)
client.post("message/custom/send", data={"touser": "o0", "msgtype": "text"})
timeouts = {path: {one for where, one in wechat.calls if where == path} for path, _ in wechat.calls}
tokens = sum(path == "/cgi-bin/token" for path, _timeout in wechat.calls)
for path, found in timeouts.items():
    print(f"{path}: timeout {found}")
print(f"one message, the first token stale: {tokens} tokens fetched, none with a timeout")
said, asked = timeouts["/cgi-bin/message/custom/send"], timeouts["/cgi-bin/token"]
sys.exit(not (said == {3} and asked == {None} and tokens == STALE_TIMES + 1))
PY
"$work/venv/bin/python" "$work/try.py"

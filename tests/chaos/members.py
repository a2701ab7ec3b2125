"""Who shops in the hail: threads that check in, order, pay, cancel and ask for refunds by HTTP, and
note what they were told.
"""

import itertools
import json
import random
import threading
import time
from collections import Counter

import requests

from mall.core import signatures
from tests.mall.test_production import GOOD

LONGEST_ANSWER_SECONDS = 30
PATIENCE_SECONDS = 45  # a member who gets no answer gives up; what became of it is then open
API = "/api/v1"


class Caller(threading.Thread):
    """One thread with members of its own, who do one thing after another until told to stop."""

    def __init__(self, number, shop, members, shelf, seed):
        super().__init__(daemon=True)
        self.name, self.shop, self.shelf = f"caller{number}", shop, shelf
        self.members = members
        self.chance = random.Random(f"{seed}-{number}")
        self.enough = threading.Event()
        self.facts, self.faults, self.answers, self.slowest = [], [], Counter(), 0.0
        self.tokens = {}
        self.session = requests.Session()
        self.keys = (f"{seed}-{number}-{n}" for n in itertools.count())

    def run(self):
        while not self.enough.is_set():
            member = self.chance.choice(self.members)
            verb = self.chance.choices([self.order, self.look, self.check_in], [6, 2, 1])[0]
            try:
                verb(member)
            except Exception as error:  # noqa: BLE001 - told at the end; the others go on
                self.faults.append(f"{self.name} {verb.__name__}: {error!r}")

    # --- what members do ------------------------------------------------------------
    def look(self, member):
        for path in (f"{API}/points", f"{API}/orders", f"{API}/products"):
            self.send("GET", path, member)

    def check_in(self, member):
        answer = self.insist("POST", f"{API}/checkins", member, {})
        if answer is not None and answer.status_code == 201:
            self.facts.append(["checkin", member["id"], answer.json()["on"]])

    def order(self, member):
        """Order something; then leave it, cancel it, or pay it and perhaps cancel or give it
        back.
        """
        key, sku = next(self.keys), self.chance.choice(self.shelf)
        body = {"lines": [{"sku": sku, "quantity": self.chance.randint(1, 2)}]}
        answer = self.insist("POST", f"{API}/orders", member, body, key=key)
        if answer is None or answer.status_code != 201:
            return
        order = answer.json()
        self.facts.append(["order", member["id"], order["no"], key])
        if order["status"] == "pending" and self.chance.random() < 0.8:
            self.pay(member, order)
        if self.chance.random() < 0.4:
            answer = self.insist("POST", f"{API}/orders/{order['no']}/cancellation", member, {})
            if answer is not None and answer.status_code == 200:
                self.facts.append(["cancelled", member["id"], order["no"]])
                return
        if self.chance.random() < 0.3:
            self.give_back(member, order)

    def pay(self, member, order):
        answer = self.insist(
            "POST", f"{API}/orders/{order['no']}/payments", member, {"provider": "sandbox"}
        )
        if answer is None or answer.status_code != 201:
            return
        for _ in range(self.chance.randint(1, 3)):  # providers tell twice
            told = self.insist(
                "POST", f"{API}/payments/sandbox/notify", None, notice(answer.json())
            )
            if told is not None and told.status_code == 200:
                self.facts.append(["paid", member["id"], order["no"]])

    def give_back(self, member, order):
        key = next(self.keys)
        body = {"lines": [{"line": order["lines"][0]["id"], "quantity": 1}], "reason": "chaos"}
        answer = self.insist("POST", f"{API}/orders/{order['no']}/refunds", member, body, key=key)
        if answer is not None and answer.status_code == 201:
            self.facts.append(["refund", member["id"], order["no"], key])

    # --- how they knock -------------------------------------------------------------
    def insist(self, method, path, member, body, *, key=None):
        """Ask the same thing until somebody answers; None when patience ended first."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            answer = self.send(method, path, member, body, key=key)
            if (
                answer is not None
                and answer.status_code < 500
                and answer.status_code not in (401, 429)
            ):
                return answer
            if answer is not None and answer.status_code == 429:
                return None  # a member who is too fast does something else
            time.sleep(self.chance.uniform(0.1, 0.5))
        return None

    def send(self, method, path, member, body=None, *, key=None):
        """Knock once and note how the door behaved; None when nothing came back."""
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": (member or self.members[0])["address"],
        }
        if member is not None:
            token = self.tokens.get(member["id"]) or self.sign_in(member)
            if token is None:
                return None
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        if isinstance(body, tuple):
            raw, more = body
            answer = self._knock(
                method, path, raw, {**headers, **more, "Content-Type": "application/json"}
            )
        else:
            raw = None if body is None else json.dumps(body)
            answer = self._knock(
                method,
                path,
                raw,
                {**headers, "Content-Type": "application/json"} if raw else headers,
            )
        if answer is not None and answer.status_code == 401 and member is not None:
            self.tokens.pop(member["id"], None)
        return answer

    def sign_in(self, member):
        headers = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": member["address"],
            "Content-Type": "application/json",
        }
        body = json.dumps({"username": member["username"], "password": member["password"]})
        answer = self._knock("POST", "/api/auth/app/v1/auth/login", body, headers)
        if answer is None or answer.status_code != 200:
            time.sleep(0.2)
            return None
        self.tokens[member["id"]] = answer.json()["meta"]["access_token"]
        return self.tokens[member["id"]]

    def _knock(self, method, path, raw, headers):
        began = time.monotonic()
        address = f"http://127.0.0.1:{self.shop.port}{path}"
        try:
            answer = self.session.request(
                method,
                address,
                data=raw,
                headers=headers,
                timeout=LONGEST_ANSWER_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self._note_silence(f"{method} {path}", error, began)
            return None
        took = time.monotonic() - began
        self.slowest = max(self.slowest, took)
        self.answers[answer.status_code] += 1
        is_honest = answer.status_code < 500 or (
            answer.status_code == 503 and answer.headers.get("Retry-After")
        )
        if not is_honest or answer.status_code in (301, 302):
            self.faults.append(
                f"{self.shop.clock():.1f} s: {answer.status_code} of {method} {path}: "
                f"{answer.text[:200]}"
            )
        return answer

    def _note_silence(self, what, error, began):
        self.answers["silence"] += 1
        if isinstance(error, requests.ReadTimeout) or not self.shop.was_gone(
            began, time.monotonic()
        ):
            self.faults.append(
                f"{self.shop.clock():.1f} s: {what} after {time.monotonic() - began:.1f} s: "
                f"{error!r}"[:300]
            )


def notice(payment):
    """Return body and headers of the sandbox's word that a payment of the API was paid."""
    said = {
        "event_id": f"paid-{payment['no']}", "event": "paid", "payment": payment["no"],
        "provider_ref": f"sbx-{payment['no']}",
        "amount": payment["amount"], "currency": "CNY", "merchant": "points-mall",
    }  # fmt: skip
    raw, timestamp = json.dumps(said), str(int(time.time()))
    signature = signatures.sign(raw.encode(), timestamp, secret=GOOD["PAYMENT_SECRET"])
    return raw, {"X-Sandbox-Timestamp": timestamp, "X-Sandbox-Signature": signature}

"""Alipay and WeChat Pay on 127.0.0.1: they check our signatures, sign what they say with keys of
their own and answer in the shapes of the real ones (opendocs.alipay.com alipay.trade.*;
pay.weixin.qq.com/doc/v3/merchant).
"""

import base64
import gzip
import hashlib
import io
import json
import secrets
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from mall.core import clock

APP_ID, SELLER_ID = "2021000000000001", "2088000000000001"
WX_APP_ID, MCHID, V3_KEY = "wx0000000000000001", "1900000001", "0123456789abcdef0123456789abcdef"
WX_KEY_ID = "PUB_KEY_ID_0119000000012026110100000000000001"
PKCS1, SHA256 = padding.PKCS1v15(), hashes.SHA256()


# --- keys --------------------------------------------------------------------------
@cache
def key(name):
    size = 1024 if name == "weak" else 2048
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def private_pem(name):
    form = serialization.PrivateFormat.PKCS8
    return (
        key(name)
        .private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        .decode()
    )


def public_pem(name):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key(name).public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@cache
def certificate(name):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    made = made.public_key(key(name).public_key()).serial_number(x509.random_serial_number())
    now = datetime.now(UTC)
    made = made.not_valid_before(now - timedelta(days=2)).not_valid_after(now + timedelta(days=999))
    return made.sign(key(name), SHA256).public_bytes(serialization.Encoding.PEM).decode()


def signed(name, text):
    return base64.b64encode(key(name).sign(text.encode(), PKCS1, SHA256)).decode()


def is_signed(name, text, signature):
    try:
        key(name).public_key().verify(base64.b64decode(signature), text.encode(), PKCS1, SHA256)
    except InvalidSignature:
        return False
    return True


def shop_now():
    return clock.now().astimezone(clock.SHOP_ZONE)


class Providers:
    """Both providers, and what they know. ``calls`` is what was asked of them; ``broken`` maps a
    call to the status of HTTP, or the code, it fails with; ``watch`` runs at each call.
    """

    def __init__(self):
        self.trades, self.refunds, self.bills = {}, {}, {}
        self.calls, self.broken, self.watch = [], {}, lambda: None
        self.more = {}  # other fields of what Alipay says of a trade
        self.refund_state = "SUCCESS"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # --- how the shop reaches them --------------------------------------------------
    def alipay_account(self, certificates=False):
        account = {
            "app_id": APP_ID,
            "seller_id": SELLER_ID,
            "private_key": private_pem("alipay-app"),
            "url": f"{self.url}/gateway.do",
        }
        if not certificates:
            return {**account, "alipay_key": public_pem("alipay")}
        return {
            **account,
            "app_cert": certificate("alipay-app"),
            "alipay_cert": certificate("alipay"),
            "root_cert": certificate("alipay-root"),
        }

    def wechat_account(self):
        return {
            "app_id": WX_APP_ID,
            "mchid": MCHID,
            "cert_serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
            "private_key": private_pem("wechat-merchant"),
            "v3_key": V3_KEY,
            "public_key": public_pem("wechat"),
            "public_key_id": WX_KEY_ID,
            "url": self.url,
        }

    # --- what shoppers do -------------------------------------------------------------
    def pay(self, payment, amount=None):
        """A shopper pays a payment in full, or another amount."""
        self.trades[self.number(payment)] = {
            "ref": f"42{secrets.randbelow(10**24):026d}",
            "amount": str(amount or payment.amount),
            "status": "paid",
            "day": clock.today(),
        }

    def number(self, payment):
        return payment.no.replace("-", "") if payment.provider == "alipay" else payment.no

    # --- Alipay ------------------------------------------------------------------------
    def alipay_notice(self, payment, *, at=None, by="alipay", **changes):
        """Body and headers of the notice about a trade; a value of None leaves a field out."""
        trade = self.trades[self.number(payment)]
        said = {
            "notify_time": (at or shop_now()).strftime("%Y-%m-%d %H:%M:%S"),
            "notify_type": "trade_status_sync",
            "notify_id": hashlib.md5(trade["ref"].encode()).hexdigest() + "kk",
            "app_id": APP_ID,
            "charset": "utf-8",
            "version": "1.0",
            "auth_app_id": APP_ID,
            "trade_no": trade["ref"],
            "out_trade_no": self.number(payment),
            "trade_status": "TRADE_SUCCESS",
            "total_amount": trade["amount"],
            "receipt_amount": trade["amount"],
            "buyer_pay_amount": trade["amount"],
            "seller_id": SELLER_ID,
            "subject": "积分商城 & 1+1",
            "gmt_create": shop_now().strftime("%Y-%m-%d %H:%M:%S"),
            "gmt_payment": shop_now().strftime("%Y-%m-%d %H:%M:%S"),
            "fund_bill_list": f'[{{"amount":"{trade["amount"]}","fundChannel":"ALIPAYACCOUNT"}}]',
            **changes,
        }
        said = {name: value for name, value in said.items() if value is not None}
        text = "&".join(f"{name}={value}" for name, value in sorted(said.items()))
        body = urlencode({**said, "sign_type": "RSA2", "sign": signed(by, text)}).encode()
        return body, {}

    def alipay(self, asked):
        sign = asked.pop("sign")
        text = "&".join(f"{name}={value}" for name, value in sorted(asked.items()))
        content = json.loads(asked["biz_content"])
        method = asked["method"]
        self.note(method, content)
        stamp = datetime.strptime(asked["timestamp"], "%Y-%m-%d %H:%M:%S")
        if not is_signed("alipay-app", text, sign) or asked["app_id"] != APP_ID:
            answer = {"code": "40002", "msg": "Invalid", "sub_code": "isv.invalid-signature"}
        elif abs(stamp.replace(tzinfo=clock.SHOP_ZONE) - shop_now()) > timedelta(minutes=10):
            answer = {"code": "40002", "msg": "Invalid", "sub_code": "isv.invalid-timestamp"}
        elif method in self.broken:
            answer = {"code": "40004", "msg": "Failed", "sub_code": self.broken[method]}
        else:
            answer = {"code": "10000", "msg": "Success"} | self.alipay_answer(method, content)
        name = method.replace(".", "_") + "_response"
        body = json.dumps(answer, ensure_ascii=False)
        return f'{{"{name}":{body},"sign":"{signed("alipay", body)}"}}'

    def alipay_answer(self, method, content):
        missing = {"code": "40004", "msg": "Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"}
        if method == "alipay.data.dataservice.bill.downloadurl.query":
            if content["bill_date"] not in self.bills:
                return {"code": "40004", "sub_code": "isp.bill_not_exist"}
            return {"bill_download_url": f"{self.url}/bill/{content['bill_date']}"}
        if "refund" in method:
            return self.alipay_refund(method, content)
        no = content["out_trade_no"]
        trade = self.trades.get(no)
        if trade is None:
            return missing
        if method == "alipay.trade.close":
            if trade["status"] == "paid":
                return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
            trade["status"] = "closed"
            return {"out_trade_no": no, "trade_no": trade["ref"]}
        status = {"paid": "TRADE_SUCCESS", "open": "WAIT_BUYER_PAY", "closed": "TRADE_CLOSED"}
        return {
            "out_trade_no": no,
            "trade_no": trade["ref"],
            "total_amount": trade["amount"],
            "trade_status": status[trade["status"]],
            **self.more,
        }

    def alipay_refund(self, method, content):
        known = self.refunds.get(content["out_request_no"])
        if method == "alipay.trade.fastpay.refund.query":
            if known is None or known["state"] != "SUCCESS":
                return {}
            state = {"refund_amount": known["amount"], "refund_status": "REFUND_SUCCESS"}
            return {**content, **state}
        is_new = known is None
        known = self.refunds.setdefault(
            content["out_request_no"],
            {"amount": content["refund_amount"], "state": self.refund_state},
        )
        moved = "Y" if is_new and known["state"] == "SUCCESS" else "N"
        return {"trade_no": content["trade_no"], "fund_change": moved, "refund_fee": "0.00"}

    # --- WeChat Pay ----------------------------------------------------------------------
    def wechat_notice(
        self, payment, *, kind="TRANSACTION.SUCCESS", at=None, by="wechat", **changes
    ):
        trade = self.trades[payment.no]
        return self.sealed(
            kind, {**self.transaction(payment.no, trade), **changes}, at=at, by=by, ref=trade["ref"]
        )

    def wechat_refund_notice(self, refund, *, state="SUCCESS", at=None, **changes):
        fen = int(refund.amount * 100)
        resource = {
            "mchid": MCHID,
            "transaction_id": refund.paid_ref,
            "out_trade_no": refund.payment.no,
            "refund_id": f"50{refund.pk:026d}",
            "out_refund_no": refund.no,
            "refund_status": state,
            "success_time": shop_now().isoformat(timespec="seconds"),
            "user_received_account": "支付用户零钱",
            "amount": {"total": int(refund.payment.amount * 100), "refund": fen,
                       "payer_total": fen, "payer_refund": fen},
            **changes,
        }  # fmt: skip
        return self.sealed(f"REFUND.{state}", resource, at=at, ref=refund.no)

    def sealed(self, kind, resource, *, ref, at=None, by="wechat", serial=WX_KEY_ID):
        nonce = secrets.token_hex(6)
        text = json.dumps(resource).encode()
        seal = AESGCM(V3_KEY.encode()).encrypt(nonce.encode(), text, b"transaction")
        body = json.dumps(
            {
                "id": hashlib.md5(f"{kind}{ref}".encode()).hexdigest(),
                "create_time": shop_now().isoformat(timespec="seconds"),
                "resource_type": "encrypt-resource",
                "event_type": kind,
                "summary": "支付成功",
                "resource": {
                    "original_type": "transaction",
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(seal).decode(),
                    "associated_data": "transaction",
                    "nonce": nonce,
                },
            },
            ensure_ascii=False,
        )
        return body.encode(), self.wechat_headers(body, at=at, by=by, serial=serial)

    def wechat_headers(self, body, *, at=None, by="wechat", serial=WX_KEY_ID):
        stamp, nonce = str(int((at or clock.now()).timestamp())), secrets.token_hex(16)
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature": signed(by, f"{stamp}\n{nonce}\n{body}\n"),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def transaction(self, no, trade):
        states = {"paid": "SUCCESS", "open": "NOTPAY", "closed": "CLOSED"}
        said = {"appid": WX_APP_ID, "mchid": MCHID, "out_trade_no": no}
        said["trade_state"] = states[trade["status"]]
        if trade["status"] == "paid":
            fen = round(float(trade["amount"]) * 100)
            said |= {"transaction_id": trade["ref"], "trade_type": "NATIVE", "bank_type": "OTHERS"}
            said["success_time"] = shop_now().isoformat(timespec="seconds")
            said["amount"] = {"total": fen, "payer_total": fen, "currency": "CNY",
                              "payer_currency": "CNY"}  # fmt: skip
        return said

    def wechat(self, method, path, body, authorization):
        name = f"{method} {urlsplit(path).path}"
        sent = json.loads(body) if body else {}
        self.note(name, sent)
        words = dict(
            part.split("=", 1) for part in authorization.partition(" ")[2].split(",")
        )  # name="value"
        words = {key: value.strip('"') for key, value in words.items()}
        text = f"{method}\n{path}\n{words['timestamp']}\n{words['nonce_str']}\n{body}\n"
        if not is_signed("wechat-merchant", text, words["signature"]):
            return 401, {"code": "SIGN_ERROR"}
        for start, status in self.broken.items():
            if name.startswith(start):
                return status, {"code": "SYSTEM_ERROR" if status >= 500 else "NOT_ENOUGH"}
        return self.wechat_answer(method, urlsplit(path), sent)

    def wechat_answer(self, method, url, sent):
        parts = url.path.strip("/").split("/")
        if parts[1] == "bill":
            return self.wechat_bill(dict(parse_qsl(url.query)))
        if parts[1] == "refund":
            return self.wechat_refund(method, unquote(parts[-1]), sent)
        if parts[-2] == "transactions":
            no = sent["out_trade_no"]
            self.trades.setdefault(
                no, {"ref": "", "amount": str(sent["amount"]["total"] / 100), "status": "open"}
            )
            gives = {
                "native": {"code_url": f"weixin://wxpay/bizpayurl?pr={no[-9:]}"},
                "h5": {"h5_url": f"{self.url}/checkmweb?prepay_id=wx{no[-9:]}&package=1"},
                "jsapi": {"prepay_id": f"wx{no}"},
            }
            return 200, gives[parts[-1]]
        is_close = parts[-1] == "close"
        no = unquote(parts[-2] if is_close else parts[-1])
        trade = self.trades.get(no)
        if trade is None:
            return 404, {"code": "ORDER_NOT_EXIST"}
        if not is_close:
            return 200, self.transaction(no, trade)
        if trade["status"] == "paid":
            return 400, {"code": "ORDERPAID"}
        trade["status"] = "closed"
        return 204, None

    def wechat_refund(self, method, no, sent):
        if method == "GET":
            known = self.refunds.get(no)
            return (200, known) if known else (404, {"code": "RESOURCE_NOT_EXISTS"})
        known = self.refunds.setdefault(
            sent["out_refund_no"],
            {
                "refund_id": f"50{secrets.randbelow(10**20):026d}",
                "out_refund_no": sent["out_refund_no"],
                "transaction_id": sent["transaction_id"],
                "status": self.refund_state,
                "amount": sent["amount"],
            },
        )
        return 200, known

    def wechat_bill(self, asked):
        bill = self.bills.get(asked["bill_date"])
        if bill is None:
            return 400, {"code": "NO_STATEMENT_EXIST"}
        told = {"hash_type": "SHA1", "hash_value": hashlib.sha1(bill).hexdigest()}
        return 200, {
            **told, "download_url": f"{self.url}/v3/billdownload/file?token={asked['bill_date']}"
        }  # fmt: skip

    def note(self, name, sent):
        self.calls.append((name, sent))
        self.watch()

    def called(self, name):
        return sum(call.startswith(name) for call, _sent in self.calls)


def handler_of(providers):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            if url.path == "/gateway.do":
                return self.answer(200, providers.alipay(dict(parse_qsl(url.query))).encode())
            if url.path.startswith("/bill/"):
                return self.answer(200, providers.bills[url.path.rpartition("/")[2]])
            if url.path == "/v3/billdownload/file":
                found = providers.bills[url.query.partition("=")[2]]
                return self.answer(200, gzip.compress(found), "application/octet-stream")
            return self.wechat("GET")

        def do_POST(self):
            self.wechat("POST")

        def wechat(self, method):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, told = providers.wechat(
                method, self.path, body, self.headers.get("Authorization", "")
            )
            text = "" if told is None else json.dumps(told)
            self.answer(status, text.encode(), headers=providers.wechat_headers(text))

        def answer(self, status, body, kind="application/json", headers=()):
            self.send_response(status)
            for name, value in {**dict(headers), "Content-Type": kind}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    return Handler


# --- bills -----------------------------------------------------------------------------
ALIPAY_HEADINGS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
WECHAT_HEADINGS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)


def alipay_bill(day, rows, seller=SELLER_ID):
    """The ZIP of a day; rows are (kind, our number, its number, amount, refund number)."""
    lines = [
        "#支付宝业务明细查询",
        f"#账号：[{seller}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY_HEADINGS,
    ]
    for kind, no, ref, amount, refund_no in rows:
        at = f"{day} 12:00:00"
        cells = [ref, no, kind, "积分商城", at, at, "", "", "", "", "*雷(138****)", amount, amount]
        cells += ["0.00"] * 5 + ["", "0.00", "0.00", refund_no, "-0.01", "0.00", ""]
        lines.append(",".join(f"{cell}\t" for cell in cells))
    lines += ["#-----业务明细列表结束-----", f"#交易合计：{len(rows)}笔，商家实收共0.00元"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        sums = "#支付宝业务汇总查询\n门店编号,门店名称,交易订单总笔数\n合计,,1\n"
        file.writestr("2088_业务明细(汇总).csv", sums.encode("gb18030"))
        file.writestr("2088_业务明细.csv", "\r\n".join(lines).encode("gb18030"))
    return packed.getvalue()


def wechat_bill(day, rows, mchid=MCHID):
    """The CSV of a day; rows are (state, our number, its number, amount, refund number)."""
    lines = [WECHAT_HEADINGS]
    for state, no, ref, amount, refund_no in rows:
        is_refund = state == "REFUND"
        paid, back = ("0.00", amount) if is_refund else (amount, "0.00")
        cells = [f"{day} 12:00:00", WX_APP_ID, mchid, "0", "", ref, no, "oUpF8", "NATIVE", state]
        cells += ["OTHERS", "CNY", paid, "0.00", "5000" if is_refund else "0", refund_no or "0"]
        cells += [back, "0.00", "ORIGINAL" if is_refund else "", "SUCCESS" if is_refund else ""]
        cells += ["杯子,大 1,2", "", "0.01000", "0.60%", paid, back, ""]
        lines.append(",".join(f"`{cell}" for cell in cells))
    lines.append(
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
    )
    lines.append("`2,`1.00,`0.00,`0.00,`0.01,`1.00,`0.00")
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()

"""The shop's accounts at payment providers, as the environment gives them: keys that are missing or
cannot be read are said at the start, a line each.
"""

import re
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ALIPAY_URL = "https://openapi.alipay.com/gateway.do"
WECHAT_URL = "https://api.mch.weixin.qq.com"
PEM = "-----BEGIN "


def alipay(environment, *, is_offered: bool) -> dict:
    """Return the account at Alipay; nothing where it is not offered."""
    if not is_offered:
        return {}
    ask = partial(ask_for, environment, "PAYMENT_ALIPAY_")
    account = {
        "app_id": ask("APP_ID", "the app's number at open.alipay.com", not_digits(16)),
        "seller_id": ask("SELLER_ID", "your merchant number, 2088…", not_digits(16)),
        "private_key": private_pem(ask("PRIVATE_KEY", "the app's private key", not_private_key)),
        "url": environment.allow("PAYMENT_ALIPAY_URL", unless=not_https) or ALIPAY_URL,
    }
    if environment.allow("PAYMENT_ALIPAY_APP_CERT"):
        account["app_cert"] = ask("APP_CERT", "the app's certificate", not_certificate)
        account["alipay_cert"] = ask("CERT", "Alipay's certificate", not_certificate)
        account["root_cert"] = ask("ROOT_CERT", "Alipay's root certificates", not_certificate)
    else:
        why = "Alipay's public key (or three certificates: docs/payments.md)"
        account["alipay_key"] = pem(ask("PUBLIC_KEY", why, not_public_key), "PUBLIC")
    return account


def wechat(environment, *, is_offered: bool) -> dict:
    """Return the account at WeChat Pay; nothing where it is not offered."""
    if not is_offered:
        return {}
    ask = partial(ask_for, environment, "PAYMENT_WECHAT_")
    return {
        "app_id": ask("APP_ID", "the app's number, wx…", not_plain),
        "mchid": ask("MCHID", "your merchant number", not_digits(8, 10)),
        "cert_serial": ask("CERT_SERIAL", "the serial of your API certificate", not_plain),
        "private_key": private_pem(ask("PRIVATE_KEY", "your API private key", not_private_key)),
        "v3_key": ask("V3_KEY", "the APIv3 key", not_v3_key),
        "public_key": pem(ask("PUBLIC_KEY", "WeChat Pay's public key", not_public_key), "PUBLIC"),
        "public_key_id": ask("PUBLIC_KEY_ID", "its number, PUB_KEY_ID_…", not_public_key_id),
        "url": (environment.allow("PAYMENT_WECHAT_URL", unless=not_https) or WECHAT_URL).rstrip(
            "/"
        ),
    }


def pem(key: str, kind: str) -> str:
    """Return a key with its first and last line; Alipay's tools hand keys out without."""
    if not key or PEM in key:
        return key
    text = "".join(key.split())
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {kind} KEY-----", *lines, f"-----END {kind} KEY-----"]) + "\n"


def private_pem(value: str) -> str:
    """Return a private key in the one form (PKCS#8) both libraries read; nothing for nothing."""
    if not value:
        return ""
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return _private_key(value).private_bytes(serialization.Encoding.PEM, form, plain).decode()


def _private_key(value):
    """Return the key; Alipay's older tools write the other form. Raises: ValueError, TypeError."""
    try:
        return serialization.load_pem_private_key(pem(value, "PRIVATE").encode(), password=None)
    except ValueError:
        older = pem(value, "RSA PRIVATE").encode()
        return serialization.load_pem_private_key(older, password=None)


def ask_for(environment, prefix, name, why, unless=lambda value: "") -> str:
    """Ask the environment for one of the values whose names begin alike."""
    return environment.ask(f"{prefix}{name}", why=why, unless=unless)


# --- what is wrong with a value, or nothing ------------------------------------------
def not_digits(*lengths):
    """Return a check that a number has as many digits as one of ``lengths``, or between two."""

    def fault_of(value):
        fits = value.isascii() and value.isdigit() and lengths[0] <= len(value) <= lengths[-1]
        return "" if fits else f"it has {'–'.join(str(n) for n in lengths)} digits"

    return fault_of


def not_plain(value):
    """Say why a number is none, or nothing."""
    return "" if re.fullmatch(r"[A-Za-z0-9]{8,64}", value) else "letters and digits only"


def not_public_key_id(value):
    """Say why the number of WeChat Pay's key is none, or nothing."""
    fits = re.fullmatch(r"PUB_KEY_ID_[0-9A-Za-z]{8,48}", value)
    return "" if fits else "it begins with PUB_KEY_ID_"


def not_v3_key(value):
    """Say why an APIv3 key is none, or nothing."""
    return "" if len(value.encode()) == 32 else "it has 32 characters"


def not_https(value):
    """Say why an address is unsafe, or nothing."""
    return "" if value.startswith("https://") else "the URL begins with https://"


def not_private_key(value):
    """Say why a private key cannot be used, or nothing."""
    try:
        key = _private_key(value)
    except (ValueError, TypeError):
        return "no RSA private key can be read from it"
    return _too_weak(key, RSAPrivateKey)


def not_public_key(value):
    """Say why a public key cannot be used, or nothing."""
    try:
        key = serialization.load_pem_public_key(pem(value, "PUBLIC").encode())
    except ValueError:
        return "no RSA public key can be read from it"
    return _too_weak(key, RSAPublicKey)


def not_certificate(value):
    """Say why a file of certificates cannot be used, or nothing."""
    try:
        return "" if x509.load_pem_x509_certificates(value.encode()) else "it holds no certificate"
    except ValueError:
        return "no certificate can be read from it"


def _too_weak(key, kind):
    if not isinstance(key, kind):
        return "it is no RSA key"
    return "" if key.key_size >= 2048 else "an RSA key has 2048 bits or more"

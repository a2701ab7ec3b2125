"""allauth's part of the OpenAPI document, under /api/auth/: its own specification (65.21), less
what the shop does not offer, and with what the specification leaves out.

Not in it: that ``meta`` carries a refresh token, how a call is authorised, that a password change
and new recovery codes are answered with success, and what 429 and 503 look like.
"""

import json
import re
from importlib.resources import files

import yaml
from allauth.headless.spec.internal import schema as allauth_document

AUTH_ROOT = "/api/auth"
METHODS = ("get", "post", "put", "patch", "delete")
SESSION = {"AuthSession": []}
OPEN = []  # nobody needs to have signed in
PENDING = [SESSION, {}]  # the token of a sign-in or sign-up that is not complete yet, where one is
SIGNED_IN = [{"bearer": []}, SESSION]
WHO = {
    "config": OPEN,
    "auth/login": OPEN,
    "auth/signup": OPEN,
    "auth/password/request": OPEN,
    "auth/password/reset": OPEN,
    "tokens/refresh": OPEN,
    "auth/email/verify": PENDING,
    "auth/email/verify/resend": PENDING,
    "auth/provider/token": PENDING,
    "auth/provider/signup": [SESSION],
    "auth/2fa/authenticate": [SESSION],
    "auth/code/request": OPEN,
    "auth/code/resend": [SESSION],
    "auth/code/confirm": [SESSION],
}
REFUSAL = {
    "type": "object",
    "description": "What a refusal of the accounts API looks like.",
    "properties": {
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "param": {"type": "string", "description": "The field it is about, if any."},
                },
                "required": ["code", "message"],
            },
        },
    },
    "required": ["status"],
}
PARTS = ("schemas", "responses", "parameters", "requestBodies")
SUCCESS = {("account/authenticators/recovery-codes", "post"): "AuthRecoveryCodes"}


def add_accounts(result, **_):
    """Add allauth's paths and components to our document, prefixed with ``Auth`` so that no name
    meets another.
    """
    accounts = _prefixed(_accounts_document())
    for path, operations in accounts["paths"].items():
        tail = path.removeprefix(f"{AUTH_ROOT}/app/v1/")
        for method in METHODS:
            if method in operations:
                _complete(operations[method], tail, method)
    result["paths"].update(accounts["paths"])
    for section, components in accounts["components"].items():
        result["components"].setdefault(section, {}).update(components)
    result["components"]["schemas"]["AuthRefusal"] = REFUSAL
    result["components"]["securitySchemes"]["AuthSession"] = {
        "type": "apiKey",
        "in": "header",
        "name": "X-Session-Token",
        "description": "meta.session_token of a sign-in, also of one that is not complete yet.",
    }
    _drop_unused(result)
    return result


def _accounts_document():
    spec = yaml.safe_load(
        files("allauth.headless.spec").joinpath("doc/openapi.yaml").read_text(encoding="utf-8")
    )
    allauth_document.specify_user(spec)
    spec["paths"] = {
        path.replace("/_allauth", AUTH_ROOT): operations
        for path, operations in spec["paths"].items()
        if "/phone" not in path  # mall/urls.py answers 404: /api/v1/me/phone is the shop's
    }
    allauth_document.pin_client(spec)
    allauth_document.drop_unused_client_parameter(spec)
    allauth_document.drop_unused_paths(spec)
    allauth_document.specify_signup_fields(spec)
    allauth_document.specify_custom_signup_form(spec)
    schemas = spec["components"]["schemas"]
    _mend(spec)
    for body in spec["components"]["requestBodies"].values():
        body["required"] = True
    _say_phone(schemas)
    pair = spec["components"]["responses"]["RefreshToken"]["content"]["application/json"]
    pair["schema"]["properties"]["data"]["required"] = ["access_token", "refresh_token"]
    schemas["BaseSignup"].setdefault("properties", {})["agreed"] = {
        "type": "string",
        "pattern": r"^\d{1,9}\.\d{1,9}$",
        "description": "The versions of terms and privacy policy that were shown and agreed to: "
        "<terms>.<privacy>, as GET /api/v1/pages/terms and /privacy tell them.",
    }
    schemas["BaseSignup"]["properties"]["invitation"] = {
        "type": "string",
        "maxLength": 100,
        "description": "Of the member who invited: the signed part of their link, as GET "
        "/api/v1/referral tells it. One that is none of ours is refused, before anything is done.",
    }
    schemas["OptionalTimestamp"] = {**schemas["Timestamp"], "nullable": True}
    schemas["BaseAuthenticationMeta"]["properties"]["refresh_token"] = {
        "type": "string",
        "description": "Buys the next pair of tokens, once, at tokens/refresh.",
    }
    return spec


def _say_phone(schemas):
    """Say what is asked for a code here (accounts/entrance_api.py): a number, whoever has it."""
    phone = {
        "type": "string",
        "maxLength": 40,
        "description": "A mainland mobile number, or one of Hong Kong, Macau or Taiwan with its "
        "country code.",
    }
    schemas["RequestLoginCode"] = {
        "type": "object",
        "properties": {"phone": phone},
        "required": ["phone"],
    }
    schemas["ConfirmLoginCode"] = {
        "type": "object",
        "properties": {
            "code": {"type": "string", "description": "The six digits of the message."},
            "agreed": {"type": "string", "description": "As at sign-up; noted of a new member."},
            "invitation": {"type": "string", "description": "As at sign-up; for a new member."},
        },
        "required": ["code"],
    }


def _mend(described):
    """Take out what contradicts the specification itself: examples that are none of their schemas,
    required fields nobody describes.
    """
    if isinstance(described, list):
        for one in described:
            _mend(one)
    if not isinstance(described, dict):
        return
    for word in ("example", "examples"):
        described.pop(word, None)
    if "properties" in described and "required" in described:
        known = described["properties"]
        described["required"] = [name for name in described["required"] if name in known]
    for one in described.values():
        _mend(one)


def _complete(operation, tail, method):
    """Say of one operation what allauth's specification leaves out."""
    name = tail.translate(str.maketrans("/-{}", "____"))
    operation["operationId"] = f"auth_{name}_{method}"
    operation["tags"] = ["accounts"]
    operation["security"] = WHO.get(tail, SIGNED_IN)
    # The token stands in the security scheme; twice, a client would have to send it twice.
    token = {"$ref": "#/components/parameters/AuthSessionToken"}
    parameters = [one for one in operation.pop("parameters", ()) if one != token]
    if parameters:
        operation["parameters"] = parameters
    if "content" in operation.get("requestBody", {}):
        operation["requestBody"]["required"] = True
    responses = operation["responses"]
    if (tail, method) in SUCCESS:
        responses["200"] = {"$ref": f"#/components/responses/{SUCCESS[tail, method]}"}
    if method != "get":
        responses.setdefault("400", _response("It cannot be read.", "AuthRefusal"))
    responses["429"] = _response("Too often; Retry-After says how long to wait.", "AuthRefusal")
    responses["503"] = _response("The shop is busy; Retry-After says how long.", "ErrorAnswer")


def _response(description, schema):
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _prefixed(spec):
    components = {
        section: {f"Auth{name}": body for name, body in spec["components"][section].items()}
        for section in PARTS
        if section in spec["components"]
    }
    text = json.dumps({"paths": spec["paths"], "components": components})
    for section in components:
        text = text.replace(f'"#/components/{section}/', f'"#/components/{section}/Auth')
    return json.loads(text)


def _drop_unused(result):
    """Leave out components that nothing names any more."""
    while True:
        named = set(
            re.findall(
                r'"#/components/([A-Za-z]+/[A-Za-z0-9_.]+)"', json.dumps(result, default=str)
            )
        )
        unused = [
            (section, name)
            for section in PARTS
            for name in result["components"].get(section, {})
            if f"{section}/{name}" not in named
        ]
        if not unused:
            return
        for section, name in unused:
            del result["components"][section][name]

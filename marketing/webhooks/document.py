"""The ``webhooks`` of the OpenAPI document: what a server that listens is sent, kind by kind."""

from django.utils import translation

from marketing.webhooks import kinds

NAME = "WebhookFact"
HEADERS = {
    "webhook-id": "Names the fact; it stays the same however often the message comes.",
    "webhook-timestamp": "When this try was signed, in seconds since 1970.",
    "webhook-signature": "v1,<base64 of an HMAC-SHA256 over id.timestamp.body>; several, with a "
    "space between, while a secret is replaced.",
}
ANSWERS = {
    "2XX": "Taken. The answer's body is of no concern.",
    "410": "Gone for good: the endpoint is switched off.",
    "default": "Not taken, also a redirect: it is tried again ten times within four days.",
}


def add_webhooks(result, **_):
    """Describe every kind of fact under ``webhooks`` (OpenAPI 3.1); codes and words in English."""
    result["components"]["schemas"][NAME] = _schema()
    with translation.override("en"):
        result["webhooks"] = {
            kind: {"post": _operation(kind)} for kind in [*kinds.all_kinds(), kinds.TEST]
        }
    return result


def _operation(kind):
    says = "What the button “Send a test” sends" if kind == kinds.TEST else kinds.in_words(kind)
    return {
        "operationId": f"hear_{kind}",
        "summary": says,
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": words,
                "schema": {"type": "string"},
            }
            for name, words in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{NAME}"}}},
        },
        "responses": {status: {"description": words} for status, words in ANSWERS.items()},
    }


def _schema():
    told = {
        "member": ("integer", "The member's number."),
        "number": ("integer", "The fact's number among the member's, from 1; 0: it has none."),
        "reference": ("string", "What it is about: order:20261129-ABC…"),
        "actor": ("string", "member:<id>, staff:<id>, system, or a payment provider."),
        "note": ("string", "A tracking number, an amount, or what an operator wrote."),
        "details": ("object", "Numbers, codes and ids of the moment; fields may be added."),
    }
    content = {
        "type": "object",
        "description": "Absent in a test.",
        "properties": {
            name: {"type": kind, "description": words} for name, (kind, words) in told.items()
        },
    }
    return {
        "type": "object",
        "description": "A fact, as every webhook tells it. It names people by their numbers only.",
        "required": ["type", "version", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "description": "The kind."},
            "version": {"type": "integer", "description": "Of this shape: 1."},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it was."},
            "data": content,
        },
    }

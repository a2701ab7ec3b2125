"""The OpenAPI document of API v1, as programs that write clients read it: what an answer always
has is required, what a request may leave out is not.

``add_accounts`` (mall/core/openapi_accounts.py) puts allauth's part beside it.
"""

import json
import re

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny

CHANGING = ("POST", "PUT", "PATCH", "DELETE")


class ErrorSerializer(serializers.Serializer):
    """One fault of a request."""

    code = serializers.CharField(
        help_text="Stable, for programs: insufficient_points, out_of_stock, …"
    )
    detail = serializers.CharField(help_text="For people, in the caller's language.")
    attr = serializers.CharField(allow_null=True, help_text="The field it is about, if any.")


class ErrorAnswerSerializer(serializers.Serializer):
    """What every refusal looks like."""

    type = serializers.CharField(help_text="validation_error, client_error or server_error.")
    errors = ErrorSerializer(many=True)
    request_id = serializers.CharField(
        allow_null=True, help_text="Tell it to support: the logs know it."
    )


def refusal(description):
    """Return a refusal of an endpoint beside those that Documentation names by itself: its codes,
    and when.
    """
    return OpenApiResponse(ErrorAnswerSerializer, description=description)


class Documentation(AutoSchema):
    """Name the refusals of each endpoint once, by one component, instead of a set of enums per
    field.
    """

    def _get_response_bodies(self, direction="response"):
        described = super()._get_response_bodies(direction)
        if direction == "response":
            for status in self._refusals():
                described.setdefault(
                    status, self._get_response_for_code(ErrorAnswerSerializer, status)
                )
        return dict(sorted(described.items()))

    def get_summary(self):
        """Return the first clause of what an operation says of itself."""
        return super().get_summary() or re.split(r"[.;:](?:\s|$)", self.get_description())[0]

    def _map_basic_serializer(self, serializer, direction):
        described = super()._map_basic_serializer(serializer, direction)
        if direction == "response" and described.get("properties"):
            # That a column has a default says nothing about answers: all of them have the field.
            absent = getattr(serializer, "may_be_absent", ())
            described["required"] = sorted(set(described["properties"]) - set(absent))
        return described

    def _refusals(self):
        parameters = self._get_parameters()
        yield from ("429", "503")
        if self.view.get_authenticators():
            yield "401"
        if not all(isinstance(permission, AllowAny) for permission in self.view.get_permissions()):
            yield "403"
        if (
            any(
                parameter["in"] == "path" or parameter["name"] == "page" for parameter in parameters
            )
            or self._get_paginator()
        ):
            yield "404"
        if any(parameter["name"] == "Idempotency-Key" for parameter in parameters):
            yield "422"
        if self.method in CHANGING or any(parameter["in"] == "query" for parameter in parameters):
            yield "400"
        if self.method in CHANGING:
            yield from ("409", "415")


class BearerToken(OpenApiAuthenticationExtension):
    """The access token that /api/auth/ gives out."""

    target_class = "allauth.headless.contrib.rest_framework.authentication.JWTTokenAuthentication"
    match_subclasses = True
    name = "bearer"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def say_what_is_required(result, **_):
    """Require what pages of lists always have, and say in words what a request means by leaving
    something out: clients written from a ``default`` demand the field (openapi-typescript 7).
    """
    result["servers"] = [{"url": "/"}]
    for operations in result["paths"].values():
        for operation in operations.values():
            if operation.get("security") == [{}]:  # generators take it for "with a token"
                operation["security"] = []
    for name, schema in result["components"]["schemas"].items():
        if name.startswith("Paginated"):
            schema["required"] = sorted(schema["properties"])
            for address in ("next", "previous"):
                schema["properties"][address].pop("example", None)
        for described in schema.get("properties", {}).values():
            _say_default(described)
    return result


def say_null(result, **_):
    """Say in OpenAPI 3.1's words what may be null, also where a library still writes 3.0's
    ``nullable``: generators read that in different ways beside a reference (decision 0075).
    """
    for described in _schemas(result):
        if described.pop("nullable", None) is True and isinstance(described.get("type"), str):
            described["type"] = [described["type"], "null"]
        if {} in described.get("oneOf", ()):  # anything at all, and null once more
            del described["oneOf"]
    return result


def _say_default(described):
    if "default" in described:
        default = json.dumps(described.pop("default"), default=str)
        words = [described.get("description"), f"Left out: {default}."]
        described["description"] = " ".join(filter(None, words))


def _schemas(described):
    """Yield every object inside a part of the document."""
    if isinstance(described, dict):
        yield described
    inside = described.values() if isinstance(described, dict) else described
    for one in inside if isinstance(described, (dict, list)) else ():
        yield from _schemas(one)

"""One OpenAPI document for app clients: our API v1 and allauth's accounts API under /api/auth/."""

import json
from importlib.resources import files

import yaml
from allauth.headless.spec.internal import schema as allauth_document
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny

AUTH_ROOT = "/api/auth"
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


def add_accounts(result, **_):
    """Add allauth's paths and components to our document, prefixed with ``Auth`` so that no name
    meets another.
    """
    accounts = _accounts_document()
    result["paths"].update(accounts["paths"])
    for section, components in accounts["components"].items():
        ours = result["components"].setdefault(section, {})
        ours.update(components)
    return result


def _accounts_document():
    spec = yaml.safe_load(
        files("allauth.headless.spec").joinpath("doc/openapi.yaml").read_text(encoding="utf-8")
    )
    allauth_document.specify_user(spec)
    spec["paths"] = {
        path.replace("/_allauth", AUTH_ROOT): operations
        for path, operations in spec["paths"].items()
    }
    allauth_document.pin_client(spec)
    allauth_document.drop_unused_client_parameter(spec)
    allauth_document.drop_unused_paths(spec)
    allauth_document.specify_signup_fields(spec)
    allauth_document.specify_custom_signup_form(spec)
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict):
                tail = path.removeprefix(f"{AUTH_ROOT}/app/v1/").translate(
                    str.maketrans("/-{}", "____")
                )
                operation["operationId"] = f"auth_{tail}_{method}"
                operation["tags"] = ["accounts"]
    return _prefixed(spec)


def _prefixed(spec):
    components = {
        section: {f"Auth{name}": body for name, body in entries.items()}
        for section, entries in spec["components"].items()
    }
    text = json.dumps({"paths": spec["paths"], "components": components})
    for section in components:
        text = text.replace(f'"#/components/{section}/', f'"#/components/{section}/Auth')
    prefixed = json.loads(text)
    for operations in prefixed["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "security" in operation:
                operation["security"] = [
                    {f"Auth{name}": scopes for name, scopes in way.items()}
                    for way in operation["security"]
                ]
    return prefixed

"""Cursors that no list of ours ever wrote: refused, and no server error."""

from base64 import b64encode

import pytest

LISTS = ["orders", "coupons", "points/entries", "notifications"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "forged",
    ["p=abc", "p=", "p=-1", "p=1.5", "p=%00", "p=NaN", "o=x", "r=2026&p=1e9", "p=2026-11-21"],
)
def test_list_when_the_cursor_is_forged_then_not_found(signed_in_api, name, forged):
    answer = signed_in_api.get(f"/api/v1/{name}", {"cursor": b64encode(forged.encode()).decode()})

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("cursor", ["", "%", "é", "p=1", "====", "0" * 200])
def test_list_when_the_cursor_is_no_cursor_then_refused(signed_in_api, name, cursor):
    assert signed_in_api.get(f"/api/v1/{name}", {"cursor": cursor}).status_code in (200, 400, 404)


@pytest.mark.parametrize("name", LISTS)
def test_list_when_the_position_is_beyond_every_id_then_answered(signed_in_api, name):
    answer = signed_in_api.get(f"/api/v1/{name}", {"cursor": b64encode(b"p=" + b"9" * 30).decode()})

    assert answer.status_code == 200

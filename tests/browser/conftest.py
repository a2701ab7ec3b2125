"""Who sits in front of the browser, and what they read."""

import pytest

from tests.factories.accounts import MemberFactory


@pytest.fixture
def open_page(open_page):
    """The same as everywhere; but no page of a journey may answer with a server error."""
    broken = []

    def opened(**how):
        page = open_page(**how)
        page.context.on(
            "response",
            lambda answer: (
                broken.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
            ),
        )
        return page

    yield opened
    assert broken == []


@pytest.fixture
def english(live_server):
    """english(page) -> the same page in English."""

    def turned(page):
        page.context.add_cookies([{"name": "mall_language", "value": "en", "url": live_server.url}])
        return page

    return turned


@pytest.fixture
def shopper(open_page, english, sign_in_page, member):
    """A phone in English on which ``member`` is signed in."""
    return sign_in_page(english(open_page(width=390)), member)


@pytest.fixture
def clerk(db):
    """clerk(role) -> somebody of that role behind the counter, no superuser."""
    from django.contrib.auth.models import Group

    def employed(role):
        user = MemberFactory(username=role)
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=role))
        return user

    return employed

"""``{% shared %}``: rendered once for all who are shown the same, and nothing of a reader in it."""

import pytest
from django.middleware.csrf import get_token
from django.template import Context, engines
from django.test import RequestFactory
from django.utils import translation


class Counted:
    """Says its word and how often it was asked."""

    def __init__(self):
        self.times = 0

    def __str__(self):
        self.times += 1
        return "counted"


def template(source):
    return engines["django"].from_string(source).template


def shown(made, **words):
    return made.render(Context(words))


def test_shared_when_shown_again_then_not_rendered_again():
    made, once = template("{% shared tab %}{{ tab }} {{ word }}{% endshared %}"), Counted()

    pages = [shown(made, tab="home", word=once) for _visit in range(3)]

    assert (pages, once.times) == (["home counted"] * 3, 1)


@pytest.mark.parametrize(("one", "other"), [("home", "goods"), (0, 7), (None, ""), (2, 20)])
def test_shared_when_what_is_named_differs_then_rendered_for_each(one, other):
    made = template("{% shared tab %}<{{ tab }}>{% endshared %}")

    pages = [shown(made, tab=tab) for tab in (one, other, one)]

    assert pages == [f"<{one}>", f"<{other}>", f"<{one}>"]


def test_shared_when_languages_differ_then_each_its_words():
    made = template("{% load i18n %}{% shared %}{% translate 'Home' %}{% endshared %}")
    said = []
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            said.append(shown(made))

    assert said == ["Home", "首页", "Home"]


def test_shared_when_a_reader_has_words_of_their_own_then_each_their_own_escaped():
    made = template(
        "{% shared tab name=who.name at=where %}{{ tab }} {{ name }}@{{ at }}{% endshared %}"
    )

    pages = [
        shown(made, tab="me", who={"name": name}, where=where)
        for name, where in (("<b>Ann", "/?a=1&b=2"), ("小明", ""), ("\x001\x00", "x"))
    ]

    assert pages == ["me &lt;b&gt;Ann@/?a=1&amp;b=2", "me 小明@", "me \x001\x00@x"]


def test_shared_when_a_form_stands_in_it_then_each_reader_has_their_token():
    made = template("{% shared %}{% csrf_token %}{% endshared %}")
    requests = [RequestFactory().get("/") for _reader in range(2)]
    tokens = [get_token(request) for request in requests]

    pages = [made.render(Context({"csrf_token": token})) for token in tokens]

    assert [token in page for token, page in zip(tokens, pages, strict=True)] == [True, True]
    assert tokens[0] not in pages[1]
    assert shown(made) == ""

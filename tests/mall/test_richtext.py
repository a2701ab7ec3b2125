import pytest

from mall.core import richtext

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVa&#09;Script:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<p onclick="alert(1)">x</p>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<iframe src=//evil.example></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=//evil.example><input></form>",
    "<style>@import '//evil.example'</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<!--><img src=x onerror=alert(1)>-->",
    '<base href="//evil.example/">',
    '<meta http-equiv="refresh" content="0;url=//evil.example">',
]
FORBIDDEN = (
    "<script",
    "<img",
    "<svg",
    "<iframe",
    "<object",
    "<embed",
    "<form",
    "<input",
    "<style",
    "<base",
    "<meta",
    "onclick",
    "style=",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_clean_when_attacked_then_inert(attack):
    left = richtext.clean(f"<p>kept</p>{attack}")

    assert "<p>kept</p>" in left
    lowered = left.lower()
    outside_text = lowered.replace("&lt;", "")
    assert not [word for word in FORBIDDEN if f"{word}" in outside_text.replace("&gt;", "")]
    assert 'href="javascript' not in lowered and 'href="data' not in lowered


def test_clean_when_harmless_then_kept():
    html = (
        "<h3>Why</h3><p><strong>Good</strong> and <em>warm</em></p><ul><li>one</li></ul><a "
        'href="https://example.com/">more</a>'
    )

    assert richtext.clean(html) == html.replace("<a ", "<a ").replace(
        'example.com/">', 'example.com/" rel="nofollow noopener">'
    )


def test_clean_when_empty_then_empty():
    assert richtext.clean(None) == richtext.clean("") == ""


def test_clean_when_a_page_heading_is_written_then_it_becomes_a_smaller_one():
    assert richtext.clean("<h1>Why</h1>") == "<h3>Why</h3>"

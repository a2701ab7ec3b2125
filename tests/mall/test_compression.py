"""What the embedded profile sends small."""

import gzip

import pytest
from django.http import FileResponse, HttpResponse

from mall.server.compression import PageCompressionMiddleware
from tests.conftest import ROOT

WORDS = "积分商城 " * 400


def sent(rf, answer, **headers):
    return PageCompressionMiddleware(lambda request: answer)(rf.get("/", **headers))


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "text/csv"])
def test_compression_when_words_are_sent_then_small_and_the_same(rf, kind):
    answer = sent(rf, HttpResponse(WORDS, content_type=kind), HTTP_ACCEPT_ENCODING="br, gzip")

    assert answer["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer["Vary"]
    assert int(answer["Content-Length"]) == len(answer.content) < len(WORDS.encode()) / 10
    assert gzip.decompress(answer.content).decode() == WORDS


def test_compression_when_the_reader_takes_none_then_plain_and_kept_apart(rf):
    answer = sent(rf, HttpResponse(WORDS))

    assert answer.content.decode() == WORDS and "Content-Encoding" not in answer
    assert "Accept-Encoding" in answer["Vary"]


def test_compression_when_a_picture_is_sent_then_as_it_is_with_its_length(rf):
    picture = next((ROOT / "static").rglob("*.png"))

    answer = sent(rf, FileResponse(picture.open("rb")), HTTP_ACCEPT_ENCODING="gzip")

    assert int(answer["Content-Length"]) == picture.stat().st_size
    assert b"".join(answer.streaming_content) == picture.read_bytes()
    answer.close()


def test_compression_when_nginx_stands_in_front_then_it_sends_the_same_kinds_small():
    template = (ROOT / "ops/nginx/mall.conf.template").read_text()

    # nginx names text/html in none of its lists: it is always there
    assert "gzip_types application/json text/csv;" in template

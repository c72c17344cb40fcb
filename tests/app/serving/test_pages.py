"""The files that are served: whole, compressed, and only where a browser's copy is old."""

import httpx
import pytest

ASSETS = ("/", "/static/js/main.js", "/docs/assets/swagger-ui-bundle.js")


@pytest.mark.parametrize("path", ASSETS)
def test_what_a_browser_has_is_not_sent_again(path: str, client: httpx.Client) -> None:
    first = client.get(path)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ASSETS)
def test_text_is_compressed_where_that_is_understood(path: str, client: httpx.Client) -> None:
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.num_bytes_downloaded < len(plain.content) / 2
    assert packed.content == plain.content


@pytest.mark.parametrize("path", ASSETS)
@pytest.mark.parametrize("part", ["bytes=abc", "bytes=99999999-", "bytes=0-9", "lines=1"])
def test_files_are_sent_whole_whatever_part_is_asked_for(
    part: str, path: str, client: httpx.Client
) -> None:
    whole = client.get(path)
    answer = client.get(path, headers={"Range": part})
    assert answer.status_code == 200
    assert answer.content == whole.content
    assert "accept-ranges" not in answer.headers

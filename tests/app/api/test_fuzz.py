"""Whatever is sent, the answer is one that the document describes, and never a 5xx."""

from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.app.fuzz import fuzz
from tests.app.pictures import any_pictures, broken_pictures, good_pictures
from tests.app.running import PNG, Server

BOUNDED = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.long
def test_the_api_keeps_what_its_document_promises(server: Server) -> None:
    """A few hundred requests; ``make fuzz`` makes up thousands."""
    is_good, count, report = fuzz(server, 120, 1)
    assert is_good, report
    assert count >= 300, report


def send(client: httpx.Client, data: bytes, form: str) -> httpx.Response:
    if form == "multipart":
        return client.post("/predict", files={"file": data})
    return client.post("/predict", content=data, headers={"Content-Type": form})


@BOUNDED
@given(
    data=st.one_of(st.binary(max_size=4000), any_pictures()),
    form=st.sampled_from(
        (
            *("image/png", "image/gif", "application/json", "text/html"),
            *("multipart", "multipart/form-data; boundary=-"),
        )
    ),
)
def test_random_bytes_are_never_a_5xx(data: bytes, form: str, client: httpx.Client) -> None:
    assert send(client, data, form).status_code in {200, 400, 413, 415, 422}


@BOUNDED
@given(data=broken_pictures())
def test_broken_pictures_are_never_a_5xx(data: bytes, client: httpx.Client) -> None:
    answer = client.post("/predict", content=data, headers=PNG)
    assert answer.status_code in {200, 413, 415, 422}
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"


@BOUNDED
@given(data=good_pictures())
def test_good_pictures_are_always_read(data: bytes, client: httpx.Client) -> None:
    answer = client.post("/predict", content=data, headers=PNG)
    assert answer.status_code == 200 or "28x28" in answer.json()["detail"], answer.text


@BOUNDED
@given(
    query=st.dictionaries(
        st.sampled_from(("explain", "alternatives", "other")) | st.text(max_size=5),
        st.text(max_size=20) | st.integers(),
        max_size=4,
    ),
    headers=st.dictionaries(
        st.sampled_from(("Content-Type", "X-Request-ID", "Accept", "Content-Encoding", "Range")),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip),
        max_size=3,
    ),
    path=st.sampled_from(("/predict", "/predict/batch", "/model", "/static/", "/docs/assets/"))
    | st.binary(max_size=20).map(lambda data: "/" + quote(data).lstrip("/")),
    method=st.sampled_from(("GET", "POST", "HEAD", "OPTIONS", "PUT")),
)
def test_nothing_in_a_path_a_query_or_a_header_is_a_5xx(
    query: dict[str, str | int],
    headers: dict[str, str],
    path: str,
    method: str,
    client: httpx.Client,
) -> None:
    url = f"{path}?{urlencode(query)}"
    answer = client.request(method, url, headers=headers, content=b"x" if method == "POST" else b"")
    assert answer.status_code < 500
    assert answer.headers["x-request-id"]

"""The XDMS compresses for clients that ask for it, and its entity-tags stay usable."""

from __future__ import annotations

import gzip

import pytest

from tests.network.test_xdms import LISTS, Client, make_client

ENTRIES = "".join(f'<entry uri="sip:user{n}@test-rcs.com"/>' for n in range(100))
BODY = (
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
    f'<list name="rcs">{ENTRIES}</list></resource-lists>'
)
TYPE = "application/resource-lists+xml"


@pytest.fixture
def client() -> Client:
    client = make_client()
    assert client.put(LISTS, BODY, TYPE).status == 201
    return client


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5", "x-gzip"])
def test_document_is_compressed_for_who_takes_it(client: Client, accepted: str) -> None:
    plain = client.get(LISTS)
    packed = client.get(LISTS, Accept_Encoding=accepted)
    assert packed.headers.get("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.raw.partition(b"\r\n\r\n")[2]) == plain.body == packed.body
    assert packed.headers.get("Vary") == plain.headers.get("Vary") == "Accept-Encoding"
    assert packed.headers.get("ETag") != plain.headers.get("ETag")


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip; q=0.000", "br"])
def test_document_is_not_compressed_for_others(client: Client, accepted: str) -> None:
    assert "Content-Encoding" not in client.get(LISTS, Accept_Encoding=accepted).headers


def test_entity_tag_of_the_compressed_document_names_the_document(client: Client) -> None:
    etag = client.get(LISTS, Accept_Encoding="gzip").headers.get("ETag") or ""
    same = client.get(LISTS, Accept_Encoding="gzip", If_None_Match=etag)
    assert same.status == 304
    assert client.put(LISTS, BODY, TYPE, If_Match=etag).status == 200
    assert client.put(LISTS, BODY, TYPE, If_Match='"other-gzip"').status == 412


def test_compressed_document_is_taken(client: Client) -> None:
    other = BODY.replace("user1@", "somebody@")
    packed = client.put(LISTS, gzip.compress(other.encode()), TYPE, Content_Encoding="gzip")
    assert packed.status == 200
    assert client.get(LISTS).body == other.encode()

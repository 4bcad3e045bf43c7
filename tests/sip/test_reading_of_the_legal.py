"""What the grammar derives, the typed views and the splitting of lists and parameters read."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.abnf.notation import Choice, ListOf, Repeat
from harness.sip.auth_params import parse_auth_values
from harness.sip.grammar import GRAMMAR
from harness.sip.headers import LIST_FIELDS
from harness.sip.parsing import Request, Response, parse
from harness.sip.uri import SipUri, parse_uri
from tests.derive import SIP_POOLS, Derivation

VIEWS: dict[str, Callable[[Request | Response], object]] = {
    "CSeq": lambda message: message.cseq,
    "Contact": lambda message: message.contact_is_star or message.contacts,
    "Content-Length": lambda message: message.content_length is not None,
    "Content-Type": lambda message: message.content_type,
    "Event": lambda message: message.event,
    "Expires": lambda message: message.expires is not None,
    "From": lambda message: message.from_ and message.from_.parsed,
    "Max-Forwards": lambda message: message.max_forwards is not None,
    "Min-Expires": lambda message: message.min_expires is not None,
    "Path": lambda message: all(address.parsed for address in message.paths) and message.paths,
    "Record-Route": lambda message: message.record_routes,
    "Route": lambda message: message.routes,
    "Service-Route": lambda message: message.service_routes,
    "Subscription-State": lambda message: message.subscription_state,
    "To": lambda message: message.to and message.to.parsed,
    "Via": lambda message: message.vias,
}
# A callid may hold quotes and brackets, which elsewhere keep commas from separating.
SPLIT = sorted(LIST_FIELDS - {"In-Reply-To", "P-Associated-URI"})


def _message(field: str, value: str) -> Request | Response:
    row = f"{field}: {value}".encode("utf-8", "surrogateescape")
    return parse(b"OPTIONS sip:a@b SIP/2.0\r\n" + row + b"\r\n\r\n")


def _without_blanks(text: str) -> str:
    octets = text.encode("utf-8", "surrogateescape")
    return re.sub(rb"[ \t\r\n]+", b"", octets).decode("utf-8", "surrogateescape")


@given(st.sampled_from(sorted(VIEWS)), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_every_legal_value_has_its_typed_view(field: str, random: Random) -> None:
    message = _message(field, Derivation(GRAMMAR, SIP_POOLS, random).derive(field))
    assert VIEWS[field](message)


@given(st.sampled_from(SPLIT), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_list_is_split_into_the_elements_that_it_was_made_of(field: str, random: Random) -> None:
    node = GRAMMAR.rules[field]
    node = node.alternatives[0] if isinstance(node, Choice) else node
    node = node.item if isinstance(node, Repeat) else node
    assert isinstance(node, ListOf)
    derivation = Derivation(GRAMMAR, SIP_POOLS, random)
    elements = [derivation.derive_node(node.item) for _ in range(random.choice((1, 2, 3)))]
    value = random.choice((",", " , ", ",\r\n ", "\t,")).join(elements)
    found = _message(field, value).headers.values(field)
    assert list(map(_without_blanks, found)) == list(map(_without_blanks, elements))


@given(st.sampled_from(["dig-resp", "digest-cln"]), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_digest_parameters_are_read_as_they_were_made(rule: str, random: Random) -> None:
    derivation = Derivation(GRAMMAR, {**SIP_POOLS, "LWS": (" ", "\t", "  ")}, random)
    written = [derivation.derive(rule).strip() for _ in range(random.choice((1, 2, 4)))]
    (value,) = parse_auth_values("Digest " + random.choice((",", ", ", " , ")).join(written))
    for param, text in zip(value.params, written, strict=True):
        name, _, content = (part.strip() for part in text.partition("="))
        is_quoted = content.startswith('"')
        plain = re.sub(r"\\(.)", r"\1", content[1:-1], flags=re.DOTALL) if is_quoted else content
        assert (param.name, param.value, param.quoted) == (name, plain, is_quoted)


@pytest.mark.parametrize("uri", SIP_POOLS["addr-spec"])
def test_legal_uri_is_read_and_written_as_it_was(uri: str) -> None:
    read = parse_uri(uri)
    assert str(read).lower() == uri.lower()
    assert not isinstance(read, SipUri) or read.host

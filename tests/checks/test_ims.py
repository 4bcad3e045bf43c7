"""The rules for IMS UEs: what excuses a UE, and what does not."""

from __future__ import annotations

import pytest

from tests.checks.cases_ims import (
    aka,
    answering,
    challenged,
    credentials,
    derived,
    registered,
    sent,
    watching,
)
from tests.checks.cases_register import accepted, contact, ims, register
from tests.checks.conversation import AOR, Step, judge, ue

WITHOUT_RPORT = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-{}"
PLAIN = "<sip:alice@10.0.0.1:5060>"


def found(steps: list[Step | bytes], profile: str = "documented") -> set[str]:
    return set(judge(steps, profile).ids("ue"))


def test_renewal_needs_no_rport() -> None:
    renewal = ims(2, Via=WITHOUT_RPORT.format(2))

    assert "REG-IMS-4" not in found([*accepted(ims()), ue(renewal, after=599300)])


def test_capture_that_begins_late_asks_no_rport_of_a_renewal() -> None:
    assert "REG-IMS-4" not in found([ims(7, Via=WITHOUT_RPORT.format(7))])
    known = credentials("n1", 2)
    assert "REG-IMS-4" not in found([ims(1, Via=WITHOUT_RPORT.format(1), Authorization=known)])


def test_registration_of_one_address_may_end_another() -> None:
    both = f"{contact('+g.oma.sip-im')};expires=600000, <sip:alice@10.0.0.7>;expires=0"

    assert not {"REG-IMS-3"} & found([ims(Contact=both, Expires=None)])


def test_end_of_a_registration_needs_neither_path_nor_instance() -> None:
    leaving = ims(2, Contact=contact("+g.oma.sip-im"), Supported=None, Expires=0)

    assert not {"REG-IMS-2", "REG-IMS-5"} & found([*accepted(ims()), leaving])


@pytest.mark.parametrize("uri", ["sip:EXAMPLE.com", "sip:example.com;transport=tcp"])
def test_domain_may_be_written_in_another_way(uri: str) -> None:
    announced = credentials().replace("sip:example.com", uri)

    assert "REG-IMS-6" not in found([aka(Authorization=announced)])


def test_client_without_signs_of_the_ims_is_held_to_no_rule_of_it() -> None:
    plain = register(Contact=PLAIN, Expires=3600, Via=WITHOUT_RPORT.format(3))

    assert not [each for each in found([plain]) if "-IMS-" in each]


@pytest.mark.parametrize(
    "identities",
    [
        "<tel:+15550100>, <sip:a!.*!@example.com>",
        f"<sip:other@example.com>, <{AOR};user=phone>",
    ],
)
def test_identity_that_is_associated_in_another_form_is_not_barred(identities: str) -> None:
    steps = [*registered(identities), watching(), sent()]

    assert not {"SUB-IMS-3", "GEN-IDENTITY-5"} & found(steps)


def test_security_verify_has_the_mechanisms_in_their_order() -> None:
    two = "tls;q=0.2, ipsec-3gpp;q=0.1;alg=hmac-md5-96;spi-c=1;spi-s=2;port-c=3;port-s=4"
    turned = ", ".join(reversed(two.split(", ")))
    first, refusal = challenged()
    listed = refusal.raw.replace(b"Security-Server: ", f"Security-Server: {two}, ".encode())
    steps = [first, Step("network", listed)]
    third = refusal.raw.partition(b"Security-Server: ")[2].partition(b"\r\n")[0].decode()

    assert "GEN-SECURITY-2" not in found([*steps, answering(Security_Verify=f"{two}, {third}")])
    assert "GEN-SECURITY-2" in found([*steps, answering(Security_Verify=f"{turned}, {third}")])


def test_mechanisms_for_media_are_no_agreement() -> None:
    media = "sdes-srtp;mediasec"
    given = {"Security_Client": media, "Require": None, "Proxy_Require": None}

    assert "GEN-SECURITY-1" not in found([aka(**given)])


@pytest.mark.parametrize(
    ("imsi", "home"),
    [
        ("310150123456789", "ims.mnc150.mcc310.3gppnetwork.org"),
        ("310150123456789", "ims.mnc015.mcc310.3gppnetwork.org"),
        ("234150999999999", "ims.nid000007ed9d5.mnc015.mcc234.3gppnetwork.org"),
        ("15550100", "operator.example"),
    ],
)
def test_identities_may_be_of_any_network(imsi: str, home: str) -> None:
    assert not {"REG-IMS-22", "REG-IMS-23"} & found([derived(imsi, home)])


def test_imsi_is_of_the_network_that_it_names() -> None:
    assert "REG-IMS-23" in found([derived("262020123456789")])

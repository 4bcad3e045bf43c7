"""The tables of capability tags and services row by row, and what the checks make of them."""

from __future__ import annotations

import re
from typing import get_args
from urllib.parse import quote

import pytest

from harness.checks.capability_services import SERVICES, Service
from harness.checks.capability_tables import (
    SOURCES,
    TAGS,
    TITLES,
    VERSIONS,
    Tag,
    find_tag,
    is_of_rcs,
)
from harness.checks.registry import CHECKS
from harness.config import Profile, load_profile
from tests.checks.cases_capabilities import (
    IM,
    RCS_5_1,
    RCSE,
    UP,
    iari,
    icsi,
    published,
    queried,
    query,
    register,
    registered,
)
from tests.checks.conversation import answer, judge, net, request, ue

ABOUT_VERSIONS = ("CAP-TAG-1", "CAP-TAG-2", "CAP-SERVICE-1", "CAP-SERVICE-2")


def written(tag: Tag) -> str:
    """A tag as a client writes it in Contact."""
    if not tag.key.startswith("urn:"):
        return tag.key
    name = "icsi" if "icsi" in tag.key else "iari"
    return f'+g.3gpp.{name}-ref="{quote(tag.key, safe="")}"'


def found(steps: list, profile: str) -> list[str]:  # type: ignore[type-arg]  # of steps or bytes
    """What the checks of versions find."""
    return [each for each in judge(steps, profile).ids("ue") if each in ABOUT_VERSIONS]


def expected(row: Tag | Service, version: str, checks: tuple[str, str]) -> list[str]:
    if version in row.versions:
        return []
    return [checks[1] if row.is_certain else checks[0]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_judge_knows_the_tag_in_its_versions_alone(tag: Tag, version: str) -> None:
    if not is_of_rcs(tag.key):
        pytest.fail("a tag of the table is of RCS")

    assert found([register(written(tag))], version) == expected(
        tag, version, ("CAP-TAG-1", "CAP-TAG-2")
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("pair", SERVICES, ids=" ".join)
def test_judge_knows_the_service_in_its_versions_alone(pair: tuple[str, str], version: str) -> None:
    assert found(published(pair), version) == expected(
        SERVICES[pair], version, ("CAP-SERVICE-1", "CAP-SERVICE-2")
    )


@pytest.mark.parametrize("row", [*TAGS.values(), *SERVICES.values()], ids=str)
def test_row_has_versions_and_sources_that_exist(row: Tag | Service) -> None:
    assert row.versions
    assert row.versions <= TITLES.keys()
    assert row.sources
    assert len(set(row.sources)) == len(row.sources)
    assert set(row.sources) <= SOURCES.keys()


@pytest.mark.parametrize("service", SERVICES.values(), ids=str)
def test_service_goes_with_tags_of_its_own_versions(service: Service) -> None:
    for key in service.tags:
        assert TAGS[key].versions & service.versions


def test_profile_can_name_the_versions_that_there_are_tables_for() -> None:
    assert set(get_args(Profile.model_fields["rcs"].annotation)) == {"", *VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_a_profile_of_its_name(version: str) -> None:
    profile = load_profile(version)

    assert profile.name == profile.rcs == version
    assert TITLES[version] in profile.description


def test_no_check_of_capabilities_can_fail_a_ue() -> None:
    levels = {each.level.value for name, each in CHECKS.items() if name.startswith("CAP-")}

    assert levels == {"info", "should"}


def test_judge_says_what_a_tag_of_another_version_is() -> None:
    (finding,) = judge([register(iari("rcs.fthttp"))], RCSE).of("CAP-TAG-2")
    text = str(finding)

    assert "rcs.fthttp" in text
    assert "RCS 5.1, Universal Profile 2.4" in text


def test_judge_points_at_the_value_in_the_list() -> None:
    sent = register(iari("rcse.im", "rcs.fthttp"))
    (finding,) = judge([sent], RCSE).of("CAP-TAG-2")

    assert finding.offset == sent.index(b"urn%3Aurn-7%3A3gpp-application.ims.iari.rcs.fthttp")  # type: ignore[attr-defined]  # a Finding


def test_judge_says_of_a_tag_once_that_it_is_of_another_version() -> None:
    tags = iari("rcs.fthttp")
    steps = [*registered(tags), register(tags, cseq=2), *queried(tags)]

    assert found(steps, RCSE) == ["CAP-TAG-2"]


@pytest.mark.parametrize(
    "tag",
    [
        "+g.3gpp.smsip",
        "+sip.ice",
        "+g.example.own",
        '+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"',
        icsi("mcptt"),
        icsi("mmtel.hd-video"),
        icsi("oma.cpm.session.group"),
        iari("rcs.ext.messaging"),
        iari("rcs.mnc001.mcc460.cards"),
        '+G.3GPP.IARI-REF="URN%3AURN-7%3A3GPP-APPLICATION.IMS.IARI.RCSE.IM"',
        '+g.oma.sip-im.large-message="FALSE"',
        f'+g.3gpp.iari-ref="!{quote("urn:urn-7:3gpp-application.ims.iari.rcse.sp", safe="")}"',
    ],
)
def test_judge_accepts_tags_that_are_not_for_rcs_to_define(tag: str) -> None:
    assert found([register(tag)], UP) == []


def test_subclass_of_a_service_is_the_service() -> None:
    row = find_tag("urn:urn-7:3gpp-service.ims.icsi.mmtel.gsma.ipcall")

    assert row is TAGS["urn:urn-7:3gpp-service.ims.icsi.mmtel"]


def test_application_with_a_longer_name_is_another_application() -> None:
    assert find_tag("urn:urn-7:3gpp-application.ims.iari.rcs.chatbot.other") is None


def test_judge_compares_with_no_version_under_a_profile_without_rcs() -> None:
    steps = [
        *registered(iari("rcs.nothing")),
        *published(("org.openmobilealliance:Nothing", "1.0")),
        *query(iari("rcs.nothing"), None),
    ]

    assert not [each for each in judge(steps, "documented").ids() if each.startswith("CAP-")]


def test_judge_compares_messages_with_one_another_without_a_version() -> None:
    steps = [*registered(iari("rcse.ft")), *published(IM), *queried(iari("rcs.fthttp"))]
    ids = judge(steps, "documented").ids()

    assert [each for each in ids if each.startswith("CAP-")] == ["CAP-AGREE-2", "CAP-AGREE-3"]


@pytest.mark.parametrize(
    ("value", "checks"),
    [
        ("mmtel", ["CAP-URN-1"]),
        ("urn:urn-7:3gpp-service.ims.icsi.mmtel", ["CAP-URN-1"]),
        ("urn%253Aurn-7%253A3gpp-service.ims.icsi.mmtel", ["CAP-URN-1"]),
        ("urn%3Aurn-7%3A3gppservice.ims.icsi.gsma.callcomposer", ["CAP-URN-2"]),
        ("urn%3aurn-7%3a3gpp-service.ims.icsi.mmtel", []),
        ("urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel, urn%3Aservice%3Ax", []),
        ("urn%3Aurn-7%3A3gpp-service%2Eims.icsi.mmtel", []),
    ],
)
def test_judge_reads_the_coding_of_a_reference(value: str, checks: list[str]) -> None:
    fields = {"Accept-Contact": f'*;+g.3gpp.icsi-ref="{value}"'}
    ids = judge([request("SUBSCRIBE", fields=fields)], UP).ids()  # type: ignore[arg-type]  # a dict of str

    assert [each for each in ids if each.startswith("CAP-URN")] == checks


def test_judge_leaves_bare_colons_in_contact_to_the_grammar() -> None:
    tag = '+g.3gpp.icsi-ref="urn:urn-7:3gpp-service.ims.icsi.mmtel"'
    ids = judge([register(tag)], UP).ids()

    assert "GEN-FEATURE-1" in ids
    assert "CAP-URN-1" not in ids


def test_judge_holds_a_registrars_echo_against_nobody() -> None:
    first = register('+g.3gpp.icsi-ref="mmtel"')
    echo = answer(first, fields={"Contact": '<sip:alice@10.0.0.1>;+g.3gpp.icsi-ref="mmtel"'})

    assert judge([first, net(echo)], UP).ids().count("CAP-URN-1") == 1


@pytest.mark.parametrize("version", [RCSE, RCS_5_1])
def test_judge_misses_tags_in_accept_contact(version: str) -> None:
    assert judge(query(iari("rcse.im"), None), version).of("CAP-AGREE-1")


def test_judge_wants_no_tags_in_accept_contact_of_the_universal_profile() -> None:
    assert not judge(query(iari("rcse.im"), None), UP).of("CAP-AGREE-1")


def test_sip_im_stands_for_chat_in_a_registration() -> None:
    steps = [*registered("+g.oma.sip-im"), *published(IM)]

    assert not judge(steps, RCSE).of("CAP-AGREE-2")


def test_judge_does_not_ask_for_tags_of_a_service_that_is_closed() -> None:
    steps = [*registered(iari("rcse.ft")), *published(IM, basic="closed")]

    assert not judge(steps, RCSE).of("CAP-AGREE-2")


def test_judge_does_not_ask_for_tags_of_a_ue_that_registers_none() -> None:
    steps = [*registered(), *published(IM), *queried()]
    ids = judge(steps, RCSE).ids()

    assert not [each for each in ids if each.startswith("CAP-")]


def test_image_share_may_lack_in_an_answer_outside_a_call() -> None:
    image = ("org.gsma.imageshare", "1.0")
    steps = [*registered(iari("gsma-is")), *published(image), *queried(iari("rcse.im"))]

    assert not judge(steps, RCSE).of("CAP-AGREE-3")


def test_services_that_were_withdrawn_need_no_tag_in_the_answer() -> None:
    gone = request("PUBLISH", cseq=2, body=b"", fields={"SIP-If-Match": "etag-1", "Expires": 0})
    steps = [
        *registered(iari("rcse.im")),
        *published(IM),
        ue(gone),
        net(answer(gone)),
        *queried(iari("rcse.ft")),
    ]

    assert not judge(steps, RCSE).of("CAP-AGREE-3")


def test_judge_names_the_service_that_differs_in_case_alone() -> None:
    (finding,) = judge(published(("org.openmobilealliance:IM-Session", "1.0")), RCSE).of(
        "CAP-SERVICE-1"
    )

    assert "org.openmobilealliance:IM-session 1.0" in str(finding)


def test_services_of_others_are_not_for_rcs_to_know() -> None:
    assert found(published(("org.example:chess", "1.0")), UP) == []


def test_titles_of_sources_name_no_place_of_this_machine() -> None:
    assert not [each.title for each in SOURCES.values() if re.search(r"(^|\s)/", each.title)]

"""How checks are declared, selected and switched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.checks import registry
from harness.checks.registry import (
    CHECKS,
    MUST,
    Kind,
    RegistryError,
    applicable,
    at_end,
    check,
    http_requests,
    http_responses,
    requests,
    responses,
    sip_messages,
    when,
)
from harness.config import CheckChange, load_profile
from harness.model import Mismatch

IETF = load_profile("ietf")


@pytest.fixture
def own_checks() -> Iterator[None]:
    before = dict(registry._CHECKS)
    yield
    registry._CHECKS.clear()
    registry._CHECKS.update(before)


def declare(check_id: str, clause: str = "RFC 3261 §8", **changes: object) -> None:
    given: dict[str, object] = {"clause": clause, "level": MUST, "on": requests(), **changes}

    @check(check_id, **given)  # type: ignore[arg-type]  # as the test gives them
    def claim(message: object, context: object) -> Iterator[Mismatch]:
        """A claim
        over two lines.

        And its reasons.
        """
        yield from ()


def found(kind: Kind, name: str, sender: str | None = "ue", status: int | None = None) -> set[str]:
    checks = applicable(IETF)
    return {each.id for each, _ in checks.find(kind, name, sender, status)}  # type: ignore[arg-type]  # a Sender


@pytest.mark.usefixtures("own_checks")
def test_check_takes_its_purpose_from_the_first_paragraph() -> None:
    declare("GEN-OWN-1")

    assert CHECKS["GEN-OWN-1"].purpose == "A claim over two lines."
    assert str(CHECKS["GEN-OWN-1"].clause) == "RFC 3261 §8"


@pytest.mark.usefixtures("own_checks")
@pytest.mark.parametrize("wrong", ["GEN-OWN", "gen-own-1", "NEW-OWN-1", "GEN-1", "GEN-SYNTAX-1"])
def test_check_with_a_wrong_or_taken_id_is_refused(wrong: str) -> None:
    with pytest.raises(RegistryError):
        declare(wrong)


def test_check_without_a_claim_is_refused() -> None:
    with pytest.raises(RegistryError):

        @check("GEN-OWN-9", clause="RFC 3261 §8", level=MUST, on=requests())
        def no_claim(message: object, context: object) -> Iterator[Mismatch]:
            yield from ()


@pytest.mark.usefixtures("own_checks")
@pytest.mark.parametrize(
    ("on", "meets", "passes"),
    [
        (requests("PUBLISH"), (Kind.REQUEST, "PUBLISH"), (Kind.REQUEST, "OPTIONS")),
        (requests(), (Kind.REQUEST, "FOO"), (Kind.RESPONSE, "FOO")),
        (
            responses("PUBLISH", status=412),
            (Kind.RESPONSE, "PUBLISH", "ue", 412),
            (Kind.RESPONSE, "PUBLISH", "ue", 200),
        ),
        (
            responses(status=range(200, 300)),
            (Kind.RESPONSE, "X", "ue", 299),
            (Kind.RESPONSE, "X", "ue", 300),
        ),
        (sip_messages(), (Kind.RESPONSE, "X", "ue", 100), (Kind.HTTP_REQUEST, "PUT")),
        (http_requests("PUT"), (Kind.HTTP_REQUEST, "PUT"), (Kind.HTTP_REQUEST, "GET")),
        (
            http_responses("PUT", status=409),
            (Kind.HTTP_RESPONSE, "PUT", "network", 409),
            (Kind.HTTP_RESPONSE, "GET", "network", 409),
        ),
        (at_end(), (Kind.END, ""), (Kind.REQUEST, "")),
    ],
)
def test_selector_meets_what_it_names(
    on: registry.Selectors, meets: tuple[Kind, str], passes: tuple[Kind, str]
) -> None:
    declare("GEN-OWN-1", on=on)

    assert "GEN-OWN-1" in found(*meets)
    assert "GEN-OWN-1" not in found(*passes)


@pytest.mark.usefixtures("own_checks")
def test_check_of_one_side_does_not_meet_the_other() -> None:
    declare("GEN-OWN-1", sender="network")

    assert "GEN-OWN-1" in found(Kind.REQUEST, "X", "network")
    assert "GEN-OWN-1" not in found(Kind.REQUEST, "X", "ue")


@pytest.mark.usefixtures("own_checks")
def test_check_applies_by_family_and_claim() -> None:
    declare("GEN-OWN-1", clause="TS 24.229 §5.1")
    declare("GEN-OWN-2", needs=("gruu",))
    claims = IETF.model_copy(update={"pics": {"gruu": True}})

    assert {"GEN-OWN-1", "GEN-OWN-2"}.isdisjoint(applicable(IETF).levels)
    assert "GEN-OWN-2" in applicable(claims).levels
    assert "GEN-OWN-1" in applicable(load_profile("documented")).levels


def test_check_can_be_switched_off() -> None:
    change = {"GEN-SYNTAX-1": CheckChange(level="off", reason="a test")}

    assert "GEN-SYNTAX-1" not in applicable(IETF.model_copy(update={"checks": change})).levels


@pytest.mark.usefixtures("own_checks")
def test_condition_that_checks_share_is_found_out_once() -> None:
    asked: list[object] = []

    @when
    def for_some(given: object, context: object) -> bool:
        asked.append(given)
        return given == "some"

    for number in (1, 2):

        @check(f"GEN-OWN-{number}", clause="RFC 3261 §8", level=MUST, on=requests("FOO"))
        @for_some
        def claim(given: object, context: object) -> Iterator[Mismatch]:
            """A claim."""
            yield Mismatch("one", "other", "Event")

    groups = applicable(IETF).groups(Kind.REQUEST, "FOO", "ue")
    own = [group for group in groups if group.when is not None]

    assert [[each.id for _, each, _ in group.checks] for group in own] == [
        ["GEN-OWN-1", "GEN-OWN-2"]
    ]
    assert len(list(CHECKS["GEN-OWN-1"].find("some", None))) == 1
    assert list(CHECKS["GEN-OWN-1"].find("another", None)) == []
    assert asked == ["some", "another"]


def test_groups_hold_the_checks_that_are_found_in_their_order() -> None:
    checks = applicable(IETF)
    for kind, name in ((Kind.REQUEST, "SUBSCRIBE"), (Kind.HTTP_REQUEST, "PUT")):
        grouped = [each for g in checks.groups(kind, name, "ue") for _, each, _ in g.checks]

        assert grouped == [each for each, _ in checks.find(kind, name, "ue")]

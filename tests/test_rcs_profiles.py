"""The profiles of RCS versions on real traffic: strangers are left alone, the page is read well."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.audit import audit
from harness.checks.capability_tables import VERSIONS
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.model import Finding, Level
from harness.paths import FLOW

FIXTURES = Path(__file__).parents[1] / "fixtures"
CAPTURES = sorted((FIXTURES / "captures").glob("*.pcapng"))


def findings(capture: Path, profile: str) -> list[Finding]:
    """What the checks of capabilities find of the UEs in a capture."""
    found = audit(capture, load_flow(FLOW), load_profile(profile))
    return [
        each for each in found.findings if each.check.startswith("CAP-") and each.sender == "ue"
    ]


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.stem)
def test_clients_without_rcs_get_no_finding_about_capabilities(capture: Path) -> None:
    assert findings(capture, "up-2.4") == []


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("documented", {}),
        # IP calls and file transfer by HTTP came with RCS 5.
        ("rcs-e-1.2.2", {"CAP-TAG-2": 2}),
        # Video telephony in circuit-switched calls is of the first releases.
        ("rcs-5.1", {"CAP-SERVICE-2": 1}),
        # Video share, IP calls and image share; file transfer by MSRP and social presence in the
        # answer to OPTIONS; file transfer, image and video share, video telephony in presence.
        ("up-2.4", {"CAP-TAG-2": 5, "CAP-SERVICE-2": 4}),
    ],
)
def test_documented_client_is_seen_to_mix_versions(profile: str, expected: dict[str, int]) -> None:
    found = findings(FIXTURES / "documented.pcapng", profile)

    assert Counter(each.check for each in found) == expected
    assert {each.level for each in found} <= {Level.INFO}


@pytest.mark.parametrize("profile", VERSIONS)
def test_profile_of_a_version_has_no_clause_of_the_document(profile: str) -> None:
    found = audit(FIXTURES / "documented.pcapng", load_flow(FLOW), load_profile(profile)).findings

    assert found
    assert not [each for each in found if each.clause.family.value == "document"]

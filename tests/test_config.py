"""Profiles: what they say, how they extend one another, and what is said of broken ones."""

from __future__ import annotations

import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.config import ProfileError, load_profile, profile_names
from harness.config_fields import ip_address_of
from harness.model import Level

NAMES = st.sampled_from(
    [
        *("name", "extends", "families", "rcs", "pics", "pixit", "network", "timers", "checks"),
        *("bind", "sip_port", "step", "t1", "domain", "impu", "password", "level", "reason"),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["documented", "ietf", "env:NO_SUCH_VARIABLE", "127.0.0.1", "off", "must"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(NAMES, SCALARS.filter(lambda v: v == v)), inner, max_size=4),
    ),
    max_leaves=12,
)


def load(text: str | bytes) -> object:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lab.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        return load_profile(path)


def explained(text: str | bytes) -> str:
    """What is wrong with a profile, "" if nothing is; any other exception passes."""
    try:
        load(text)
    except ProfileError as error:
        return str(error)
    return ""


@given(VALUES)
def test_profile_of_any_values_loads_or_is_explained(values: object) -> None:
    said = explained(yaml.safe_dump(values, allow_unicode=True))
    assert not said or "lab.yaml" in said or "no such profile" in said


@given(st.one_of(st.binary(max_size=60), st.text(string.printable, max_size=60)))
def test_profile_of_any_text_loads_or_is_explained(text: str | bytes) -> None:
    assert explained(text) is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\nnetwork:\n  bind: example.com\n", "lab.yaml:3: field 'network.bind'"),
        ("name: x\nnetwork: {bind: 'fe80::1%eth0'}\n", "an address with a zone"),
        (
            "name: x\npixit:\n  impu: tel:+1555\n",
            "lab.yaml:3: field 'pixit.impu': tel:+1555: give a",
        ),
        ('name: x\npixit: {display_name: "a\\r\\nVia: x"}\n', "a control character or line break"),
        ("name: x\npixit: {domain: 'a b'}\n", "give a domain name"),
        ("name: x\ntimers: {step: 0}\n", "lab.yaml:2: field 'timers.step'"),
        ("name: x\nchecks: {A-1: {level: loud}}\n", "field 'checks.A-1.level'"),
        ("name: &a [*a]\n", "lab.yaml:1"),
        ("extends: [documented]\n", "field 'extends': give one name or file"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("a" * (1 << 20) + "a", "too many for a profile"),
    ],
)
def test_profile_error_says_where_and_what(text: str | bytes, says: str) -> None:
    with pytest.raises(ProfileError) as error:
        load(text)
    assert says in str(error.value)


def test_profile_replaces_field_by_field_what_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "extends: ietf\nname: base\nnetwork: {sip_port: 5060, xcap_port: 8080}\npics: {a: true}\n"
    )
    (tmp_path / "lab.yaml").write_text(
        "extends: base.yaml\nnetwork: {sip_port: 5070}\npics: {b: true}\n"
        "checks: {GEN-SIZE-1: {level: 'off', reason: r}, GEN-VIA-1: {level: info, reason: r}}\n"
    )
    profile = load_profile(tmp_path / "lab.yaml")
    assert (profile.name, profile.network.sip_port, profile.network.xcap_port) == (
        "base",
        5070,
        8080,
    )
    assert profile.claims("a")
    assert profile.claims("b")
    assert not profile.claims("c")
    assert profile.level_of("GEN-SIZE-1", Level.MUST) is None
    assert profile.level_of("GEN-VIA-1", Level.MUST) is Level.INFO
    assert profile.level_of("OTHER-1", Level.MUST) is Level.MUST


def test_profiles_that_come_with_the_harness_load_by_name() -> None:
    assert {"documented", "ietf"} <= set(profile_names())
    for name in profile_names():
        assert load_profile(name).name == name


def test_secret_comes_from_the_environment_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text("extends: ietf\npixit: {password: 'env:PHONE_PASSWORD'}\n")
    monkeypatch.setenv("PHONE_PASSWORD", "open sesame")
    profile = load_profile(path)
    assert profile.pixit.password.get_secret_value() == "open sesame"
    assert "sesame" not in repr(profile)
    assert "sesame" not in profile.model_dump_json()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("::", "::"), ("2001:DB8::0:1", "2001:db8::1")],
)
def test_address_to_bind_is_read_in_every_form(written: str, meant: str) -> None:
    assert ip_address_of(written) == meant

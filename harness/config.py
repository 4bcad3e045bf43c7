"""The device profile: what applies (families of clauses), what the UE claims (PICS), and the
addresses, identities and timers of the run (PIXIT).

A profile is YAML. A file can extend another by name or path; what it says replaces what the other
says, field by field. Every error names the file, the line and the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from harness.config_fields import (
    Domain,
    IpAddress,
    Line,
    Port,
    Seconds,
    Secret,
    UriOfUser,
    Values,
    as_list,
    level_name,
)
from harness.config_subscribers import Subscriber, UsimSecrets
from harness.config_transport import (
    Connections,
    Listener,
    Tls,
    check_listeners,
    default_listeners,
)
from harness.model import Family, Level, Peer, Transport
from harness.paths import PROFILES

_MAX_BYTES = 1 << 20
_MAX_EXTENDS = 8
_MAX_DEPTH = 8
_MAX_FIELDS = 10_000


class ProfileError(ValueError):
    """A profile cannot be used; the text says where (file, line, field), what and what to do."""


DigestAlgorithm = Literal[
    "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"
]


class Pixit(Values):
    """Identities and addresses of the device under test (ISO 9646: PIXIT)."""

    domain: Domain = "test-rcs.com"
    """Home network domain; host names are compared without case."""
    impu: UriOfUser = "sip:+339012341234@test-rcs.com"
    """The UE's public user identity, a SIP URI."""
    display_name: Line = "test user"
    """The name that the UE shows of itself."""
    impi: Line = "X"
    """The private user identity: the username of its Digest credentials."""
    realm: Line = "X"
    """The realm of its Digest and Basic credentials."""
    password: Secret = SecretStr("X")
    """The password; `env:NAME` takes it from the environment."""
    usim: UsimSecrets | None = None
    """The secrets of its USIM or ISIM, for AKA."""
    imei: Line = "356432059050620"
    """The device's IMEI, in its instance-id."""
    user_agent: Line = "IM-client/OMA1.0 Test-RCS-client/2.5.13"
    """What the UE calls itself in User-Agent and Server."""
    contact: UriOfUser = "sip:+330123456789@test-rcs.com"
    """The other person of the flow, played by the network side."""
    contact_display_name: Line = "RCS-VUA"
    """The name that the other person shows."""
    list_name: Line = "rcs"
    """Name of the resource list that holds the user's contacts."""


class Network(Values):
    """How the network side presents itself."""

    bind: IpAddress = "127.0.0.1"
    """Address that listeners bind; nothing but loopback is bound unless this says so."""
    sip_port: Port = 0
    """Port for SIP over UDP and TCP; 0 lets the system choose."""
    xcap_port: Port = 0
    """Port for XCAP over HTTP; 0 lets the system choose."""
    listen: Annotated[tuple[Listener, ...], AfterValidator(check_listeners)] = ()
    """Every address that is listened on, instead of `sip_port` and `xcap_port`: transport, address
    and port of each."""
    connections: Connections = Connections()
    """How long connections may take for something, and how many there may be."""
    authentication: Literal["none", "digest", "aka"] = "none"
    """Whether REGISTER is challenged, and for what: a password, or the USIM's answer."""
    digest_algorithm: Annotated[tuple[DigestAlgorithm, ...], BeforeValidator(as_list)] = ("MD5",)
    """The algorithm of challenges, or several, the most preferred first (RFC 8760 §2.3)."""
    digest_qop: Literal["auth", "auth-int", "auth,auth-int", "none"] = "auth"
    """The quality of protection that challenges offer; `none` is for UEs of RFC 2069."""
    aka_algorithm: Literal["AKAv1-MD5", "AKAv2-MD5"] = "AKAv1-MD5"
    """The version of AKA (RFC 3310, RFC 4169)."""
    security_agreement: Literal["none", "ipsec-3gpp"] = "none"
    """Whether a UE that asks for it agrees on IPsec (RFC 3329, TS 33.203); needs `aka`."""
    ipsec_encryption: Literal["any", "null", "aes-cbc", "des-ede3-cbc"] = "any"
    """Encryption of the associations; `any` prefers none, so that captures can be read."""
    protected_client_port: Port = 0
    """The P-CSCF's port for requests over IPsec; 0 is the SIP port."""
    protected_server_port: Port = 0
    """The port at which the P-CSCF takes requests over IPsec; 0 is the SIP port."""
    xcap_authentication: Literal["none", "basic", "digest"] = "none"
    """Whether XCAP requests are challenged, and how."""
    notifications: Literal["rlmi", "plain"] = "rlmi"
    """Form of list notifications: RFC 4662, or the bare PIDF that the document shows."""
    notification_coding: Literal["identity", "gzip", "deflate"] = "identity"
    """Content coding of notifications to subscribers that accept it (Accept-Encoding)."""
    conditional_notification: bool = False
    """Whether notifications have entity-tags and heed Suppress-If-Match (RFC 5839)."""
    partial_state: bool = False
    """Whether notifications after the first hold only what changed, where the package allows it."""
    max_registration: Seconds = 600000
    """The longest registration that is granted, in seconds."""
    min_registration: Seconds = 60
    """The shortest registration that is taken, in seconds; less gets 423."""
    flow_timer: Annotated[int, Field(ge=1, le=86400)] = 120
    """Seconds that a flow may be silent before it counts as lost (RFC 5626, Flow-Timer)."""
    notification_interval: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """The least time between two notifications of changes to a subscriber, in seconds; RFC 3856
    §6.10 recommends 5."""
    max_subscription: Seconds = 3600
    """The longest subscription that is granted, in seconds."""
    min_subscription: Seconds = 60
    """The shortest subscription that is taken, in seconds; less gets 423."""
    max_publication: Seconds = 3600
    """The longest publication that is granted, in seconds."""
    min_publication: Seconds = 60
    """The shortest publication that is taken, in seconds; less gets 423."""
    path: bool = False
    """Whether the P-CSCF puts itself in Path (RFC 3327)."""
    service_route: bool = True
    """Whether a registration gets a Service-Route (RFC 3608)."""
    record_route: bool = True
    """Whether the P-CSCF stays on the path of subscriptions, so that the UE has a route set."""
    contact_delay: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """Seconds the played contact waits before each thing it does."""

    @model_validator(mode="after")
    def _has_keys_for_ipsec(self) -> Self:
        if self.security_agreement != "none" and self.authentication != "aka":
            raise ValueError("security_agreement needs authentication: aka, whose keys it uses")
        return self

    @model_validator(mode="after")
    def _has_answerable_challenges(self) -> Self:
        # RFC 3261 §22.4 (8): what is made of the cnonce needs qop.
        if self.digest_qop == "none" and any(
            algorithm.endswith("-sess") for algorithm in self.digest_algorithm
        ):
            raise ValueError("digest_qop: none does not go with -sess in digest_algorithm")
        return self

    @property
    def listeners(self) -> tuple[Peer, ...]:
        """The addresses to listen on."""
        if not self.listen:
            return default_listeners(self.bind, self.sip_port, self.xcap_port)
        return tuple(
            Peer(each.address or self.bind, each.port, Transport(each.transport))
            for each in self.listen
        )


class Timers(Values):
    """Waits, in seconds: SIP's (RFC 3261 §17, table 4) and the harness's own."""

    t1: Annotated[float, Field(gt=0, le=60)] = 0.5
    """The round-trip time that SIP's other timers are made of."""
    t2: Annotated[float, Field(gt=0, le=60)] = 4.0
    """The longest time between two retransmissions."""
    t4: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long a message can stay in the network."""
    step: Annotated[float, Field(gt=0, le=3600)] = 15.0
    """How long a step may take before it counts as not done."""


class CheckChange(Values):
    """What a profile makes of one check, and why."""

    level: Annotated[Literal["must", "should", "info", "off"], BeforeValidator(level_name)]
    """The level that the check gets here."""
    reason: Annotated[str, Field(min_length=1)]
    """Why; the report repeats it."""


class Profile(Values):
    """Everything about a run that is not in the standards."""

    name: str
    """The name that reports show."""
    description: str = ""
    """What the profile is for."""
    families: frozenset[Family] = frozenset({Family.IETF})
    """Whose clauses apply."""
    rcs: Literal["", "rcs-e-1.2.2", "rcs-5.1", "up-2.4"] = ""
    """The version of RCS whose capability tags and presence services apply, or none."""
    pics: Mapping[str, bool] = Field(default_factory=dict)
    """What the UE claims to support (ISO 9646: PICS); a check can require an item."""
    pixit: Pixit = Pixit()
    """Identities and addresses of the device under test."""
    network: Network = Network()
    """How the network side presents itself."""
    tls: Tls = Tls()
    """Certificates and versions of TLS."""
    timers: Timers = Timers()
    """Waits, in seconds."""
    subscribers: tuple[Subscriber, ...] = ()
    """Further users, each with credentials: other phones of the lab."""
    checks: Mapping[str, CheckChange] = Field(default_factory=dict)
    """Checks that get another level, by id."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not appear in anything that is written."""
        users: tuple[Pixit | Subscriber, ...] = (self.pixit, *self.subscribers)
        passwords = (user.password.get_secret_value() for user in users)
        usims = (user.usim for user in users if user.usim is not None)
        keys = (
            key.get_secret_value()
            for usim in usims
            for key in (usim.k, usim.opc, usim.op)
            if key is not None
        )
        return (*passwords, *keys)

    def level_of(self, check: str, level: Level) -> Level | None:
        """The level that this profile gives a check; None where it is switched off."""
        change = self.checks.get(check)
        if change is None:
            return level
        return None if change.level == "off" else Level(change.level)

    def claims(self, item: str) -> bool:
        """Whether the UE claims the PICS item; what is not declared is not claimed."""
        return self.pics.get(item, False)


_Group = TypeVar("_Group", bound=Values)


def replace_values(group: _Group, **changes: object) -> _Group:
    """A group of fields with other values, checked as those of a file; raises ProfileError."""
    named = {name: getattr(group, name) for name in type(group).model_fields}
    try:
        return type(group).model_validate(named | changes)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        what = problem["msg"].removeprefix("Value error, ")
        raise ProfileError(f"{'.'.join(map(str, problem['loc']))}: {what}") from None


def profile_names() -> tuple[str, ...]:
    """The profiles that come with the harness."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.yaml")))


def load_profile(name: str | Path) -> Profile:
    """Read a profile by name ("ietf") or from a file; raises ProfileError."""
    values, lines, path = _read_with_bases(_find(name), ())
    try:
        return Profile.model_validate(values)
    except ValidationError as error:
        raise ProfileError(_explain(error, lines, path)) from None


def _find(name: str | Path, beside: Path | None = None) -> Path:
    known = PROFILES / f"{name}.yaml"
    if known.is_file() and Path(name).name == str(name):
        return known
    path = Path(name)
    if beside is not None and not path.is_absolute():
        path = beside / path
    if path.is_file():
        return path
    raise ProfileError(
        f"{name}: no such profile. Give a file, or one of: {', '.join(profile_names())}"
    )


_Lines = dict[tuple[str, ...], tuple[Path, int]]


def _read_with_bases(path: Path, seen: tuple[Path, ...]) -> tuple[dict[str, Any], _Lines, Path]:
    if path in seen or len(seen) >= _MAX_EXTENDS:
        chain = " -> ".join(str(each) for each in (*seen, path))
        raise ProfileError(
            f"{path}: field 'extends': profiles extend one another in a ring: {chain}"
        )
    values, lines = _read(path)
    base = values.pop("extends", None)
    if base is None:
        return values, lines, path
    if not isinstance(base, str):
        raise ProfileError(f"{path}: field 'extends': give one name or file, not {base!r}")
    base_values, base_lines, _ = _read_with_bases(_find(base, path.parent), (*seen, path))
    return _merge(base_values, values), {**base_lines, **lines}, path


def _read(path: Path) -> tuple[dict[str, Any], _Lines]:
    try:
        raw = path.read_bytes()
        if len(raw) > _MAX_BYTES:
            raise ProfileError(f"{path}: {len(raw)} bytes are too many for a profile")
        text = raw.decode("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: not UTF-8 at byte {error.start}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ProfileError(yaml_error(path, error)) from None
    if not isinstance(values, dict):
        found = "nothing" if values is None else type(values).__name__
        raise ProfileError(f"{path}:1: a profile is a mapping of fields, found {found}")
    lines: _Lines = {}
    _note_lines(node, (), path, lines)
    return values, lines


def yaml_error(path: Path, error: BaseException) -> str:
    """A YAML syntax error as "file:line: what", without the parser's own dressing."""
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{path}{line}: not YAML: {problem}"


def _note_lines(node: yaml.Node | None, at: tuple[str, ...], path: Path, lines: _Lines) -> None:
    # An alias may lead back to where it stands, or to a thousand copies.
    if len(at) > _MAX_DEPTH or len(lines) > _MAX_FIELDS:
        return
    inside: list[tuple[str, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        inside = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inside = [(str(index), value, value) for index, value in enumerate(node.value)]
    for name, marked, value in inside:
        where = (*at, name)
        lines[where] = (path, marked.start_mark.line + 1)
        _note_lines(value, where, path, lines)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(below, value) if both and below is not None else value
    return merged


_IN_WORDS = {
    "extra_forbidden": "no such field: check the spelling, or remove it",
    "missing": "missing: give it, or extend a profile that has it (extends: documented)",
    "model_type": "a mapping of fields is wanted",
}
"""What pydantic's kinds of error mean to somebody who writes YAML."""


def _explain(error: ValidationError, lines: _Lines, path: Path) -> str:
    """Each problem on a line of its own: file:line: field: what is wrong."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False):
        at = tuple(str(part) for part in problem["loc"])
        file, line = path, 1
        for length in range(len(at), 0, -1):
            if at[:length] in lines:
                file, line = lines[at[:length]]
                break
        what = problem["msg"].removeprefix("Value error, ")
        what = _IN_WORDS.get(problem["type"], what)
        problems.append(f"{file}:{line}: field '{'.'.join(at)}': {what}")
    return "\n".join(problems)

"""The kinds of value that a profile's fields hold, and what is said of those that do not fit."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def from_environment(value: object) -> object:
    """`env:NAME` stands for the environment variable NAME, so that secrets stay out of files."""
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set: set it, or give a value")
        return os.environ[name]
    return value


def ip_address_of(text: str) -> str:
    """An IP address to listen on; raises ValueError.

    One with a zone cannot stand in a URI (RFC 3261 §25.1: IPv6address).
    """
    host = text.removeprefix("[").removesuffix("]")
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError(
            f"{text}: give an IP address of this machine: 127.0.0.1, or 0.0.0.0 for all of them"
        ) from None
    if getattr(address, "scope_id", None):
        raise ValueError(f"{text}: an address with a zone cannot stand in a URI. Give another")
    return str(address)


def _one_line(text: str) -> str:
    """A text that can stand in a header field."""
    if not text.isprintable():
        raise ValueError("a control character or line break cannot stand in a header field")
    return text


def _sip_uri(text: str) -> str:
    if re.fullmatch(r'sips?:[^@\s<>",?]+@[^@\s<>",/]+', text, re.IGNORECASE) is None:
        raise ValueError(f"{text}: give a SIP URI with a user: sip:user@example.com")
    return text


def _domain(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", text) is None:
        raise ValueError(f"{text or 'empty'}: give a domain name or an IP address")
    return text


def level_name(value: object) -> object:
    """YAML 1.1 reads a bare `off` as false."""
    return "off" if value is False else value


def _hexadecimal(octets: int) -> AfterValidator:
    def checked(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value().replace(" ", "")
        if re.fullmatch(rf"[0-9A-Fa-f]{{{2 * octets}}}", text) is None:
            raise ValueError(f"{octets} octets are wanted, as {2 * octets} hexadecimal digits")
        return SecretStr(text.lower())

    return AfterValidator(checked)


def _as_text(value: object) -> object:
    """YAML reads some hexadecimal digits as a number: those lost their leading zeros."""
    if isinstance(value, int | float):
        raise ValueError("put the digits in quotes: without, YAML reads a number")
    return from_environment(value)


def as_list(value: object) -> object:
    """One value stands for a list of one."""
    return [value] if isinstance(value, str) else value


IpAddress = Annotated[str, AfterValidator(ip_address_of)]
Line = Annotated[str, AfterValidator(_one_line)]
UriOfUser = Annotated[str, AfterValidator(_one_line), AfterValidator(_sip_uri)]
Domain = Annotated[str, AfterValidator(_domain)]
Secret = Annotated[SecretStr, BeforeValidator(from_environment)]
Key = Annotated[SecretStr, BeforeValidator(_as_text), _hexadecimal(16)]
SequenceNumber = Annotated[SecretStr, BeforeValidator(_as_text), _hexadecimal(6)]
ManagementField = Annotated[SecretStr, BeforeValidator(_as_text), _hexadecimal(2)]
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[int, Field(ge=0, le=2**32 - 1)]


class Values(BaseModel):
    """A group of fields: frozen, and it takes no others than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

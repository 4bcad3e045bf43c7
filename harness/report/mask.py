"""Secrets are masked in everything that is written, captures excepted.

A secret is replaced by as many asterisks as it has characters, so that byte offsets stay right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from harness.model import Finding

# Fields that carry credentials, in SIP and HTTP; a folded field goes on in lines that begin with
# a blank.
_CREDENTIALS = re.compile(
    rb"(?im)^(?P<name>(?:proxy-)?authorization|authentication-info|proxy-authentication-info)"
    rb"(?P<colon>[ \t]*:[ \t]*)(?P<value>[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*)"
)
# What proves knowledge of the password: from these, the nonce and a word list it can be guessed.
_PROOFS = re.compile(
    rb"(?i)(?P<name>\b(?:response|rspauth|cnonce|auts|password)[ \t]*=[ \t]*)"
    rb'(?P<value>"[^"\r\n]*"?|[^\s,"]+)'
)
_SCHEME = re.compile(rb"(?P<scheme>[A-Za-z]+[ \t]+)(?P<value>.*)", re.DOTALL)
_TEXT_PROOFS = re.compile(_PROOFS.pattern.decode("ascii"))
_TEXT_BASIC = re.compile(r"(?i)\b(Basic[ \t]+)([A-Za-z0-9+/=]+)")
# A shorter secret stands by chance in too many places to be searched for.
_MIN_SECRET = 4


class Masker:
    """Masks credentials, and known secrets wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({each for each in secrets if len(each) >= _MIN_SECRET}, key=len)
        self._secrets.reverse()

    def message(self, raw: bytes) -> bytes:
        """A SIP or HTTP message without its secrets, of the same length."""
        head, separator, body = raw.partition(b"\r\n\r\n")
        masked = _CREDENTIALS.sub(_credentials, head) + separator + body
        for secret in self._secrets:
            masked = masked.replace(secret.encode(), b"*" * len(secret.encode()))
        return masked

    def text(self, text: str) -> str:
        """A text (a finding, a note) without the secrets in it."""
        masked = _TEXT_PROOFS.sub(lambda match: match["name"] + _stars(match["value"]), text)
        masked = _TEXT_BASIC.sub(lambda match: match[1] + "*" * len(match[2]), masked)
        for secret in self._secrets:
            masked = masked.replace(secret, "*" * len(secret))
        return masked

    def finding(self, finding: Finding) -> Finding:
        """A finding without the secrets in what it saw."""
        return replace(
            finding,
            expected=self.text(finding.expected),
            observed=self.text(finding.observed),
            hint=self.text(finding.hint),
        )


def _credentials(match: re.Match[bytes]) -> bytes:
    value = match["value"]
    start = match["name"] + match["colon"]
    if value[:6].lower() == b"digest" or match["name"].lower().endswith(b"info"):
        return start + _PROOFS.sub(_proof, value)
    parts = _SCHEME.fullmatch(value)
    if parts is None:
        return start + _blot(value)
    return start + parts["scheme"] + _blot(parts["value"])


def _proof(match: re.Match[bytes]) -> bytes:
    value = match["value"]
    if value.startswith(b'"'):
        closing = b'"' if value.endswith(b'"') and len(value) > 1 else b""
        return match["name"] + b'"' + b"*" * (len(value) - 1 - len(closing)) + closing
    return match["name"] + b"*" * len(value)


def _blot(value: bytes) -> bytes:
    return re.sub(rb"[^\s]", b"*", value)


def _stars(value: str) -> str:
    if value.startswith('"'):
        closing = '"' if value.endswith('"') and len(value) > 1 else ""
        return '"' + "*" * (len(value) - 1 - len(closing)) + closing
    return "*" * len(value)

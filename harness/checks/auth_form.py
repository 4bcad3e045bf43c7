"""The form of credentials: quotes, schemes, rows (RFC 3261 §20.7, §22, RFC 7616 §3.4)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.registry import MUST, SHOULD, check
from harness.checks.session_auth import CHALLENGED_METHODS, CREDENTIALS_FIELDS, credentials_in
from harness.model import Mismatch
from harness.sip.auth_params import parse_auth_values
from harness.sip.message import Request


@check("AUTH-QUOTE-1", clause="RFC 7616 §3.4", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def parameters_are_quoted_as_defined(request: Request, context: Context) -> Iterator[Mismatch]:
    """username, realm, nonce, uri, response, cnonce and opaque are quoted; the others are not."""
    flagged = {problem.where for problem in request.malformed}
    for name, offset, credentials in credentials_in(request):
        if credentials.misquoted and name not in flagged:
            yield Mismatch("quoted as defined", ", ".join(credentials.misquoted), name, offset)


@check("AUTH-BASIC-1", clause="RFC 3261 §22", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def basic_is_not_used(request: Request, context: Context) -> Iterator[Mismatch]:
    """The scheme "Basic" is not used in SIP.

    "The usage of 'Basic' authentication has been deprecated": the MUST NOTs are the server's.
    """
    for name in CREDENTIALS_FIELDS.values():
        for row in request.headers.rows(name):
            if row.value.partition(" ")[0].lower() == "basic":
                yield Mismatch("Digest", "Basic", name, row.offset)


@check("AUTH-ROWS-1", clause="RFC 3261 §20.7", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def credentials_have_rows_of_their_own(request: Request, context: Context) -> Iterator[Mismatch]:
    """Each set of credentials has a header field row of its own."""
    for name in CREDENTIALS_FIELDS.values():
        for row in request.headers.rows(name):
            count = len(parse_auth_values(row.value))
            if count > 1:
                yield Mismatch("1 set of credentials", f"{count} in one row", name, row.offset)

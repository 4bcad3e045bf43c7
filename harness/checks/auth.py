"""Credentials that answer a Digest challenge (RFC 3261 §22, RFC 2617 §3.2.2, RFC 7616 §3.4)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check
from harness.checks.session_auth import (
    CHALLENGE_FIELDS,
    CHALLENGED_METHODS,
    CREDENTIALS_FIELDS,
    Nonce,
    credentials_in,
)
from harness.model import Mismatch
from harness.sip.aka import is_aka
from harness.sip.digest import Credentials, Expected, Refusal, is_supported, verify
from harness.sip.message import Request, Response

_CROSSING = 1.0


def _answers(request: Request, context: Context) -> Iterator[tuple[str, int, Credentials, Nonce]]:
    """The credentials that use a nonce which the network was seen to give in a challenge.

    With an empty response they tell that AKA refused it (TS 24.229 §5.1.1.5.3), and answer nothing.
    """
    for name, offset, credentials in credentials_in(request):
        nonce = context.session.authentication.find(credentials)
        if nonce is None or not nonce.challenges:
            continue
        if credentials.response != "" or not any(
            is_aka(each.algorithm) for each in nonce.challenges
        ):
            yield name, offset, credentials, nonce


def _challenged(request: Request, context: Context) -> tuple[Request, Response] | None:
    """The refused request that this one is sent in place of, and the challenge."""
    waiting = context.session.authentication.challenged.get(request.call_id or "")
    if waiting is None or request.cseq is None or waiting[0].cseq is None:
        return None
    refused, response, _ = waiting
    is_repeat = (
        refused.cseq == request.cseq
        and refused.top_via == request.top_via
        # What has other credentials is no retransmission, whatever its branch says.
        and all(
            refused.headers.values(each) == request.headers.values(each)
            for each in CREDENTIALS_FIELDS.values()
        )
    )
    return None if refused.method != request.method or is_repeat else (refused, response)


def _is_same_dialog(one: Request, other: Request) -> bool:
    """Whether two requests of a Call-ID have the same tags: dialogs can share a Call-ID."""
    tags = (tag_of(one.from_), tag_of(one.to))
    return tags == (tag_of(other.from_), tag_of(other.to))


def _read(offset: int, name: str, expected: str, observed: str) -> Mismatch:
    return Mismatch(expected, observed, name, offset)


@check("AUTH-CSEQ-1", clause="RFC 3261 §22.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def resubmission_increments_cseq(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that is sent again with credentials has a higher CSeq."""
    found = _challenged(request, context)
    if found is None or request.cseq is None or found[0].cseq is None:
        return
    if next(credentials_in(request), None) is None or request.method == "REGISTER":
        return  # REG-CSEQ-1 has the word on REGISTER
    if not _is_same_dialog(found[0], request):
        return
    if request.cseq.number <= found[0].cseq.number:
        yield mismatch(request, "CSeq", f"{found[0].cseq.number + 1} {request.method}")


@check("AUTH-FROM-1", clause="RFC 3261 §8.1.3.5", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def resubmission_keeps_from(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that is sent again with credentials has the same From, tag included."""
    found = _challenged(request, context)
    if found is None or next(credentials_in(request), None) is None:
        return
    if tag_of(found[0].from_) != tag_of(request.from_):
        yield mismatch(request, "From", f"tag={tag_of(found[0].from_)}")


@check("AUTH-ANSWER-1", clause="RFC 3261 §22.2", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def challenge_is_answered(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that is sent again after a challenge carries credentials for its realm."""
    found = _challenged(request, context)
    if found is None or request.method in ("ACK", "CANCEL"):
        return
    name = CHALLENGE_FIELDS[found[1].status]
    field = CREDENTIALS_FIELDS[name]
    offered = {realm for realm, _ in context.session.authentication.offered(found[1]) if realm}
    sent = {credentials.realm for _, _, credentials in credentials_in(request)}
    if offered and not offered & sent:
        yield mismatch(request, field, f"realm={' or '.join(sorted(offered))}")


@check("AUTH-FIELD-1", clause="RFC 3261 §22.3", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def credentials_are_in_their_field(request: Request, context: Context) -> Iterator[Mismatch]:
    """A 401 is answered with Authorization, a 407 with Proxy-Authorization."""
    found = _challenged(request, context)
    if found is None:
        return
    wanted = CREDENTIALS_FIELDS[CHALLENGE_FIELDS[found[1].status]]
    fresh = context.session.authentication.offered(found[1])
    # A server and a proxy may have the same nonces: what is also in its field is right.
    fresh -= {
        (each.realm, each.nonce) for name, _, each in credentials_in(request) if name == wanted
    }
    for name, offset, each in credentials_in(request):
        # A server may use one nonce for both, so both fields are right if both were seen.
        nonce = context.session.authentication.find(each)
        is_shared = nonce is not None and nonce.is_shared
        if (each.realm, each.nonce) in fresh and name != wanted and not is_shared:
            yield _read(offset, name, wanted, name)


@check("AUTH-NONCE-1", clause="RFC 3261 §22.1", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def refused_credentials_are_not_sent_again(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """Credentials that have just been rejected are not sent again with the same nonce."""
    found = _challenged(request, context)
    if found is None or not _is_same_attempt(found[0], request):
        return
    refused = {
        (each.realm, each.nonce)
        for _, _, each in credentials_in(found[0])
        if each.nonce and each.response
    }
    fresh = context.session.authentication.offered(found[1])
    rejected = CREDENTIALS_FIELDS[CHALLENGE_FIELDS[found[1].status]]
    for name, offset, each in credentials_in(request):
        if name != rejected:
            continue  # a registrar's 401 says nothing of credentials that a proxy has taken
        key = (each.realm, each.nonce)
        is_replaced = any(realm == each.realm for realm, _ in fresh)
        if key in refused and key not in fresh and is_replaced:
            yield _read(offset, name, "the nonce of the last challenge", f"nonce={each.nonce}")


def _is_same_attempt(one: Request, other: Request) -> bool:
    """Whether a request repeats another: a different one may have been on its way already."""
    contents = (one.uri, one.expires, one.event, one.body)
    return _is_same_dialog(one, other) and contents == (
        other.uri,
        other.expires,
        other.event,
        other.body,
    )


@check("AUTH-NONCE-2", clause="RFC 3261 §22.2", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def credentials_use_the_nonce_given(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials that answer a challenge use its nonce."""
    found = _challenged(request, context)
    if found is None:
        return
    fresh = context.session.authentication.offered(found[1])
    for name, offset, each in credentials_in(request):
        values = {nonce or "" for realm, nonce in fresh if realm == each.realm}
        if values and each.nonce not in values and not _was_given(each, context):
            yield _read(offset, name, f"nonce={min(values)}", f"nonce={each.nonce}")


def _was_given(credentials: Credentials, context: Context) -> bool:
    return context.session.authentication.find(credentials) is not None


@check(
    "AUTH-NEXTNONCE-1", clause="RFC 2617 §3.2.3", level=SHOULD, on=CHALLENGED_METHODS, sender="ue"
)
def next_nonce_is_used(request: Request, context: Context) -> Iterator[Mismatch]:
    """The nextnonce of the last accepted request is used in the next one."""
    first = context.transaction.request if context.transaction is not None else None
    if first is not None and first.cseq == request.cseq:
        return
    for name, offset, credentials in credentials_in(request):
        wanted = context.session.authentication.following.get(credentials.realm or "")
        nonce = context.session.authentication.find(credentials)
        # A request can be under way already when the answer to another one arrives.
        if wanted is None or nonce is None or context.time - wanted[1] < _CROSSING:
            continue
        if nonce.value != wanted[0] and nonce.entry.time < wanted[1]:
            yield _read(offset, name, f"nonce={wanted[0]}", f"nonce={credentials.nonce}")


@check("AUTH-OPAQUE-1", clause="RFC 2617 §3.2.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def opaque_is_returned(request: Request, context: Context) -> Iterator[Mismatch]:
    """The opaque value of the challenge is returned unchanged."""
    for name, offset, credentials, nonce in _answers(request, context):
        wanted = [each.opaque for each in nonce.challenges]
        if (request.call_id or "") not in nonce.given_to:
            continue  # a challenge with the same nonce may have been missed
        # An empty value says as much as none.
        if None in wanted or (credentials.opaque or "") in wanted:
            continue
        yield _read(
            offset, name, f'opaque="{wanted[-1]}"', f"opaque={credentials.opaque or 'absent'}"
        )


@check("AUTH-ALGORITHM-1", clause="RFC 2617 §3.2.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def algorithm_is_that_of_the_challenge(request: Request, context: Context) -> Iterator[Mismatch]:
    """The algorithm of the credentials is that of the challenge."""
    for name, offset, credentials, nonce in _answers(request, context):
        wanted = [each.algorithm or "MD5" for each in nonce.challenges]
        if (credentials.algorithm or "MD5").lower() not in (each.lower() for each in wanted):
            yield _read(
                offset,
                name,
                f"algorithm={wanted[-1]}",
                f"algorithm={credentials.algorithm or 'MD5'}",
            )


@check("AUTH-QOP-1", clause="RFC 3261 §22.4", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def qop_is_sent_where_offered(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials for a challenge with qop have a qop parameter."""
    for name, offset, credentials, nonce in _answers(request, context):
        offered = [each.qop for each in nonce.challenges]
        if all(offered) and credentials.qop is None:
            yield _read(offset, name, f"qop={offered[-1][0]}", "no qop")


@check("AUTH-QOP-2", clause="RFC 2617 §3.2.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def qop_is_one_of_those_offered(request: Request, context: Context) -> Iterator[Mismatch]:
    """The qop of the credentials is one of those in the challenge."""
    for name, offset, credentials, nonce in _answers(request, context):
        offered = [value.lower() for each in nonce.challenges for value in each.qop]
        # Without an offer AUTH-CNONCE-2 has the word.
        if offered and credentials.qop is not None and credentials.qop.lower() not in offered:
            wanted = " or ".join(dict.fromkeys(offered))
            yield _read(offset, name, f"qop={wanted}", f"qop={credentials.qop}")


@check("AUTH-CNONCE-1", clause="RFC 2617 §3.2.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def qop_comes_with_cnonce_and_nc(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials with qop have cnonce and nc."""
    for name, offset, credentials in credentials_in(request):
        for param, value in (("cnonce", credentials.cnonce), ("nc", credentials.nc)):
            if credentials.qop is not None and value is None:
                yield _read(offset, name, param, f"no {param}")


@check("AUTH-CNONCE-2", clause="RFC 2617 §3.2.2", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def no_qop_means_no_cnonce_and_nc(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials for a challenge without qop have neither qop, cnonce nor nc.

    RFC 2617 says MUST NOT, but RFC 7616 §3.4, which RFC 8760 puts in its place, has cnonce and nc
    "used by all implementations", and RFC 8760 §2.6 takes qop for "auth" where it is not given:
    a remark.
    """
    for name, offset, credentials, nonce in _answers(request, context):
        # "-sess" has need of the cnonce (RFC 3261 §22.4 (8)).
        is_session = (credentials.algorithm or "").lower().endswith("-sess")
        if is_session or any(each.qop for each in nonce.challenges):
            continue
        for param in ("qop", "cnonce", "nc"):
            value = getattr(credentials, param)
            if value is not None:
                yield _read(offset, name, f"no {param}", f"{param}={value}")


@check("AUTH-NC-1", clause="RFC 2617 §3.2.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def nonce_count_is_not_repeated(request: Request, context: Context) -> Iterator[Mismatch]:
    """The nc value counts the requests sent with the nonce: it is not 0, and none comes twice.

    Judged within one Call-ID where the request before was seen with its answer, so that no
    challenge was missed which gave the nonce anew. A REGISTER that renews a registration made with
    AKA repeats the response of before (TS 24.229 §5.1.1.4.2: "the last calculated response value").
    """
    for name, offset, credentials, nonce in _answers(request, context):
        count = credentials.nonce_count
        if request.method == "REGISTER" and any(
            is_aka(each.algorithm) for each in nonce.challenges
        ):
            continue
        if count == 0:
            yield _read(offset, name, "nc=00000001 or more", f"nc={credentials.nc}")
        elif _is_repeated(request, credentials, nonce) and _follows_an_answer(request, context):
            yield _read(offset, name, f"nc={nonce.highest + 1:08x}", f"nc={credentials.nc}")


@check("AUTH-NC-3", clause="RFC 2617 §3.2.2", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def nonce_count_is_shared_by_dialogs(request: Request, context: Context) -> Iterator[Mismatch]:
    """The nc value counts all requests with the nonce, whatever their Call-ID.

    Some servers give the same nonce to several requests within a second; the capture may lack one
    of those challenges, so that it is a remark.
    """
    for name, offset, credentials, nonce in _answers(request, context):
        count = credentials.nonce_count
        is_own = (request.call_id or "", count) in nonce.calls
        # A nonce of two challenges may be counted from one for each of them.
        if count is not None and not is_own and nonce.counts[count] >= nonce.given:
            yield _read(offset, name, f"nc={nonce.highest + 1:08x}", f"nc={credentials.nc}")


def _is_repeated(request: Request, credentials: Credentials, nonce: Nonce) -> bool:
    count = credentials.nonce_count
    if count is None or request.cseq is None or nonce.counts[count] < nonce.given:
        return False
    # RFC 3263 §4.3: a request that failed goes to the next server with a new branch alone.
    used = nonce.calls.get((request.call_id or "", count))
    return used is not None and used != request.cseq.number


def _follows_an_answer(request: Request, context: Context) -> bool:
    """Whether the request before in this Call-ID was seen, with its final response."""
    session, call_id = context.session, request.call_id or ""
    last = session.spaces.get(("ue", call_id, request.method))
    final = session.finals.get(("ue", call_id, request.method))
    if last is None or final is None or request.cseq is None:
        return False
    return last.cseq == final[0] == request.cseq.number - 1


# The text defines nc as the "count of the number of requests ... sent with the nonce value". A
# server may give a nonce again that the UE has used before the capture began: a remark.
@check("AUTH-NC-2", clause="RFC 2617 §3.2.2", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def nonce_count_begins_at_one(request: Request, context: Context) -> Iterator[Mismatch]:
    """In the first request with a nonce, nc is 00000001."""
    found = _challenged(request, context)
    if found is None or request.cseq is None or found[0].cseq is None:
        return
    if request.cseq.number != found[0].cseq.number + 1:
        return  # the capture may lack the first answer
    for name, offset, credentials, nonce in _answers(request, context):
        is_first = nonce.used == 0 and nonce.entry.message is found[1]
        if is_first and credentials.nonce_count not in (None, 0, 1):
            yield _read(offset, name, "nc=00000001", f"nc={credentials.nc}")


@check("AUTH-RESPONSE-1", clause="RFC 2617 §3.2.2", level=MUST, on=CHALLENGED_METHODS, sender="ue")
def response_proves_the_password(request: Request, context: Context) -> Iterator[Mismatch]:
    """The response is the digest of the password that the profile gives for the user."""
    pixit = context.profile.pixit
    if "impi" in pixit.model_fields_set and "password" not in pixit.model_fields_set:
        return  # the profile names a user of its own, but not the password
    for name, offset, credentials in credentials_in(request):
        if credentials.username != pixit.impi or credentials.is_placeholder:
            continue
        if not credentials.nonce or not is_supported(credentials.algorithm):
            continue
        nonce = context.session.authentication.find(credentials)
        if nonce is not None and any(is_aka(each.algorithm) for each in nonce.challenges):
            continue  # RFC 3310 §4 answers AKA without naming the algorithm
        # With "-sess" the key is made of the first cnonce, which only the first request shows.
        is_session = (credentials.algorithm or "").lower().endswith("-sess")
        if is_session and credentials.nonce_count != 1:
            continue
        expected = Expected(
            realm=credentials.realm or "",
            algorithms=(credentials.algorithm or "MD5",),
            qop=(credentials.qop or "auth",),
        )
        refused = verify(
            credentials,
            expected,
            pixit.impi,
            pixit.password.get_secret_value(),
            request.method,
            request.body,
        )
        if refused is not None and refused.reason is Refusal.RESPONSE_MISMATCH:
            yield _read(offset, name, "the digest of the user's password", "another response")


@check("AUTH-URI-1", clause="RFC 2617 §3.2.2", level=SHOULD, on=CHALLENGED_METHODS, sender="ue")
def digest_uri_is_the_request_uri(request: Request, context: Context) -> Iterator[Mismatch]:
    """The uri of the credentials is the Request-URI.

    RFC 3261 §22.4 (6) does not count a difference as a failure, so that it is a remark.
    """
    for name, offset, credentials in credentials_in(request):
        if credentials.uri is not None and credentials.uri != request.uri:
            yield _read(offset, name, f'uri="{request.uri}"', f'uri="{credentials.uri}"')

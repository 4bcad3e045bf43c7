"""Which header fields may stand in which messages: the tables of RFC 3261 §20 and extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from harness.checks.context import Context
from harness.checks.places import mismatch
from harness.checks.registry import MUST, SHOULD, check, requests, responses, sip_messages
from harness.model import Mismatch
from harness.sip.message import Message, Request, Response

# "R: header field may only appear in requests".
REQUEST_ONLY = (
    *("Authorization", "In-Reply-To", "Max-Forwards", "Priority", "Proxy-Authorization"),
    *("Proxy-Require", "Route", "Subject"),
)

# "r: header field may only appear in responses", or with some status codes only.
RESPONSE_ONLY = (
    *("Authentication-Info", "Error-Info", "Min-Expires", "Proxy-Authenticate", "Retry-After"),
    *("Server", "Unsupported", "WWW-Authenticate"),
)

# RFC 3841 §9, figures 2 and 3: where column "R".
CALLER_PREFERENCES = ("Accept-Contact", "Reject-Contact", "Request-Disposition")


def _present(message: Message, names: Iterable[str]) -> Iterator[Mismatch]:
    for name in names:
        for row in message.headers.rows(name)[:1]:
            yield Mismatch("absent", row.value[:200] or "empty", name, row.offset)


@check("GEN-FIELDS-2", clause="RFC 3261 §20", level=MUST, on=requests())
def request_has_no_response_fields(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request carries no header field that may only appear in responses."""
    # A response whose start-line is broken may only look like a request.
    if any(problem.where == "start-line" for problem in request.malformed):
        return
    yield from _present(request, RESPONSE_ONLY)


@check("RSP-FIELDS-1", clause="RFC 3261 §20", level=MUST, on=responses())
def response_has_no_request_fields(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response carries no header field that may only appear in requests."""
    yield from _present(response, REQUEST_ONLY)


# The "where" of the tables of RFC 3262 §7, 3329 §2.6, 3515 §2.1, 5839 §7.2 and 6086 §7.1; of RFC
# 3262 §7, 3329 §2.6, 3608 §5 and 7976 §3 in the other direction.
_EXTENSIONS_REQUEST_ONLY = (
    *("Info-Package", "RAck", "Refer-To", "Security-Client", "Security-Verify"),
    "Suppress-If-Match",
)
_EXTENSIONS_RESPONSE_ONLY = ("P-Associated-URI", "RSeq", "Security-Server", "Service-Route")

# RFC 3261 §20: "A numerical value or range indicates response codes with which the header field can
# be used"; TS 24.229 §5.2.2.2 adds Security-Server to 401.
_STATUSES: Mapping[str, frozenset[int]] = {
    "Authentication-Info": frozenset(range(200, 300)),
    "Error-Info": frozenset(range(300, 700)),
    "Min-Expires": frozenset({423}),
    "Proxy-Authenticate": frozenset({401, 407}),
    "Retry-After": frozenset({404, 413, 480, 486, 500, 503, 600, 603}),
    "Unsupported": frozenset({420}),
    "WWW-Authenticate": frozenset({401, 407}),
}


@check("GEN-FIELDS-3", clause="RFC 3261 §20", level=SHOULD, on=requests(), sender="ue")
def request_has_no_response_fields_of_extensions(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A request carries no field that an extension has for responses."""
    if not any(problem.where == "start-line" for problem in request.malformed):
        yield from _present(request, _EXTENSIONS_RESPONSE_ONLY)


@check("RSP-FIELDS-4", clause="RFC 3261 §20", level=SHOULD, on=responses(), sender="ue")
def response_has_no_request_fields_of_extensions(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A response carries no field that an extension has for requests."""
    yield from _present(response, _EXTENSIONS_REQUEST_ONLY)


@check("RSP-FIELDS-5", clause="RFC 3261 §20", level=SHOULD, on=responses(), sender="ue")
def response_has_fields_of_its_status(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response carries no field that goes with other status codes."""
    names = (name for name, codes in _STATUSES.items() if response.status not in codes)
    yield from _present(response, names)


@check("RSP-FIELDS-2", clause="RFC 3841 §9", level=MUST, on=responses())
def response_has_no_caller_preferences(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response carries none of Accept-Contact, Reject-Contact and Request-Disposition."""
    yield from _present(response, CALLER_PREFERENCES)


_NO_EVENT = (
    *("REGISTER", "OPTIONS", "MESSAGE", "INVITE", "BYE", "INFO", "UPDATE", "ACK", "CANCEL"),
    *("PRACK", "REFER"),
)


@check("GEN-EVENT-1", clause="RFC 6665 §8.2.1", level=MUST, on=requests(*_NO_EVENT))
def other_requests_have_no_event(request: Request, context: Context) -> Iterator[Mismatch]:
    """Event appears in no request whose definition does not call for it."""
    yield from _present(request, ("Event",))


@check("RSP-EVENT-1", clause="RFC 6665 §8.2.1", level=MUST, on=responses())
def response_has_no_event(response: Response, context: Context) -> Iterator[Mismatch]:
    """Event does not appear in responses."""
    yield from _present(response, ("Event",))


@check("GEN-STATE-1", clause="RFC 6665 §8.2.3", level=MUST, on=sip_messages())
def only_notify_states_a_subscription(message: Message, context: Context) -> Iterator[Mismatch]:
    """Subscription-State appears in NOTIFY requests only."""
    if not isinstance(message, Request) or message.method != "NOTIFY":
        yield from _present(message, ("Subscription-State",))


@check("GEN-ETAG-1", clause="RFC 3903 §11.3", level=MUST, on=sip_messages())
def only_publish_has_entity_tags(message: Message, context: Context) -> Iterator[Mismatch]:
    """SIP-If-Match appears in PUBLISH requests only, SIP-ETag in 2xx responses to PUBLISH only.

    RFC 5839 extends SIP-ETag to NOTIFY requests.
    """
    if isinstance(message, Request):
        names = ("SIP-If-Match",) if message.method != "PUBLISH" else ()
        other = ("SIP-ETag",) if message.method != "NOTIFY" else ()
        yield from _present(message, (*names, *other))
    elif isinstance(message, Response):
        is_publish = message.method == "PUBLISH" and 200 <= message.status < 300
        is_subscribe = message.method == "SUBSCRIBE"
        names = () if is_publish or is_subscribe else ("SIP-ETag",)
        yield from _present(message, ("SIP-If-Match", *names))


# The option tags of the IANA registry of SIP parameters.
OPTION_TAGS = frozenset(
    {
        *("100rel", "199", "answermode", "early-session", "eventlist", "explicitsub"),
        *("from-change", "mediasec"),
        *("geolocation-http", "geolocation-sip", "gin", "gruu", "histinfo", "ice", "join"),
        *("multiple-refer", "norefersub", "nosub", "outbound", "path", "policy", "precondition"),
        *("pref", "privacy", "recipient-list-invite", "recipient-list-message"),
        *("recipient-list-subscribe", "record-aware", "replaces", "resource-priority"),
        *("sdp-anat", "sec-agree", "siprec", "tdialog", "timer", "trickle-ice", "uui"),
    }
)


# The event packages and templates of the IANA registry.
EVENT_PACKAGES = frozenset(
    {
        *("addr-spec", "calendar", "call-completion", "certificate", "conference"),
        *("consent-pending-additions", "credential", "dialog", "dialogchange", "http-monitor"),
        *("kpml", "load-control", "message-summary", "mrb-publish", "poc-settings", "presence"),
        *("refer", "reg", "session-spec-policy", "Siemens-RTP-Stats", "spirits-INDPs"),
        *("spirits-user-prof", "ua-profile", "vq-rtcpxr", "xcap-diff"),
    }
)


@check(
    "GEN-EVENT-2",
    clause="RFC 6665 §8.2.1",
    level=SHOULD,
    on=requests("SUBSCRIBE", "PUBLISH"),
    sender="ue",
)
def event_package_is_registered(request: Request, context: Context) -> Iterator[Mismatch]:
    """The event package of a request is registered with IANA.

    The text says MUST; the registry grows, so that an unknown package is a remark.
    """
    if request.event is None:
        return
    package, *templates = request.event.package.split(".")
    if package not in EVENT_PACKAGES or any(each != "winfo" for each in templates):
        yield mismatch(request, "Event", "a package registered with IANA")


@check(
    "GEN-OPTION-1",
    clause="RFC 3261 §19.2",
    level=SHOULD,
    on=requests(),
    sender="ue",
)
def option_tags_are_registered(request: Request, context: Context) -> Iterator[Mismatch]:
    """The option tags of a request are those of standards-track RFCs.

    The registry grows, so that an unknown tag is a remark.
    """
    for name in ("Supported", "Require", "Proxy-Require"):
        for tag in request.headers.values(name):
            if tag.lower() not in OPTION_TAGS:
                yield mismatch(request, name, "an option tag registered with IANA", tag)

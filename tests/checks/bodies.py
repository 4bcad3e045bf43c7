"""Messages with bodies, written as data, for tests of the checks of bodies."""

from __future__ import annotations

from harness.model import Transport
from tests.checks.conversation import Step, Value, answer, message, net, request, ue
from tests.checks.http_conversation import HOME, LISTS, http, reply

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACES = (
    'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
    'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid" '
    'xmlns:ts="urn:ietf:params:xml:ns:pidf:timed-status" '
    'xmlns:caps="urn:ietf:params:xml:ns:pidf:caps" '
    'xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" '
    'xmlns:op="urn:oma:xml:prs:pidf:oma-pres"'
)
RULES = f"/org.openmobilealliance.pres-rules/{HOME}/pres-rules"
PERMANENT = f"/pidf-manipulation/{HOME}/perm-presence"
CONTENT = f"/org.openmobilealliance.pres-content/{HOME}/oma_status-icon/icon"
DIRECTORY = f"/org.openmobilealliance.xcap-directory/{HOME}/directory.xml"
RULES_NAMESPACES = (
    'xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules" '
    'xmlns:ocp="urn:oma:xml:xdm:common-policy" xmlns:opr="urn:oma:xml:prs:pres-rules"'
)
TUPLE = (
    '<tuple id="{id}"><status><basic>{basic}</basic></status>{more}'
    "<contact>sip:alice@example.com</contact><timestamp>{time}</timestamp></tuple>"
)


def a_tuple(
    name: str = "t1", basic: str = "open", time: str = "2014-06-19T06:30:45Z", more: str = ""
) -> str:
    """A tuple that keeps all rules, but for what the arguments change."""
    return TUPLE.format(id=name, basic=basic, time=time, more=more)


def pidf(
    content: str = "",
    *,
    entity: str = "sip:alice@example.com",
    declaration: str = DECLARATION,
    namespaces: str = NAMESPACES,
) -> bytes:
    """A presence document with this content."""
    root = f'<presence xmlns="urn:ietf:params:xml:ns:pidf" {namespaces} entity="{entity}">'
    return f"{declaration}{root}{content}</presence>".encode()


def published(content: str | bytes = "", **fields: Value) -> list[Step]:
    """A PUBLISH of a presence document, given as a whole or by its content."""
    body = content if isinstance(content, bytes) else pidf(content)
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return [ue(request("PUBLISH", body=body, fields=given))]


def modified(first: str | bytes, second: str | bytes) -> list[Step]:
    """A publication and its modification."""
    bodies = [each if isinstance(each, bytes) else pidf(each) for each in (first, second)]
    initial = request("PUBLISH", body=bodies[0])
    later = request("PUBLISH", cseq=2, body=bodies[1], fields={"SIP-If-Match": "etag-1"})
    return [ue(initial), net(answer(initial)), ue(later), net(answer(later))]


def in_tuple(more: str) -> list[Step]:
    """A PUBLISH with an extension in its one tuple."""
    return published(a_tuple(more=more))


def in_person(content: str) -> list[Step]:
    """A PUBLISH with a person of this content."""
    return published(f'<dm:person id="p1">{content}</dm:person>')


def put(target: str, media_type: str, body: bytes) -> list[Step]:
    """A PUT that the server takes."""
    return [http("PUT", target, body, Content_Type=media_type), reply(201)]


def got(target: str, media_type: str, body: bytes, status: int = 200) -> list[Step]:
    """A GET and its answer."""
    return [http("GET", target), reply(status, body, Content_Type=media_type)]


def rules(content: str = "") -> list[Step]:
    """A PUT of a presence authorization document."""
    body = f"<ruleset {RULES_NAMESPACES}>{content}</ruleset>".encode()
    return put(RULES, "application/auth-policy+xml", body)


def rule(conditions: str = "", actions: str = "", shown: str = "", name: str = "a") -> str:
    """A rule."""
    return (
        f'<rule id="{name}"><conditions>{conditions}</conditions><actions>{actions}</actions>'
        f"<transformations>{shown}</transformations></rule>"
    )


def subscription(
    event: str = "presence", accept: str = "application/pidf+xml", **fields: Value
) -> list[Step]:
    """A SUBSCRIBE of the UE and its 200."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    first = request("SUBSCRIBE", fields={"Event": event, "Accept": accept, **given})
    return [ue(first), net(answer(first))]


def notification(
    body: bytes,
    media_type: str,
    *,
    cseq: int = 1,
    event: str = "presence",
    **fields: Value,
) -> list[Step]:
    """A NOTIFY in the dialog of `subscription`, and the UE's 200."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    sent = request(
        "NOTIFY",
        sender="network",
        call="subscribe-call",
        tag="bob-1",
        to_tag="alice-1",
        cseq=cseq,
        body=body,
        fields={"Event": event, "Content-Type": media_type, **given},
    )
    return [net(sent), ue(answer(sent))]


def winfo(
    watchers: str = "",
    version: int = 0,
    state: str = "full",
    package: str = "presence",
    resource: str = "sip:alice@example.com",
) -> bytes:
    """A watcher information document."""
    return (
        f'{DECLARATION}<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" '
        f'version="{version}" state="{state}"><watcher-list resource="{resource}" '
        f'package="{package}">{watchers}</watcher-list></watcherinfo>'
    ).encode()


def watcher(
    name: str = "w1", status: str = "active", event: str = "approved", uri: str = "sip:bob@b.org"
) -> str:
    """A watcher."""
    return f'<watcher id="{name}" status="{status}" event="{event}">{uri}</watcher>'


def watched(*documents: bytes) -> list[Step]:
    """A watcherinfo subscription with these documents, one a NOTIFY."""
    kind = "application/watcherinfo+xml"
    steps = subscription("presence.winfo", kind)
    for number, document in enumerate(documents, start=1):
        steps += notification(document, kind, cseq=number, event="presence.winfo")
    return steps


def rlmi(
    resources: str = "",
    version: int = 0,
    full: str = "true",
    uri: str = "sip:alice@example.com",
) -> bytes:
    """Meta-information of a list."""
    return (
        f'{DECLARATION}<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="{uri}" '
        f'version="{version}" fullState="{full}">{resources}</list>'
    ).encode()


def resource(instances: str = "", uri: str = "sip:bob@b.org") -> str:
    """A resource of a list."""
    return f'<resource uri="{uri}">{instances}</resource>'


def instance(name: str = "i1", state: str = "active", more: str = 'cid="bob@b.org"') -> str:
    """An instance of a resource."""
    return f'<instance id="{name}" state="{state}" {more}/>'


RELATED = 'multipart/related;type="application/rlmi+xml";start="<root@a>";boundary=x'
BOB = pidf(a_tuple(), entity="sip:bob@b.org")


def part(
    body: bytes, media_type: str = "application/pidf+xml", name: str = "<bob@b.org>", more: str = ""
) -> bytes:
    """One body part with its delimiter."""
    head = f"--x\r\nContent-Type: {media_type}\r\nContent-ID: {name}\r\n{more}\r\n"
    return head.encode() + body + b"\r\n"


def related(root: bytes, *parts: bytes) -> bytes:
    """A multipart/related body of meta-information and parts."""
    return part(root, "application/rlmi+xml", "<root@a>") + b"".join(parts) + b"--x--\r\n"


LISTED = related(rlmi(resource(instance())), part(BOB))
ACCEPTED = "application/pidf+xml, application/rlmi+xml, multipart/related"


def listed(*bodies: bytes, content_type: str = RELATED) -> list[Step]:
    """A list subscription with these bodies, one a NOTIFY."""
    steps = subscription(accept=ACCEPTED, Supported="eventlist")
    for number, body in enumerate(bodies, start=1):
        steps += notification(body, content_type, cseq=number, Require="eventlist")
    return steps


def http_message(start_line: str, body: bytes = b"", **fields: Value) -> Step:
    """An HTTP message of the UE as it stands."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return ue(message(start_line, given, body), transport=Transport.HTTP)


__all__ = ["LISTS", "http", "reply"]

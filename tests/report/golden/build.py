"""Makes run.jsonl beside it: the golden record, in the format's own words.

Two UEs; a pass, a fail with byte offsets, an error, an inconc, steps that were never judged; SIP
and HTTP; strings that mean harm; a message whose UE became known late; a last line cut short.

    python tests/report/golden/build.py
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

PATH = Path(__file__).with_name("run.jsonl")
STARTED = 1700000000.0

ALICE, BOB = "192.0.2.1", "2001:db8::b"
NETWORK = "198.51.100.7"
SCRIPT = "<script>alert('owned')</script>"
HOSTILE = f'"><img src=x onerror=alert(1)>{SCRIPT}\x1b[31m\u202e\x00'

REGISTER = (
    b"REGISTER sip:example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:alice@example.com>;tag=a\r\nTo: <sip:alice@example.com>\r\n"
    b"Call-ID: 1@192.0.2.1\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
    b'Authorization: Digest username="alice",response="********************************"\r\n'
    b"Content-Length: 0\r\n\r\n"
)
REGISTERED = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:alice@example.com>;tag=a\r\nTo: <sip:alice@example.com>;tag=r\r\n"
    b"Call-ID: 1@192.0.2.1\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
)
GET = b"GET /x?" + SCRIPT.encode() + b" HTTP/1.1\r\nHost: 198.51.100.7:8080\r\n\r\n"
FOUND_BODY = (
    b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<x>&e;</x>'
)
FOUND = (
    b"HTTP/1.1 200 OK\r\nETag: unquoted\r\nContent-Type: application/xml\r\nContent-Length: "
    + str(len(FOUND_BODY)).encode()
    + b"\r\n\r\n"
    + FOUND_BODY
)
PIDF = b"<presence entity='sip:alice@example.com'><tuple id='1'><basic>ajar</basic></tuple>\xff\x1b"
PUBLISH = (
    b"PUBLISH sip:alice@example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK2\r\n"
    b'f: "</pre></details>' + SCRIPT.encode() + b'" <sip:alice@example.com>;tag=b\r\n'
    b"t: <sip:alice@example.com>\r\ni: 2@192.0.2.1\r\nCSeq: 1 PUBLISH\r\nMax-Forwards: 70\r\n"
    b"o: presence, dialog\r\nAccept: application/pidf+xml,\r\n application/rlmi+xml\r\n"
    b"c: application/pidf+xml\r\nl: " + str(len(PIDF)).encode() + b"\r\n\r\n" + PIDF
)
OPTIONS = (
    b"OPTIONS sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK3\r\n"
    b"From: <sip:carol@example.com>;tag=c\r\nTo: <sip:alice@example.com>\r\n"
    b"Call-ID: 3\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)
REGISTER_BOB = REGISTER.replace(b"alice", b"bob").replace(b"192.0.2.1", b"[2001:db8::b]")


def events() -> list[dict[str, object]]:
    """The events, all but the last, which is cut short."""
    return [
        _run(),
        # Whose it is was not known when it came; a later line knows.
        _message(1, 0.0, REGISTER, None, None, None, "REGISTER sip:example.com"),
        _message(1, 0.0, REGISTER, ALICE, "ue", "1", "REGISTER sip:example.com"),
        _step(ALICE, "1", "01-register", "pass", "", 1),
        _message(2, 0.25, REGISTERED, ALICE, "network", "2", "200 OK (REGISTER)"),
        _step(ALICE, "2", "02-register-ok", "none", "not seen"),
        _step(ALICE, "2", "02-register-ok", "pass", "", 2),
        _message(3, 1.0, GET, ALICE, "ue", "H1", f"GET /x?{SCRIPT}", protocol="http"),
        _finding(3, "XCAP-URI-1", "should", "RFC 4825 §6", "ue", "H1", "Request-URI", HOSTILE),
        _step(ALICE, "H1", "H1-get-directory", "pass", "", 3),
        _message(4, 1.5, FOUND, ALICE, "network", "H2", "200 OK", protocol="http"),
        _finding(
            *(4, "HTTP-ETAG-1", "must", "RFC 9110 §8.8.3", "network", "H2", "ETag", "unquoted"),
            offset=FOUND.index(b"unquoted"),
        ),
        _step(ALICE, "H2", "H2-directory", "error", "HTTP-ETAG-1", 4),
        _message(5, 2.318, PUBLISH, ALICE, "ue", "9", "PUBLISH sip:alice@example.com"),
        _finding(
            *(5, "PUB-EVENT-1", "must", "RFC 3903 §4.1", "ue", "9", "Event"),
            *("presence, dialog", PUBLISH.index(b"presence, dialog")),
        ),
        _finding(
            *(5, "PIDF-BASIC-1", "must", "RFC 3863 §4.1.4", "ue", "9", "/presence/tuple/basic"),
            *("ajar", PUBLISH.index(b"ajar")),
        ),
        _finding(5, "PUB-EXPIRES-1", "info", "RFC 3903 §4.1", "ue", "9", "Expires", "absent"),
        _step(ALICE, "9", "09-publish", "fail", "PUB-EVENT-1, PIDF-BASIC-1", 5, 6),
        _message(
            *(6, 2.818, PUBLISH, ALICE, "ue", "9", "PUBLISH sip:alice@example.com"),
            kind="retransmission",
        ),
        _step(ALICE, "10", "10-publish-ok", "inconc", "blocked by step 9 (09-publish)"),
        _message(7, 3.0, OPTIONS, ALICE, "network", None, "OPTIONS sip:alice@192.0.2.1"),
        _message(8, 3.5, b"\x00\x01garbage", None, None, None, "(unreadable)"),
        _message(9, 4.0, REGISTER_BOB, BOB, "ue", "1", "REGISTER sip:example.com"),
        _finding(9, "REG-EXPIRES-1", "should", "RFC 3261 §10.2", "ue", "1", "Expires", "absent")
        | {"ue": BOB},
        _step(BOB, "1", "01-register", "pass", "", 9),
        {"event": "note", "level": "warning", "text": f"odd: {HOSTILE}"},
    ]


def text() -> str:
    """The whole record; the run was killed while it wrote the last line."""
    lines = [json.dumps(event) + "\n" for event in events()]
    return "".join(lines) + '{"event": "end", "finished": 17000'


def _run() -> dict[str, object]:
    steps = [
        ("1", "01-register", "the UE registers", "ue"),
        ("2", "02-register-ok", "the registrar accepts", "network"),
        ("H1", "H1-get-directory", "the UE asks which documents it has", "ue"),
        ("H2", "H2-directory", "the server lists the documents", "network"),
        ("9", "09-publish", "the UE publishes its services", "ue"),
        ("10", "10-publish-ok", "the network accepts the publication", "network"),
    ]
    checks = [
        ("PUB-EVENT-1", "must", "RFC 3903 §4.1", "A PUBLISH carries a single Event header field."),
        ("REG-IMS-1", "should", "TS 24.229 §5.1.1.2.1", f"Hostile purpose {SCRIPT}"),
    ]
    return {
        "event": "run",
        "version": 1,
        "tool": {"name": "presence-harness", "version": "0.1.0", "commit": "abc1234"},
        "profile": {"name": "documented", "families": ["ietf"]},
        "started": STARTED,
        "mode": "live",
        "source": f"embedded UE {SCRIPT}",
        "persona": "documented",
        "defects": ["no-event", "bad-basic"],
        "flow": "somewhere/presence.flow.yaml",
        "checks": [
            {
                "id": check,
                "level": level,
                "clause": clause,
                "url": "javascript:alert(1)",
                "purpose": purpose,
            }
            for check, level, clause, purpose in checks
        ],
        "steps": [
            {"id": step, "name": name, "title": title, "sender": sender, "line": 10 * number}
            for number, (step, name, title, sender) in enumerate(steps, start=1)
        ],
    }


def _message(
    number: int,
    offset: float,
    raw: bytes,
    ue: str | None,
    sender: str | None,
    step: str | None,
    summary: str,
    *,
    protocol: str = "sip",
    kind: str = "message",
) -> dict[str, object]:
    transport = "udp" if protocol == "sip" else "http"
    ends = [[ue or "203.0.113.9", 5060, transport], [NETWORK, 5060, transport]]
    source, destination = ends if sender == "ue" else reversed(ends)
    return {
        "event": "message",
        "number": number,
        "time": STARTED + offset,
        "source": source,
        "destination": destination,
        "connection": "" if protocol == "sip" else "c1",
        "frame": number + 100,
        "raw": base64.b64encode(raw).decode("ascii"),
        "protocol": protocol,
        "summary": summary,
        "ue": ue,
        "sender": sender,
        "kind": kind,
        "step": step,
    }


def _finding(
    entry: int,
    check: str,
    level: str,
    clause: str,
    sender: str,
    step: str,
    where: str,
    observed: str,
    offset: int | None = None,
) -> dict[str, object]:
    return {
        "event": "finding",
        "check": check,
        "level": level,
        "clause": clause,
        "url": "javascript:alert(1)",
        "purpose": f"The claim of {check}.",
        "sender": sender,
        "ue": ALICE,
        "entry": entry,
        "expected": "something else",
        "observed": observed,
        "where": where,
        "offset": offset,
        "hint": "",
        "step": step,
        "frame": entry + 100,
    }


def _step(
    ue: str, step: str, name: str, verdict: str, reason: str, *entries: int
) -> dict[str, object]:
    return {
        "event": "step",
        "ue": ue,
        "id": step,
        "name": name,
        "verdict": verdict,
        "reason": reason,
        "entries": list(entries),
    }


if __name__ == "__main__":
    PATH.write_text(text(), encoding="ascii")

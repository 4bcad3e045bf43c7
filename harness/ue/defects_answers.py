"""Faults in the UE's answers to NOTIFY and OPTIONS, and to challenges."""

from __future__ import annotations

from harness.ue.defect import (
    CHALLENGED,
    NOTIFY_ANSWER,
    OPTIONS_ANSWER,
    Defect,
    add,
    answer_instead,
    defect,
    drop,
    keep_back,
    swap,
)

ANSWER_DEFECTS: tuple[Defect, ...] = (
    # RFC 6665 §4.1.3, RFC 3261 §8.2.6: answers to NOTIFY
    defect(
        "notify-answered-with-other-to-tag",
        "the answer to NOTIFY has another To tag",
        NOTIFY_ANSWER,
        swap("To", ";tag=[^;]*", ";tag=other"),
        "RSP-TO-1",
    ),
    defect(
        "via-not-mirrored",
        "the answer to NOTIFY has another branch",
        NOTIFY_ANSWER,
        swap("Via", r"(;branch=[^;,\s]*)", r"\1x"),
        "RSP-VIA-1",
    ),
    defect(
        "cseq-not-mirrored",
        "the answer to NOTIFY has another CSeq",
        NOTIFY_ANSWER,
        swap("CSeq", r"^\d+", "99"),
        "RSP-CSEQ-1",
    ),
    defect(
        "notify-unanswered",
        "NOTIFY is not answered",
        NOTIFY_ANSWER,
        keep_back,
        "RSP-UNANSWERED-1",
    ),
    defect(
        "notify-refused",
        "NOTIFY is answered 481 though the subscription is known",
        NOTIFY_ANSWER,
        answer_instead("SIP/2.0 481 Subscription does not exist"),
        "NOT-ANSWER-1",
    ),
    # RFC 3261 §11.2, RFC 3841, RFC 7255: answers to OPTIONS
    defect(
        "options-with-accept-contact",
        "the answer to OPTIONS has Accept-Contact",
        OPTIONS_ANSWER,
        add("Accept-Contact", "*;+g.3gpp.cs-voice"),
        "RSP-FIELDS-2",
    ),
    defect(
        "options-without-to-tag",
        "the answer to OPTIONS has no To tag",
        OPTIONS_ANSWER,
        swap("To", ";tag=[^;]*", ""),
        "RSP-TAG-1",
    ),
    defect(
        "options-without-allow",
        "the answer to OPTIONS has no Allow",
        OPTIONS_ANSWER,
        drop("Allow"),
        "OPT-ALLOW-1",
    ),
    defect(
        "options-without-accept",
        "the answer to OPTIONS has no Accept",
        OPTIONS_ANSWER,
        drop("Accept"),
        "OPT-ACCEPT-2",
    ),
    defect(
        "options-with-other-tags",
        "the answer to OPTIONS has other feature tags than REGISTER",
        OPTIONS_ANSWER,
        swap("Contact", r";\+g\.3gpp\.cs-voice", ""),
        "OPT-FEATURES-1",
    ),
    defect(
        "instance-id-in-options",
        "the answer to OPTIONS reveals the IMEI",
        OPTIONS_ANSWER,
        swap("Contact", ">", '>;+sip.instance="<urn:gsma:imei:35643205-905062-0>"'),
        "RSP-INSTANCE-1",
    ),
    defect(
        "options-not-supported",
        "OPTIONS is answered 405",
        OPTIONS_ANSWER,
        answer_instead("SIP/2.0 405 Method Not Allowed"),
        "OPT-SUPPORT-2",
        "RSP-405-2",
    ),
    # RFC 3261 §22.4: Digest (seen where the network challenges)
    defect(
        "digest-wrong-response",
        "the digest does not fit the password",
        CHALLENGED,
        swap("Authorization", 'response="[0-9a-f]{4}', 'response="0000'),
        "AUTH-RESPONSE-1",
    ),
    defect(
        "digest-other-uri",
        "the uri of the credentials is not the Request-URI",
        CHALLENGED,
        swap("Authorization", r'\buri="[^"]*"', 'uri="sip:elsewhere.invalid"'),
        "AUTH-RESPONSE-1",
        "AUTH-URI-1",
    ),
    defect(
        "digest-qop-quoted",
        "the qop of the credentials is quoted",
        CHALLENGED,
        swap("Authorization", r"\bqop=auth\b", 'qop="auth"'),
        "GEN-SYNTAX-1",
    ),
    defect(
        "digest-short-nc",
        "the nonce count has fewer than eight digits",
        CHALLENGED,
        swap("Authorization", r"\bnc=0+", "nc="),
        "GEN-SYNTAX-1",
    ),
)

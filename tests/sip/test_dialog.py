"""Dialogs of SUBSCRIBE and NOTIFY: made, used from both ends, refreshed, refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.dialog import (
    ENDING_STATUSES,
    Dialog,
    DialogError,
    NextRequest,
    is_notify_of,
    key_of_request,
    key_of_response,
)
from harness.sip.message import (
    Request,
    Response,
    make_request,
    make_response,
    with_header,
    without_header,
)

VIA = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"
WATCHER = "sip:Alice%41@Example.com;user=phone"
PRESENTITY = "sip:bob@example.com"
UE_CONTACT = "<sip:192.168.1.1:5060;transport=UDP>;expires=5"
NETWORK_CONTACT = "<sip:notifier@198.51.100.1:5080;transport=udp;lr>"
LOOSE = "<sip:p1.example.com;lr>", "<sip:p2.example.com;lr;x=Y>;z=1"


def subscribe(*record_routes: str, event: str = "presence") -> Request:
    return make_request(
        "SUBSCRIBE",
        PRESENTITY,
        [
            ("Via", VIA),
            ("Max-Forwards", "70"),
            ("From", f'"Alice" <{WATCHER}>;tag=ue'),
            ("To", f"<{PRESENTITY}>"),
            ("Call-ID", "call@ue"),
            ("CSeq", "7 SUBSCRIBE"),
            ("Contact", UE_CONTACT),
            ("Event", event),
            ("Expires", "3600"),
            *(("Record-Route", route) for route in record_routes),
        ],
    )


def ok(request: Request, *record_routes: str) -> Response:
    routes = [("Record-Route", route) for route in record_routes]
    headers = [("Contact", NETWORK_CONTACT), ("Expires", "3600"), *routes]
    return make_response(request, 200, headers=headers, to_tag="net")


def notify_of(
    dialog: Dialog, headers: tuple[tuple[str, str], ...] = (), event: str = "presence"
) -> Request:
    return dialog.next_request(
        "NOTIFY",
        [
            ("Contact", NETWORK_CONTACT),
            ("Event", event),
            ("Subscription-State", "active;expires=3600"),
            *headers,
        ],
        via=VIA,
    ).make()


def both_ends() -> tuple[Dialog, Dialog]:
    """The subscriber's and the notifier's dialog of one subscription."""
    request = subscribe()
    return Dialog.uac(request, ok(request)), Dialog.uas(request, "net")


def header(request: NextRequest, name: str) -> list[str]:
    return [value for key, value in request.headers if key == name]


# -- made by the 2xx ------------------------------------------------------------------------


def test_notifier_builds_its_first_notify_out_of_the_subscribe() -> None:
    _, notifier = both_ends()

    request = notifier.next_request("NOTIFY", [("Event", "presence")], via=VIA)

    assert request.headers == [
        ("Via", VIA),
        ("Max-Forwards", "70"),
        ("From", f"<{PRESENTITY}>;tag=net"),
        ("To", f'"Alice" <{WATCHER}>;tag=ue'),
        ("Call-ID", "call@ue"),
        ("CSeq", "1 NOTIFY"),
        ("Event", "presence"),
    ]
    # the Contact as the peer gave it, without the parameters of the field
    assert request.uri == request.next_hop == "sip:192.168.1.1:5060;transport=UDP"


def test_notifier_may_begin_with_another_cseq() -> None:
    notifier = Dialog.uas(subscribe(), "net", first_cseq=40)

    assert [header(notifier.next_request("NOTIFY"), "CSeq") for _ in range(2)] == [
        ["40 NOTIFY"],
        ["41 NOTIFY"],
    ]


def test_subscriber_builds_its_refresh_out_of_the_2xx() -> None:
    subscriber, _ = both_ends()

    request = subscriber.next_request("SUBSCRIBE")

    assert request.uri == "sip:notifier@198.51.100.1:5080;transport=udp;lr"
    assert header(request, "CSeq") == ["8 SUBSCRIBE"]
    assert header(request, "To") == [f"<{PRESENTITY}>;tag=net"]
    assert header(request, "From") == [f'"Alice" <{WATCHER}>;tag=ue']
    assert header(request, "Route") == []


def test_both_ends_find_each_others_messages_by_their_keys() -> None:
    subscriber, notifier = both_ends()
    notify = notify_of(notifier)
    refresh = subscriber.next_request("SUBSCRIBE", [("Event", "presence")], via=VIA).make()

    assert subscriber.key == ("call@ue", "ue", "net")
    assert notifier.key == ("call@ue", "net", "ue")
    assert key_of_request(notify) == subscriber.key
    assert key_of_request(refresh) == notifier.key
    assert key_of_response(make_response(notify, 200)) == notifier.key
    assert key_of_response(ok(subscribe())) == subscriber.key


@pytest.mark.parametrize("name", ["Call-ID", "From", "To"])
def test_message_without_identity_has_no_key(name: str) -> None:
    broken = without_header(subscribe(), name)

    assert key_of_request(broken) is None
    assert key_of_response(without_header(ok(subscribe()), name)) is None


# -- made by the NOTIFY ---------------------------------------------------------------------


def test_notify_that_overtakes_the_2xx_makes_the_same_dialog() -> None:
    request = subscribe()
    by_answer, notifier = both_ends()

    by_notify = Dialog.uac_from_notify(request, notify_of(notifier))

    assert by_notify.remote_cseq == 1
    by_notify.remote_cseq = None
    assert by_notify == by_answer


@pytest.mark.parametrize(
    ("change", "matches"),
    [
        (lambda notify: notify, True),
        (lambda notify: with_header(notify, "Call-ID", "other"), False),
        (lambda notify: with_header(notify, "To", f"<{WATCHER}>;tag=other"), False),
        (lambda notify: with_header(notify, "To", f"<{WATCHER}>"), False),
        (lambda notify: with_header(notify, "Event", "presence.winfo"), False),
        (lambda notify: with_header(notify, "Event", "Presence"), False),
        (lambda notify: with_header(notify, "Event", "presence;id=1"), False),
        (lambda notify: with_header(notify, "Event", "presence;x=1"), True),
        (lambda notify: with_header(notify, "From", "<sip:else@example.com>;tag=n2"), True),
        (lambda notify: without_header(notify, "Event"), False),
        (lambda notify: without_header(notify, "To"), False),
    ],
)
def test_notify_matches_its_subscribe_by_call_id_tag_and_event(
    change: Callable[[Request], Request], *, matches: bool
) -> None:
    _, notifier = both_ends()

    assert is_notify_of(change(notify_of(notifier)), subscribe()) is matches


def test_notify_matches_by_the_id_of_the_event() -> None:
    _, notifier = both_ends()
    notify = notify_of(notifier, event="presence;id=9")

    assert is_notify_of(notify, subscribe(event="presence;id=9"))
    assert not is_notify_of(notify, subscribe(event="presence;id=8"))


# -- route sets -----------------------------------------------------------------------------


def test_route_set_of_the_uas_is_in_order_and_that_of_the_uac_reversed() -> None:
    request = subscribe(*LOOSE)
    notifier = Dialog.uas(request, "net")
    subscriber = Dialog.uac(request, ok(request, *LOOSE))

    assert notifier.route_set == LOOSE
    assert subscriber.route_set == LOOSE[::-1]
    assert header(notifier.next_request("NOTIFY"), "Route") == list(LOOSE)
    assert notifier.next_request("NOTIFY").uri == "sip:192.168.1.1:5060;transport=UDP"
    assert notifier.next_hop == "sip:p1.example.com;lr"
    assert subscriber.next_hop == "sip:p2.example.com;lr;x=Y"


def test_route_set_is_read_from_one_row_with_commas_too() -> None:
    assert Dialog.uas(subscribe(", ".join(LOOSE)), "net").route_set == LOOSE


def test_route_set_of_the_subscriber_comes_from_the_notify() -> None:
    request = subscribe()
    dialog = Dialog.uac(request, ok(request, "<sip:of-the-2xx;lr>"))
    notify = notify_of(
        Dialog.uas(request, "net"), tuple(("Record-Route", route) for route in LOOSE)
    )

    assert Dialog.uac_from_notify(request, notify).route_set == LOOSE
    dialog.establish(notify)
    assert dialog.route_set == LOOSE


def test_strict_router_becomes_the_request_uri() -> None:
    # The example of RFC 3261 §12.2.1.1.
    request = with_header(
        subscribe("<sip:proxy1>", "<sip:proxy2>", "<sip:proxy3;lr>", "<sip:proxy4>"),
        "Contact",
        "<sip:user@remoteua>",
    )

    built = Dialog.uas(request, "net").next_request("NOTIFY")

    assert (built.uri, built.next_hop) == ("sip:proxy1", "sip:proxy1")
    assert header(built, "Route") == [
        "<sip:proxy2>",
        "<sip:proxy3;lr>",
        "<sip:proxy4>",
        "<sip:user@remoteua>",
    ]


@pytest.mark.parametrize(
    ("contact", "uri"),
    [
        ("<sip:a@b;method=INVITE;x=1?Subject=y>", "sip:a@b;x=1"),
        ("<sip:A%61@B;Transport=UDP>", "sip:A%61@B;Transport=UDP"),
        ("<tel:+1-201>", "tel:+1-201"),
        ("<nonsense>", "nonsense"),
    ],
)
def test_request_uri_is_the_remote_target_without_what_it_may_not_have(
    contact: str, uri: str
) -> None:
    request = with_header(subscribe(), "Contact", contact)

    assert Dialog.uas(request, "net").next_request("NOTIFY").uri == uri


def test_record_route_without_brackets_or_sense_breaks_nothing() -> None:
    request = with_header(subscribe(), "Record-Route", "sip:p1;lr, <<>, <sip:p2;lr>")
    dialog = Dialog.uas(request, "net")

    assert dialog.route_set == ("<sip:p1;lr>", "<sip:p2;lr>")
    assert dialog.next_hop == "sip:p1;lr"
    nonsense = Dialog.uas(with_header(subscribe(), "Record-Route", "<nonsense>"), "net")
    assert nonsense.next_hop == "nonsense"


def test_request_in_the_dialog_does_not_change_the_route_set() -> None:
    _, notifier = both_ends()
    refresh = with_header(subscribe(*LOOSE), "To", f"<{PRESENTITY}>;tag=net")

    notifier.take_request(refresh)

    assert notifier.route_set == ()


# -- what cannot make a dialog --------------------------------------------------------------


@pytest.mark.parametrize("name", ["Call-ID", "From", "To", "CSeq", "Contact"])
def test_request_without_a_needed_field_makes_no_dialog(name: str) -> None:
    broken = without_header(subscribe(), name)

    with pytest.raises(DialogError) as caught:
        Dialog.uas(broken, "net")

    assert caught.value.missing == name


@pytest.mark.parametrize("name", ["To", "Contact"])
def test_response_without_a_needed_field_makes_no_dialog(name: str) -> None:
    request = subscribe()

    with pytest.raises(DialogError, match=name):
        Dialog.uac(request, without_header(ok(request), name))


@pytest.mark.parametrize("name", ["From", "CSeq", "Contact"])
def test_notify_without_a_needed_field_makes_no_dialog(name: str) -> None:
    _, notifier = both_ends()

    with pytest.raises(DialogError, match=name):
        Dialog.uac_from_notify(subscribe(), without_header(notify_of(notifier), name))


def test_star_is_no_remote_target() -> None:
    with pytest.raises(DialogError, match="Contact"):
        Dialog.uas(with_header(subscribe(), "Contact", "*"), "net")


def test_peer_without_tag_has_the_null_tag_and_gets_none() -> None:
    request = with_header(subscribe(), "From", f"<{WATCHER}>")

    dialog = Dialog.uas(request, "net")

    assert dialog.key == ("call@ue", "net", None)
    assert header(dialog.next_request("NOTIFY"), "To") == [f"<{WATCHER}>"]


# -- CSeq and remote target -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cseq", "refusal"), [(4, 500), (5, None), (6, None), (600, None), (None, 400)]
)
def test_request_with_a_lower_cseq_is_refused_with_500(
    cseq: int | None, refusal: int | None
) -> None:
    subscriber, notifier = both_ends()
    notify = notify_of(notifier)
    subscriber.take_request(with_header(notify, "CSeq", "5 NOTIFY"))

    request = with_header(notify, "CSeq", "x" if cseq is None else f"{cseq} NOTIFY")

    assert subscriber.refusal(request) == refusal
    assert subscriber.accepts(request) is (refusal is None)
    assert subscriber.remote_cseq == 5  # refusing or not, nothing changed yet


def test_request_of_another_dialog_is_refused_with_481() -> None:
    subscriber, notifier = both_ends()
    notify = notify_of(notifier)

    for name, value in (
        ("Call-ID", "other"),
        ("To", f"<{WATCHER}>;tag=other"),
        ("From", f"<{PRESENTITY}>;tag=other"),
    ):
        assert subscriber.refusal(with_header(notify, name, value)) == 481
    # a From URI that changed is still the same dialog: tags decide
    assert subscriber.accepts(with_header(notify, "From", "<sip:presence@else>;tag=net"))


def test_first_request_of_the_peer_sets_the_remote_cseq() -> None:
    subscriber, notifier = both_ends()
    notify = with_header(notify_of(notifier), "CSeq", "3 NOTIFY")

    assert subscriber.accepts(notify)
    subscriber.take_request(notify)

    assert subscriber.remote_cseq == 3


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("NOTIFY", "sip:moved@203.0.113.1"),
        ("SUBSCRIBE", "sip:moved@203.0.113.1"),
        ("OPTIONS", "sip:notifier@198.51.100.1:5080;transport=udp;lr"),
    ],
)
def test_only_a_target_refresh_request_moves_the_remote_target(method: str, target: str) -> None:
    subscriber, notifier = both_ends()
    contact = ("Contact", "<sip:moved@203.0.113.1>")
    request = notifier.next_request(method, [contact], via=VIA)
    subscriber.take_request(
        make_request_leniently(request) if method != "NOTIFY" else moved_notify(notifier)
    )

    assert subscriber.remote_target == target


def make_request_leniently(request: NextRequest) -> Request:
    headers = [*request.headers]
    if request.method == "SUBSCRIBE":
        headers.append(("Event", "presence"))
    return make_request(request.method, request.uri, headers)


def moved_notify(notifier: Dialog) -> Request:
    return with_header(notify_of(notifier), "Contact", "<sip:moved@203.0.113.1>")


def test_target_refresh_request_without_contact_keeps_the_remote_target() -> None:
    subscriber, notifier = both_ends()
    before = subscriber.remote_target

    subscriber.take_request(without_header(notify_of(notifier), "Contact"))

    assert subscriber.remote_target == before


@pytest.mark.parametrize(
    ("status", "method", "moves"),
    [(200, "SUBSCRIBE", True), (481, "SUBSCRIBE", False), (200, "OPTIONS", False)],
)
def test_2xx_to_a_target_refresh_request_moves_the_remote_target(
    status: int, method: str, *, moves: bool
) -> None:
    subscriber, _ = both_ends()
    before = subscriber.remote_target
    headers = [("Event", "presence")] if method == "SUBSCRIBE" else []
    refresh = subscriber.next_request(method, headers, via=VIA).make()
    moved = [("Contact", "<sip:moved@203.0.113.1>"), ("Expires", "60")]

    subscriber.take_response(refresh, make_response(refresh, status, headers=moved))

    assert subscriber.remote_target == ("sip:moved@203.0.113.1" if moves else before)


def test_dialog_ends_with_408_and_481() -> None:
    assert {408, 481} == ENDING_STATUSES


@given(st.lists(st.sampled_from(["subscriber", "notifier"]), max_size=20))
def test_requests_of_both_ends_are_always_in_order(turns: list[str]) -> None:
    ends = dict(zip(("subscriber", "notifier"), both_ends(), strict=True))
    numbers: dict[str, list[int]] = {"subscriber": [], "notifier": []}
    for turn in turns:
        peer = ends["notifier" if turn == "subscriber" else "subscriber"]
        headers = [("Event", "presence"), ("Contact", "<sip:x@192.0.2.7>")]
        if turn == "notifier":
            headers.append(("Subscription-State", "active"))
        method = "SUBSCRIBE" if turn == "subscriber" else "NOTIFY"
        request = ends[turn].next_request(method, headers, via=VIA).make()
        assert peer.accepts(request)
        peer.take_request(request)
        assert request.cseq is not None
        numbers[turn].append(request.cseq.number)

    # "strictly monotonically increasing and contiguous" (RFC 3261 §12.2.1.1)
    for first, sequence in ((8, numbers["subscriber"]), (1, numbers["notifier"])):
        assert sequence == list(range(first, first + len(sequence)))

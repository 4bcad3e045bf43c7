"""index.html: what it says, and that nothing from the wire gets a say in it."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from pathlib import Path

import pytest
from lxml import html

from harness.report import html as view
from harness.report.record import read_record
from harness.report.story import Story, tell
from tests.report.golden import build


def render(tmp_path: Path, events: list[dict[str, object]]) -> html.HtmlElement:
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in events), encoding="utf-8")
    return html.document_fromstring(view.render(tell(read_record(path))))


@pytest.fixture(scope="module")
def page(golden: Story) -> html.HtmlElement:
    return html.document_fromstring(view.render(golden))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def all_of(page: html.HtmlElement, name: str) -> list[html.HtmlElement]:
    return page.xpath(f"//*[contains(concat(' ', @class, ' '), ' {name} ')]")


# -- nothing foreign -------------------------------------------------------------------------------


def test_page_runs_only_its_own_script(page: html.HtmlElement) -> None:
    assert len(page.xpath("//script")) == 1
    assert len(page.xpath("//style")) == 1
    assert not page.xpath("//img | //iframe | //object | //embed | //form | //base")
    assert not page.xpath("//@style")
    for element in page.iter("*"):
        assert not [name for name in element.attrib if name.lower().startswith("on")]


def test_policy_of_the_page_names_the_hashes_of_its_script_and_style(
    page: html.HtmlElement,
) -> None:
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none';")
    for element in page.xpath("//script | //style"):
        digest = hashlib.sha256(element.text.encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_page_loads_nothing_and_links_only_to_itself_and_to_clauses(page: html.HtmlElement) -> None:
    assert not page.xpath("//link | //@src | //@srcset | //@data")
    for target in page.xpath("//@href"):
        assert re.match(r"#|https://www\.rfc-editor\.org/", target), target
    assert "url(" not in page.xpath("//style")[0].text
    assert "@import" not in page.xpath("//style")[0].text


def test_links_inside_the_page_lead_somewhere(page: html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for target in page.xpath("//@href"):
        assert not target.startswith("#") or target[1:] in ids, target


def test_hostile_text_is_shown_as_text(page: html.HtmlElement) -> None:
    shown = words(page)
    assert build.SCRIPT in shown
    assert "<img src=x onerror=alert(1)>" in shown
    assert "\\x1b[31m\\u202e\\x00" in shown
    assert not set("\x00\x1b\u202e") & set(page.text_content())


# -- what it says ----------------------------------------------------------------------------------


def test_headline_counts_verdicts_and_broken_musts(page: html.HtmlElement) -> None:
    said = words(all_of(page, "headline")[0])
    assert said == (
        "Of 2 UEs, 4 of 12 steps pass, 1 fails, 1 in error, 1 inconclusive, 5 not seen. "
        "2 broken MUSTs of the UEs. 1 of the network side, which does not count against the UE."
    )


def test_headline_tells_of_broken_musts_outside_the_steps(tmp_path: Path) -> None:
    events = build.events()
    stray = build._finding(1, "GEN-1", "must", "RFC 3261 §8", "ue", "1", "Via", "x")
    said = words(all_of(render(tmp_path, [*events, stray | {"step": None}]), "headline")[0])
    assert "3 broken MUSTs of the UEs (1 outside the steps)." in said


def test_headline_tells_what_was_run(page: html.HtmlElement) -> None:
    about = words(all_of(page, "meta")[0])
    for fact in (
        "documented",
        "4.00 s",
        "presence-harness 0.1.0",
        "abc1234",
        "embedded UE",
        "with no-event, bad-basic",
    ):
        assert fact in about


def test_page_of_one_ue_names_it(tmp_path: Path) -> None:
    events = [each for each in build.events() if each.get("ue") != build.BOB]
    about = words(all_of(render(tmp_path, events), "meta")[0])
    assert build.ALICE in about
    assert "sip:alice@example.com" in about


def test_page_of_a_killed_run_says_so(page: html.HtmlElement, tmp_path: Path) -> None:
    assert "This run did not end" in words(all_of(page, "alert")[0])
    ended = [*build.events(), {"event": "end", "finished": 1700000005.0, "verdict": "error"}]
    assert "did not end" not in words(render(tmp_path, ended))


def test_steps_stand_in_flow_order_with_verdict_reason_and_messages(page: html.HtmlElement) -> None:
    rows = page.xpath("//*[@id='ue1']//table/tbody/tr")
    assert [words(row[0]) for row in rows] == [
        "01-register",
        "02-register-ok",
        "H1-get-directory",
        "H2-directory",
        "09-publish",
        "10-publish-ok",
    ]
    assert [words(row[3]).split()[-1] for row in rows] == [
        *("pass", "pass", "pass", "error", "fail", "inconc")
    ]
    assert words(rows[4][4]) == "PUB-EVENT-1 PIDF-BASIC-1 1 info"
    assert rows[4].xpath(".//@href")[-2:] == ["#m5", "#m6"]
    assert words(rows[5][4]) == "blocked by step 9 (09-publish)"


def test_ladder_shows_every_message_of_a_ue_and_its_findings(page: html.HtmlElement) -> None:
    rows = all_of(page, "msg")
    assert [row.get("id") for row in rows] == ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m9"]
    publish = next(row for row in rows if row.get("id") == "m5")
    summary = words(publish.find("summary"))
    assert summary.startswith("#5 +2.318 UE to network PUBLISH sip:alice@example.com")
    tags = publish.find("summary").xpath("./*[@class='tags']/*")
    assert [words(each) for each in tags] == [
        *("09-publish", "PUB-EVENT-1", "PIDF-BASIC-1", "3 findings")
    ]
    assert "t-fail" in publish.get("class")
    assert [each.text for each in publish.findall(".//mark")] == ["presence, dialog", "ajar"]
    assert "retransmission" in words(next(row for row in rows if row.get("id") == "m6"))


def test_ladder_tells_lanes_and_tones_apart(page: html.HtmlElement) -> None:
    tones = {row.get("id"): row.get("class").split()[1] for row in all_of(page, "msg")}
    assert tones["m1"] == "t-pass"
    assert tones["m3"] == "t-remark"
    assert tones["m4"] == "t-error"
    assert tones["m7"] == "t-none"
    lanes = page.xpath("//*[@id='m4']/summary/*[contains(@class, 'lanes')]/@class")
    assert lanes == ["lanes xcap left"]


def test_finding_shows_its_facts_and_the_place_in_the_message(page: html.HtmlElement) -> None:
    card = next(each for each in all_of(page, "card") if "PUB-EVENT-1" in words(each))
    said = words(card)
    for fact in (
        "MUST",
        "RFC 3903 §4.1",
        "The claim of PUB-EVENT-1.",
        "something else",
        "frame 105",
    ):
        assert fact in said
    assert card.xpath(".//a[contains(@class, 'clause')]/@href") == [
        "https://www.rfc-editor.org/rfc/rfc3903#section-4.1"
    ]
    assert {each.text for each in card.findall(".//mark")} == {"presence, dialog"}
    line = card.xpath("./pre/*[contains(@class, 'marked')]")[0]
    assert (line.get("data-n"), words(line)) == ("8", "o: presence, dialog")


def test_finding_in_a_body_is_marked_there(page: html.HtmlElement) -> None:
    card = next(each for each in all_of(page, "card") if "PIDF-BASIC-1" in words(each))
    line = card.xpath("./pre/*[contains(@class, 'marked')]")[0]
    assert "in-body" in line.get("class")
    assert line.find(".//mark").text == "ajar"


def test_finding_about_a_missing_field_says_so(page: html.HtmlElement) -> None:
    card = next(each for each in all_of(page, "card") if "PUB-EXPIRES-1" in words(each))
    assert "The message has no Expires header field." in words(card)


def test_findings_can_be_filtered_by_level_sender_and_ue(page: html.HtmlElement) -> None:
    facts = [
        (each.get("data-level"), each.get("data-sender"), each.get("data-ue"))
        for each in all_of(page, "card")
    ]
    assert facts == [
        ("must", "ue", "1"),
        ("must", "ue", "1"),
        ("must", "network", "1"),
        ("should", "ue", "1"),
        ("should", "ue", "2"),
        ("info", "ue", "1"),
    ]
    assert page.xpath("//select[@id='ue']/option/@value") == ["", "1", "2"]


def test_messages_outside_the_steps_are_listed(page: html.HtmlElement) -> None:
    outside = page.xpath("//*[@id='outside']")[0]
    assert "OPTIONS sip:alice@192.0.2.1" in words(outside)
    assert "Of no UE" in words(outside)
    assert "#8" in words(outside)


def test_checks_are_listed_with_how_often_they_found_something(page: html.HtmlElement) -> None:
    rows = page.xpath("//*[@id='checks']//tbody/tr")
    assert [words(cell) for cell in rows[0]] == [
        *("PUB-EVENT-1", "MUST", "RFC 3903 §4.1"),
        *("A PUBLISH carries a single Event header field.", "1"),
    ]
    assert [words(cell) for cell in rows[1]][:3] == [
        *("REG-IMS-1", "SHOULD", "TS 24.229 §5.1.1.2.1")
    ]


def test_page_of_a_run_without_any_message_says_so(tmp_path: Path) -> None:
    shown = words(render(tmp_path, [{"event": "run", "version": 1}]))
    assert "No UE was seen, so nothing was judged." in shown


# -- large runs ------------------------------------------------------------------------------------


def test_page_of_a_large_run_is_bounded_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    events = build.events()
    original = next(each for each in events if each.get("number") == 7)
    for number in range(10, 10 + view.MAX_ROWS):
        events.append(original | {"number": number})
    finding = copy.deepcopy(next(each for each in events if each.get("check") == "PUB-EVENT-1"))
    events += [finding | {"entry": number} for number in range(10, 60)]
    page = render(tmp_path, events)
    rows = {row.get("id") for row in all_of(page, "msg")}
    assert len(rows) <= view.MAX_ROWS
    assert rows >= {"m1", "m5", "m59"}
    assert "more messages, without broken MUSTs, are in run.jsonl" in words(page)
    cards = [each for each in all_of(page, "card") if "PUB-EVENT-1" in words(each)]
    assert len(cards) == view.MAX_OF_CHECK
    assert "26 more findings" in words(page)
    ids = set(page.xpath("//@id"))
    assert all(each[1:] in ids for each in page.xpath("//@href") if each.startswith("#"))


def test_page_of_many_ues_shows_the_worst_of_them(tmp_path: Path) -> None:
    events = build.events()
    for host in range(view.MAX_UES + 5):
        events.append(build._step(f"203.0.113.{host}", "1", "01-register", "pass", ""))
    events.append(build._step("203.0.113.250", "1", "01-register", "fail", "no REGISTER"))
    page = render(tmp_path, events)
    assert len(all_of(page, "ladder")) == view.MAX_UES
    assert "203.0.113.250" in words(page)
    assert "more UEs are in run.jsonl" in words(page)

"""`presence validate`: bodies in files, judged alone."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest

from harness.body.content_coding import encode
from harness.cli import main
from harness.config import load_profile
from harness.validate import BodyFinding, BodyJudge, Validation
from tests.body.corpora import CASES
from tests.body.flow_bodies import PUBLISHED as PUBLISHED_BODY

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
PIDF = DECLARATION + '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b">%s</presence>'
TUPLE = '\n<tuple id="t"><status><basic>%s</basic></status>\n<contact>sip:a@b</contact></tuple>\n'
RELATED = 'multipart/related;type="application/pidf+xml";boundary=x'
MULTIPART = "--x\r\nContent-Type: application/pidf+xml\r\nContent-ID: <p@b>\r\n\r\n%s\r\n--x--\r\n"
NOW = 1_700_000_000.0


def validated(body: str | bytes, content_type: str | None = None) -> Validation:
    data = body if isinstance(body, bytes) else body.encode()
    return BodyJudge(load_profile("documented"), NOW).judge("body.xml", data, content_type)


def found(result: Validation, check: str) -> BodyFinding:
    (finding,) = [each for each in result.findings if each.check == check]
    return finding


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.xml"
    path.write_text(PIDF % (TUPLE % "open"))
    return path


def test_right_body_has_no_finding_that_breaks_it() -> None:
    result = validated(PIDF % (TUPLE % "open"))
    assert result.media_type == "application/pidf+xml"
    assert not result.is_broken
    assert result.problems == ()


def test_wrong_value_is_found_with_its_line_and_clause() -> None:
    body = PIDF % (TUPLE % "OPEN")
    finding = found(validated(body), "XML-SCHEMA-PIDF-1")
    assert finding.line == 3
    assert finding.offset == body.index("<basic>")
    assert finding.where == "/presence/tuple/status/basic"
    assert str(finding.clause) == "RFC 3863 §4.4"


def test_part_of_a_multipart_body_is_judged_where_it_stands() -> None:
    body = MULTIPART % (PIDF % (TUPLE % "OPEN"))
    finding = found(validated(body, RELATED), "XML-SCHEMA-PIDF-1")
    assert finding.offset == body.index("<basic>")
    assert finding.line == body.count("\n", 0, finding.offset) + 1


@pytest.mark.parametrize("content_type", [None, "application/xml", "text/xml; charset=utf-8"])
def test_root_tells_the_type_where_none_is_given(content_type: str | None) -> None:
    document = '<pidf-full xmlns="urn:ietf:params:xml:ns:pidf-diff" entity="pres:a@b"/>'
    assert validated(document, content_type).media_type == "application/pidf-diff+xml"


def test_type_that_is_given_asks_for_its_root() -> None:
    assert found(validated(PIDF % "", "application/rlmi+xml"), "XML-ROOT-RLMI-1").level == "must"


def test_document_of_an_unknown_namespace_is_judged_by_its_form() -> None:
    result = validated('<a xmlns="urn:example:a"/>')
    assert [each.check for each in result.findings] == ["XML-UNKNOWN-1"]
    assert validated("<a>").is_broken


def test_known_content_of_an_unknown_document_is_judged() -> None:
    person = '<a><person xmlns="urn:ietf:params:xml:ns:pidf:data-model"/></a>'
    assert validated(person).problems == ()


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        ("--x", None, "--type"),
        ("x", "image/jpeg", "nothing is known"),
        ("x", "nonsense", "no media type"),
        ("x", "a/b\r\nVia: x", "no media type"),
        ('<entry uri="sip:a@b"/>', "application/xcap-el+xml", "--at"),
        ("x", "application/xcap-att+xml", "--at"),
        (b"\x1f\x8b\x08", None, "gzip body is cut off"),
        (PIDF % ("x" * 3_000_000), None, "bytes"),
        (PIDF % ("<a>" * 1000 + "</a>" * 1000), None, "depth"),
    ],
)
def test_what_cannot_be_judged_is_said(
    body: str | bytes, content_type: str | None, problem: str
) -> None:
    (said,) = validated(body, content_type).problems
    assert problem in said


@pytest.mark.parametrize(
    ("body", "check"),
    [
        ("", "XML-FORM-1"),
        ("\0", "XML-FORM-1"),
        (PIDF[:-3], "XML-FORM-1"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "XML-DOCTYPE-1"),
        (PIDF.encode("utf-16")[2:], "XML-ENCODING-1"),
    ],
)
def test_unreadable_body_is_a_finding(body: str | bytes, check: str) -> None:
    assert [each.check for each in validated(body).findings] == [check]


def test_hostile_bodies_are_judged_in_time() -> None:
    start = time.monotonic()
    validated(PIDF % ('<tuple id="a"><status/></tuple>' * 15_000))
    assert validated(PIDF % ("<tuple/>" * 30_000)).is_broken
    attributes = " ".join(f'a{number}=""' for number in range(20_000))
    validated(PIDF % f"<x:a xmlns:x='urn:x' {attributes}/>")
    validated("--x\r\n" * 50_000, "multipart/mixed;boundary=x")
    assert time.monotonic() - start < 30


def test_no_check_fails_on_any_document_of_the_corpus() -> None:
    judge = BodyJudge(load_profile("documented"), NOW)
    results = [judge.judge(case.name, case.document) for case in CASES]
    assert [each for each in results if each.problems] == []


def test_published_body_of_the_flow_keeps_every_must() -> None:
    assert not validated(DECLARATION + PUBLISHED_BODY).is_broken


LISTS = '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">%s</resource-lists>'
AT = "/resource-lists/users/sip:a@b/index"


def put(body: str, at: str) -> list[str]:
    result = BodyJudge(load_profile("ietf"), NOW).judge("x", body.encode(), at=at)
    assert result.problems == ()
    return [each.check for each in result.findings if each.level == "must"]


def test_lists_are_judged_by_the_rules_of_xcap_wherever_they_are_put() -> None:
    assert put(LISTS % '<list name="a"/><list name="b"/>', "") == []
    assert put(LISTS % '<list name="a"/><list name="a"/>', "") == ["XCAP-UNIQUE-1"]


@pytest.mark.parametrize(
    ("node", "body", "checks"),
    [
        ("/~~/resource-lists/list/entry", '<entry uri="sip:a@b"/>', []),
        ("/~~/resource-lists/list/entry", "<entry/>", ["XML-SCHEMA-LISTS-1"]),
        ("/~~/resource-lists/list", '<entry uri="sip:a@b"/>', ["XCAP-ELEMENT-1"]),
        ("/~~/resource-lists/list/entry", "<entry", ["XML-FORM-2"]),
        ("/~~/resource-lists/list/entry", "", ["XML-FORM-2"]),
        ("/~~/resource-lists/list/@name", "friends", []),
        ("/~~/resource-lists/list/@name", "a < b", ["XCAP-ATTRIBUTE-2"]),
        ("/~~/resource-lists//list", "<list/>", ["XCAP-SELECTOR-1"]),
        ("", LISTS % "", []),
    ],
)
def test_part_of_a_document_is_judged_by_its_place(node: str, body: str, checks: list[str]) -> None:
    assert sorted(put(body, AT + node)) == checks


def test_namespace_bindings_are_judged_by_their_form() -> None:
    kind = "application/xcap-ns+xml"
    assert validated('<a xmlns:b="urn:b"/>', kind).findings == ()
    assert found(validated("<a>b</a>", kind), "XCAP-NAMESPACES-4").level == "should"


@pytest.mark.parametrize("at", ["index", "http://[", "/", "/index"])
def test_place_that_is_no_xcap_uri_is_refused(at: str) -> None:
    result = BodyJudge(load_profile("ietf"), NOW).judge("x", b"<a/>", at=at)
    assert "no XCAP URI" in result.problems[0]


def test_place_of_an_unknown_application_usage_is_taken() -> None:
    at = "/xcap/org.example.own/users/sip:a@example.com/index"
    assert BodyJudge(load_profile("ietf"), NOW).judge("x", b"<a/>", at=at).problems == ()


def test_place_with_white_space_is_refused() -> None:
    result = BodyJudge(load_profile("ietf"), NOW).judge("x", b"<a/>", at=f"{AT} HTTP/1.1\r\nA: b")
    assert "white space" in result.problems[0]


def test_header_fields_before_a_body_tell_what_it_is() -> None:
    head = f"NOTIFY sip:a@b SIP/2.0\r\nContent-Type: {RELATED}\r\n\r\n"
    body = head + MULTIPART % (PIDF % (TUPLE % "OPEN"))
    result = validated(body)
    assert result.media_type == "multipart/related"
    line = found(result, "XML-SCHEMA-PIDF-1").line
    assert line == body.count("\n", 0, body.index("<basic>")) + 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_coded_body_is_judged_without_lines_of_the_file(coding: str) -> None:
    data = encode((PIDF % (TUPLE % "OPEN")).encode(), coding)
    head = f"Content-Type: application/pidf+xml\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    judge = BodyJudge(load_profile("ietf"), NOW)
    for given in (judge.judge("x", data, codings=(coding,)), judge.judge("x", head + data)):
        assert found(given, "XML-SCHEMA-PIDF-1").line is None
    if coding == "gzip":
        assert judge.judge("x", data).is_broken


def test_delimiter_tells_a_multipart_body() -> None:
    inner = '<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:a" version="x" fullState="true"/>'
    body = (MULTIPART % inner).replace("pidf", "rlmi")
    result = validated(body)
    assert result.media_type == "multipart/related"
    assert result.is_broken
    assert validated(MULTIPART % (PIDF % "")).media_type == "multipart/mixed"


def test_command_judges_a_part_at_its_place(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_text("<entry/>")
    at = f"{AT}/~~/resource-lists/list/entry"
    assert main(["validate", "--at", at, str(body)]) == 1
    assert "RFC 4826" in capsys.readouterr().out


def test_command_answers_0_for_a_right_body(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(body)]) == 0
    assert f"{body}  application/pidf+xml" in capsys.readouterr().out


def test_command_answers_1_and_names_line_path_level_and_clause(
    body: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body.write_text(PIDF % (TUPLE % "OPEN"))
    assert main(["validate", str(body)]) == 1
    place = f"{body}:3: /presence/tuple/status/basic: MUST RFC 3863 §4.4: 'OPEN'"
    assert place in capsys.readouterr().out


def test_command_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = io.TextIOWrapper(io.BytesIO((MULTIPART % (PIDF % "")).encode()))
    monkeypatch.setattr("sys.stdin", data)
    assert main(["validate", "--type", RELATED, "--format", "json", "-"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["type"] == "multipart/related"


def test_command_goes_on_after_a_file_that_is_not_there(
    body: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(body.parent / "none"), str(body.parent), str(body)]) == 2
    out, err = capsys.readouterr()
    assert f"{body}  application/pidf+xml" in out
    assert len(err.splitlines()) == 2


def test_command_reads_no_more_than_a_body_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "/dev/zero"]) == 2
    assert "no body is so long" in capsys.readouterr().err


def test_command_gives_each_file_a_line_of_json(
    body: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--format", "json", str(body), str(body.parent / "none")]) == 2
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["file"] == str(body)
    assert first["problems"] == []
    assert second["findings"] == []
    assert second["problems"] == ["No such file or directory"]

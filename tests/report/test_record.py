"""The run record as it is written and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.model import Peer, Transport, Verdict
from harness.report.mask import Masker
from harness.report.record import Record, RecordError, RecordWriter, read_record
from harness.trace import Trace
from tests.report.golden import build

RUN = json.dumps({"event": "run", "version": 1}) + "\n"


def read(tmp_path: Path, text: str) -> Record:
    path = tmp_path / "run.jsonl"
    path.write_text(text, encoding="utf-8")
    return read_record(path)


def test_golden_record_is_what_its_builder_makes() -> None:
    assert build.PATH.read_text(encoding="ascii") == build.text()


def test_record_holds_of_each_message_what_was_written_last() -> None:
    record = read_record(build.PATH)
    assert [each["number"] for each in record.messages] == list(range(1, 10))
    assert record.messages[0]["ue"] == build.ALICE


def test_record_holds_of_each_step_what_was_written_last() -> None:
    assert read_record(build.PATH).steps[build.ALICE, "2"]["verdict"] == "pass"


def test_record_of_a_killed_run_ends_before_the_line_that_was_cut() -> None:
    assert read_record(build.PATH).end is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "its first line is no 'run' event"),
        ("not JSON\n", "run.jsonl:1: not JSON"),
        ("[]\n", "run.jsonl:1: not an event"),
        (json.dumps({"event": "run", "version": 99}) + "\n", "record version 99, 1 is understood"),
        (RUN + '{"event": "message"}\n', "run.jsonl:2: the message event lacks 'number'"),
        ("\udcff\n".encode("utf-8", "surrogateescape").decode("latin-1"), "run.jsonl:1: not JSON"),
    ],
)
def test_record_says_why_it_cannot_be_read(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RecordError, match=r"run\.jsonl") as caught:
        read(tmp_path, text)
    assert says in str(caught.value)


def test_record_of_bytes_that_are_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"\xff\xfe\x00\n")
    with pytest.raises(RecordError, match="not JSON"):
        read_record(path)


def test_record_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        read_record(tmp_path / "none.jsonl")


def test_writer_masks_credentials_and_has_each_line_on_disk_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    raw = (
        b"REGISTER sip:example.com SIP/2.0\r\n"
        b'Authorization: Digest username="a",response="0123456789abcdef"\r\n\r\n'
    )
    entry = Trace().append(raw, Peer("192.0.2.1", 5060), Peer("192.0.2.2", 5060), 1.0)
    with RecordWriter(path, Masker(["hunter2-hunter2"])) as writer:
        writer.run(started=1.0)
        writer.message(entry, ue="192.0.2.1", sender="ue", kind="message", step="1")
        writer.note("info", "the password is hunter2-hunter2")
        written = read_record(path)
        writer.end(2.0, Verdict.PASS)
    text = path.read_text(encoding="ascii")
    assert "hunter2" not in text
    assert len(written.messages) == 1
    assert written.notes[0]["text"] == "the password is ***************"
    assert read_record(path).end == {"event": "end", "finished": 2.0, "verdict": "pass"}


def test_writer_writes_the_verdict_of_a_step_only_when_it_is_news(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with RecordWriter(path, Masker()) as writer:
        for verdict in (Verdict.PASS, Verdict.PASS, Verdict.FAIL):
            writer.step(ue="a", step="1", name="x", verdict=verdict, reason="", entries=(1,))
    assert len(path.read_text(encoding="ascii").splitlines()) == 2


def test_writer_tells_http_from_sip(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    ends = [Peer("192.0.2.1", 8080, Transport.HTTP), Peer("192.0.2.2", 8080, Transport.HTTP)]
    entry = Trace().append(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", ends[0], ends[1], 1.0)
    with RecordWriter(path, Masker()) as writer:
        writer.run()
        writer.message(entry, ue=None, sender=None, kind="message", step=None, frame=7)
    message = read_record(path).messages[0]
    assert (message["protocol"], message["summary"], message["frame"]) == ("http", "GET /x", 7)

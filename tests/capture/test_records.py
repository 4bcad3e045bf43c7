"""Records of pcap files: whole ones of a usual length are taken, anything else is left."""

from __future__ import annotations

import io
import struct

import pytest

from harness.capture import records
from harness.capture.records import usual_records


def _record(data: bytes, order: str = "<", length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return struct.pack(order + "IIII", 1, 2, size, size + 5) + data


def _read(file: io.BytesIO, order: str = "<") -> list[bytes]:
    found = list(usual_records(file, order))
    assert all(each[:2] == (1, 2) and each[2] == len(each[3]) + 5 for each in found)
    return [data for *_, data in found]


@pytest.mark.parametrize("order", ["<", ">"])
def test_records_are_whole_wherever_a_piece_ends(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_PIECE", 7)
    file = io.BytesIO(b"head" + b"".join(_record(b"x" * size, order) for size in range(40)))
    file.seek(4)

    assert _read(file, order) == [b"x" * size for size in range(40)]
    assert file.read() == b""


@pytest.mark.parametrize("rest", [b"\0" * 15, _record(b"x" * 9, length=10)])
def test_record_that_is_cut_short_is_left(rest: bytes) -> None:
    file = io.BytesIO(_record(b"a") + rest)

    assert _read(file) == [b"a"]
    assert file.read() == rest


def test_record_of_an_unusual_length_is_left_with_all_behind_it() -> None:
    rest = _record(b"", length=1 << 31) + _record(b"b")
    file = io.BytesIO(_record(b"a") + rest)

    assert _read(file) == [b"a"]
    assert file.read() == rest

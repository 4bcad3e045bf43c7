"""Frames of pcap and pcapng files, read one by one with scapy's file readers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from scapy.config import conf
from scapy.error import Scapy_Exception
from scapy.utils import RawPcapNgReader, RawPcapReader

from harness.capture.records import usual_records

# Larger than any frame that a segmentation-offloading interface hands to a capture.
_MAX_FRAME = 1 << 18
_MAX_WARNINGS = 20
_PCAP_HEADER, _PCAP_RECORD = 24, 16


DECRYPTED = b"presence harness: TLS was taken off"
"""Comment of the frames that begin a connection whose TLS a capture lacks."""


class CaptureError(ValueError):
    """A capture cannot be used; the text says which file, why and what to do."""


class Frame(NamedTuple):
    """One captured frame: number from 1 (as tshark counts), time in seconds since the epoch,
    LINKTYPE, the bytes, whether the capture cut them short, and the comments on it."""

    number: int
    time: float
    linktype: int
    data: bytes
    is_cut: bool
    comments: tuple[bytes, ...] = ()


class _Collector(logging.Handler):
    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._texts) < _MAX_WARNINGS:
            self._texts.append(record.getMessage())


@contextmanager
def _scapy_warnings() -> Iterator[list[str]]:
    """Collects what scapy says about a damaged file, so that it reaches the user as a problem.

    scapy keeps a warning to itself that it gave a moment ago: its threshold is set to none.
    """
    texts: list[str] = []
    logger, collector = logging.getLogger("scapy.runtime"), _Collector(texts)
    logger.addHandler(collector)
    before = logger.propagate, conf.warning_threshold
    logger.propagate, conf.warning_threshold = False, 0
    try:
        yield texts
    finally:
        logger.propagate, conf.warning_threshold = before
        logger.removeHandler(collector)


class CaptureFile:
    """A capture file, read in one pass.

    `problems` lists what was damaged, once the frames have been read. Raises CaptureError where
    the file is no capture at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []
        try:
            size = path.stat().st_size
            if path.is_dir():
                raise CaptureError(f"{path}: a folder, not a capture. Name a pcap or pcapng file")
            if size == 0:
                raise CaptureError(f"{path}: the file is empty")
            self._size = size
            self._reader: Any = self._open()
        except OSError as error:
            raise CaptureError(f"{path}: cannot be read: {error.strerror}") from None

    def _open(self) -> RawPcapReader:
        # Opened here and not by scapy, which leaves a file open that it refuses.
        file = self.path.open("rb")
        with _scapy_warnings():
            try:
                # scapy takes an open file as well, its annotation only says str.
                return RawPcapReader(file)  # type: ignore[arg-type]
            except (Scapy_Exception, OSError, EOFError, ValueError) as error:
                file.close()
                detail = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise CaptureError(
                    f"{self.path}: not a pcap or pcapng capture ({detail}). "
                    "Save it as pcap or pcapng, for example with: tshark -r FILE -w FILE.pcapng"
                ) from None

    def __iter__(self) -> Iterator[Frame]:
        with _scapy_warnings() as warnings:
            try:
                yield from self._frames()
            finally:
                self._reader.close()
                self.problems += [f"{self.path}: {text}" for text in warnings]

    def _frames(self) -> Iterator[Frame]:
        is_ng = isinstance(self._reader, RawPcapNgReader)
        is_plain = not is_ng and self._is_plain()
        number, used = 0, _PCAP_HEADER
        if is_plain:
            linktype, unit = self._reader.linktype, self._unit
            for seconds, part, on_wire, data in usual_records(self._reader.f, self._reader.endian):
                number += 1
                used += _PCAP_RECORD + len(data)
                yield Frame(number, seconds + part * unit, linktype, data, len(data) < on_wire)
        while True:
            try:
                # The public iterator cuts frames at 65,535 bytes; loopback frames can be longer.
                data, about = self._reader._read_packet(size=_MAX_FRAME)
            except EOFError:
                break
            except (Scapy_Exception, ValueError, OverflowError) as error:
                self.problems.append(f"{self.path}: after frame {number}: {error}")
                break
            number += 1
            if is_ng:
                yield _ng_frame(number, data, about)
            else:
                used += _PCAP_RECORD + about.caplen
                yield self._pcap_frame(number, data, about)
        if is_plain and used != self._size:
            self.problems.append(
                f"{self.path}: the file ends inside a record after frame {number}: it was cut short"
            )

    def _is_plain(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(2) != b"\x1f\x8b"

    @property
    def _unit(self) -> float:
        """What a record counts beside the seconds."""
        return 1e-9 if self._reader.nano else 1e-6

    def _pcap_frame(self, number: int, data: bytes, about: Any) -> Frame:
        time = about.sec + about.usec * self._unit
        return Frame(number, time, self._reader.linktype, data, len(data) < about.wirelen)


def _ng_frame(number: int, data: bytes, about: Any) -> Frame:
    ticks = ((about.tshigh or 0) << 32) | (about.tslow or 0)
    time = ticks / float(about.tsresol)
    # scapy 2.7 and later read all comments of a frame, earlier versions the first.
    first = getattr(about, "comment", None)
    comments = tuple(getattr(about, "comments", None) or ([first] if first else ()))
    return Frame(number, time, about.linktype, data, len(data) < about.wirelen, comments)

"""What the commands print: whole lines, on any terminal, into any pipe, whatever stands in them."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from harness.report.text import plain

_MAX_MESSAGE = 2000


def use_any_encoding() -> None:
    """Let a character that the terminal has not be written as an escape, not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard(stream: TextIO | None) -> None:
    """Nobody reads `stream` any more: what Python still writes to it at its end goes nowhere."""
    if isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def complain(text: str, who: str = "presence") -> None:
    """One message of the command on standard error; each line of it made safe for a terminal."""
    for line in text.splitlines():
        print(f"{who}: {plain(line, _MAX_MESSAGE)}", file=sys.stderr)


class Output:
    """Standard output, line by line; in colour where that is a terminal which wants it.

    Once its reader has gone, as `head` does, the rest is dropped and the command goes on: its
    exit status still tells the whole. Nothing in a text is taken for markup.
    """

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.is_read = True

    def line(self, *parts: str | tuple[str, str]) -> None:
        """A line of texts, or of texts with their style as rich names it.

        It is never cut to the terminal's width: a terminal wraps it, and `grep` finds it whole.
        """
        if not self._console.is_terminal:
            self.write("".join(each if isinstance(each, str) else each[0] for each in parts))
            return
        from rich.text import Text

        text = Text.assemble(*parts)
        with self._console.capture() as capture:
            self._console.print(text, end="")
        self.write(capture.get())

    def write(self, line: str) -> None:
        """A line as it is."""
        if not self.is_read or sys.stdout is None:
            return
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            self.is_read = False
            discard(sys.stdout)

    def table(self, rows: list[tuple[tuple[str, str], ...]]) -> None:
        """Rows of (text, style) in columns as wide as their widest text; the first is the head."""
        widths = [max(len(text) for text, _ in column) for column in zip(*rows, strict=True)]
        for row in rows:
            padded = zip(row, widths, strict=True)
            cells = [(text.ljust(width) + "  ", style) for (text, style), width in padded]
            last, style = row[-1]
            self.line(*(cells[:-1] if last else _unpadded(cells[:-1])), (last, style))


def _unpadded(cells: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Cells without the spaces after the last: a row ends where its text does."""
    while cells and not cells[-1][0].strip():
        cells = cells[:-1]
    return [*cells[:-1], (cells[-1][0].rstrip(), cells[-1][1])] if cells else []

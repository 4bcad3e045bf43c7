"""What `presence validate` does."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.config import Profile
from harness.model import Level
from harness.output import Output, complain
from harness.report.text import plain
from harness.validate import BodyJudge, Validation, to_json
from harness.xcap.framing import MAX_BODY

EXIT_OK, EXIT_FINDINGS, EXIT_UNUSABLE = 0, 1, 2
MAX_FILE = MAX_BODY
"""Bytes of a file that are read, as many as of the body of a message; each XML document in it has
a bound of its own (`harness.body.wellformed.MAX_BYTES`)."""

STANDARD_INPUT = "-"
_COLOUR = {Level.MUST: "red", Level.SHOULD: "yellow", Level.INFO: "dim"}


def read_body(name: str) -> bytes:
    """The bytes of a file, or of standard input for "-".

    Raises OSError where it cannot be read, ValueError where it is longer than `MAX_FILE`.
    """
    if name == STANDARD_INPUT:
        if sys.stdin is None:
            raise ValueError("standard input is closed")
        data = sys.stdin.buffer.read(MAX_FILE + 1)
    else:
        with Path(name).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise ValueError(f"more than {MAX_FILE} bytes: no body is so long")
    return data


def run_validate(
    names: Sequence[str],
    profile: Profile,
    time: float,
    *,
    content_type: str | None = None,
    at: str = "",
    codings: tuple[str, ...] = (),
    as_json: bool = False,
) -> int:
    """Judge bodies one after the other; one that cannot be read does not stop the others."""
    judge, output, status = BodyJudge(profile, time), Output(), EXIT_OK
    for name in names:
        try:
            result = judge.judge(name, read_body(name), content_type, at=at, codings=codings)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            result = Validation(name, "", problems=(reason,))
        if as_json:
            output.write(json.dumps(to_json(result)))
        else:
            _print(output, result)
        for problem in result.problems:
            complain(f"{name}: {problem}")
            status = EXIT_UNUSABLE
        if result.is_broken and status == EXIT_OK:
            status = EXIT_FINDINGS
    return status


def _print(output: Output, result: Validation) -> None:
    for each in result.findings:
        place = plain(result.name) + ("" if each.line is None else f":{each.line}")
        level = each.level.value.upper()
        output.line(
            f"{place}: {plain(each.where)}: ",
            (level, _COLOUR[each.level]),
            f" {each.clause}: {plain(each.observed)}",
        )
        rows = (("check", f"{each.check}  {each.purpose}"), ("expected", each.expected))
        for title, value in (*rows, ("hint", each.hint)):
            if value:
                output.line(f"    {title:<9} {plain(value)}")
    if not result.problems:
        counts = [sum(1 for each in result.findings if each.level is level) for level in Level]
        told = ", ".join(f"{n} {level.value}" for n, level in zip(counts, Level, strict=True) if n)
        output.line((plain(result.name), "bold"), f"  {result.media_type}  {told or 'no findings'}")

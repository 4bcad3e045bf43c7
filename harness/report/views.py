"""Writes every view of a run record."""

from __future__ import annotations

from pathlib import Path

from harness.report.allure import write_allure
from harness.report.html import write_html
from harness.report.junit import write_junit
from harness.report.ladder import ladder_text
from harness.report.record import read_record
from harness.report.story import tell


def write_reports(record_path: Path, folder: Path) -> list[Path]:
    """Write every view of a record into `folder`; answers the files a person or a tool opens.

    Raises RecordError where the record cannot be read, OSError where a file cannot be written.
    """
    story = tell(read_record(record_path))
    folder.mkdir(parents=True, exist_ok=True)
    ladder = folder / "ladder.txt"
    ladder.write_text("".join(f"{line}\n" for line in ladder_text(story)), encoding="utf-8")
    return [
        write_html(story, folder / "index.html"),
        write_junit(story, folder / "junit.xml"),
        write_allure(story, folder / "allure-results"),
        ladder,
    ]

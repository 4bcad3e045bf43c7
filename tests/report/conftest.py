"""The golden record, and what the views make of it, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.record import read_record
from harness.report.story import Story, tell
from harness.report.views import write_reports
from tests.report.golden import build


@pytest.fixture(scope="session")
def golden() -> Story:
    """The golden record, joined."""
    return tell(read_record(build.PATH))


@pytest.fixture(scope="session")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every view of the golden record."""
    folder = tmp_path_factory.mktemp("views")
    write_reports(build.PATH, folder)
    return folder

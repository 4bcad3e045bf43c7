"""Fixtures that several folders of tests share."""

from __future__ import annotations

from tests.live import documented_run, live_run

pytest_plugins = ["pytester"]

__all__ = ["documented_run", "live_run"]

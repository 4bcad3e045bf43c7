"""Fixtures that several folders of tests share."""

from __future__ import annotations

from tests.live import documented_run, live_run

__all__ = ["documented_run", "live_run"]

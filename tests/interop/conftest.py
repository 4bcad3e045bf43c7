"""The network side in a process of its own, for other people's programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.tools import NetworkUnderTest, playing_network


@pytest.fixture
def network(tmp_path: Path) -> Iterator[NetworkUnderTest]:
    """`presence network` on free ports of the loopback address."""
    with playing_network(tmp_path / "network.pcapng") as network:
        yield network

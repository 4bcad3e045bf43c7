"""The file with the commands that set up IPsec with a phone, for root to run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from harness.output import complain


class IpsecScript:
    """Writes the commands of the latest agreement of each user.

    They hold keys: the file is its owner's alone. `say` tells the person at the phone.
    """

    def __init__(self, path: Path, say: Callable[[str, str], None]) -> None:
        self._path = path
        self._say = say
        self._agreements: dict[str, tuple[str, ...]] = {}

    def __call__(self, user: str, commands: tuple[str, ...]) -> None:
        self._agreements[user] = commands
        lines = ["#!/bin/sh", "# Security associations of phones with this P-CSCF: keys inside."]
        lines += ["ip xfrm state flush", "ip xfrm policy flush"]
        for each, own in self._agreements.items():
            lines += [f"# {each}", *own]
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write("\n".join([*lines, ""]))
        except OSError as error:
            complain(f"--ipsec-script {self._path}: {error.strerror}")
            return
        self._say("IPsec", f"agreed with {user}: as root, run sh {self._path}")

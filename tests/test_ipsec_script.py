"""The commands for IPsec are written where only their owner reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.ipsec_script import IpsecScript


def test_file_has_the_latest_commands_of_each_user_and_is_private(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "ipsec.sh"
    script = IpsecScript(path, lambda name, value: said.append(f"{name} {value}"))

    script("sip:a@x", ("ip xfrm state add old",))
    script("sip:b@x", ("ip xfrm state add other",))
    script("sip:a@x", ("ip xfrm state add new",))

    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "old" not in text
    assert text.index("state flush") < text.index("new") < text.index("other")
    assert said[0] == f"IPsec agreed with sip:a@x: as root, run sh {path}"


def test_folder_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = IpsecScript(tmp_path / "none" / "x.sh", lambda name, value: None)
    script("sip:a@x", ())
    assert "No such file" in capsys.readouterr().err

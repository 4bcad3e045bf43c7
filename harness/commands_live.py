"""What `presence network` does: play until interrupted.

What it prints is dropped once its reader has gone, as `head` does: the peer is answered still.
"""

from __future__ import annotations

import asyncio
import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import Profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import load_flow
from harness.ipsec_script import IpsecScript
from harness.live import until_interrupted
from harness.model import Level, Peer
from harness.output import Output, complain
from harness.paths import FLOW
from harness.report.ladder import ladder_line
from harness.report.mask import Masker
from harness.report.text import finding_lines, plain
from harness.serving import exposure, make_driver, start_network
from harness.trace import Sequencer
from harness.transport.authority import AuthorityError
from harness.transport.driver import ListenError
from harness.transport.tls import TlsError

if TYPE_CHECKING:
    from harness.capture.writer import CaptureWriter

EXIT_OK, EXIT_FAILED, EXIT_UNUSABLE = 0, 1, 2

# Playing and judging leave next to no cycles, and each search for them is a time without answers:
# 0.2 s for old ones, after some hundred flows. So: short ones for new objects, hardly one for old.
_COLLECTIONS = (10_000, 5, 1000)


class _Watch:
    """Prints each message as it crosses the wire, and what is wrong with it."""

    def __init__(self, profile: Profile, capture: CaptureWriter | None) -> None:
        self._sequencer = Sequencer()
        self._capture = capture
        self._flow = load_flow(FLOW)
        self._evaluation = Evaluation(self._flow, profile, own_network=True)
        self._masker = Masker(profile.secrets)
        self._started = time.time()
        self._output = Output()

    def say(self, name: str, value: str) -> None:
        """A fact about this network side, for the person who sets up the UE."""
        self._output.line(f"{name:<22}{plain(value)}")

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        entry = self._sequencer.entry(raw, source, destination, time, connection=connection)
        if self._capture is not None:
            self._capture.write(entry)
        judged = self._evaluation.feed(entry)
        steps = [self._flow.step(step).name for each in judged for step in each.steps]
        line = ladder_line(entry, self._started, judged[-1].judged.sender if judged else None)
        self._output.line(self._masker.text(f"{line}  {' '.join(steps)}".rstrip()))
        for each in judged:
            for finding in each.findings:
                if finding.level is not Level.INFO:
                    for text in finding_lines(self._masker.finding(finding)):
                        self._output.line(text)


def run_network(profile: Profile, pcap_out: Path | None, ipsec_script: Path | None) -> int:
    """Play the network side until interrupted."""
    gc.set_threshold(*_COLLECTIONS)
    if ipsec_script is not None and profile.network.security_agreement == "none":
        return refuse(
            f"--ipsec-script {ipsec_script}: the profile agrees on no IPsec. Give it "
            "network.security_agreement: ipsec-3gpp"
        )
    capture = open_capture(pcap_out)
    if isinstance(capture, str):
        return refuse(capture)
    try:
        return asyncio.run(_play_network(profile, _Watch(profile, capture), ipsec_script))
    except (ListenError, AuthorityError, TlsError) as error:
        return refuse(str(error.strerror or error))
    finally:
        if capture is not None:
            capture.close()


async def _play_network(profile: Profile, watch: _Watch, ipsec_script: Path | None) -> int:
    driver = make_driver(profile, watch, _complain_of, complain)
    try:
        serving = await start_network(profile, driver, soon=True)
        gc.freeze()  # grammars and schemas stay: no need to look through them
        if ipsec_script is not None and serving.network is not None:
            script = IpsecScript(ipsec_script, watch.say)
            serving.network.registrar.security.observers.append(script)
        for name, value in serving.facts():
            watch.say(name, value)
        watch.say("domain", profile.pixit.domain)
        watch.say("user", profile.pixit.impu)
        reach = exposure(profile)
        if reach:
            watch.say("reach", reach)
        watch.say("Interrupt (Ctrl-C) to stop.", "")
        await until_interrupted()
    finally:
        await driver.stop()
    return EXIT_OK


def _complain_of(error: BaseException) -> None:
    complain(f"the harness failed: {error!r}")


def open_capture(path: Path | None) -> CaptureWriter | str | None:
    """The capture to write, or why it cannot be written."""
    if path is None:
        return None
    # Its library takes longer to load than all the rest of the network side.
    from harness.capture.writer import CaptureWriter

    complain(f"{path}: a capture is written as it was on the wire, secrets included, TLS taken off")
    try:
        return CaptureWriter(path)
    except OSError as error:
        return f"--pcap-out {path}: {error.strerror}"


def refuse(text: str, status: int = EXIT_UNUSABLE) -> int:
    """Say why nothing is done; answers the exit status."""
    complain(text)
    return status

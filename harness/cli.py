"""The `presence` command: audit captures, play the network side or the reference UE, list checks,
write reports anew."""

from __future__ import annotations

import argparse
import ipaddress
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from harness.config import ProfileError, load_profile, replace_values
from harness.config_fields import ip_address_of
from harness.config_transport import Listener, listener_of
from harness.flow.document import FlowError
from harness.output import complain, discard, use_any_encoding
from harness.paths import EXAMPLE_PROFILE

EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT
"""What a shell makes of a command that Ctrl-C ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; answers its exit status."""
    use_any_encoding()
    try:
        arguments = make_parser().parse_args(argv)
        run: Callable[[argparse.Namespace], int] = arguments.run
        return run(arguments)
    except (ProfileError, FlowError) as error:
        complain(str(error))
        return EXIT_UNUSABLE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        # What is to be written cannot be: a full disk, or standard error's reader has gone.
        discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            discard(sys.stderr)
        else:
            complain(str(error))
        return EXIT_UNUSABLE


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line, with every command and option."""
    parser = argparse.ArgumentParser(
        prog="presence",
        description="Conformance tests for the presence behaviour of IMS/RCS phones.",
        epilog="The flow as test cases: pytest -m presence",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_audit(commands.add_parser("audit", help="judge captures (pcap, pcapng)"))
    _add_validate(commands.add_parser("validate", help="judge message bodies in files"))
    _add_network(commands.add_parser("network", help="play the network side for a UE"))
    _add_ue(commands.add_parser("ue", help="run the reference UE against any server"))
    _add_checks(commands.add_parser("checks", help="list the checks"))
    _add_profiles(commands.add_parser("profile", help="look at a profile before it is used"))
    _add_report(commands.add_parser("report", help="write the reports of a run anew"))
    return parser


def _add_audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("captures", nargs="+", type=Path, metavar="CAPTURE")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--ue",
        action="append",
        default=[],
        type=_address,
        metavar="ADDRESS",
        help="address of the UE, IP or IP:PORT (default: every source of a REGISTER)",
    )
    _add_profile(parser)
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=0,
        metavar="N",
        help="processes that judge one capture (default: what its size is worth)",
    )
    parser.add_argument(
        "--strict-order", action="store_true", help="ask for the documented order of the requests"
    )
    parser.set_defaults(run=_audit)


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help='a body, with or without the header fields before it; gzip is undone ("-": standard '
        "input)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--type",
        metavar="MEDIA/TYPE",
        help="Content-Type of the bodies, with its parameters (default: what header fields, "
        "delimiter or root tell)",
    )
    parser.add_argument(
        "--at",
        metavar="XCAP-URI",
        default="",
        help="where the bodies belong: path and query of the request that puts them, as in "
        "/resource-lists/users/sip:a@b/index/~~/resource-lists/list%%5B1%%5D",
    )
    parser.add_argument(
        "--coding",
        action="append",
        default=[],
        choices=("gzip", "deflate", "identity"),
        help="a content coding of the bodies, in the order of Content-Encoding (repeatable)",
    )
    _add_profile(parser)
    parser.epilog = (
        "Exit status: 0 no body breaks a MUST, 1 some does, 2 some body could not be read or "
        "judged. A file has at most 16 MiB, an XML document 2 MiB and 100 levels."
    )
    parser.set_defaults(run=_validate)


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile",
        default="documented",
        metavar="NAME|FILE",
        help="whose clauses apply and what the UE claims (default: documented)",
    )


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bind", type=_own_address, metavar="ADDR", help="address to listen on (default: loopback)"
    )
    parser.add_argument("--sip-port", type=_port, metavar="N", help="SIP, UDP and TCP (0: any)")
    parser.add_argument("--xcap-port", type=_port, metavar="N", help="XCAP over HTTP (0: any)")
    parser.add_argument(
        "--listen",
        action="append",
        default=[],
        type=_listener,
        metavar="TRANSPORT:[ADDR:]PORT",
        help="listen here, instead of --sip-port and --xcap-port: udp, tcp or tls for SIP, http or "
        "https for XCAP; may be repeated",
    )
    parser.add_argument(
        "--tls-dir", metavar="DIR", help="where the lab's certificate authority is kept"
    )
    _add_keylog(parser)
    parser.add_argument(
        "--pcap-out", type=Path, metavar="FILE", help="write a capture (secrets are not masked)"
    )
    parser.add_argument(
        "--ipsec-script",
        type=Path,
        metavar="FILE",
        help="where the profile agrees on IPsec: write the ip xfrm commands that set it up, keys "
        "included, for root to run",
    )
    _add_profile(parser)
    parser.set_defaults(run=_network)


def _add_keylog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keylog",
        type=Path,
        metavar="FILE",
        help="write the keys of TLS, as SSLKEYLOGFILE does (whoever has them reads everything)",
    )


def _add_ue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--registrar",
        required=True,
        metavar="sip:HOST:PORT",
        help="with ;transport=tcp or ;transport=tls, or as sips:HOST:PORT",
    )
    parser.add_argument("--xcap-root", required=True, metavar="URL")
    parser.add_argument("--persona", default="conformant", metavar="NAME")
    parser.add_argument(
        "--defect", action="append", default=[], metavar="NAME", help="one deliberate fault"
    )
    parser.add_argument("--bind", type=_own_address, metavar="ADDR", help="the UE's own address")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="its SIP port (0: any)")
    parser.add_argument(
        "--transport", choices=("udp", "tcp", "tls"), help="default: what --registrar says, or udp"
    )
    parser.add_argument(
        "--ca",
        type=Path,
        metavar="FILE",
        help="the CA to trust, PEM or DER (default: the system's)",
    )
    parser.add_argument(
        "--cert", type=Path, metavar="FILE", help="PEM file with the UE's certificate and key"
    )
    _add_keylog(parser)
    parser.add_argument(
        "--patience",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long to wait for somebody who wants to watch the user (default: 30)",
    )
    parser.add_argument("--once", action="store_true", help="say good-bye after the flow")
    parser.add_argument(
        "--until-eof",
        action="store_true",
        help="say good-bye once standard input ends, as it does when who started this has gone",
    )
    parser.add_argument(
        "--pcap-out", type=Path, metavar="FILE", help="write a capture (secrets are not masked)"
    )
    _add_profile(parser)
    parser.set_defaults(run=_ue)


def _add_checks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text")
    _add_profile(parser)
    parser.set_defaults(run=_checks)


def _add_profiles(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser(
        "check", help="tell what it resolves to, or what is wrong with it: file, line, field"
    )
    check.add_argument("profile", metavar="NAME|FILE")
    check.set_defaults(run=_profile_check)
    example = actions.add_parser("example", help="print a commented one for a phone in a lab")
    example.set_defaults(run=_profile_example)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="a reports folder with its run.jsonl"
    )
    parser.set_defaults(run=_report)


def _address(text: str) -> str:
    """The address of a UE."""
    match = re.fullmatch(
        r"(?P<v4>[^:\[\]]+)(:(?P<port>\d+))?|\[(?P<v6>.+)\](:(?P<p6>\d+))?|.+", text
    )
    groups = match.groupdict() if match else {}
    host = groups.get("v4") or groups.get("v6") or text
    port = groups.get("port") or groups.get("p6")
    try:
        ipaddress.ip_address(host)
        is_good = port is None or 0 < int(port) < 65536
    except ValueError:
        is_good = False
    if not is_good:
        raise argparse.ArgumentTypeError(f"{text!r}: give IP, IP:PORT or [IPv6]:PORT")
    return text


def _own_address(text: str) -> str:
    """An address of this machine, as a profile's `network.bind` takes it."""
    try:
        return ip_address_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: a port is a number from 0 to 65535")
    return int(text)


def _listener(text: str) -> Listener:
    try:
        return listener_of(text)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise argparse.ArgumentTypeError(f"{text!r}: {problem}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number of processes, from 1 to 256")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r}: give seconds, from 0 to 86400")
    return seconds


# Each command loads what it needs when it runs, so that `presence --help` is quick.


def _audit(arguments: argparse.Namespace) -> int:
    from harness.commands import run_audit

    return run_audit(
        arguments.captures,
        load_profile(arguments.profile),
        ues=arguments.ue,
        as_json=arguments.format == "json",
        strict_order=arguments.strict_order,
        jobs=arguments.jobs,
    )


def _validate(arguments: argparse.Namespace) -> int:
    from harness.commands_validate import run_validate

    return run_validate(
        arguments.files,
        load_profile(arguments.profile),
        time.time(),
        content_type=arguments.type,
        at=arguments.at,
        codings=tuple(arguments.coding),
        as_json=arguments.format == "json",
    )


def _network(arguments: argparse.Namespace) -> int:
    from harness.commands_live import run_network

    profile = load_profile(arguments.profile)
    given = {name: getattr(arguments, name) for name in ("bind", "sip_port", "xcap_port")}
    changes = {name: value for name, value in given.items() if value is not None}
    listeners = arguments.listen or profile.network.listen
    unused = [f"--{name.replace('_', '-')}" for name in changes if name != "bind"]
    if listeners and unused:
        raise ProfileError(f"{unused[0]}: the listeners are named one by one. Give --listen")
    network = replace_values(profile.network, **changes, listen=tuple(listeners))
    tls = {"folder": arguments.tls_dir, "key_log": arguments.keylog and str(arguments.keylog)}
    tls = {name: value for name, value in tls.items() if value}
    return run_network(
        replace_values(profile, network=network, tls=replace_values(profile.tls, **tls)),
        arguments.pcap_out,
        arguments.ipsec_script,
    )


def _ue(arguments: argparse.Namespace) -> int:
    from harness.commands_ue import run_ue

    return run_ue(arguments, load_profile(arguments.profile))


def _profile_check(arguments: argparse.Namespace) -> int:
    from harness.commands_profile import run_profile_check

    return run_profile_check(load_profile(arguments.profile))


def _profile_example(_: argparse.Namespace) -> int:
    sys.stdout.write(EXAMPLE_PROFILE.read_text(encoding="utf-8"))
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from harness.commands import run_report

    return run_report(arguments.folder)


def _checks(arguments: argparse.Namespace) -> int:
    from harness.commands import run_checks

    return run_checks(load_profile(arguments.profile), as_json=arguments.format == "json")


if __name__ == "__main__":
    sys.exit(main())

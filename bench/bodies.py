"""Bodies a second through the whole judge of bodies, and where its time goes.

    python -m bench.bodies [--seconds N]

The bodies are those of the documented flow and some bodies of lists. Each is made anew by its
number, so that nothing is remembered from the one before.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from harness.config import load_profile
from harness.validate import BodyJudge

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TUPLE = (
    '<tuple id="t{0}"><status><basic>open</basic></status><op:service-description>'
    "<op:service-id>org.openmobilealliance:File-Transfer{0}</op:service-id>"
    "<op:version>1.0</op:version></op:service-description><contact>sip:alice@example.com</contact>"
    "<timestamp>2014-06-19T06:30:45.000Z</timestamp></tuple>"
)


def _pidf(tuples: int, person: str = "") -> str:
    content = "".join(_TUPLE.format(number) for number in range(tuples))
    return (
        f'{_DECLARATION}<presence xmlns="urn:ietf:params:xml:ns:pidf" '
        'xmlns:op="urn:oma:xml:prs:pidf:oma-pres" '
        'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
        'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.com">'
        f"{content}{person}<!-- %d --></presence>"
    )


_PERSON = '<dm:person id="p"><r:activities><r:away/></r:activities></dm:person>'
_WINFO = (
    '<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">'
    '<watcher-list resource="sip:alice@example.com" package="presence">'
    '<watcher id="w" status="active" event="approved">sip:bob@example.com</watcher>'
    "</watcher-list><!-- %d --></watcherinfo>"
)
_LISTS = (
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="rcs">'
    + "".join(f'<entry uri="sip:user{number}@example.com"/>' for number in range(20))
    + "</list><!-- %d --></resource-lists>"
)
_RULES = (
    '<ruleset xmlns="urn:ietf:params:xml:ns:common-policy"><rule id="a"><conditions><identity>'
    '<one id="sip:bob@example.com"/></identity></conditions><actions>'
    '<sub-handling xmlns="urn:ietf:params:xml:ns:pres-rules">allow</sub-handling></actions>'
    "</rule><!-- %d --></ruleset>"
)
_CHANGES = (
    '<pidf-diff xmlns="urn:ietf:params:xml:ns:pidf-diff" entity="pres:alice@example.com" '
    'version="2" xmlns:p="urn:ietf:params:xml:ns:pidf">'
    '<replace sel="p:presence/p:tuple[1]/p:status/p:basic/text()">closed</replace>'
    "<!-- %d --></pidf-diff>"
)
_RLMI = (
    '--x\r\nContent-Type: application/rlmi+xml\r\nContent-ID: <r@a>\r\n\r\n<list xmlns="urn:ietf:'
    'params:xml:ns:rlmi" uri="sip:l@a" version="0" fullState="true"><resource uri="sip:b@a">'
    '<instance id="1" state="active" cid="b@a"/></resource></list>\r\n'
    "--x\r\nContent-Type: application/pidf+xml\r\nContent-ID: <b@a>\r\n\r\n"
    + _pidf(1).replace("alice", "b")
    + "\r\n--x--\r\n"
)
_RELATED = 'multipart/related;type="application/rlmi+xml";start="<r@a>";boundary=x'

BODIES: dict[str, tuple[str, str | None]] = {
    "pidf, 5 services": (_pidf(5), None),
    "pidf, broken": (_pidf(5).replace(">open<", ">OPEN<", 1), None),
    "pidf, person": (_pidf(1, _PERSON), None),
    "watcherinfo": (_WINFO, None),
    "resource-lists, 20 entries": (_LISTS, None),
    "presence rules": (_RULES, None),
    "pidf-diff": (_CHANGES, None),
    "rlmi with one pidf": (_RLMI, _RELATED),
}
"""What is judged: a template with a place for a number, and its Content-Type where needed."""


def judged(judge: BodyJudge, name: str, seconds: float) -> float:
    """How many bodies of this kind are judged in a second."""
    template, content_type = BODIES[name]
    count, start = 0, time.perf_counter()
    judge.judge(name, (template % count).encode(), content_type)  # compiles what is needed
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        count += 1
        judge.judge(name, (template % count).encode(), content_type)
    return count / passed


def shares(judge: BodyJudge, bodies: int) -> Iterator[tuple[str, float]]:
    """The share of the time that each module takes itself, the largest first."""
    profile = cProfile.Profile()
    names = list(islice(cycle(BODIES), bodies))
    profile.enable()
    for number, name in enumerate(names, start=-bodies):
        template, content_type = BODIES[name]
        judge.judge(name, (template % number).encode(), content_type)
    profile.disable()
    spent: Counter[str] = Counter()
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]]
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # the stubs forget it
    for (file, _, function), (_, _, own, _, _) in stats.items():
        spent[Path(file).stem if file != "~" else function.strip("<>")[:60]] += own  # type: ignore[assignment]
    total = sum(spent.values())
    for module, own in spent.most_common(12):
        yield module, own / total


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.bodies", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each kind of body")
    seconds: float = parser.parse_args(arguments).seconds
    judge = BodyJudge(load_profile("documented"), time.time())
    print(f"{'bodies a second':<30}")
    for name, (template, _) in BODIES.items():
        rate = judged(judge, name, seconds)
        print(f"  {name:<28} {rate:>8.0f}   {len(template):>6} bytes")
    print("share of the time")
    for module, share in shares(judge, max(int(400 * seconds), 16)):
        print(f"  {share:>5.1%}  {module}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

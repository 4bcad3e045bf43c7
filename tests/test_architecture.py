"""The import table of docs/architecture.md: who may import whom, and who may touch the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[1] / "harness"

# package -> packages of the harness it may import; entry points may import everything.
ALLOWED = {
    "model": set(),
    "paths": set(),
    "config": {"config_fields", "config_subscribers", "config_transport", "model", "paths"},
    "config_fields": set(),
    "config_subscribers": {"config_fields"},
    "config_transport": {"config_fields", "model"},
    "abnf": set(),
    "sip": {"model", "abnf"},
    "xcap": {"model", "abnf"},
    "body": {"model", "paths"},
    "trace": {"model", "sip", "xcap"},
    "network": {"config_subscribers", "model", "config", "sip", "xcap", "body"},
    "ue": {"model", "config", "sip", "xcap", "body"},
    "capture": {"model", "trace", "sip", "xcap"},
    "checks": {"config_subscribers", "model", "config", "trace", "sip", "xcap", "body"},
    "flow": {"model", "config", "trace", "checks", "sip", "xcap", "body"},
    "transport": {"model", "trace", "sip", "xcap"},
    "report": {"model", "trace", "flow", "sip", "xcap"},
    "catalogue": {"model", "config", "checks", "flow"},
    "audit": {"model", "config", "trace", "capture", "checks", "flow"},
    "validate": {"model", "config", "trace", "xcap", "body", "checks"},
    "parallel": {"model", "config", "checks", "flow", "audit"},
}
ENTRY_POINTS = {
    *(
        "plugin",
        "cli",
        "commands",
        "commands_live",
        "commands_profile",
        "commands_ue",
        "commands_validate",
        "output",
        "run",
        "live",
        "serving",
        "session",
        "ipsec_script",
    ),
    "__init__",
}

# The clock, randomness, sockets and threads: only in transport and the entry points.
WORLD = {"asyncio", "random", "secrets", "selectors", "socket", "ssl", "threading", "time", "uuid"}
MAY_TOUCH_THE_WORLD = {"transport"} | ENTRY_POINTS
# Outside libraries that are kept in one place.
KEPT_IN = {
    "cryptography": {"sip", "transport"},
    "scapy": {"capture"},
    "h11": {"xcap"},
    "xmlschema": {"body"},
    "jinja2": {"report"},
    "allure": {"plugin"},
    "allure_commons": {"report"},
    "pytest": {"plugin"},
}


def modules() -> list[tuple[str, Path]]:
    """Each module with the package of the table that it belongs to."""
    paths = sorted(HARNESS.rglob("*.py"))
    return [(path.relative_to(HARNESS).with_suffix("").parts[0], path) for path in paths]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "harness":
                yield from (f"harness.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize(("package", "path"), modules(), ids=lambda value: str(value)[-40:])
def test_module_imports_only_what_the_table_allows(package: str, path: Path) -> None:
    if package in ENTRY_POINTS:
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("harness.")}
    assert used - {package} <= ALLOWED[package]


@pytest.mark.parametrize(("package", "path"), modules(), ids=lambda value: str(value)[-40:])
def test_module_leaves_clock_chance_and_sockets_to_the_transport(package: str, path: Path) -> None:
    if package in MAY_TOUCH_THE_WORLD:
        return
    used = {name.split(".")[0] for name in imports(path)}
    assert not used & WORLD


@pytest.mark.parametrize(("library", "packages"), list(KEPT_IN.items()))
def test_library_is_used_in_one_place(library: str, packages: set[str]) -> None:
    users = {
        package
        for package, path in modules()
        if any(name.split(".")[0] == library for name in imports(path))
    }
    assert users <= packages


def test_every_package_is_in_the_table() -> None:
    assert {package for package, _ in modules()} - ENTRY_POINTS <= set(ALLOWED) | {"device"}

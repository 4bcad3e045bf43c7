"""A YAML document with the line of everything in it, read field by field.

Every error names the file, the line, the place (such as "step 9") and the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from harness.config import yaml_error

MAX_BYTES = 1 << 20

Scalar = str | int | float | bool | None
Value = Scalar | list["Value"] | dict[str, "Value"]


class FlowError(ValueError):
    """A flow cannot be used; the text says where (file, line, field), what and what to do."""


class Node:
    """A value of the document; `where` names it in errors."""

    def __init__(self, node: yaml.Node, path: Path, where: str) -> None:
        self._node = node
        self.path = path
        self.where = where

    @property
    def line(self) -> int:
        return self._node.start_mark.line + 1

    def error(self, what: str) -> FlowError:
        return FlowError(f"{self.path}:{self.line}: {self.where}: {what}")

    @property
    def is_sequence(self) -> bool:
        return isinstance(self._node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self._node, yaml.MappingNode)

    def items(self) -> Iterator[tuple[str, Node]]:
        """The fields of a mapping in order; `<<` brings in another mapping's, which it overrides.

        Raises FlowError where this is no mapping or a field stands twice.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error(f"expected a mapping of fields, found {self._kind()}")
        own = {key for key, _ in self._own_fields() if key != "<<"}
        seen: set[str] = set()
        for key, node in self._own_fields():
            if key == "<<":
                merged = Node(node, self.path, self.where)
                yield from ((name, each) for name, each in merged.items() if name not in own)
                continue
            child = Node(node, self.path, f"{self.where}: field '{key}'")
            if key in seen:
                raise child.error("stands twice")
            seen.add(key)
            yield key, child

    def fields(self, required: frozenset[str], optional: frozenset[str]) -> dict[str, Node]:
        """The fields of a mapping, which may have these and no others; raises FlowError."""
        found = dict(self.items())
        for key, child in found.items():
            if key not in required | optional:
                known = ", ".join(sorted(required | optional))
                raise child.error(f"no such field; known are: {known}")
        missing = sorted(required - found.keys())
        if missing:
            raise self.error(f"the field '{missing[0]}' is missing")
        return found

    def elements(self) -> list[Node]:
        """The elements of a list; raises FlowError."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error(f"expected a list, found {self._kind()}")
        return [Node(each, self.path, self.where) for each in self._node.value]

    def texts(self) -> tuple[str, ...]:
        """A list of texts; raises FlowError."""
        return tuple(each.text() for each in self.elements())

    def text(self) -> str:
        """A text that is not empty; raises FlowError."""
        value = self.value()
        if isinstance(value, str) and value.strip():
            return value
        raise self.error(f"expected a text, found {self._kind()}")

    def number(self) -> float:
        """A number above zero; raises FlowError."""
        value = self.value()
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value)
        raise self.error(f"expected a number above 0, found {value!r}")

    def choice(self, *choices: str) -> str:
        """One of these words; raises FlowError."""
        value = self.value()
        if isinstance(value, str) and value in choices:
            return value
        raise self.error(f"expected one of {', '.join(choices)}, found {value!r}")

    def value(self) -> Value:
        """The plain value: scalars, lists and mappings; raises FlowError."""
        if self.is_mapping:
            return {key: child.value() for key, child in self.items()}
        if self.is_sequence:
            return [each.value() for each in self.elements()]
        built = yaml.safe_load(yaml.serialize(self._node))
        if built is None or isinstance(built, str | int | float | bool):
            return built
        # A date or the like that nobody asked for: what was written is what was meant.
        return str(self._node.value)

    def _own_fields(self) -> list[tuple[str, yaml.Node]]:
        return [(str(key.value), value) for key, value in self._node.value]

    def _kind(self) -> str:
        if isinstance(self._node, yaml.ScalarNode):
            return repr(self._node.value) if self._node.value else "nothing"
        return "a list" if self.is_sequence else "a mapping"


def read_document(path: Path) -> Node:
    """The document's root; raises FlowError where the file cannot be read or is no YAML."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise FlowError(f"{path}: {len(raw)} bytes are too many for a flow")
        root = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise FlowError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise FlowError(f"{path}: not UTF-8 at byte {error.start}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise FlowError(yaml_error(path, error)) from None
    if root is None:
        raise FlowError(f"{path}:1: the file is empty")
    return Node(root, path, "the flow")

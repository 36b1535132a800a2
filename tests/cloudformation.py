"""Reads CloudFormation templates, short forms (`!Ref`, `!GetAtt A.B`) written out in full."""

import re
from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9]+)\}")


class _Loader(yaml.SafeLoader):
    """SafeLoader that knows every tag."""


def _construct(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            text = str(loader.construct_scalar(node))
            return {name: text.split(".", 1) if suffix == "GetAtt" else text}
        case yaml.SequenceNode():
            return {name: loader.construct_sequence(node, deep=True)}
        case yaml.MappingNode():
            return {name: loader.construct_mapping(node, deep=True)}
    raise AssertionError(f"an unknown node: {node}")


_Loader.add_multi_constructor("!", _construct)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template."""

    body: abc.Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Template":
        return cls(yaml.load(path.read_text("utf-8"), Loader=_Loader))  # noqa: S506 - a SafeLoader

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        return dict(self.body["Parameters"])

    @property
    def outputs(self) -> dict[str, dict[str, Any]]:
        return dict(self.body["Outputs"])

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        return dict(self.body["Resources"])

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of every function, those of Globals beneath."""
        shared = self.body["Globals"]["Function"]
        functions = self.of_type("AWS::Serverless::Function")
        return {logical_id: shared | own for logical_id, own in functions.items()}


def references(node: object) -> Iterator[str]:
    """Every name that `Ref`, or `Fn::Sub` without an attribute, mentions below a node."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from _SUBSTITUTION.findall(text)
        case abc.Mapping():
            for value in node.values():
                yield from references(value)
        case list():
            for value in node:
                yield from references(value)
        case _:
            return


def alternatives(node: object) -> list[Any]:
    """A list in which each `Fn::If` is replaced by its branches, `AWS::NoValue` left out."""
    nodes = node if isinstance(node, list) else [node]
    branches = [branch for item in nodes for branch in _branches(item)]
    return [branch for branch in branches if branch != {"Ref": "AWS::NoValue"}]


def _branches(node: object) -> list[object]:
    match node:
        case {"Fn::If": [_, yes, no]}:
            return [*_branches(yes), *_branches(no)]
        case _:
            return [node]

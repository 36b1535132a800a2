"""The template as CloudFormation gets it: the SAM transform has written out what it stands for."""

import json
import re
import subprocess
from collections import abc
from collections.abc import Iterator
from typing import Any

from tests.cloudformation import Template
from tests.sandbox.tools import ministack_executable

_TRANSFORM = """
import json, os, sys
from types import SimpleNamespace

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
from samtranslator.translator.transform import transform

known = json.load(sys.stdin)
print(json.dumps(transform(known, {}, SimpleNamespace(load=dict))))
"""

_IN_SUB = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")


def transformed(template: Template) -> abc.Mapping[str, Any]:
    """Its resources, by logical id; functions and layers as if they lay in a bucket."""
    body = json.loads(json.dumps(template.body))
    for resource in body["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = "s3://bucket/key"
    python = ministack_executable().with_name("python")
    answer = subprocess.run(
        [python, "-c", _TRANSFORM],
        input=json.dumps(body),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    resources: abc.Mapping[str, Any] = json.loads(answer.stdout)["Resources"]
    return resources


def needs(resources: abc.Mapping[str, Any]) -> dict[str, set[str]]:
    """What each resource needs to be there first."""
    return {
        name: {*_named(resource), *_listed(resource.get("DependsOn", []))} & resources.keys()
        for name, resource in resources.items()
    }


def cycles(needed: abc.Mapping[str, set[str]]) -> set[str]:
    """The resources that need themselves, by way of others or not."""
    left = dict(needed)
    while True:
        ready = {name for name, needs_ in left.items() if not needs_ & left.keys()}
        if not ready:
            return set(left)
        left = {name: needs_ for name, needs_ in left.items() if name not in ready}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _named(node: object) -> Iterator[str]:
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            yield from _IN_SUB.findall(text)
        case abc.Mapping():
            for value in node.values():
                yield from _named(value)
        case list():
            for value in node:
                yield from _named(value)
        case _:
            return

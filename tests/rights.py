"""Which AWS calls functions make, and whether their roles in `template.yaml` allow them.

The local AWS refuses actions and resources, but not keys: it does not evaluate
`dynamodb:LeadingKeys`. Here a call is held against these as well, as IAM would.
"""

import ast
import os
import re
import sys
from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tests.cloudformation import Template, alternatives

TEMPLATE = Template.read(Path(__file__).parents[1] / "template.yaml")

PACKAGE = Path(__file__).parents[1] / "layers/pdjira/python"

_LEADING_KEYS = "dynamodb:LeadingKeys"
_ADAPTERS = "pdjira.adapters.aws."
_CALLERS = ("Dynamo", "Sqs", "Lambda", "Logs")
_NAMED_BY = {
    "sqs": "QueueUrl",
    "secretsmanager": "SecretId",
    "lambda": "FunctionName",
    "logs": "logGroupName",
    "ssm": "Name",
}
_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_OWN_NAME = "this-function"
"""What `AWS_LAMBDA_FUNCTION_NAME` says here, in whatever function."""

_NAMED_IN_ARN = re.compile(r"arn:.*:(?:log-group:\$\{(\w+)\}|parameter(/.*))")
_EQUALS = re.compile(r"(\w+) = (:\w+)")


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """An action on a resource, both as the template names them, by a function's logical id.

    `key` is a pattern of partition keys; empty where the resource has none to tell apart.
    """

    function: str
    action: str
    resource: str
    key: str = ""


def granted(function: str) -> frozenset[Right]:
    """Every right that the role of a function has."""
    role = TEMPLATE.functions()[function]["Role"]["Fn::GetAtt"][0]
    attached = [
        policy
        for policy in TEMPLATE.of_type("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Roles"]
    ]
    statements = [
        statement
        for policy in (*alternatives(TEMPLATE.resources[role]["Properties"]["Policies"]), *attached)
        for statement in alternatives(policy["PolicyDocument"]["Statement"])
    ]
    return frozenset(
        Right(function, action, _resource(resource), key)
        for statement in statements
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
        for key in _keys(statement)
    )


@cache
def _begun_by(app: str) -> list[str]:
    whole = re.findall(r"from pdjira\.bootstrap import ([\w, ]+)", app)
    modules = [f"pdjira.bootstrap.{name.strip()}" for one in whole for name in one.split(",")]
    return modules + re.findall(r"from (pdjira\.bootstrap\.\w+) import", app)


def ways_of(function: str) -> frozenset[str]:
    """Methods of AWS adapters that a function could call, judged by names.

    The adapter is put together in the function's bootstrap, and some module of the function calls a
    method of that name, or bootstrap hands one on.
    """
    app = PACKAGE.parents[2] / TEMPLATE.functions()[function]["CodeUri"] / "app.py"
    begun = _begun_by(app.read_text("utf-8"))
    imported = {name for one in begun for name in _imported(one)}
    trees = {name: ast.parse(_source(name)) for name in imported}
    adapters = {name: tree for name, tree in trees.items() if name.startswith(_ADAPTERS)}
    others = [tree for name, tree in trees.items() if name not in adapters]
    called = {
        node.func.attr
        for tree in others
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    called |= {
        node.attr
        for name, tree in trees.items()
        if name.startswith("pdjira.bootstrap.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }
    made = {
        node.func.id
        for name, tree in trees.items()
        if name.startswith("pdjira.bootstrap.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return frozenset(
        f"{node.name}.{method.name}"
        for tree in adapters.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name in made and node.name.startswith(_CALLERS)
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        and method.name in called
        and not method.name.startswith("_")
    )


@dataclass(slots=True)
class Calls:
    """The rights that were made use of, those that were lacking, and what made use of them.

    `ways` are functions and the methods of the adapters (`DynamoLinks.save`) by which they called.
    """

    made: set[Right] = field(default_factory=set)
    refused: set[Right] = field(default_factory=set)
    ways: set[tuple[str, str]] = field(default_factory=set)

    @contextmanager
    def of(self, folder: str) -> Iterator[None]:
        """Watch every session that is made inside: the one of the function in this folder.

        A call that its role does not allow is refused as by IAM. Reads the environment, which
        says what the resources are called here.
        """
        watch = _Watch(self, folder)
        former = boto3.session.Session

        def watched(*args: Any, **options: Any) -> boto3.session.Session:
            session = former(*args, **options)
            session.events.register("provide-client-params.*.*", watch)
            session.events.register("before-call.lambda.Invoke", _started)
            return session

        boto3.session.Session = watched  # type: ignore[assignment,misc]
        try:
            yield
        finally:
            boto3.session.Session = former  # type: ignore[misc]


class _Watch:
    def __init__(self, calls: Calls, folder: str) -> None:
        self._calls = calls
        self._function = _function_in(folder)
        self._granted = granted(self._function)
        variables = TEMPLATE.of_type("AWS::Serverless::Function")[self._function]["Environment"]
        self._names = {
            os.environ[variable]: _resource(value)
            for variable, value in variables["Variables"].items()
            if variable in os.environ
        }
        self._names[_OWN_NAME] = self._function

    def __call__(self, params: abc.Mapping[str, Any], model: Any, **_: Any) -> None:
        self._calls.ways |= {(self._function, way) for way in _ways()}
        service = model.service_model.service_name
        for action, name, key in _needs(service, model.name, params):
            resource = self._named(name)
            self._calls.made.add(Right(self._function, action, resource, _prefix(key)))
            if not self._is_allowed(action, resource, key):
                right = Right(self._function, action, resource, _prefix(key))
                self._calls.refused.add(right)
                message = f"{right} is in no policy of template.yaml"
                refusal: Any = {"Error": {"Code": "AccessDeniedException", "Message": message}}
                raise ClientError(refusal, model.name)

    def _named(self, name: str) -> str:
        table, of_index, index = name.partition("/index/")
        return f"{self._names.get(table, table)}{of_index}{index}"

    def _is_allowed(self, action: str, resource: str, key: str) -> bool:
        return any(
            (right.action, right.resource) == (action, resource)
            and (not right.key or fnmatchcase(key, right.key))
            for right in self._granted
        )


def _ways() -> Iterator[str]:
    """The methods of our adapters that the present call comes from."""
    frame: FrameType | None = sys._getframe()
    while (frame := frame.f_back if frame else None) is not None:
        if frame.f_globals.get("__name__", "").startswith(_ADAPTERS):
            yield frame.f_code.co_qualname


def _needs(
    service: str, operation: str, params: abc.Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Each action that a call needs, on what, by the name in the call, and under which key."""
    if service == "dynamodb":
        yield from _needs_of_items(operation, params)
    elif service in _NAMED_BY:
        action = {"Invoke": "InvokeFunction"}.get(operation, operation)
        yield f"{service}:{action}", params[_NAMED_BY[service]], ""
    else:
        yield f"{service}:{operation}", "?", ""


def _needs_of_items(
    operation: str, params: abc.Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    match operation:
        case "TransactWriteItems":
            parts = (part for item in params["TransactItems"] for part in item.items())
            for kind, part in parts:
                yield from _needs_of_items(_PARTS[kind], part)
        case "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                for key in asked["Keys"]:
                    yield "dynamodb:BatchGetItem", table, _leading(key)
        case _ if "IndexName" in params:
            yield f"dynamodb:{operation}", f"{params['TableName']}/index/{params['IndexName']}", ""
        case _:
            yield f"dynamodb:{operation}", params["TableName"], _key_of(params)


def _key_of(params: abc.Mapping[str, Any]) -> str:
    if "Item" in params or "Key" in params:
        return _leading(params.get("Item") or params["Key"])
    asked = _EQUALS.match(params.get("KeyConditionExpression", ""))
    return str(params["ExpressionAttributeValues"][asked[2]]["S"]) if asked else ""


def _leading(item: abc.Mapping[str, Any]) -> str:
    """The partition key of an item of `LinksTable`; that of a mapping tells nothing."""
    return str(item["pk"]["S"]) if "pk" in item else ""


def _prefix(key: str) -> str:
    """Keys begin with their kind: `INCIDENT#*`."""
    return f"{key.split('#', 1)[0]}#*" if key else ""


def _keys(statement: abc.Mapping[str, Any]) -> Sequence[str]:
    condition = statement.get("Condition")
    if condition is None:
        return [""]
    return list(condition["ForAllValues:StringLike"][_LEADING_KEYS])


@cache
def _function_in(folder: str) -> str:
    (found,) = [
        name
        for name, function in TEMPLATE.functions().items()
        if function["CodeUri"] == f"functions/{folder}"
    ]
    return found


def _resource(value: object) -> str:
    """The logical id that a policy or a variable refers to, with the index or stream behind it."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn" | "Id"]}:
            return name
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{name}/{attribute}"
        case {"Fn::Sub": str(text)} if named := _NAMED_IN_ARN.fullmatch(text):
            return named[1] or named[2]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text)
        case _:
            return str(value)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _started(**_: Any) -> Any:
    """What Lambda answers to whoever has a function started: nothing in memory starts one."""
    return SimpleNamespace(status_code=202), {"StatusCode": 202}


@cache
def _imported(module: str) -> frozenset[str]:
    """A module of the package and all those of the package that it imports, directly or not."""
    found: set[str] = set()
    left = {module}
    while left:
        name = left.pop()
        found.add(name)
        left |= {one for one in _imports(name) if one not in found}
    return frozenset(found)


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(_source(module))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pdjira"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in (str(node.module), *names) if _file(name).exists())


def _source(module: str) -> str:
    return _file(module).read_text("utf-8")


def _file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

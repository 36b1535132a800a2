"""Saves the connection secret: on the condition of its version, and never to a wrong host."""

import json
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pdjira.connection import form
from pdjira.connection.form import REGIONS, FieldProblem, Tree
from pdjira.connection.ports import (
    Accounts,
    SecretRules,
    SecretVersion,
    VersionedSecret,
)
from pdjira.errors import Conflict, PdjiraError, UnreadableSecret

ATTEMPTS = 5
"""Somebody else writes the secret at most so often within a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The secret as it stands; `tree` is empty where it cannot be read, and `problem` says why."""

    version: SecretVersion
    tree: Tree
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """It is saved, and this is its version now.

    `left_signing`: requests were signed by our token before, and are no more.
    """

    version: str
    left_signing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """It is not saved: what is wrong, by field."""

    problems: Sequence[FieldProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """It is not saved: somebody else changed it, at that time."""

    by: SecretVersion

    @property
    def says(self) -> str:
        """For the person whose entry was not saved."""
        at = f" at {self.by.at:%H:%M} UTC" if self.by.at else ""
        return (
            f"The secret was changed in AWS or by another page{at}. Yours was not saved. Press "
            "Save and connect once more to put what stands below in its place."
        )


Outcome = Kept | Wrong | Overtaken


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDesk:
    """Reads and writes the connection secret for people.

    `signs` tells whether a text is the token by which requests to Jira are signed.
    """

    secret: VersionedSecret
    rules: SecretRules
    regions: Accounts
    signs: Callable[[str], bool]

    def stored(self) -> Stored:
        """What is in force."""
        version = self.secret.current()
        try:
            return Stored(version=version, tree=tree_of(version.text))
        except UnreadableSecret as error:
            return Stored(version=version, tree={}, problem=error.says)

    def entered(
        self, stored: Stored, typed: abc.Mapping[str, str]
    ) -> tuple[str, Sequence[FieldProblem]]:
        """The secret as it would be, and what is wrong with that."""
        if stored.problem:
            says = f"{stored.problem} Correct it in AWS first."
            return "", (FieldProblem(field="", says=says),)
        found = form.entered(
            stored.tree, self._with_region(typed), origin=self.rules.origin, signs=self.signs
        )
        text = written(found.connection)
        named = {problem.field for problem in found.problems}
        others = [one for one in self.rules.problems(text) if one.field not in named]
        return text, (*found.problems, *others)

    def save(self, typed: abc.Mapping[str, str], *, known: str) -> Outcome:
        """Put what was typed in the place of the version `known`."""
        stored = self.stored()
        if stored.version.id != known:
            return Overtaken(by=stored.version)
        text, problems = self.entered(stored, typed)
        if problems:
            return Wrong(problems=problems)
        try:
            version = self.secret.replace(text, known=known)
        except Conflict:
            return Overtaken(by=self.secret.current())
        was, now = (form.get(tree, "jira.auth.mode") for tree in (stored.tree, tree_of(text)))
        return Kept(version=version, left_signing=was == "jwt" != now)

    def change(self, edit: Callable[[Tree], None], *, attempts: int = ATTEMPTS) -> None:
        """Change something of it, whoever else writes meanwhile. Raises `Conflict`."""
        version = self.secret.current()
        tree = tree_of(version.text)
        edit(tree)
        try:
            self.secret.replace(written(tree), known=version.id)
        except Conflict:
            if attempts == 1:
                raise
            self.change(edit, attempts=attempts - 1)

    def _with_region(self, typed: abc.Mapping[str, str]) -> abc.Mapping[str, str]:
        """What was typed, with the address that knows the key where no address was typed."""
        key, address = typed.get("pagerduty.api_token", "").strip(), "pagerduty.api_url"
        if not key or typed.get(address, "").strip() not in ("", *REGIONS):
            return typed
        try:
            found = self.regions.find(key, among=tuple(REGIONS))
        except PdjiraError:
            return typed
        return {**typed, address: found} if found else typed


def tree_of(text: str) -> Tree:
    """The secret as it was written, nothing while it is empty. Raises `UnreadableSecret`."""
    try:
        read = json.loads(text or "{}")
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, dict):
        return read
    raise UnreadableSecret(
        "The connection secret is no JSON object.", cure="Correct it in Secrets Manager."
    )


def written(tree: Tree) -> str:
    """As people read it in the console of AWS."""
    return json.dumps(tree, indent=2)

"""What a person typed, put into the connection secret: pure, and total over what is stored there.

Inputs are named like the keys of the secret (`jira.auth.token`). Secrets are never shown again, so
an input for one that comes back empty keeps what is stored; what goes to another host does not.
"""

import copy
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

Tree = dict[str, object]

SHOWN = 4
"""Characters of a secret, its last, that people are shown to know it by."""

TEXTS = (
    "jira.url",
    "jira.ca_pem",
    "jira.auth.user",
    "jira.auth.issuer",
    "jira.auth.audience",
    "jira.auth.username",
    "pagerduty.api_url",
    "pagerduty.from_email",
)

SECRETS = ("jira.auth.token", "jira.auth.password", "pagerduty.api_token")

SIGNING = "jira.auth.signing_token"
"""The input for the token that signs; it is no key of the secret, and is stored by itself."""

MODES = ("pat", "jwt", "basic")

_KEYS_OF_MODE = {
    "pat": ("token",),
    "jwt": ("user", "issuer", "audience", "qsh"),
    "basic": ("username", "password"),
}

_NULL_WHERE_EMPTY = frozenset({"jira.ca_pem", "jira.auth.audience"})

_LEFT_OUT_WHERE_EMPTY = frozenset({"jira.auth.user", "jira.auth.issuer", "pagerduty.api_url"})

PAGERDUTY = "https://api.pagerduty.com"

REGIONS = {"https://api.pagerduty.com": "US", "https://api.eu.pagerduty.com": "EU"}
"""https://support.pagerduty.com/main/docs/service-regions"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with a field of the secret, by its name there; empty for the whole."""

    field: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The secret as it would be, and what has to be entered before it can be."""

    connection: Tree = field(repr=False)
    problems: Sequence[FieldProblem]


def shown(stored: Tree) -> abc.Mapping[str, str]:
    """What a form shows of the secret: texts as they are, of a secret its end, by name."""
    texts = {name: _text(get(stored, name)) for name in TEXTS}
    ends = {name: ending(_text(get(stored, name))) for name in SECRETS}
    mode = _text(get(stored, "jira.auth.mode")) or MODES[0]
    qsh = "true" if get(stored, "jira.auth.qsh") is True else ""
    return {**texts, **ends, "jira.auth.mode": mode, "jira.auth.qsh": qsh}


def ending(secret: str) -> str:
    """What people know a secret by; of a short one nothing."""
    return secret[-SHOWN:] if len(secret) >= 3 * SHOWN else ""


def entered(
    stored: Tree,
    typed: abc.Mapping[str, str],
    *,
    origin: Callable[[str], str],
    signs: Callable[[str], bool],
) -> Entered:
    """`stored` with what was typed in its place; what nobody asked for is kept as it is.

    `origin` tells to whom the credentials of an address go, `signs` whether a text is the token
    that signs.
    """
    merged = copy.deepcopy(stored)
    _set_mode(merged, typed)
    for name in TEXTS:
        if name in typed and _is_of_mode(merged, name):
            _put_text(merged, name, typed[name].strip())
    if "jira.auth.mode" in typed and get(merged, "jira.auth.mode") == "jwt":
        put(merged, "jira.auth.qsh", value=typed.get("jira.auth.qsh") == "true")
    for name in SECRETS:
        if typed.get(name, "").strip() and _is_of_mode(merged, name):
            put(merged, name, value=typed[name])
    problems = (
        *_asked_again(stored, merged, typed, origin),
        *_signing_asked_again(stored, merged, typed, origin, signs),
    )
    return Entered(connection=merged, problems=problems)


def _set_mode(merged: Tree, typed: abc.Mapping[str, str]) -> None:
    """Another way to sign in has none of the keys of the former one."""
    mode, former = typed.get("jira.auth.mode"), get(merged, "jira.auth.mode")
    if mode not in MODES or mode == former:
        return
    auth = get(merged, "jira.auth")
    kept = auth if isinstance(auth, dict) else {}
    known = {key for keys in _KEYS_OF_MODE.values() for key in keys}
    put(merged, "jira.auth", value={key: one for key, one in kept.items() if key not in known})
    put(merged, "jira.auth.mode", value=mode)


def _is_of_mode(merged: Tree, name: str) -> bool:
    above, _, key = name.rpartition(".")
    if above != "jira.auth":
        return True
    return key in _KEYS_OF_MODE.get(_text(get(merged, "jira.auth.mode")), ())


def _put_text(merged: Tree, name: str, text: str) -> None:
    if text:
        put(merged, name, value=text)
    elif name in _NULL_WHERE_EMPTY:
        put(merged, name, value=None)
    elif name in _LEFT_OUT_WHERE_EMPTY:
        _leave_out(merged, name)
    else:
        put(merged, name, value="")


def _asked_again(
    stored: Tree, merged: Tree, typed: abc.Mapping[str, str], origin: Callable[[str], str]
) -> Iterator[FieldProblem]:
    """Where an address has another host, each secret that was only kept."""
    for address, secrets in (
        ("jira.url", ("jira.auth.token", "jira.auth.password")),
        ("pagerduty.api_url", ("pagerduty.api_token",)),
    ):
        default = PAGERDUTY if address == "pagerduty.api_url" else ""
        before = origin(_text(get(stored, address)) or default)
        now = origin(_text(get(merged, address)) or default)
        for name in secrets:
            is_kept = bool(get(merged, name)) and not typed.get(name, "").strip()
            if is_kept and now != before:
                yield FieldProblem(field=name, says=_AGAIN)


def _signing_asked_again(
    stored: Tree,
    merged: Tree,
    typed: abc.Mapping[str, str],
    origin: Callable[[str], str],
    signs: Callable[[str], bool],
) -> Iterator[FieldProblem]:
    """Where Jira's address has another host, the token that signs: who knows it may use it."""
    was, now = (_text(get(tree, "jira.url")) for tree in (stored, merged))
    modes = {get(tree, "jira.auth.mode") for tree in (stored, merged)}
    if not was or origin(was) == origin(now) or modes != {"jwt"}:
        return
    given = typed.get(SIGNING, "").strip()
    if not given:
        yield FieldProblem(field=SIGNING, says=_AGAIN)
    elif not signs(given):
        yield FieldProblem(field=SIGNING, says=_NOT_IN_FORCE)


_NOT_IN_FORCE = (
    "It is not the one in force. Where nobody has that one any more, write a new random text into "
    "AuthTokenSecret, in Secrets Manager, and enter it here."
)

_AGAIN = "Enter it again: the address is another one, and what is stored goes to no other host."


def get(tree: Tree, name: str) -> object:
    """The value of a key by its dotted name; None where there is none."""
    found: object = tree
    for key in name.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def put(tree: Tree, name: str, *, value: object) -> None:
    """Set it; what stands in the way and is no object is replaced."""
    *above, key = name.split(".")
    for part in above:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree[key] = value


def _leave_out(tree: Tree, name: str) -> None:
    above, _, key = name.rpartition(".")
    holder = get(tree, above)
    if isinstance(holder, dict):
        holder.pop(key, None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

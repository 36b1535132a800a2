"""Cures as the page says them: what one of its buttons does bears the name of that button."""

import json
import re
from collections import abc
from collections.abc import Sequence

from pdjira.connection.form import FieldProblem
from pdjira.page import addresses
from pdjira.page.strip import Button

FILL, AGAIN, CREATE, RELEASE = "Fill the field", "Try again", "Create the issue now", "Release…"
"""The buttons that do what a cure would have a person write or invoke."""

_BUTTONS = {"resync": AGAIN, "create-issue": CREATE, "release": RELEASE}

_INVOKES = re.compile(r"([Ii])nvoke the admin function with (?=\{)")

_ADDS = re.compile(r"Add to custom_fields(?: of the mapping(?: [\w.-]*[\w-])?)? (?=\{)")

_ADDS_ONE = re.compile(r"([Aa])dd a rule for it to custom_fields of the mapping [\w.-]*[\w-]")

_HEALTH = re.compile(r'what \{"action": "health"\} says')

_ENABLED = re.compile(r"Set enabled of the mapping (\S+) to true\.")

_UNREADABLE = re.compile(
    r"Correct (?:that key of )?the item(?: [\w.-]*[\w-])? in the mappings table\."
)

_GONE = re.compile(r"Write a mapping of the id \S+ again")

_OF_FIELDS = re.compile(r"\b(?:custom_fields of the mapping\b|to custom_fields \{)")

_OF_CONNECTION = re.compile(r"\bthe connection secret\b(?! \(page)")

_SIGNING_KEY = re.compile(r"\bthe key that stands in AuthTokenSecret\b")

_OF_RIGHTS = re.compile(r"\bour account\b.* (?:rights?|application access)\b")

_RELEASES = re.compile(r'"action": "release"')

_MAPPING_ID = re.compile(r"(?:[Tt]he )?\bmapping ([\w.-]*[\w-])")

_STATUS = re.compile(r'Add to status_mapping "(\w+)": \{[^{}]*\}')

_ENDS = re.compile(r"Close or delete \S+ in Jira\.")

_RESYNCS = re.compile(r"([Ii])nvoke resync\b(?: for (the incidents[^.]*))?")

_JSON = json.JSONDecoder()


def on_page(cure: str, *, is_file: bool = False) -> str:
    """The cure for who has the page before them: without JSON and without the console.

    `is_file`: it is about a file that they mend, so that the JSON of a rule belongs into it.
    """
    cure = _HEALTH.sub("what Health says", cure)
    cure = _ENABLED.sub('Open the mapping, and press "Save and put in force".', cure)
    cure = _UNREADABLE.sub("Open the mapping, correct what stands there, and save it.", cure)
    cure = _GONE.sub('Press "Bring this back" at one of its versions', cure)
    cure = _SIGNING_KEY.sub('the token (page Connection, "Token for Jira")', by_label(cure))
    cure = _OF_CONNECTION.sub("the connection secret (page Connection)", cure)
    cure = _STATUS.sub(r"In the mapping, choose a status for \1", cure)
    cure = _ENDS.sub('Press "Close it" or "Delete it".', cure)
    cure = _RESYNCS.sub(_tried_again, cure)
    cure = _ADDS_ONE.sub(lambda found: _pressed(FILL, is_start=found[1] == "A"), cure)
    return _each_invocation(cure if is_file else _each_rule(cure))


LABELS = {
    "jira.url": "Address",
    "jira.auth.mode": "Sign-in",
    "jira.auth.token": "Access token",
    "jira.auth.username": "Name",
    "jira.auth.password": "Password",
    "jira.auth.user": "Jira user",
    "jira.auth.issuer": "Issuer",
    "jira.auth.audience": "Audience",
    "jira.auth": "Sign-in",
    "jira.auth.signing_token": "Token that signs",
    "jira.ca_pem": "Certificates of the authority",
    "pagerduty.api_token": "API key",
    "pagerduty.from_email": "From user",
    "pagerduty.api_url": "Address of the API",
}
"""What the page Connection calls the keys of the connection secret, in the order of its inputs."""

_KEY = re.compile("|".join(rf"\b{re.escape(key)}\b" for key in LABELS))

_KEY_THERE = re.compile(rf"({_KEY.pattern})(?: in| of)? the connection secret\b")

_LACKS = "The connection secret lacks "


def by_label(says: str) -> str:
    """The sentence with what the page Connection calls a key of the connection secret."""
    says = says.replace("none of webhook_secrets", "none of the secrets stored here")
    says = _KEY_THERE.sub(lambda found: f"{_label(found)} on the page Connection", says)
    return _KEY.sub(_label, says)


def _label(found: re.Match[str]) -> str:
    return f'"{LABELS[_KEY.search(found[0])[0]]}"'  # type: ignore[index]


def told_by_label(
    problems: Sequence[FieldProblem], typed: abc.Mapping[str, str]
) -> abc.Mapping[str, str]:
    """What is wrong with each input, in the order of the form; what lacks is only named."""
    found: dict[str, str] = {}
    for one in problems:
        label = LABELS.get(one.field, "")
        is_empty = one.field in typed and not typed[one.field]
        if label and (is_empty or one.says.startswith(_LACKS)):
            found.setdefault(one.field, f"{label} is missing.")
        elif one.says.startswith(f"{one.field} "):
            found.setdefault(one.field, label + one.says.removeprefix(one.field))
        else:
            found.setdefault(one.field, by_label(one.says))
    order = list(LABELS)
    return dict(sorted(found.items(), key=lambda it: order.index(it[0]) if it[0] in order else -1))


def mending(cure: str, mapping_id: str) -> Button:
    """The way to where a person does what the cure says; the mapping, if nothing else."""
    if _OF_FIELDS.search(cure):
        return Button(words=FILL, to=addresses.fields(mapping_id))
    if _RELEASES.search(cure):
        return Button(words=RELEASE, to=addresses.paused(mapping_id))
    if _GONE.search(cure):
        return Button(words="Its versions", to=addresses.versions(mapping_id))
    if _OF_CONNECTION.search(cure):
        return Button(words="Open Connection", to="/connection")
    return Button(words="Edit the mapping", to=addresses.mapping(mapping_id))


def for_jira(says: str, cure: str) -> str:
    """What to send to whoever administers Jira, where the cure is to give our account rights."""
    return f"{says}\n\nPlease do this: {cure}" if _OF_RIGHTS.search(cure) else ""


def by_name(says: str, names: abc.Mapping[str, str]) -> str:
    """The sentence with the name of each mapping in place of its id."""
    return _MAPPING_ID.sub(lambda found: names.get(found[1]) or found[0], says)


def _each_rule(cure: str) -> str:
    """Several fields of one mapping are filled on the same page."""
    pressed = _pressed(FILL, is_start=True)
    while found := _ADDS.search(cure):
        _, end = _JSON.raw_decode(cure, found.end())
        cure = cure[: found.start()] + pressed + cure[end:]
    return cure.replace(f"{pressed}. {pressed}", pressed)


def _each_invocation(cure: str) -> str:
    done = 0
    while found := _INVOKES.search(cure, done):
        asked, end = _JSON.raw_decode(cure, found.end())
        button = _BUTTONS.get(asked.get("action"))
        told = _pressed(button, is_start=found[1] == "I") if button else found[0]
        done = found.start() + len(told)
        cure = cure[: found.start()] + told + cure[end if button else found.end() :]
    return cure


def _tried_again(found: re.Match[str]) -> str:
    """Of several incidents, one after the other: each has the button on its own page."""
    pressed = _pressed(AGAIN, is_start=found[1] == "I")
    return f"{pressed} at {found[2]}" if found[2] else pressed


def _pressed(button: str, *, is_start: bool) -> str:
    return f'{"Press" if is_start else "press"} "{button}"'

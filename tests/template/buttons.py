"""Cures as the documents give them: the button of the page first, then the way without it."""

import re

from pdjira.page.cures import AGAIN, CREATE, FILL, RELEASE

BRING_BACK, IN_FORCE, REDRIVE, SHOW, RECOVER = (
    "Bring this back",
    "Save and put in force",
    "Send this again",
    "Show them",
    "Recover",
)
"""The other buttons that cures name, as the page has them."""

_BUTTONS = {"resync": AGAIN, "create-issue": CREATE, "release": RELEASE}

_INVOKES = re.compile(
    r'([Ii])nvoke (?=(?:the admin function with (?:\{"action": "|`))?'
    r"(resync|create-issue|release)\b)"
)

_NAMED = re.compile(
    r'the admin function with (?:\{"action": "(?P<json>[a-z-]+)".*?\}|`(?P<name>[a-z-]+)`)'
)

_OPENED = "On the page, open the mapping, correct it and save it; or correct"

_FIRST = (
    (r"^Set enabled of", f'Open the mapping on the page and press "{IN_FORCE}", or set enabled of'),
    (r"^Correct (?=(?:that key of )?the item\b.* in the mappings table)", f"{_OPENED} "),
    (r"^Write (?=a mapping of the id)", f'Press "{BRING_BACK}" at one of its versions, or write '),
    (r"^Read (?=the attribute)", f'Press "{SHOW}" under Problems, then "{REDRIVE}". Or read '),
    (r"^Let it through: .*", f'Press "{RELEASE}" on the page, or invoke the action `release`.'),
    (r"^Add (?=to custom_fields)", f'Press "{FILL}" on the page, or add '),
    (
        r"^Do what (?=\{+\"action\": \"health\")",
        "Look at Health on the page, or invoke health. Do what ",
    ),
    (r"(?=[`']recover[`'])", f'"{RECOVER}" under Health or '),
    (r"\bthe connection secret\b(?!,)", "the connection secret (page Connection)"),
)


def by_button(cure: str) -> str:
    """The cure with the button that does it in the first place, where the page has one."""
    cure = cure.replace('{{"', '{"').replace('"}}', '"}')
    for begins, instead in _FIRST:
        cure = re.sub(begins, instead, cure, count=1)
    pressed = _INVOKES.sub(_pressed, cure)
    return _NAMED.sub(lambda found: f"the action `{found['json'] or found['name']}`", pressed)


def _pressed(found: re.Match[str]) -> str:
    press = "Press" if found[1] == "I" else "press"
    return f'{press} "{_BUTTONS[found[2]]}" on the page, or invoke '

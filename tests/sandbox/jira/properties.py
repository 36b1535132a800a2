"""Entity properties: what may be one."""

import json

from tests.sandbox.jira.errors import JiraError, UnreadableError
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.world import Properties

LONGEST_KEY = 255
LONGEST_VALUE = 32_768


def properties_of_issue(given: object, made_of: Properties) -> Bean:
    """The properties of a create, edit or transition call, as this Jira takes them."""
    if given and made_of is Properties.REFUSED:
        raise UnreadableError(
            'Unrecognized field "properties" (Class IssueUpdateBean), not marked as ignorable'
        )
    return checked_properties(given) if made_of is Properties.HELD else {}


def checked_properties(given: object) -> Bean:
    """The properties of a call, by key."""
    if not isinstance(given, list):
        raise JiraError(400, "The properties must be a list.")
    checked: Bean = {}
    for one in given:
        if not isinstance(one, dict) or not {"key", "value"} <= one.keys():
            raise JiraError(400, "A property needs a key and a value.")
        checked[str(one["key"])] = checked_value(str(one["key"]), one["value"])
    return checked


def checked_value(key: str, value: object) -> object:
    """The value of one property, where it may be one."""
    if not key or len(key) > LONGEST_KEY:
        raise JiraError(400, f"The length of the property key cannot be more than {LONGEST_KEY}.")
    if not isinstance(value, dict):
        raise JiraError(400, "The property value must be a JSON object.")
    if len(json.dumps(value)) > LONGEST_VALUE:
        raise JiraError(
            400, f"The length of the property value cannot be more than {LONGEST_VALUE} characters."
        )
    return value

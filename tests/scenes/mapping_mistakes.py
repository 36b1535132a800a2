"""What people do wrong in a mapping and in the Jira that it is for: half of the table."""

from collections import abc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.builders import RESOLUTION_RULE as RESOLUTION
from tests.builders import STATUS_MAPPING
from tests.builders import a_rule_item as a_rule
from tests.functional.mending import Bench
from tests.sandbox.environment import MAPPING
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.world import PERMISSIONS, Transition
from tests.sandbox.pagerduty.seed import SYNC_EMAIL, SYNC_USER
from tests.scenes.mistakes import Act, Look, Mistake, both

RULES = "custom_fields"
LABELS = a_rule("labels", "pagerduty")
TEXT = "customfield_10001"
OPEN = STATUS_MAPPING["triggered"]
RESOLVED = STATUS_MAPPING["resolved"]
BUG = {"id": "10001", "name": "Bug"}

Item = abc.Mapping[str, Any]


def _written(values: Item) -> Act:
    def act(bench: Bench) -> None:
        for path, value in values.items():
            bench.write(path, value)

    return act


def typed(
    name: str,
    wrong: Item,
    *,
    says: str,
    cure: str,
    at: str | None = None,
    right: Item | None = None,
) -> Mistake:
    """Values in the item that are wrong, and the right ones; without, what the cure shows."""
    step: Act = Bench.write_what_the_cures_show if right is None else _written(right)
    return Mistake(
        name=name,
        look=Look.VERDICT,
        where=at or next(iter(wrong)),
        says=says,
        cure=cure,
        makes=_written(wrong),
        step=step,
    )


def ruled(
    name: str,
    rule: Item,
    right: Item | None = None,
    *,
    says: str,
    cure: str,
    key: str = "value",
    extra: Item | None = None,
) -> Mistake:
    """A field rule that is wrong, and the right one; without, what the cure shows."""
    return typed(
        name,
        {RULES: [rule], **(extra or {})},
        at=f"{RULES}[0].{key}",
        says=says,
        cure=cure,
        right=None if right is None else {RULES: [right]},
    )


def _filled(source: str | None = None, **keys: Any) -> dict[str, Any]:
    named = {"source_incident_field": source} if source else {}
    return {"target_issue_field": TEXT, "type": "attribute", **named, **keys}


FORM = [
    typed(
        "no service",
        {"service": ...},
        says="service is missing",
        cure='Add, for example, "service"',
    ),
    typed("a service as text", {"service": "PABC123"}, says="a map", cure='Write "service"'),
    typed(
        "create_issue is auto",
        {"create_issue": "auto"},
        says="'automatic', 'manual' or 'never'",
        cure='Write "create_issue": "automatic"',
    ),
    typed("no create_issue", {"create_issue": ...}, says="is missing", cure='"automatic"'),
    typed("enabled is yes", {"enabled": "yes"}, says="true or false", cure='Write "enabled": true'),
    typed(
        "a key that there is not",
        {"colour": "red"},
        says="colour is no key",
        cure="Delete it",
        right={"colour": ...},
    ),
    typed(
        "a key that is misspelt",
        {"statusmapping": {"triggered": OPEN}},
        says="statusmapping is no key",
        cure="Did you mean status_mapping?",
        right={"statusmapping": ..., "status_mapping": {"triggered": OPEN}},
    ),
    typed(
        "urgency outside of conditions",
        {"urgency": ["high"]},
        says="urgency is no key",
        cure='Write "conditions": {"urgency": ["high"]}',
        right={"urgency": ..., "conditions": {"urgency": ["high"]}},
    ),
    typed(
        "priority_ids outside of conditions",
        {"priority_ids": ["PP1"]},
        says="priority_ids is no key",
        cure='Write "conditions": {"priority_ids": ["PP1"]}',
        right={"priority_ids": ..., "conditions": {"priority_ids": ["PP1"]}},
    ),
    typed(
        "an urgency that there is not",
        {"conditions": {"urgency": ["critical"]}},
        at="conditions.urgency[0]",
        says="'high' or 'low'",
        cure='"high"',
    ),
    typed(
        "an urgency that is no list",
        {"conditions": {"urgency": "high"}},
        at="conditions.urgency",
        says="must be a list",
        cure='Write "urgency": ["high"]',
    ),
    typed(
        "a title that is a list",
        {"conditions": {"title_matches": ["a"]}},
        at="conditions.title_matches",
        says="must be text",
        cure='"title_matches"',
    ),
    typed(
        "a state by another word",
        {"status_mapping": {"open": OPEN}},
        at="status_mapping.open",
        says="status_mapping.open is no key",
        cure="Did you mean triggered?",
        right={"status_mapping": {"triggered": OPEN}},
    ),
    typed(
        "a state that is misspelt",
        {"status_mapping": {"resolve": RESOLVED}, RULES: [RESOLUTION]},
        at="status_mapping.resolve",
        says="status_mapping.resolve is no key",
        cure="Did you mean resolved?",
        right={"status_mapping": {"resolved": RESOLVED}},
    ),
    typed(
        "a status as text",
        {"status_mapping": {"resolved": "5"}, RULES: [RESOLUTION]},
        at="status_mapping.resolved",
        says="must be a map",
        cure='Write "resolved": {"id": "5"}',
    ),
    typed("priorities as a map", {"priorities": {"PP1": "1"}}, says="must be a list", cure="Write"),
    typed(
        "a priority that is a list",
        {"priorities": [{"pagerduty_id": "PP1", "jira_id": [1]}]},
        at="priorities[0].jira_id",
        says="must be text",
        cure='"jira_id": "1"',
    ),
    typed("a negative time", {"jql_settle_seconds": -1}, says="from 0", cure="Write"),
    typed("a number in words", {"max_incidents_per_hour": "ten"}, says="number", cure="Write"),
    typed("sync_notes is true", {"sync_notes": True}, says="'both', 'to_jira'", cure='"both"'),
    typed("sync_people is true", {"sync_people": True}, says="must be a map", cure="Write"),
    ruled(
        "no type", {"target_issue_field": "labels", "value": "x"}, key="type", says="is", cure="Add"
    ),
    ruled(
        "a type that there is not",
        {**LABELS, "type": "constant"},
        key="type",
        says="'const', 'attribute'",
        cure='Write "type": "const"',
    ),
    ruled(
        "no target",
        {"type": "const", "value": "x"},
        key="target_issue_field",
        says="the id of a Jira field",
        cure="Add",
    ),
    ruled(
        "a direction that there is not",
        {**LABELS, "direction": "jira"},
        key="direction",
        says="'to_jira', 'to_pagerduty' or 'both'",
        cure='"to_jira"',
    ),
    ruled(
        "an attribute without a source",
        _filled(),
        key="source_incident_field",
        says="the name of an attribute",
        cure='"incident_title"',
    ),
    typed(
        "neither issues nor incidents",
        {"create_issue": "never"},
        says="makes no issue",
        cure='Write "create_issue": "automatic"',
    ),
]


def named(name: str, wrong: Item, *, at: str, cure: str) -> Mistake:
    """A name without its id: the check asks for the id, then shows the one of that name."""
    return replace(
        typed(name, wrong, at=at, says="is missing", cure=cure),
        step=both(
            Bench.write_what_the_cures_show, Bench.check_again, Bench.write_what_the_cures_show
        ),
    )


NAMES = [
    named(
        "a status by its name alone",
        {"status_mapping": {"resolved": {"name": "Resolved"}}, RULES: [RESOLUTION]},
        at="status_mapping.resolved.id",
        cure='Add to status_mapping.resolved "id": "Resolved"',
    ),
    named("a service without id", {"service": {"name": "Checkout"}}, at="service.id", cure="Add"),
    named("a project by its key alone", {"project": {"key": "OPS"}}, at="project.id", cure="Add"),
    named("a type by name alone", {"issue_type": {"name": "Bug"}}, at="issue_type.id", cure="Add"),
]

PATTERNS = [
    typed(
        f"a title that is {pattern}",
        {"conditions": {"title_matches": pattern}},
        at="conditions.title_matches",
        says=says,
        cure=f'Write "title_matches": "{right}"',
    )
    for pattern, right, says in (
        ("database", "*database*", 'only the title "database" itself'),
        (".*database.*", "*database*", "is no regular expression"),
        ("^Disk .* full$", "*Disk * full*", "is no regular expression"),
        ("(db|database)", "*db*", "is no regular expression"),
        ("%database%", "*database*", "is no regular expression"),
    )
]

IDS = [
    typed("a service by its name", {"service.id": "Checkout"}, says="Checkout", cure='"PABC123"'),
    typed(
        "a service that there is not",
        {"service.id": "PZZZZZZ", "service.name": "Nothing like it"},
        says="PZZZZZZ",
        cure="Take the id from the end of the service's URL",
        right={"service": dict(MAPPING["service"])},
    ),
    typed("a project by its key", {"project.id": "OPS"}, says="OPS is not the id", cure='"10100"'),
    typed(
        "a former key of the project", {"project.key": "OPZ"}, says="not OPZ", cure='Write "OPS"'
    ),
    typed(
        "the id of one project and the key of another",
        {"project.key": "WEB"},
        says="WEB another project",
        cure='{"id": "10100", "key": "OPS"}',
        right={"project": {"id": "10100", "key": "OPS"}},
    ),
    typed(
        "a project that there is not",
        {"project.id": "99999", "project.key": "NOPE"},
        says="no project 99999",
        cure="Correct the id",
        right={"project": {"id": "10100", "key": "OPS"}},
    ),
    typed("a type by its name", {"issue_type.id": "Bug"}, says="the id Bug", cure='"10001" (Bug)'),
    typed(
        "an issue type that there is not",
        {"issue_type": {"id": "77", "name": "Incident"}},
        at="issue_type.id",
        says="the id 77",
        cure="10001 (Bug)",
        right={"issue_type": BUG},
    ),
    typed(
        "a condition by the name of a priority",
        {"conditions": {"priority_ids": ["P1"]}},
        at="conditions.priority_ids[0]",
        says="the id P1",
        cure='"PP1" (P1)',
    ),
    typed(
        "a status by its name",
        {"status_mapping": {"resolved": {"id": "Resolved"}}, RULES: [RESOLUTION]},
        at="status_mapping.resolved.id",
        says="the id Resolved",
        cure='"5" (Resolved)',
    ),
    typed(
        "a status of another workflow",
        {"status_mapping": {"resolved": {"id": "10001", "name": "Done"}}, RULES: [RESOLUTION]},
        at="status_mapping.resolved.id",
        says="the id 10001",
        cure="5 (Resolved)",
        right={"status_mapping": {"resolved": RESOLVED}},
    ),
    typed(
        "a resolved status that is mapped to triggered",
        {"status_mapping": STATUS_MAPPING, "resolved_statuses": [OPEN], RULES: [RESOLUTION]},
        at="status_mapping.triggered.id",
        says="counts as resolved as well",
        cure="Take it out of resolved_statuses",
        right={"resolved_statuses": []},
    ),
    typed(
        "a priority of PagerDuty by its name",
        {"priorities": [{"pagerduty_id": "P1", "jira_id": "1"}]},
        at="priorities[0].pagerduty_id",
        says="priority in PagerDuty with the id P1",
        cure='"PP1" (P1)',
    ),
    typed(
        "a priority of Jira by its name",
        {"priorities": [{"pagerduty_id": "PP1", "jira_id": "Highest"}]},
        at="priorities[0].jira_id",
        says="the id Highest",
        cure='"1" (Highest)',
    ),
    typed(
        "two rows for one priority",
        {"priorities": [{"pagerduty_id": "PP1", "jira_id": one} for one in "12"]},
        at="priorities[1].pagerduty_id",
        says="PP1",
        cure="Delete one of the rows",
        right={"priorities": [{"pagerduty_id": "PP1", "jira_id": "1"}]},
    ),
    typed(
        "a row without a priority of Jira",
        {"priorities": [{"pagerduty_id": "PP1", "jira_id": None}]},
        at="priorities[0].jira_id",
        says="names no priority of Jira",
        cure="delete the row",
        right={"priorities": []},
    ),
    typed(
        "a user for notes that there is not",
        {"sync_notes_user": {"id": "PNOBODY", "email": "x@example.com"}},
        at="sync_notes_user.id",
        says="PNOBODY",
        cure="Take the id from the end of the user's URL",
        right={"sync_notes_user": {"id": SYNC_USER, "email": SYNC_EMAIL}},
    ),
    typed(
        "a user for notes with another address",
        {"sync_notes_user": {"id": SYNC_USER, "email": "x@example.com"}},
        at="sync_notes_user.email",
        says="another e-mail address",
        cure=f"Write {SYNC_EMAIL}",
        right={"sync_notes_user.email": SYNC_EMAIL},
    ),
    typed(
        "a workflow by its name",
        {"manual_workflow_ids": ["Open a Jira issue"]},
        at="manual_workflow_ids[0]",
        says="the name of an incident workflow",
        cure='"PFLOW01"',
    ),
    typed(
        "a resolution by its name",
        {"reopen": {"not_with_resolutions": [{"id": "Won't Fix"}]}},
        at="reopen.not_with_resolutions[0].id",
        says="the id Won't Fix",
        cure='"10001" (Won\'t Fix)',
    ),
]

FIELDS = [
    ruled(
        "a field that there is not",
        a_rule("customfield_99999"),
        LABELS,
        key="target_issue_field",
        says="no field customfield_99999",
        cure="Choose one of",
    ),
    ruled(
        "a slip in the number of a field",
        a_rule("customfield_1011", "North"),
        key="target_issue_field",
        says="no field customfield_1011",
        cure='"customfield_10011" (Place)',
    ),
    ruled(
        "a field by its name",
        a_rule("Environment"),
        key="target_issue_field",
        says="no field Environment",
        cure='"environment"',
    ),
    ruled(
        "an attribute that is misspelt",
        _filled("incident_titel"),
        _filled("incident_title"),
        key="source_incident_field",
        says='"incident_titel"',
        cure="incident_title",
    ),
    ruled(
        "a custom field that is misspelt",
        _filled("custom_field:regio"),
        _filled("custom_field:region"),
        key="source_incident_field",
        says='"regio"',
        cure="region",
    ),
    ruled(
        "a name that is misspelt in a template",
        _filled(type="template", value="{{ titel }}"),
        _filled(type="template", value="{{ incident_title }}"),
        says='"titel"',
        cure="incident_title",
    ),
    ruled(
        "a name between single braces in a template",
        a_rule("environment", "on {incident_service}", type="template"),
        says='"{incident_service}" stays text',
        cure='Write "value": "on {{ incident_service }}"',
    ),
    ruled(
        "a name whose braces are not closed",
        a_rule("environment", "{{incident_service}", type="template"),
        says='"{{incident_service}" stays text',
        cure='Write "value": "{{ incident_service }}"',
    ),
    ruled(
        "a name of an attribute in a constant",
        a_rule("environment", "{{ incident_service }}"),
        key="type",
        says="In a const",
        cure='Write "type": "template"',
    ),
    ruled(
        "a day that is no date",
        a_rule("customfield_10008", "tomorrow"),
        a_rule("customfield_10008", "2026-12-24"),
        says="takes a date",
        cure="Write a value that fits",
    ),
    ruled(
        "a number in words for a field",
        a_rule("customfield_10005", "many"),
        a_rule("customfield_10005", "42.5"),
        says="takes a decimal number",
        cure="Write a value that fits",
    ),
    ruled(
        "an option that is misspelt",
        a_rule("customfield_10004", "Platfrom"),
        a_rule("customfield_10004", "Platform"),
        says='does not offer "Platfrom"',
        cure="Platform",
    ),
    ruled(
        "a user by the full name",
        a_rule("customfield_10010", "Bob Example"),
        a_rule("customfield_10010", "bob"),
        says='no active user "Bob Example"',
        cure="Write the user name as it stands",
    ),
    ruled(
        "a rule for the project",
        a_rule("project", "OPS"),
        LABELS,
        key="target_issue_field",
        says="The mapping itself gives project",
        cure="Delete the rule",
    ),
    typed(
        "two rules for one field",
        {RULES: [LABELS, LABELS]},
        at=f"{RULES}[1].target_issue_field",
        says="labels",
        cure="Delete one of the rules",
        right={RULES: [LABELS]},
    ),
]


def asked(name: str, jql: str, right: str, *, says: str, cure: str) -> Mistake:
    """A JQL that is wrong, and the right one."""
    return typed(name, {"jql": jql}, says=says, cure=cure, right={"jql": right})


HIGHEST = "priority = Highest"
TRY = "Try it in Jira's issue search"

JQL = [
    typed(
        "a limit of no incident",
        {"max_incidents_per_hour": 0, "jql": HIGHEST},
        says="opens no incident by itself",
        cure='Write "max_incidents_per_hour": 10',
    ),
    asked("half a JQL", f"{HIGHEST} AND", HIGHEST, says="Expecting", cure=TRY),
    asked(
        "half a parenthesis", f"({HIGHEST}", f"({HIGHEST})", says="not closed", cure="other half"
    ),
    asked("a clause misspelt", "prioritty = Highest", HIGHEST, says="'prioritty'", cure=TRY),
    asked("a value misspelt", "priority = Hihgest", HIGHEST, says="'Hihgest'", cure=TRY),
    asked(
        "typographic quotes",
        "priority = \u201cHighest\u201d",
        'priority = "Highest"',
        says="letters to Jira, not quotes",
        cure="Type straight quotation marks",
    ),
    asked(
        "another project",
        f"project = WEB AND {HIGHEST}",
        HIGHEST,
        says="matches nothing",
        cure="Leave the clause out",
    ),
    asked(
        "the account that asks",
        f"assignee = currentUser() AND {HIGHEST}",
        f"assignee = alice AND {HIGHEST}",
        says="is the account that we sign in to Jira as",
        cure="Write the name of a user",
    ),
    asked("all issues", "issuetype = Bug", HIGHEST, says="Every Bug in OPS", cure="Narrow the JQL"),
    asked(
        "OR beside AND",
        f"labels = a OR labels = b AND {HIGHEST}",
        f"(labels = a OR labels = b) AND {HIGHEST}",
        says="AND binds closer than OR",
        cure="Set parentheses",
    ),
]

# ---- rights


def lacking(right: str, look: Look, *life: str, says: str = "", **item: Any) -> Mistake:
    """A right that our account lacks, until it gets what the cure names."""
    name = PERMISSIONS[right][1]

    def makes(bench: Bench) -> None:
        bench.item |= item
        if look is not Look.VERDICT:
            bench.save()
        bench.world.revoke(OUR_ACCOUNT, right, project="OPS")
        if look is Look.NOTE:
            bench.life(*life)

    where = {Look.HEALTH: "jira/rights OPS", Look.NOTE: "note"}
    fields = {"CREATE_ISSUES": "issue_type.id", "BROWSE_PROJECTS": "project.id"}
    return Mistake(
        name=f"{name}, by {look.value}",
        look=look,
        where=where.get(look) or fields.get(right, f"{RULES}[0].target_issue_field"),
        says=says or name,
        cure=name,
        makes=makes,
        step=Bench.give_the_rights_that_the_cures_name,
    )


FOLLOWING: dict[str, Any] = {"status_mapping": STATUS_MAPPING, RULES: [RESOLUTION]}

RIGHTS = [
    *(
        lacking(right, Look.HEALTH)
        for right in (
            "BROWSE_PROJECTS",
            "CREATE_ISSUES",
            "EDIT_ISSUES",
            "TRANSITION_ISSUES",
            "RESOLVE_ISSUES",
            "ADD_COMMENTS",
            "LINK_ISSUES",
        )
    ),
    *(
        lacking(right, Look.HEALTH, sync_people={"assignee": True, "watchers": True})
        for right in ("ASSIGN_ISSUES", "MANAGE_WATCHERS")
    ),
    lacking("CREATE_ISSUES", Look.NOTE, says="permission to create issues"),
    lacking("BROWSE_PROJECTS", Look.NOTE, says="The project does not exist, or"),
    lacking("TRANSITION_ISSUES", Look.NOTE, "acknowledge", **FOLLOWING),
    lacking("RESOLVE_ISSUES", Look.NOTE, "resolve", **FOLLOWING),
    lacking("BROWSE_PROJECTS", Look.VERDICT, says="or does not show it to our account"),
    lacking("CREATE_ISSUES", Look.VERDICT, says="may not create issues in OPS"),
    lacking("ASSIGN_ISSUES", Look.VERDICT, custom_fields=[a_rule("assignee", "alice")]),
    lacking("MODIFY_REPORTER", Look.VERDICT, custom_fields=[a_rule("reporter", "alice")]),
    lacking("SCHEDULE_ISSUES", Look.VERDICT, custom_fields=[a_rule("duedate", "2026-12-24")]),
]

# ---- screens and workflows


def _required(field: str, *, required: bool = True) -> Act:
    return lambda bench: bench.stack.jira.model.set_required(
        "OPS", "10001", field, required=required
    )


def _shown(field: str, *, shown: bool) -> Act:
    return lambda bench: bench.stack.jira.model.set_on_screen("OPS", "10001", field, shown=shown)


def hidden(field: str, *, at: str, says: str, cure: str, **item: Any) -> Mistake:
    """A field that was taken off the create screen, until it is put on it."""
    return Mistake(
        name=f"{field} is not on the create screen",
        look=Look.VERDICT,
        where=at,
        says=says,
        cure=cure,
        makes=both(_written(item), _shown(field, shown=False)),
        step=_shown(field, shown=True),
    )


def _transitions(change: Callable[[Transition], Transition | None]) -> Act:
    def act(bench: Bench) -> None:
        ops = bench.world.project_named("OPS")
        bench.before = ops.workflow
        changed = tuple(filter(None, map(change, ops.workflow.transitions)))
        ops.workflow = replace(ops.workflow, transitions=changed)

    return act


def _as_before(bench: Bench) -> None:
    bench.world.project_named("OPS").workflow = bench.before


def lived(
    name: str, *life: str, says: str, cure: str, makes: Act, step: Act, **item: Any
) -> Mistake:
    """What goes wrong in the life of an incident."""
    return Mistake(
        name=name,
        look=Look.NOTE,
        where="note",
        says=says,
        cure=cure,
        makes=both(lambda bench: bench.save(**item), makes, lambda bench: bench.life(*life)),
        step=both(step, lambda bench: bench.save()),
    )


def _take_the_transition(bench: Bench) -> None:
    """Take it in Jira as our account, and fill what it asks for."""
    (issue,) = bench.stack.issues_of(bench.incident)
    jira = bench.stack.jira.model
    jira.edit_issue(OUR_ACCOUNT, issue["key"], {"fields": {"environment": "production"}})
    jira.transition(OUR_ACCOUNT, issue["key"], {"transition": {"id": "11"}})


def _nothing(_bench: Bench) -> None:
    """Leave Jira as it is."""


JIRA = [
    hidden(
        "description",
        at="issue_type.id",
        says="Description is not on the create screen",
        cure="Put the field Description on the create screen",
    ),
    hidden(
        "priority",
        at="priorities",
        says="Priority is not on the create screen",
        cure="Put the field Priority on the create screen",
        priorities=[{"pagerduty_id": "PP1", "jira_id": "1"}],
    ),
    hidden(
        "environment",
        at=f"{RULES}[0].target_issue_field",
        says="environment is not on the create screen",
        cure="Put the field on the create screen",
        custom_fields=[a_rule("environment")],
    ),
    Mistake(
        name="a field that Jira requires",
        look=Look.VERDICT,
        where=RULES,
        says=TEXT,
        cure=f'Add to {RULES} {{"target_issue_field": "{TEXT}"',
        makes=_required(TEXT),
        step=both(
            Bench.add_the_rules_that_the_cures_show,
            Bench.save,
        ),
    ),
    Mistake(
        name="a field that Jira requires no longer",
        look=Look.VERDICT,
        where=RULES,
        says=TEXT,
        cure="make the field optional in Jira",
        makes=_required(TEXT),
        step=_required(TEXT, required=False),
    ),
    lived(
        "a field that Jira requires, at an incident",
        makes=_required(TEXT),
        step=both(Bench.add_the_rules_that_the_cures_show),
        says=f'requires the field "Incident number" ({TEXT})',
        cure=f'Add to {RULES} of the mapping checkout-bugs {{"target_issue_field": "{TEXT}"',
    ),
    lived(
        "an option that Jira does not have, at an incident",
        makes=_nothing,
        step=lambda bench: bench.write(RULES, [a_rule("customfield_10004", "Platform")]),
        says="customfield_10004",
        cure="Correct the rule for customfield_10004",
        custom_fields=[a_rule("customfield_10004", "Platfrom")],
    ),
    Mistake(
        name="no value for a resolution that a transition requires",
        look=Look.VERDICT,
        where=RULES,
        says="requires the field Resolution (resolution)",
        cure=f'Add to {RULES} {{"target_issue_field": "resolution"',
        makes=both(
            lambda bench: bench.save(**{"status_mapping": STATUS_MAPPING, RULES: []}),
            lambda bench: bench.life("acknowledge"),
        ),
        step=Bench.add_the_rules_that_the_cures_show,
    ),
    lived(
        "an issue type that was taken out of the project",
        makes=lambda bench: bench.take_out_the_type(),
        step=lambda bench: bench.world.project_named("OPS").screens.update(bench.before),
        says="Issue type with id 10001 does not exist",
        cure="issue type Bug of the mapping",
    ),
    lived(
        "a workflow without a way",
        "acknowledge",
        makes=_transitions(lambda one: None if one.id == "11" else one),
        step=_as_before,
        says="The workflow has no way there",
        cure="Add a transition to the workflow",
        **FOLLOWING,
    ),
    lived(
        "a transition that requires a resolution",
        "resolve",
        makes=_nothing,
        step=both(Bench.add_the_rules_that_the_cures_show),
        says='"Resolution" (resolution)',
        cure='{"target_issue_field": "resolution"',
        status_mapping=STATUS_MAPPING,
    ),
    lived(
        "a validator",
        "acknowledge",
        makes=_transitions(
            lambda one: replace(one, validated=("environment",)) if one.id == "11" else one
        ),
        step=_take_the_transition,
        says="environment",
        cure="Take the transition once in Jira",
        **FOLLOWING,
    ),
]

MISTAKES = [*FORM, *NAMES, *PATTERNS, *IDS, *FIELDS, *JQL, *RIGHTS, *JIRA]

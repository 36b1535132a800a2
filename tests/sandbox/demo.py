"""A story on the deployed stack that one can follow line by line: `make demo`, `make sandbox`.

It ends with exit status 0 only if every step was seen on both sides.
"""

import signal
import sys
import textwrap
import time
from collections.abc import Callable, Sequence

from tests.builders import STATUS_MAPPING
from tests.sandbox import quiet
from tests.sandbox.environment import Issue, Sandbox, eventually
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.pagerduty.seed import API_TOKEN, RESPONDER, SYNC_EMAIL
from tests.sandbox.stack import STACK_NAME

WIDTH = 92
REQUIRED_FIELD = "customfield_10001"

PAGING = {
    "project": {"id": "10100"},
    "issuetype": {"id": "10001"},
    "summary": "Database down",
    "description": "p99 is 8 s",
    "labels": ["page-me"],
}

started = time.monotonic()


def say(line: str) -> None:
    """One line of progress, with the seconds since the start."""
    print(f"[{time.monotonic() - started:5.1f} s] {line}", flush=True)


def show(label: str, text: str) -> None:
    """Something that is seen on one side, over as many lines as it needs."""
    indent = " " * 22
    lines = textwrap.wrap(
        text, WIDTH - len(indent), break_on_hyphens=False, break_long_words=False
    ) or [""]
    print(f"          {label:>10}  {lines[0]}", flush=True)
    for line in lines[1:]:
        print(f"{indent}{line}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Play the story; `--stay` keeps everything running afterwards, `--empty` plays none."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if "--empty" in arguments:
            _nothing_set_up()
        with Sandbox(say=say) as sandbox:
            sandbox.allow_links(allowed=True)
            _introduce(sandbox)
            for act in (
                _an_incident,
                _twenty_copies,
                _a_lost_answer,
                _a_refusal,
                _a_life,
                _a_merge,
                _the_other_way,
                _a_quiet_minute,
            ):
                act(sandbox)
            say("The end: every step was seen on both sides.")
            if "--stay" in arguments:
                _stay(sandbox)
    except AssertionError as problem:
        say(f"FAILED: {problem}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def _introduce(sandbox: Sandbox) -> None:
    say("The stack is deployed, between a PagerDuty and a Jira of the sandbox.")
    show("webhook", sandbox.stack.webhook_url)
    show("PagerDuty", sandbox.pagerduty.page_url)
    show("Jira", sandbox.jira.url)
    health = sandbox.stack.invoke("AdminFunction", {"action": "health"})
    _expect(health["status"] == "ok", f"health is {health}")
    show("health", f"{health['status']}: {len(health['checks'])} checks passed")


def _an_incident(sandbox: Sandbox) -> None:
    say("1. Ada is paged: an incident is triggered on the service Checkout.")
    incident = sandbox.trigger(
        "Checkout answers slowly", details="p99 is 8 s since 02:57.\nRunbook: {see wiki}"
    )
    issue = _linked(sandbox, incident)
    show(
        "Jira",
        f"{issue['key']} ({issue['fields']['issuetype']['name']}): {issue['fields']['summary']}",
    )
    show("", f"last line: {issue['fields']['description'].splitlines()[-1]}")
    show("", f"remote link: {issue['remotelinks'][0]['object']['url']}")
    show("PagerDuty", f"note: {sandbox.notes_of(incident)[-1]}")


def _twenty_copies(sandbox: Sandbox) -> None:
    say("2. PagerDuty delivers the same webhook twenty times more.")
    incident = sandbox.trigger("Payments are declined")
    _linked(sandbox, incident)
    event = next(
        line.event_id
        for line in sandbox.pagerduty.webhooks.log()
        if (line.resource_id, line.event_type) == (incident, "incident.triggered")
    )
    statuses = sandbox.pagerduty.webhooks.deliver_again(event, times=20, fresh_webhook_id=True)
    _expect(statuses == [202] * 20, f"the deliveries were answered {statuses}")
    show("PagerDuty", "twenty deliveries were answered 202")
    sandbox.at_rest(incident)
    _one_issue(sandbox, incident)


def _a_lost_answer(sandbox: Sandbox) -> None:
    say("3. Jira creates the issue, but the connection breaks before its answer arrives;")
    say("   and its search shows new issues only after 3 seconds.")
    sandbox.jira.model.lag = 3
    sandbox.jira.faults.add(FaultKind.CUT_AFTER, method="POST", path=r"/rest/api/2/issue$")
    incident = sandbox.trigger("Search returns nothing")
    eventually(lambda: sandbox.issues_of(incident), what="an issue in Jira")
    show("Jira", "the issue is there, and its answer is lost")
    _linked(sandbox, incident)
    sandbox.jira.model.lag = 0
    _one_issue(sandbox, incident)


def _a_refusal(sandbox: Sandbox) -> None:
    say("4. An administrator of Jira makes a field mandatory that the mapping does not fill.")
    model = sandbox.jira.model
    model.set_required("10100", "10001", REQUIRED_FIELD, required=True)
    incident = sandbox.trigger("Disk of db-3 is full")
    notes = eventually(lambda: sandbox.notes_of(incident), what="a note on the incident")
    show("PagerDuty", f"note: {notes[-1]}")
    _expect(not sandbox.issues_of(incident), "Jira has an issue that it refused")
    _expect(REQUIRED_FIELD in notes[-1], "the note does not name the field")
    say("   The mapping gets a rule for it, and a resync does what was refused.")
    rule = {
        "target_issue_field": REQUIRED_FIELD,
        "type": "attribute",
        "source_incident_field": "incident_number",
    }
    sandbox.put_mapping(custom_fields=[rule])
    answer = sandbox.stack.invoke("AdminFunction", {"action": "resync", "incident_id": incident})
    _expect(answer.get("queued") is True, f"resync answered {answer}")
    issue = _linked(sandbox, incident)
    show("Jira", f"{issue['key']} with {REQUIRED_FIELD} = {issue['fields'][REQUIRED_FIELD]}")
    model.set_required("10100", "10001", REQUIRED_FIELD, required=False)


def _a_life(sandbox: Sandbox) -> None:
    say("5. Ada works on an incident to its end, and its issue follows.")
    resolution = {"target_issue_field": "resolution", "type": "const", "value": "Done"}
    priorities = [{"pagerduty_id": "PP1", "jira_id": "1"}]
    sandbox.put_mapping(
        status_mapping=STATUS_MAPPING, priorities=priorities, custom_fields=[resolution]
    )
    model = sandbox.pagerduty.model
    incident = sandbox.trigger("Checkout is down")
    issue = _linked(sandbox, incident)
    show("Jira", f"{issue['key']} is {issue['fields']['status']['name']}")
    _ada(sandbox, incident, "acknowledges", model.acknowledge, "In Progress")
    _a_priority(sandbox, incident)
    _what_ada_writes(sandbox, incident)
    _ada(sandbox, incident, "resolves", model.resolve, "Resolved")
    _ada(sandbox, incident, "reopens", model.reopen, "Open")
    two_steps = "resolves at once, two steps of the workflow away"
    _ada(sandbox, incident, two_steps, model.resolve, "Resolved")
    resolved = sandbox.issues_of(incident)[0]["fields"]["resolution"]
    _expect(resolved and resolved["name"] == "Done", f"the resolution is {resolved}")
    _expect(len(sandbox.notes_of(incident)) == 2, "a comment came back as a note")


def _ada(
    sandbox: Sandbox, incident: str, does: str, act: Callable[..., object], status: str
) -> None:
    """Ada acts, and the issue moves."""
    act(incident, by=RESPONDER)
    issue = _follows(
        sandbox, incident, lambda issue: issue["fields"]["status"]["name"] == status, status
    )
    show("PagerDuty", f"Ada {does}")
    show("Jira", f"{issue['key']} is {status}")


def _a_priority(sandbox: Sandbox, incident: str) -> None:
    sandbox.pagerduty.model.set_priority(incident, "PP1", by=RESPONDER)
    issue = _follows(
        sandbox, incident, lambda it: it["fields"]["priority"]["id"] == "1", "its priority"
    )
    show("PagerDuty", "Ada makes it a P1")
    show("Jira", f"{issue['key']} has the priority {issue['fields']['priority']['name']}")


def _what_ada_writes(sandbox: Sandbox, incident: str) -> None:
    model = sandbox.pagerduty.model
    for does, act, text in (
        ("writes a note", model.add_note, "db-3 was restarted; errors go down."),
        ("publishes a status update", model.publish_status_update, "We are on it."),
    ):
        act(incident, text, by=RESPONDER)
        show("PagerDuty", f"Ada {does}: {text}")
        _commented(sandbox, incident, text)


def _a_merge(sandbox: Sandbox) -> None:
    say("6. Two incidents have one cause: Ada merges one into the other.")
    cause, effect = (sandbox.trigger(title) for title in ("db-3 is down", "Basket is empty"))
    (goes_on, ends) = (_linked(sandbox, incident) for incident in (cause, effect))
    sandbox.pagerduty.model.merge([effect], cause, by=RESPONDER)
    _commented(sandbox, effect, f"Its issue is {goes_on['key']}.")
    eventually(
        lambda: [link["state"] for link in sandbox.links_of(effect)] == ["closed"],
        what="the link closed",
    )
    status = sandbox.issues_of(effect)[0]["fields"]["status"]["name"]
    _expect(status == "Open", f"{ends['key']} was moved to {status}")
    show("", f"{ends['key']} stays {status}, and follows nothing any more")


def _the_other_way(sandbox: Sandbox) -> None:
    say("7. The other way round: Alice types an issue whose label pages, and closes it again.")
    say(
        "   (The schedule polls once a minute; so that nobody waits for it, this scene polls, too.)"
    )
    sandbox.put_mapping(
        jql='labels = "page-me"', jql_applies_to="existing", status_mapping=STATUS_MAPPING
    )
    made = sandbox.jira.model.create_issue("alice", {"fields": PAGING})
    show("Jira", f"{made['key']}: {PAGING['summary']}")
    incident = eventually(lambda: _opened_by(sandbox, made["id"]), seconds=60, what="an incident")
    (issue,) = eventually(lambda: sandbox.issues_of(incident), what="the mark on the issue")
    eventually(lambda: sandbox.is_linked(incident), what="issue and incident linked")
    show("PagerDuty", f"incident: {sandbox.pagerduty.model.incident(incident).title}")
    sandbox.jira.model.add_comment("alice", issue["key"], {"body": "The *disk* of db-7 is full."})
    _heard(sandbox, incident, "The disk of db-7 is full.")
    _answered(sandbox, incident, "Old logs are deleted; there is room again.")
    for transition in ({"id": "11"}, {"id": "31"}):
        fields = {"resolution": {"name": "Done"}} if transition["id"] == "31" else {}
        body = {"transition": transition, "fields": fields}
        sandbox.jira.model.transition("alice", issue["key"], body)
    show("Jira", f"Alice resolves {issue['key']}")
    model = sandbox.pagerduty.model
    _polled(sandbox, lambda: model.incident(incident).status == "resolved", "the incident resolved")
    show("PagerDuty", "the incident is resolved")
    _nothing_twice(sandbox, incident)


def _a_quiet_minute(sandbox: Sandbox) -> None:
    say(f"8. Nobody touches anything for {quiet.SECONDS} seconds, and nothing echoes.")
    before, after, problem = quiet.keep_quiet(sandbox)
    for side, counts in before.sides.items():
        counters = quiet.Counters.of(counts), quiet.Counters.of(after.sides[side])
        show(side, f"calls: {counters[0].told(counters[1])}")
    _expect(not problem, problem)
    show("", f"polls by the schedule: {after.rounds - before.rounds}; they searched, no more")
    sandbox.put_mapping()


def _opened_by(sandbox: Sandbox, issue_id: str) -> str:
    """The incident that the issue has opened; a schedule polls every minute, here it is now."""
    sandbox.poll()
    keys = {it.incident_key or "": it.id for it in sandbox.pagerduty.model.incidents.values()}
    opened = (id_ for key, id_ in keys.items() if key.endswith(f":{issue_id}"))
    return next(opened, "")


def _heard(sandbox: Sandbox, incident: str, text: str) -> None:
    """Wait for the note that carries a comment, and show it."""

    def notes() -> list[str]:
        return [note for note in sandbox.notes_of(incident) if text in note]

    _polled(sandbox, lambda: bool(notes()), "the comment as a note")
    show("PagerDuty", f"has the note: {' '.join(notes()[0].split())}")


def _answered(sandbox: Sandbox, incident: str, text: str) -> None:
    """Ada answers by a note, which becomes a comment."""
    sandbox.pagerduty.model.add_note(incident, text, by=RESPONDER)
    show("PagerDuty", f"Ada answers: {text}")
    _commented(sandbox, incident, text)


def _nothing_twice(sandbox: Sandbox, incident: str) -> None:
    """One comment and one note each way, beside the note that names the issue."""
    eventually(sandbox.quiet, seconds=60, what="everything at rest")
    (issue,) = sandbox.issues_of(incident)
    comments, notes = issue["fields"]["comment"]["comments"], sandbox.notes_of(incident)
    _expect(len(comments) == 2, f"there are {len(comments)} comments")
    _expect(len(notes) == 3, f"there are {len(notes)} notes")


def _polled(sandbox: Sandbox, is_so: Callable[[], bool], what: str) -> None:
    """Wait until it is so, polling as the schedule does every minute."""

    def look() -> bool:
        sandbox.poll()
        return is_so()

    eventually(look, seconds=60, what=what)


def _commented(sandbox: Sandbox, incident: str, end: str) -> None:
    """Wait for the comment, the newest, and show it."""

    def newest(issue: Issue) -> str:
        written = issue["fields"]["comment"]["comments"]
        return str(written[-1]["body"]) if written else ""

    issue = _follows(sandbox, incident, lambda it: newest(it).endswith(end), "a comment")
    show("Jira", f"{issue['key']} has the comment: {newest(issue)}")


def _follows(sandbox: Sandbox, incident: str, is_so: Callable[[Issue], bool], what: str) -> Issue:
    """Wait until the incident's issue is so; answers it."""
    (issue,) = eventually(
        lambda: [issue for issue in sandbox.issues_of(incident) if is_so(issue)],
        seconds=60,
        what=f"{what} at the issue",
    )
    return issue


def _linked(sandbox: Sandbox, incident: str) -> Issue:
    eventually(lambda: sandbox.is_linked(incident), seconds=60, what="issue and incident linked")
    return _follows(
        sandbox, incident, lambda it: len(it["remotelinks"]) == 1, "the incident's link"
    )


def _one_issue(sandbox: Sandbox, incident: str) -> None:
    issues, notes = sandbox.issues_of(incident), sandbox.notes_of(incident)
    _expect(len(issues) == 1, f"there are {len(issues)} issues")
    _expect(len(notes) == 1, f"there are {len(notes)} notes")
    show("Jira", f"still one issue: {issues[0]['key']}")
    show("PagerDuty", f"still one note: {notes[0]}")


def _expect(seen: object, otherwise: str) -> None:
    if not seen:
        raise AssertionError(otherwise)


def _nothing_set_up() -> None:
    """The first hour, to practise: a stack as `sam deploy` leaves it, beside both sides."""
    with Sandbox(say=say, empty=True) as sandbox:
        sandbox.empty()
        sandbox.allow_links(allowed=True)
        function = sandbox.stack.physical_id("AdminFunction")
        say("The stack is deployed, and nothing is set up. What a person would know by now:")
        show("stack", f"{STACK_NAME}, region us-east-1")
        show("page", sandbox.stack.browser_url(sandbox.stack.outputs["AdminUrl"]))
        show("", "sign in by a link: a new one is made here whenever Enter is pressed, which is")
        show("", f'what invoking {function} with {{"action": "sign-in-link"}} answers,')
        show("", "at an address that a browser here can open")
        show("Jira", f"{sandbox.jira.url}, access token {OUR_TOKEN}")
        show("PagerDuty", f"{sandbox.pagerduty.page_url}, API key {API_TOKEN}, {SYNC_EMAIL}")
        show("AWS", f"{sandbox.stack.endpoint} (any AWS client, key id `test`)")
        say("Ctrl-C ends it.")
        while True:
            show("link", sandbox.sign_in_link())
            if not sys.stdin.readline():
                pause: Callable[[], None] = signal.pause
                pause()


def _stay(sandbox: Sandbox) -> None:
    say("Everything stays up. Open both pages in a browser and press what you like:")
    show("PagerDuty", sandbox.pagerduty.page_url)
    show("Jira", sandbox.jira.url)
    show("mapping", "incidents of Checkout become Bugs of OPS; Payments has none, on purpose")
    show("AWS", f"{sandbox.stack.endpoint} (any AWS client, key id `test`)")
    say("Ctrl-C ends it.")
    pause: Callable[[], None] = signal.pause
    pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

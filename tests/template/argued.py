"""Sentences that have no cure in the source: why there is nothing to do, or what is."""

IN_PLACE = {
    "page": "What to do stands beside it.",
    "connection": "The page shows the next step.",
}
"""Whole folders: these sentences lead through something."""

DONE = "Nothing to do."

_REPORT = "Report it: a fault of the software. The log has the stack trace."

_SENT = "Nothing here. `health` says what is refused, and the cure."

_OTHERS = "Do what is said behind it."

_NOTE_TELLS = "Do what the note says behind `What to do:`."

_REDRIVE = "Do what is said behind it, then send the dead letter back (docs/run/dead-letters.md)."

_BEHIND = "Do what stands behind `What to do:` in the note."

_REACH = "Look for the reason behind it: each has a row of its own."

_LATER = "Nothing: it is tried again by itself."

_READ_ANEW = "Nothing: it is read anew by the next event or sweep."

CORRECTED = {
    "No webhook secret is configured yet.": "Enter PagerDuty's in pagerduty.webhook_secrets.",
    "No action token is configured yet.": "Set pagerduty.action_token in the connection secret.",
    "No sweep has looked yet whether anything is owed.": "Nothing to do: one begins soon.",
    "Jira requires the field ..., and the mapping does not fill it.": "Add the rule that the note "
    "shows to custom_fields of the mapping, or make the field optional in Jira.",
    "... does not accept our user name and password.": "Check jira.auth in the connection secret: "
    "the name is the one you sign in with, not an e-mail address.",
    "... does not accept our user name and password....": "Check jira.auth in the connection "
    "secret: the name is the one you sign in with, not an e-mail address.",
    "PagerDuty's ... integration makes issues for incidents of ... as well: each gets two.": "In "
    "PagerDuty: Integrations > Extensions > your Jira Server extension, the gear, and delete that "
    "service there. A rule of v4 or Jira Cloud: open it and switch it off.",
    "... None was proven since (times in UTC).": "Enter the secret or token that is named, on the "
    "other side or here, so that both hold the same.",
    "The mapping has ... KB, and ... KB fit. Its longest text is ....": "Shorten that text, and "
    "save the mapping or read it again.",
    "It was not checked in the time of this import.": "Import again: it goes on.",
    '"..." stays text: a name stands between two braces on either side.': "Write {{ name }}.",
    "Nobody can write ... in PagerDuty, so it cannot follow ....": "Set direction to to_jira. "
    "Priority, status and people follow by priorities, status_mapping and sync_people.",
    "There is no ... with the id ....": "Write the id that stands beside it, or choose it by its "
    "name on the page.",
    '"..." is the name of an incident workflow, not its id.': "Write the id that stands beside it: "
    "the end of the workflow's URL.",
    "... is not the id of the project ....": "Write the id that stands beside it.",
    "The project ... has the key ..., not ....": "Write the key that stands beside it.",
    "... is the id of the project ..., and ... another project. The id counts: issues go to "
    "....": "Write id and key of the project that you mean.",
    "Jira has no field ....": "Write the id that stands beside it, or choose the field by its name "
    "on the page.",
    "The JQL has the character U+... at ..., ....": "Delete that character, or put the value in "
    "quotes.",
    "Somebody asked for one, but there will be none. ...": _BEHIND,
    "... did not get the .... ...": _BEHIND,
    "... was not changed. ...": _BEHIND,
    "... stays in ... and does not move to ..., which stands for .... ...": _BEHIND,
    "... cannot be read, so it does not follow this incident. ...": _BEHIND,
    "No Jira issue (mapping ...). ...": _BEHIND,
    "Jira requires the field ... (...), and the mapping does not fill it.": "Add to custom_fields "
    "the rule that the check shows, or make the field optional in Jira.",
    'The transition "..." requires the field ... (...), and the mapping does not fill it.': "Add "
    "to custom_fields the rule that the check shows, or make the field optional on the "
    "transition's screen in Jira.",
    "Whether Jira has an issue for this incident is not known yet (mapping ...). ...": _BEHIND,
    "This incident does not follow ..., so their statuses differ. ...": _BEHIND,
    "... and this incident are kept in step, except for custom fields. ...": _BEHIND,
    "Jira shows no issue of an earlier attempt (...). None is created now: ...": "If there is to "
    'be one, press "Create the issue now" on the page, or change the mapping.',
    "Not done yet, and tried again for up to four days: ...": "Nothing: it is tried again by "
    "itself. If it lasts, search for what stands behind it.",
    "... Others were proven since (times in UTC): these came from a stranger, or from a second "
    "sender with another secret. ...": "Nothing, if no sender of yours is meant; else give that "
    "sender the right secret.",
    "... Whether any was proven since is not known: the webhook's log since then is too long to be "
    "read in a few seconds (times in UTC).": "Compare the secret or token with the other side's; "
    "the stack's dashboard counts all.",
    "Jira does not take what was given for the field ...: ...": "Correct the rule for that field "
    "in custom_fields of the mapping. Where the note names a right, give that first: without it "
    "Jira hides the field.",
    "Jira asks for the field ...: ...": "Put the field on the create screen in Jira and add a rule "
    "for it to custom_fields of the mapping, or make it optional in Jira.",
    'The transition "..." requires ..., and the mapping does not fill ....': "Add the rule that "
    "the note shows to custom_fields of the mapping, or make the field optional on the "
    "transition's screen in Jira.",
    "... ... was left open.": "Close or delete the test issue in Jira.",
    "... gets no issue by mapping .... ...": "Do what is said behind it.",
    "Notes, comments, people or links fail; every sweep tries them again.": "Nothing for an hour. "
    "After that: Show them, and mend what the timeline of one says.",
    "... stays in Jira as a duplicate of ...: both were created for this incident, and ... alone "
    "is kept in step with it.": "Close the duplicate by hand.",
    "... Whether it took effect is unknown.": "Nothing: what became of it is looked up, before it "
    "is tried again.",
    "... could not be reached for ...: ....": _REACH,
    "... could not be reached: ....": _REACH,
    "There is no action ....": 'Invoke with {"action": "health"}; docs/reference/actions.md lists '
    "every action.",
}
"""Where what stands beside a sentence in the source is not its cure, or not all of it."""

ARGUED = {
    # health, mappings
    "This could not be looked at:": _REPORT,
    "Our account has every right": DONE,
    "The JQL of mapping ... is not run.": _OTHERS,
    "Changes in the project ... are not followed.": _OTHERS,
    "... something that was refused.": "Read the note on the incident, and mend what it names.",
    "No Jira issue (mapping ...).": "Read the rest of the note: it says why, and what to do.",
    "It works again;": DONE,
    "... The secret has been changed since.": "Nothing: the next signal or poll tries it.",
    "The connection secret can be read;": DONE,
    "The JQL of ... is followed.": DONE,
    "Incident ... is not in step": _OTHERS,
    "It lies in the dead-letter queue no more": DONE,
    "Jira keeps comments of others": "Make our account an agent, as the cure behind it says.",
    "... of our ... webhook subscriptions": "In PagerDuty, switch them on, or delete them.",
    "PagerDuty's ... integration makes issues": "Switch that off in PagerDuty: its step says how.",
    "... is not known here.": "Delete the key from the rule, or write the mapping by hand.",
    "... has no counterpart here.": "Do without it, or write the mapping by hand.",
    "It belongs to the mapping of that": DONE,
    # JQL
    "MaxIncidentsPerHour of the stack,": "Release what waits, or deploy with a higher limit.",
    "The JQL of mapping ... pauses, since": 'Let it through: {"action": "release", ...}.',
    "Of those that waited,": DONE,
    "No issue waited:": DONE,
    "... waited. How many still match": DONE,
    "Issue ... does not wait": DONE,
    "No mapping ... with a JQL": "Switch it on, if such issues are to page.",
    "No mapping with a JQL is in force": "Switch one on, if such issues are to page.",
    "... is an issue of our own account": DONE,
    "... does not match the JQL any more.": DONE,
    "... matches the JQL and opens": DONE,
    # the worker's rounds
    "Found ..., created by": DONE,
    "Jira does not show ... on ...:": "Put the field on the screen where our account sees it.",
    "... is not on the create screen": "Put the field on the create screen, or delete the rule.",
    "Changed ...,": DONE,
    "Jira's database does not hold": "Nothing; or let the database hold all of Unicode (utf8mb4).",
    "PagerDuty's change wins.": "Nothing; or change it again, if what Jira had is right.",
    "Jira's change wins.": "Nothing; or change it again, if what PagerDuty had is right.",
    "Added a": DONE,
    "... The incident was not told:": "Read the earlier notes: they say the same.",
    "There are more notes to carry.": _LATER,
    "There was no time left for it": _LATER,
    "The planner": _REPORT,
    "Somebody changed the incident": DONE,
    "Somebody moved ...": DONE,
    "Moved ...": DONE,
    "... and the incident are kept in step": DONE,
    "The workflow has no way there.": "Add a transition in Jira: the note names both ends.",
    "Both sides were looked at": DONE,
    "The incident and its issue": DONE,
    "An earlier attempt to add a comment": _LATER,
    "This incident does not follow ...,": _NOTE_TELLS,
    "... and this incident are kept in step, except": _NOTE_TELLS,
    "Whether Jira has an issue for this incident": _NOTE_TELLS,
    "A change in Jira makes no issue.": DONE,
    "Nothing was to be done.": DONE,
    # admin
    "Judged by what incidents and mapping": DONE,
    "The mapping cannot be read, so nothing": "Mend what `check` names, and try again.",
    "... The issue would be in": DONE,
    "Fields are required.": "Fill what is named beside it, or make it optional in Jira.",
    "Jira does not tell which of its": "Try the clauses one by one in Jira's issue search.",
    "It has this mapping already.": DONE,
    "It has the mapping.": DONE,
    ".... ... is no event that can be tried": "Take a later incident.",
    "Not tried: an earlier step failed.": "Mend the step that failed, and test again.",
    "PagerDuty: test of ...": "Nothing to do: it is a test issue.",
    "The incident does not take what ...": "Correct the value in Jira, or the rule of the mapping.",
    "... is looked at again": DONE,
    "... has ... already (mapping ...).": DONE,
    "... gets an issue by mapping": DONE,
    "...: incidents of ... become issues": DONE,
    "A sweep reads PagerDuty's log": DONE,
    "The incident ... is none of": DONE,
    "This issue was made by a test": "Close or delete it.",
    "Notes of an incident look like": DONE,
    "... of ... mappings were looked at.": "Try again, or with one mapping at a time.",
    "A step failed:": "Do what stands beside the step.",
    # sweeps, circuits, worker
    "Issue ... opens no incident": _OTHERS,
    "Issue ... ": DONE,
    "PagerDuty's log from ... to": "Invoke resync for the incidents of that time.",
    "PagerDuty's log was not read": "Nothing: the next sweep goes on by itself.",
    "... is not called now": "Do what is said behind it; it is tried again by itself.",
    "... is tried by another worker": _LATER,
    "The time of this run was up; left": "Nothing: the next delivery goes on. If it lasts, look "
    "why Jira or PagerDuty is slow.",
    "It is tried again by itself": _LATER,
    "It ended ... times in a row": f"{_REPORT} Once it is fixed, send the dead letter back.",
    "The delivery cannot be read.": "Report it with the body of the dead letter, then delete that.",
    "... is about no incident.": DONE,
    "Given up after four days.": _REDRIVE,
    "An earlier version stored it": DONE,
    # what webhooks are answered, and what both sides say
    "The delivery is signed, but": "Report it with the body of the dead letter, then delete that.",
    "An action was sent, but": "Look what else holds the button's token; then delete the letter.",
    "Jira sent a webhook that": "Report it with the body of the dead letter, then delete that.",
    "The body exceeds": _SENT,
    "Not stored; send it again.": _SENT,
    "The signature does not match": _SENT,
    "The action token does not match": _SENT,
    "Nothing is configured yet.": "Fill the connection secret in Secrets Manager.",
    "There is no such webhook.": _SENT,
    "The header X-Hub-Signature": "Enter jira.webhook_secret in Jira's webhook as its secret.",
    "This function was given no": "Deploy the stack again.",
    "... is no key of it": "Rename the key in the connection secret, or take it out.",
    "The connection secret lacks": "Enter it in the connection secret.",
    "....mode must be one of": "Enter one of these in the connection secret.",
    "... does not accept the token that we": "Check key, issuer and user on Jira's side.",
    "Jira does not know the transition": _READ_ANEW,
    "Jira does not allow our account": "Give our account the right that this needs.",
}
"""By how a sentence begins."""

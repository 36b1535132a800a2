"""Sentences that the source puts together only when it speaks, each with its cure.

A cure stands here by how it begins; where the source has no such cure, it is the cure.
"""

from collections import abc

_PART = "Nothing: the next delivery goes on. If it lasts, look why Jira or PagerDuty is slow."

KEYED: abc.Mapping[str, abc.Mapping[str, str]] = {
    "health": {
        "Its clock is ... ahead of ours. Tokens that we sign follow it, but where a gateway before "
        "Jira checks them by a clock of its own, that is why it refuses them.": "Let Jira's server",
        "Its clock is ... behind ours. Tokens that we sign follow it, but where a gateway before "
        "Jira checks them by a clock of its own, that is why it refuses them.": "Let Jira's server",
        "Its clock is .... No clock is so far off: tokens that we sign follow our own.": (
            "Let Jira's server"
        ),
        "The connection secret can be read; it names .... ... is no key of it.": (
            "Rename each of these keys"
        ),
        "Jira shows us no project ...: it is gone, or its id in the mapping is wrong, or this: Our "
        "account lacks in ...: Browse Projects, ...": (
            "Correct the project in the mapping, or give our account Browse Projects there; where "
            "the scheme gives it already, the account lacks application access."
        ),
        "Our account lacks in ...: ... (without it ...).": (
            "Give our account in the permission scheme of ...: .... Where the scheme gives it "
            "already, the account lacks application access (Jira administration, Applications)."
        ),
        "... is a project of Jira Service Management, and our account is no agent there. ...": (
            "In Jira's user management"
        ),
        "... signals wait.": "Mend what other checks name",
        "... given up.": "Read the attribute",
        "The mapping ...: ...: ...": (
            "Do what stands beside it: it is what the mapping's check found, and has a row under "
            "What `check` says."
        ),
        "... make issues of one type in one project for the service ...: each incident will get "
        "... issues.": "Choose another project or issue type",
        "... make issues of one type in one project for the service ..., and one may be taken for "
        "the other: Jira keeps no entity properties there.": "Choose another project or issue type",
        "The API key may not see extensions, so nobody knows of PagerDuty's own rules.": (
            "Nothing, if no other Jira integration of PagerDuty is in use; otherwise look there."
        ),
        "No webhook subscription is for the service ....": "In PagerDuty, Integrations > Generic",
        "Events of the service ... are not subscribed to: ....": (
            "In PagerDuty, Integrations > Generic"
        ),
        "... refused ...: ... signature matches none of webhook_secrets. None was proven since "
        "(times in UTC).": "Put the secret of PagerDuty's webhook",
        "... refused ...: ... X-Action-Token is not action_token. None was proven since (times in "
        "UTC).": "Write the text of pagerduty.action_token",
        "... of Jira refused ...: ... URL does not end with webhook_token, or ... signature is not "
        "that of webhook_secret. None was proven since (times in UTC).": "Enter in Jira's webhook",
        "Incident ... has no issue: ... (mapping ...).": (
            "Do what is said behind it; a field that Jira requires is filled by a rule. Then press "
            "Try again, or wait for the next hour."
        ),
        "The last sweep, at ..., compared ... and had ... looked at. ...": (
            "Mend what is named behind it; the next sweep tries it again by itself."
        ),
    },
    "mappings": {
        "id is missing: it must be text.": "Add id to the item.",
        "... must be ...": "Write, for example, ....",
        "... offers ..., not ....": "Write what Jira offers: the sentence names it.",
        '... takes ..., and "..." is none of ...: ....': "Write a value that fits",
        "... takes a ... such as ....": "Write a value that fits",
        '... takes "..." only as portal/key, and Jira does not tell it; ...': (
            "Write a value that fits"
        ),
        '... takes a request type by name or as portal/key, and "..." is none.': (
            "Write a value that fits"
        ),
        "There is no ....": "Did you mean",
        'title_matches has no *, so only the title "..." itself matches.': 'Write "title_matches"',
        "title_matches is no regular expression: in it, * stands for any text, and ... matches "
        "hardly any title.": 'Write "title_matches"',
        "Line ..., column ...: here ... is expected.": "Correct the text there",
        "Not carried over: the field ...": "Add a rule to custom_fields",
        "Not carried over: a mapping has one ..., so this one is left out: ...": (
            "Add a mapping of its own"
        ),
        "Not carried over: here an issue pages when it comes to match, whatever made it match.": (
            "Narrow the JQL if that is too much."
        ),
    },
    "jql": {
        "currentUser() is the account that we sign in to Jira as, whoever wrote the JQL.": (
            "Write the name of a user"
        ),
        "The JQL has the character U+... at ..., which is no blank to Jira.": (
            "Type an ordinary blank"
        ),
    },
    "sync": {
        "... was not assigned to ...: Jira shows no account ..., and ours lacks the right Browse "
        "Users.": "Give our account in Jira the global right",
        "... does not watch ...: Jira shows no account ..., and ours lacks the right Browse "
        "Users.": "Give our account in Jira the global right",
        "... was not assigned to ...: ... (it takes ...Assign Issues).": (
            "Give our account in Jira the right Assign Issues."
        ),
        "... does not watch ...: ... (it takes ...Manage Watchers).": (
            "Give our account in Jira the right Manage Watchers."
        ),
        "... was not assigned to ...: ...": (
            "Do what is said behind it, or assign the issue by hand. Nothing else waits for it."
        ),
        "... does not watch ...: ...": (
            "Do what is said behind it, or add the watcher by hand. Nothing else waits for it."
        ),
        "... is in ...; nobody acknowledges the incident, since it has no assignee with an e-mail "
        "address.": "Assign the issue to somebody",
        "... is in ...; the mapping does not acknowledge incidents.": "Set acknowledge_on_status",
        "... is in ...; an acknowledgement cannot be taken back in PagerDuty.": (
            "Nothing; or open the incident again in PagerDuty, if somebody is to be paged."
        ),
        "... is in ...; the incident resolves when ... is resolved, too.": (
            "Resolve the other issue as well, or the incident by hand."
        ),
        "... stays in ... and does not move to ..., which stands for .... Jira says: ...": (
            "Take the transition once in Jira"
        ),
        "... stays in ... and does not move to ..., which stands for .... The transition ... "
        "requires ..., and the mapping does not fill it.": (
            "Fill the field by a rule, as the note shows it; or "
            "make it optional on the transition's screen in Jira."
        ),
    },
    "model": {
        "No Jira issue (mapping ...). Jira said: ...": (
            "Do what stands behind 'What to do:'. As a rule: give our account in Jira the right "
            "Create Issues in that project, and application access."
        ),
        "... was not changed. Jira said: ...": (
            "Give our account in Jira the rights Edit Issues, Transition Issues and Resolve Issues "
            "in the project, and put the field that is named on the edit screen."
        ),
        "... did not get the .... Jira said: ...": (
            "Give our account in Jira the right Add Comments in the project; for internal "
            "comments also the role Service Desk Team, with an agent licence."
        ),
        "... cannot be read, so it does not follow this incident. Jira said: ...": (
            "Let our account see the issue: Browse Projects, and its security level."
        ),
        "This incident does not follow ..., so their statuses differ. PagerDuty said: ...": (
            "Give the API key the right to change incidents"
        ),
        "... and this incident are kept in step, except for custom fields. PagerDuty said: ...": (
            "Give the API key the right to change incidents"
        ),
        "Jira does not take an issue of this type in project ...: ... access to a Jira ...": (
            "Give our account in Jira application access"
        ),
    },
    "admin": {
        "check-mapping needs a mapping.": "Give the mapping as a JSON object",
        "dry_run must be true or false.": "Give it without quotation marks.",
        'import needs either mappings or "from": "pagerduty".': "Give mappings as a list",
        "dry-run needs a mapping_id or a mapping.": "Give the id of an item of the mappings table, "
        "or",
        "days cannot be ....": "Give a number from 1",
        "recover cannot read the date ....": "Give a date and time",
        "recover needs a since.": "Give a date and time",
        "outcome needs a request.": "Give the `request` of an answer",
        "No job is named.": "Give the id that the answer named when the job began.",
        "name must be a text.": "Give it in quotation marks",
        "test-issue needs a mapping_id.": "Give the id of an item of the mappings table.",
        "end-test-issue needs an issue.": "Give its key.",
        "afterwards cannot be ....": "Give keep, close or delete",
        "The issue has no link to the incident: ...": (
            "Give our account in Jira the right Link Issues"
        ),
    },
    "worker": {"The time of this run was up; left for the next: ...": _PART},
    "webhooks": {
        "The header X-PagerDuty-Signature is missing.": (
            "Nothing, if a stranger sent it. Else find what takes the header off, such as a proxy."
        ),
        "The header X-Action-Token is missing.": (
            "Give the button in PagerDuty that header (docs/guide/which-incidents.md, By hand)."
        ),
    },
    "adapters": {
        "This failed in a way that nobody foresaw.": "Report it, with the log of AdminFunction.",
        "The connection secret is empty.": "Fill the connection secret",
        "The item INCIDENT#... LINK#... in ... cannot be read: ....": "Correct it; do not delete",
        "The item INCIDENT#... NOTE#... in ... cannot be read: ....": "Correct it: its note or",
        "The item INCIDENT#... EVENT#... in ... cannot be read: ....": "Delete it: this entry",
        "The item INCIDENT#... TEXT#... in ... cannot be read: ....": "Correct it: this note of",
        "The item OURS#... in ... cannot be read: ....": "Correct `at`",
        "The item ISSUE#... LINK in ... cannot be read: ....": "Correct it: `incident` and",
        "The item MATCH#... in ... cannot be read: ....": "Delete it: the next sweep finds",
        "The item BRAKE#... in ... cannot be read: ....": "Delete it: the hour is counted",
        "The item CURSOR#... in ... cannot be read: ....": "Correct `until`",
        "The item CIRCUIT#... in ... cannot be read: ....": "Delete it: it counts as closed",
        "The item WORKFLOW#... in ... cannot be read: ....": "Delete it: this part of the",
        "The item SWEEP#... in ... cannot be read: ....": "Nothing: the next sweep replaces it.",
        "... could not be reached...: its name could not be resolved.": (
            "Check the host in the URL, and the DNS record behind it. A private name needs "
            "SubnetIds: subnets that know it."
        ),
        "... could not be reached...: its address ... and such an address is never called.": (
            "Correct the host in the URL, or the DNS record behind it."
        ),
        "... could not be reached...: it did not take the connection in time.": (
            "Check that it runs, and that subnet"
        ),
        "... could not be reached...: no connection to it came about.": (
            "Check that it runs, and that subnet"
        ),
        "... could not be reached...: no encrypted connection came about.": (
            "Check that it speaks https"
        ),
        "... could not be reached...: what answers on that port does not speak https.": (
            "Enter the URL with the port"
        ),
        "... could not be reached...: it refused the connection.": (
            "Check that it runs, and the port"
        ),
        "... could not be reached...: its certificate is not valid yet.": (
            "Check the server's clock"
        ),
        "... could not be reached...: its certificate has expired.": "Renew the server's",
        "... could not be reached...: its certificate was revoked.": "Renew the server's",
        "... could not be reached...: its certificate is not made for a server.": (
            "Renew the server's"
        ),
        "... could not be reached...: its certificate is self-signed and not trusted.": (
            "Add the certificate to ca_pem"
        ),
        "... could not be reached...: its certificate comes from a private authority that is not "
        "trusted.": "Add the authority's certificate",
        "... could not be reached...: its chain ends at ..., which is no authority that is "
        "trusted.": "Add the certificate of",
        "... could not be reached...: its chain is incomplete: ..., which issued its certificate, "
        "is missing.": "Have the server send",
        "... could not be reached...: its certificate's chain is incomplete, or its authority is a "
        "private one.": "Give the server its whole chain",
        "... could not be reached...: its certificate is for another host.": (
            "Enter the URL with the host that the certificate names, or"
        ),
        "... could not be reached...: its certificate is for another host, not for this IP "
        "address.": "Enter the URL with the host that the certificate names.",
        "... could not be reached...: ... is too weak.": "Replace the certificate",
        "... could not be reached...: its certificate was not accepted (...).": (
            "Check the server's certificate."
        ),
        "... broke off the connection before ... was answered.": "If that port speaks https",
        "... did not answer ... within ... seconds.": "Check whether ... is overloaded.",
        "... asked us to slow down at ... (status 429).": (
            "Nothing: what it asks for is waited. If it lasts, lower MaxConcurrentSyncs."
        ),
        "... is not ready to serve ... (status 503).": (
            "Nothing, while that server starts or is maintained: it is tried again by itself."
        ),
        "... failed at ...: ....": "Look into Jira's own log",
        "Jira at ... refused POST .../search: ....": (
            "Correct the JQL: try it in Jira's issue search, signed in as our account."
        ),
        "Jira at ... refused ...: ....": (
            "Give our account the right that the words name, or mend the field that they name."
        ),
        "PagerDuty at ... refused ...: Access Denied.": "Use an API key with full access, or",
        "PagerDuty at ... refused ...: ....": "Ask PagerDuty for the plan",
        "... must be an object.": "In Secrets Manager, edit the secret",
        "... does not accept the token that we signed: ....": "Check that Jira's side holds",
        "... must be Jira's base URL: leave ... out.": "Correct it in the connection secret",
        "... must begin with ....": "Correct it in the connection secret",
        "... holds ... certificate in PEM form.": "Correct it in the connection secret",
        "... is empty.": "Correct it in the connection secret",
        "... is not an e-mail address.": "Correct it in the connection secret",
        "... holds characters ....": "Correct it in the connection secret",
        "... must not contain ....": "Correct it in the connection secret",
        "The environment of this function lacks ....": "Deploy the stack again from its template",
    },
}

FALLBACKS = (
    "Add to status_mapping ",
    "Correct the rule for ...",
    "... What to do: ...",
    "Look at *Deliveries refused",
    "In PagerDuty, open ",
    "Choose a custom field that fits",
    "Set direction to to_jira, or choose incident_title",
    "Let our account in Jira see the project",
    "Give our account ",
    "Check that our account in Jira has application access",
    "... If it has it, ",
    "Make ... optional on the transition's screen",
    "Invoke with {",
    "Replace it before then",
    "Shorten it there",
    "... Then say that you did.",
    "Look into the project ... for an issue that ends",
    "Use the name you sign in with as jira.auth.username",
    "Check the host in the URL.",
    "Ask for health once more in a minute",
    "Look into the log of JqlPollerFunction: it says more.",
    "Read the note on the incident, and mend what it names.",
    "Mend what is named; it is tried again",
    "... is not carried, and",
    "Nothing to do: ....",
    "Try again later.",
    "Let it go on.",
    "Test again later.",
    "Look into the timeline.",
    "Look at ... in Jira:",
    "Look at the issue in Jira",
    "The worker's log says more.",
    "Nothing: it is tried again by itself.",
    "Correct the JQL.",
)
"""By how they begin: cures that go with several sentences, or with words of others.

The sentences have them, or what stands in their place, in another row.
"""

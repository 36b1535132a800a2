"""Whether Jira can be worked with: one step after the other, from its name to our rights there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from pdjira.errors import NotFound, Unauthenticated
from pdjira.health.checks import (
    AGAIN,
    Check,
    Inspection,
    Status,
    ok,
    one_after_the_other,
    unchecked,
)
from pdjira.health.endings import Endings, Way
from pdjira.model.incident import Reference
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Jira, Mappings, RightsIn
from pdjira.model.rights import GLOBAL, TABLE, Right
from pdjira.model.times import believed

_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraHealth:
    """Looks at Jira. A step that fails is the last: those after it would fail for the same reason.

    `misspelt` names the keys of the connection secret that are none, each in a sentence.
    `clock_told` says how far Jira's clock was ahead of ours by its last answer, whether that can
    be believed or not.
    """

    way: Way
    jira: Jira
    rights_in: RightsIn
    mappings: Mappings
    endings: Endings
    misspelt: Callable[[], Sequence[str]]
    clock_told: Callable[[], timedelta | None]

    def checks(self) -> Iterator[Check]:
        """The checks, named as their steps; those of the rights by the project's key."""
        found = list(one_after_the_other(self.steps()))
        yield from found
        if all(check.status is not Status.BROKEN for check in found):
            yield from self.rights_checks()

    def steps(self) -> Sequence[Inspection]:
        """One after the other, each of which needs those before it."""
        looks = {
            "secret": self._secret,
            "name": self._name,
            "connection": self._connection,
            "certificate": self.endings.certificate,
            "version": self._version,
            "clock": self._clock_apart,
            "sign-in": self._sign_in,
            "token": self.endings.token,
        }
        return [Inspection(area="jira", name=name, look=look) for name, look in looks.items()]

    def _secret(self) -> Iterator[Check]:
        host = self.way.named()
        says = f"The connection secret can be read; it names {host}."
        misspelt = self.misspelt()
        if not misspelt:
            yield ok("jira", "secret", says)
            return
        yield Check(
            area="jira",
            name="secret",
            status=Status.ATTENTION,
            says=" ".join([says, *misspelt]),
            cure="Rename each of these keys in the connection secret, or take it out; "
            "docs/reference/connection-secret.md lists all.",
        )

    def _name(self) -> Iterator[Check]:
        addresses = ", ".join(self.way.addresses())
        yield ok("jira", "name", f"{self.way.named()} has the address {addresses}.")

    def _connection(self) -> Iterator[Check]:
        yield ok("jira", "connection", f"{self.way.connect()} takes connections.")

    def _version(self) -> Iterator[Check]:
        """Some versions tell nobody which they are: then it is the sign-in that fails."""
        try:
            server = self.jira.server_info()
        except Unauthenticated as error:
            yield Check(
                area="jira",
                name="sign-in",
                status=Status.BROKEN,
                says=error.says,
                cure=error.cure or AGAIN,
            )
            return
        version = ".".join(map(str, server.version))
        yield ok("jira", "version", f"{server.title} {version} answers as {server.base_url}.")

    def _clock_apart(self) -> Iterator[Check]:
        ahead = self.clock_told()
        if ahead is None:
            says = "Its answers tell no time, so our clock is not compared."
            yield unchecked("jira", "clock", says, then="it is compared once they do")
            return
        apart = _apart(ahead)
        if abs(ahead) <= _APART:
            yield ok("jira", "clock", f"Its clock {apart}.")
            return
        follows = (
            "Tokens that we sign follow it, but where a gateway before Jira checks them by a clock "
            "of its own, that is why it refuses them."
        )
        if believed(ahead) is None:
            follows = "No clock is so far off: tokens that we sign follow our own."
        yield Check(
            area="jira",
            name="clock",
            status=Status.ATTENTION,
            says=f"Its clock {apart}. {follows}",
            cure="Let Jira's server, or what answers before it, set its clock by a time server "
            "(NTP); AWS keeps ours.",
        )

    def _sign_in(self) -> Iterator[Check]:
        yield ok("jira", "sign-in", f"We are signed in as {self.jira.who_am_i()}.")

    def rights_checks(self) -> Iterator[Check]:
        """Our rights in each project that a mapping in force names."""
        steps = project_steps(self.rights_in, self.mappings.in_force())
        for step in steps:
            yield from step.checks()
        if not steps:
            says = "No mapping is in force, so no right was looked at."
            yield unchecked("jira", "rights", says, then="they are once there is one")


def _apart(ahead: timedelta) -> str:
    way = "ahead of" if ahead > timedelta() else "behind"
    if believed(ahead) is None:
        days = abs(ahead).days
        return f"is {days:,} {'day' if days == 1 else 'days'} {way} ours"
    minutes, rest = divmod(round(abs(ahead).total_seconds()), 60)
    return f"is {minutes} min {rest} s {way} ours"


_BROWSE = TABLE[0]

_BY_APPLICATION = (
    " Where the scheme gives them already, the account lacks application access (Jira "
    "administration, Applications)."
)

_UNSEEN = "Jira shows us no project {}: it is gone, or its id in the mapping is wrong, or this: "


def project_steps(rights_in: RightsIn, mappings: Sequence[Mapping]) -> Sequence[Inspection]:
    """One step for each project that a mapping names, by its key."""
    projects = {mapping.project.id: mapping.project for mapping in mappings}
    return [
        Inspection(
            area="jira",
            name=f"rights {project.name}",
            look=partial(
                _project_checks,
                rights_in,
                project,
                [mapping for mapping in mappings if mapping.project.id == project.id],
            ),
        )
        for project in projects.values()
    ]


def _project_checks(
    rights_in: RightsIn, project: Reference, mappings: Sequence[Mapping]
) -> Iterator[Check]:
    try:
        found = rights_in(project.id)
    except NotFound:
        yield _missing(project, [_BROWSE], begin=_UNSEEN.format(project.name))
        return
    lacking = [
        right
        for right in TABLE
        if right.key in found.missing and any(map(right.needed_by, mappings))
    ]
    if lacking:
        yield _missing(project, lacking)
    else:
        yield _check(project, Status.OK, f"Our account has every right in {project.name}.")
    if found.is_service_desk and AGENT in found.missing:
        yield no_agent(project, mappings)


def _missing(project: Reference, lacking: Sequence[Right], *, begin: str = "") -> Check:
    broken = any(right.required for right in lacking)
    says = "; ".join(
        f"{right.name}, for {right.used_for} (without it {right.without})" for right in lacking
    )
    names = ", ".join(right.name for right in lacking)
    elsewhere = " and in Jira's global permissions" if GLOBAL in names else ""
    return _check(
        project,
        Status.BROKEN if broken else Status.ATTENTION,
        f"{begin}Our account lacks in {project.name}: {says}."
        + ("" if broken else " The work goes on without it."),
        cure=f"Give our account in the permission scheme of {project.name}{elsewhere}: {names}."
        + (_BY_APPLICATION if broken else ""),
    )


def _check(project: Reference, status: Status, says: str, *, cure: str | None = None) -> Check:
    return Check(area="jira", name=f"rights {project.name}", status=status, says=says, cure=cure)


AGENT = "SERVICEDESK_AGENT"
"""The right of those who work on requests; Jira names it where Service Management is installed."""


def no_agent(project: Reference, mappings: Sequence[Mapping]) -> Check:
    """The check of a service desk whose agent we are not: what fails, and what customers see.

    Who has no agent licence adds internal comments only, who is a mere customer public ones only:
    https://developer.atlassian.com/server/jira-servicedesk/rest/ (Customer Request, comments).
    """
    about = (
        f"{project.name} is a project of Jira Service Management, and our account is no agent "
        "there. The scheme that such projects come with gives Edit, Transition and Resolve Issues "
        "to agents alone, and request types and organizations may not be told to others"
    )
    parts = [about, *_about_comments(mappings)]
    return Check(
        area="jira",
        name=f"agent {project.name}",
        status=Status.ATTENTION,
        says=". ".join(parts) + ".",
        cure="In Jira's user management, add our account to the group jira-servicedesk-users, "
        f"which gives an agent licence. Then, in {project.name}, Project settings, Users and "
        "roles, add it to the role Service Desk Team.",
    )


def _about_comments(mappings: Sequence[Mapping]) -> list[str]:
    writing = [mapping for mapping in mappings if mapping.notes_to_jira]
    public = ", ".join(one.id for one in writing if not one.internal_comments)
    internal = ", ".join(one.id for one in writing if one.internal_comments)
    parts = []
    if public:
        parts.append(
            "Jira keeps comments of others than agents internal, so customers do not see those of "
            f"{public}"
        )
    if internal:
        parts.append(
            f"{internal} has internal_comments: where our account counts as a mere customer, Jira "
            "refuses such comments or shows them to customers"
        )
    return parts

"""What Jira and PagerDuty offer to a mapping."""

from collections import abc
from dataclasses import dataclass, field

from pdjira.domain.incident import Reference
from pdjira.domain.issue import CreateScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTypeOffer:
    """An issue type of a project, and the statuses of its workflow there."""

    id: str
    name: str
    statuses: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOffer:
    """A project as Jira knows it: its own id and key, and its issue types."""

    id: str
    key: str
    issue_types: tuple[IssueTypeOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraOffer:
    """What Jira offers; `project` None: none that we may see.

    `screen` is the create screen of the mapping's issue type, or, as text, why there is none.
    """

    project: ProjectOffer | None
    screen: CreateScreen | str = ""
    priorities: tuple[Reference, ...] = ()
    resolutions: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOffer:
    """A custom field of incidents as it is set up; `options` None: it takes any value."""

    name: str
    data_type: str = "string"
    several: bool = False
    options: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyOffer:
    """What PagerDuty offers; `service` None: it knows none of that id.

    `priorities` is None where the account has none. `users` holds the e-mail addresses of those
    users that the mapping names and PagerDuty knows, by id.
    """

    service: Reference | None
    priorities: tuple[Reference, ...] | None = ()
    users: abc.Mapping[str, str] = field(default_factory=dict)
    has_action_token: bool = False

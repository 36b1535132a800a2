"""How the sandbox's Jira says no."""

from collections import abc
from collections.abc import Sequence


class JiraError(Exception):
    """A refusal: an HTTP status, and Jira's own error collection.

    `messages` is about the request as a whole, `errors` about single fields, by field id.
    """

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: abc.Mapping[str, str] | None = None,
        headers: abc.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages: Sequence[str] = messages
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The error collection as JSON."""
        return {"errorMessages": list(self.messages), "errors": self.errors}


class LoginRequiredError(JiraError):
    """A resource that shows nothing at all to an anonymous user."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "Client must be authenticated to access this resource.",
            headers={"WWW-Authenticate": 'OAuth realm="http%3A%2F%2Flocalhost"'},
        )

    def body(self) -> dict[str, object]:
        """The other shape of Jira's errors: that of its REST framework."""
        return {"message": self.messages[0], "status-code": self.status}


class UnreadableError(JiraError):
    """A body that Jira's JSON reader does not take: the answer has no `errors` at all."""

    def __init__(self, *messages: str) -> None:
        super().__init__(400, *messages)

    def body(self) -> dict[str, object]:
        """The messages alone."""
        return {"errorMessages": list(self.messages)}


def not_found() -> JiraError:
    """The same answer for what does not exist and for what the user may not see."""
    return JiraError(404, "Issue Does Not Exist")

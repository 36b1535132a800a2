"""A session with the Jira that the secret names now: sends calls signed in, reads answers."""

from collections.abc import Callable

from pdjira.adapters.connection_secret import JiraConnection
from pdjira.adapters.http.messages import Answer, Call, Site
from pdjira.adapters.http.transport import OpenTransport, Transport
from pdjira.adapters.jira.answers import check, is_jira_error, read_object
from pdjira.adapters.jira.authentication import authorization


class Session:
    """Opens a transport, and another one when the connection has changed.

    `forget` is called then: what one Jira or account said is not true of another.
    """

    def __init__(
        self,
        connection: Callable[[], JiraConnection],
        *,
        allow_insecure: bool,
        open_transport: OpenTransport,
        forget: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._allow_insecure = allow_insecure
        self._open_transport = open_transport
        self._forget = forget
        self._open: tuple[JiraConnection, Transport] | None = None

    def refresh(self) -> Site:
        """Look at the connection again, forget where it has changed; the site that it names."""
        return self._current()[1].site

    def send(self, call: Call) -> Answer:
        """The answer as it came; see `Transport.send`."""
        connection, transport = self._current()
        # Jira's cross-site check is for browsers; this header and our User-Agent keep it quiet.
        headers = {
            "Authorization": authorization(connection.auth),
            "X-Atlassian-Token": "no-check",
        }
        return transport.send(call.with_headers(headers))

    def read(self, answer: Answer, call: Call, *, anonymous: bool = False) -> dict[str, object]:
        """The answer's JSON object; see `read_object`."""
        return read_object(answer, site=self.refresh(), call=call, anonymous=anonymous)

    def check(self, answer: Answer, call: Call) -> None:
        """Raise what Jira said against the call; see `check` of the answers."""
        check(answer, site=self.refresh(), call=call)

    def ask(self, call: Call, *, anonymous: bool = False) -> dict[str, object]:
        """Send and read."""
        return self.read(self.send(call), call, anonymous=anonymous)

    def _current(self) -> tuple[JiraConnection, Transport]:
        connection = self._connection()
        if self._open is not None and self._open[0] == connection:
            return self._open
        site = Site(
            name="Jira",
            url=connection.url,
            ca_pem=connection.ca_pem,
            allow_insecure=self._allow_insecure,
        )
        opened = connection, self._open_transport(site, own_error=is_jira_error)
        if self._open is not None:
            self._open[1].close()
            self._forget()
        self._open = opened
        return opened

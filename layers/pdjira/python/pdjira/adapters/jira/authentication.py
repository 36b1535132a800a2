"""Makes the Authorization header by which Jira knows our account."""

from base64 import b64encode

from pdjira.adapters.connection_secret import BasicAuth, JwtAuth, PatAuth
from pdjira.errors import Misconfigured


def authorization(auth: JwtAuth | PatAuth | BasicAuth) -> str:
    """The header's value, sent with every call: Jira does not challenge where anybody may read.

    Raises `Misconfigured` for `jwt`, which comes with a later release.
    """
    match auth:
        case PatAuth():
            return f"Bearer {auth.token.get_secret_value()}"
        case BasicAuth():
            pair = f"{auth.username}:{auth.password.get_secret_value()}"
            return f"Basic {b64encode(pair.encode('utf-8')).decode('ascii')}"
        case JwtAuth():
            raise Misconfigured(
                "Signing in to Jira by JWT comes with a later release.",
                cure="Set jira.auth.mode to pat (Jira 8.14 or later) or basic.",
            )

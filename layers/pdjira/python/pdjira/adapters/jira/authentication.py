"""Makes the Authorization header by which Jira knows our account."""

from base64 import b64encode
from http import HTTPStatus

from pdjira.adapters.connection_secret import BasicAuth, JwtAuth, PatAuth
from pdjira.adapters.http.messages import Answer, Call
from pdjira.adapters.jira.tokens import TokenMint

Auth = JwtAuth | PatAuth | BasicAuth


class Authentication:
    """Signs calls in; `mint` makes the tokens of the mode `jwt`."""

    def __init__(self, mint: TokenMint) -> None:
        self._mint = mint

    def header(self, auth: Auth, call: Call) -> str:
        """The header's value, sent with every call: Jira does not challenge where anybody may read.

        Raises `Misconfigured` where there is nothing to sign a token with.
        """
        match auth:
            case PatAuth():
                return f"Bearer {auth.token.get_secret_value()}"
            case BasicAuth():
                pair = f"{auth.username}:{auth.password.get_secret_value()}"
                return f"Basic {b64encode(pair.encode('utf-8')).decode('ascii')}"
            case JwtAuth():
                return f"Bearer {self._mint.token(auth, call)}"

    @property
    def epoch(self) -> int:
        """Changes with Jira's clock as far as tokens go; see `is_worth_repeating`."""
        return self._mint.epoch

    def is_worth_repeating(self, auth: Auth, answer: Answer, *, signed_in: int) -> bool:
        """Whether a call refused, signed in that epoch, would get another key or clock now.

        Every answer is heard for its `Date`. A 401 is given before anything is done, so that any
        call may be repeated after it.
        """
        if not isinstance(auth, JwtAuth):
            return False
        self._mint.hear(answer)
        return answer.status == HTTPStatus.UNAUTHORIZED and self._mint.renew(signed_in)

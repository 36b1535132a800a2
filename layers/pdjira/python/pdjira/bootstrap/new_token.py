"""Puts together what makes, tries and ends the token that signs: for the page and the poller."""

import secrets
import time

from pdjira.adapters.aws.secret_versions import SecretsManagerSecret
from pdjira.adapters.aws.setup import DynamoPendingTokens
from pdjira.adapters.connecting import JiraTokenTrial
from pdjira.bootstrap.connections import Aws, Connections, now
from pdjira.connection.token import NewToken

TOKEN_BYTES = 32
"""As long as the hash of HS256; written in hexadecimal digits, which every gateway takes."""


def new_token(aws: Aws, connections: Connections, *, secret_id: str, table: str) -> NewToken:
    """`secret_id` is that of the token, `table` is `LinksTable`."""
    return NewToken(
        secret=SecretsManagerSecret(aws.secrets, secret_id=secret_id),
        pending=DynamoPendingTokens(aws.dynamodb, table),
        is_accepted=JiraTokenTrial(
            connection=connections.jira,
            allow_insecure=connections.allow_insecure,
            clock=now,
            monotonic=time.monotonic,
        ).is_taken,
        clock=now,
        generate=lambda: secrets.token_hex(TOKEN_BYTES),
    )

"""Sign-in tokens in `LinksTable`, each under its hash; direct invocations make them."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import (
    SCHEMA_VERSION,
    Attributes,
    clean,
    put_item,
    read_item,
    stamp,
    translated,
    typed,
    untyped,
)
from pdjira.admin.sign_in import SignInOffer
from pdjira.errors import Conflict, UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ssm import SSMClient


class DynamoSignInTokens:
    """`SignInTokens` on the table `table`; a write unit each."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, token: str, offer: SignInOffer) -> None:
        """As the port says."""
        item = {
            "schema_version": SCHEMA_VERSION,
            "name": None if offer.name is None else clean(offer.name),
            "until": stamp(offer.until),
            "expires_at": int(offer.until.timestamp()),
        }
        put_item(self._client, self._table, hashed("SIGNIN", token) | item)

    def take(self, token: str, *, now: datetime) -> SignInOffer | None:
        """As the port says."""
        try:
            with translated("dynamodb:DeleteItem", self._table):
                answer = self._client.delete_item(
                    TableName=self._table,
                    Key=typed(hashed("SIGNIN", token)),
                    ConditionExpression="#until > :now",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues=typed({":now": stamp(now)}),
                    ReturnValues="ALL_OLD",
                )
            return read_item(untyped(answer["Attributes"]), _offer, table=self._table)
        except (Conflict, UnreadableItem):
            return None


def stored_admin_url(client: "SSMClient", parameter: str) -> str:
    """Where the page is, as the deployment wrote it.

    No function can have it in its environment: the API's address needs the function.
    """
    with translated("ssm:GetParameter", parameter):
        answer = client.get_parameter(Name=parameter)
    return answer["Parameter"]["Value"]


def hashed(kind: str, secret: str) -> dict[str, object]:
    """The key of an item by the hash of what only one browser or person has."""
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    return {"pk": f"{kind}#{digest}", "sk": kind}


def _offer(item: Attributes) -> SignInOffer:
    return SignInOffer(name=item.maybe_text("name"), until=item.time("until"))

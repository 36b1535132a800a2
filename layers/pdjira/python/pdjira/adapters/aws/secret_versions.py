"""A secret that is written by compare and swap, with a version that is not in force yet.

Secrets Manager writes nothing on a condition, but it moves the label AWSCURRENT only away from the
version that is named: so a new version is stored under a label of ours first, and then moved.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import code_of, translated
from pdjira.connection.ports import NONE_YET, SecretVersion
from pdjira.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CURRENT, _PENDING, _NEXT = "AWSCURRENT", "AWSPENDING", "PDJIRA_NEXT"

_MOVED = frozenset({"InvalidParameterException", "ResourceNotFoundException"})
"""What AWS answers where a label is not, or no longer, where it was named."""


class SecretsManagerSecret:
    """`VersionedSecret` over the secret `secret_id`."""

    def __init__(self, client: "SecretsManagerClient", *, secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(secret_id={self._secret_id!r})"

    def current(self) -> SecretVersion:
        """As the port says."""
        with self._called("GetSecretValue"):
            try:
                answer = self._client.get_secret_value(
                    SecretId=self._secret_id, VersionStage=_CURRENT
                )
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                return NONE_YET
        return SecretVersion(
            text=answer.get("SecretString", ""),
            id=answer["VersionId"],
            at=answer["CreatedDate"],
        )

    def replace(self, text: str, *, known: str) -> str:
        """As the port says; the first version of all is put without a condition."""
        if not known:
            return self._put(text, _CURRENT)
        version = self._put(text, _NEXT)
        try:
            self._move(_CURRENT, to=version, away_from=known)
        finally:
            self._take_away(_NEXT, version)
        return version

    def stage(self, text: str) -> str:
        """As the port says."""
        return self._put(text, _PENDING)

    def staged(self, version: str) -> str | None:
        """As the port says."""
        with self._called("GetSecretValue"):
            try:
                answer = self._client.get_secret_value(SecretId=self._secret_id, VersionId=version)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                return None
        is_pending = _PENDING in answer.get("VersionStages", ())
        return answer.get("SecretString") if is_pending else None

    def promote(self, version: str) -> None:
        """As the port says."""
        current = self.current().id
        if current != version:
            self._move(_CURRENT, to=version, away_from=current)
        self._take_away(_PENDING, version)

    def unstage(self, version: str) -> None:
        """As the port says."""
        self._take_away(_PENDING, version)

    def _put(self, text: str, label: str) -> str:
        with self._called("PutSecretValue"):
            answer = self._client.put_secret_value(
                SecretId=self._secret_id, SecretString=text, VersionStages=[label]
            )
        return answer["VersionId"]

    def _move(self, label: str, *, to: str, away_from: str) -> None:
        with self._called("UpdateSecretVersionStage"):
            try:
                self._client.update_secret_version_stage(
                    SecretId=self._secret_id,
                    VersionStage=label,
                    MoveToVersionId=to,
                    RemoveFromVersionId=away_from,
                )
            except ClientError as error:
                if code_of(error) not in _MOVED:
                    raise
                if self.current().id == to:  # the answer to a first attempt was lost
                    return
                raise Conflict(f"Somebody else changed {self._secret_id} first.") from error

    def _take_away(self, label: str, version: str) -> None:
        """Take a label from a version, if it is there."""
        with self._called("UpdateSecretVersionStage"):
            try:
                self._client.update_secret_version_stage(
                    SecretId=self._secret_id, VersionStage=label, RemoveFromVersionId=version
                )
            except ClientError as error:
                if code_of(error) not in _MOVED:
                    raise

    @contextmanager
    def _called(self, operation: str) -> Iterator[None]:
        with translated(f"secretsmanager:{operation}", self._secret_id):
            yield

"""What several contract suites need."""

from collections.abc import Iterator

import pytest

from tests.aws import Aws, create_tables, empty_account


@pytest.fixture
def aws(
    monkeypatch: pytest.MonkeyPatch,
    socket_disabled: None,  # noqa: ARG001 - asked for, not used
) -> Iterator[Aws]:
    """An AWS account in memory with our tables, and no way to a real one."""
    with empty_account(monkeypatch) as account:
        create_tables(account.dynamodb)
        yield account

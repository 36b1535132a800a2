"""Where the vendors' OpenAPI documents are: beside the repository, not to be copied.

A clone has none beside it: then the checks that need one are left out, and pytest's summary says
how many these are.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"

_WHY = f"the vendors' OpenAPI documents are not in {CONTRACTS}"

needs_documents = pytest.mark.skipif(not CONTRACTS.is_dir(), reason=_WHY)


def left_out(skipped: Iterable[pytest.TestReport]) -> str | None:
    """How many of the skipped tests lack a document, for people to read; None where none does."""
    count = sum(_WHY in str(report.longrepr) for report in skipped)
    if not count:
        return None
    checks = "1 check of the sandbox was" if count == 1 else f"{count} checks of the sandbox were"
    return f"{checks} left out: {_WHY}."

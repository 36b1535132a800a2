"""Where the vendors' documents and payloads are: beside the repository, not to be copied."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the vendors' documents and payloads are not beside the repository"
)

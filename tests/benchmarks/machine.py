"""What Lambda gives a function, by the template: memory, and with it a share of a core."""

from tests.aws import TEMPLATE
from tests.cloudformation import Template

CORE_MB = 1769
"""So much memory comes with one core:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""


def megabytes(function: str) -> int:
    """The memory of a function, by its logical id."""
    return int(Template.read(TEMPLATE).functions()[function]["MemorySize"])


def core_share(function: str) -> float:
    """How much of a core it has, by its logical id."""
    return megabytes(function) / CORE_MB

"""How every client of AWS behaves: it answers, or fails, well within a function's time."""

from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
)
"""Seconds for each of three attempts: a table that does not answer fails after 21 s at the most.

mypy checks what is sent, and AWS does; botocore's own check would be a tenth of a run's CPU time.
"""

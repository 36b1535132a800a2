"""How every client of AWS behaves: it answers, or fails, well within a function's time."""

from botocore.config import Config

CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
"""Seconds for each of three attempts: a table that does not answer fails after 21 s at the most."""

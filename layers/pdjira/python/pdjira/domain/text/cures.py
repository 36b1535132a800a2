"""What happened, then what to do about it: in the same words wherever people read it."""

from pdjira.errors import PdjiraError

CURE = " What to do: "

WAIT = "Nothing: it is tried again by itself."


def with_cure(says: str, cure: str | None) -> str:
    """What happened, then what to do, where that is known."""
    return f"{says}{CURE}{cure}" if cure else says


def told(error: PdjiraError) -> str:
    """What an error says, and its cure, where it names one."""
    return with_cure(error.says, error.cure)


def split_cure(text: str) -> tuple[str, str | None]:
    """What happened, and what to do, of such a text: what a side itself says comes before ours."""
    says, mark, cure = text.rpartition(CURE)
    return (says, cure) if mark else (text, None)

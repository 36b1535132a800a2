"""What happened, then what to do about it: in the same words wherever people read it."""

from pdjira.errors import PdjiraError

CURE = " What to do: "

WAIT = "Nothing: it is tried again by itself."

_ENDS = (".", "!", "?", "\u2026", "\u3002", '."', ".)")


def with_cure(says: str, cure: str | None) -> str:
    """What happened, then what to do, where that is known.

    What a side said itself may have no full stop.
    """
    if not cure:
        return says
    says = says.rstrip()
    stop = "." if says and not says.endswith(_ENDS) else ""
    return f"{says}{stop}{CURE}{cure}"


def told(error: PdjiraError) -> str:
    """What an error says, and its cure, where it names one."""
    return with_cure(error.says, error.cure)


def split_cure(text: str) -> tuple[str, str | None]:
    """What happened, and what to do, of such a text: what a side itself says comes before ours."""
    says, mark, cure = text.rpartition(CURE)
    return (says, cure) if mark else (text, None)

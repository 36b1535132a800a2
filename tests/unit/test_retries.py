"""P17: what the other side names is honoured, clamped; otherwise exponential with jitter."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pdjira.worker import retries

jitters = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(receives=st.integers(min_value=1, max_value=1000), jitter=jitters)
def test_p17_a_delay_grows_with_every_try_and_never_exceeds_fifteen_minutes(
    receives: int, jitter: float
) -> None:
    longest = min(2 * 1.25 ** (receives - 1), 900)

    delay = retries.delay(receives, retry_after=None, jitter=jitter)

    assert longest / 2 - 1 <= delay <= longest + 1


@given(receives=st.integers(min_value=2, max_value=1000))
def test_p17_those_who_failed_together_come_back_apart(receives: int) -> None:
    """Over half of the delay, whoever is lucky; over a tenth of what a side named."""
    longest = min(2 * 1.25 ** (receives - 1), 900)

    early, late = (retries.delay(receives, retry_after=None, jitter=it) for it in (0.0, 0.99))
    first, last = (retries.delay(receives, retry_after=600, jitter=it) for it in (0.0, 0.99))

    assert late - early >= longest * 0.49 - 1
    assert last - first >= 59


@given(named=st.floats(min_value=1, max_value=890), jitter=jitters)
def test_p17_what_the_other_side_named_is_never_undercut(named: float, jitter: float) -> None:
    assert named <= retries.delay(1, retry_after=named, jitter=jitter) <= 900


@given(
    receives=st.integers(min_value=1, max_value=1000),
    asked=st.floats(min_value=0, max_value=2000),
    jitter=jitters,
)
def test_p17_after_twenty_waits_that_a_side_named_the_exponential_one_is_the_least(
    receives: int, asked: float, jitter: float
) -> None:
    alone = retries.delay(receives, retry_after=asked, jitter=jitter, named=20)
    exponential = retries.delay(receives, retry_after=None, jitter=jitter)

    least = retries.delay(receives, retry_after=asked, jitter=jitter, named=21)

    assert alone == retries.delay(1, retry_after=asked, jitter=jitter)
    assert least == max(alone, exponential)


def test_p17_a_retry_after_of_ages_is_clamped() -> None:
    assert retries.delay(1, retry_after=9223372036854775807, jitter=0.5) == 900


def test_temporary_errors_last_until_a_message_is_four_days_old() -> None:
    assert not retries.is_exhausted(timedelta(days=3, hours=23))
    assert retries.is_exhausted(timedelta(days=4))


def test_p19_the_fifth_end_without_an_answer_is_the_last() -> None:
    assert not retries.is_poison(crashes=4)
    assert retries.is_poison(crashes=5)

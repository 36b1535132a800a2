"""R14: CPU time of one created issue, through the functions as built, everything counted."""

from collections import Counter, abc
from statistics import median

from tests.benchmarks.budget import Figure
from tests.benchmarks.deployed import Deployed, Run, as_in_lambda, deployed
from tests.benchmarks.r1_import import read_only_layers

LIMIT = 20.0
WARMING = 5
INCIDENTS = 50
SAMPLED = 100

GROUPS: abc.Mapping[str, str] = {
    "botocore": "boto3",
    "boto3": "boto3",
    "jmespath": "boto3",
    "requests": "requests, urllib3",
    "urllib3": "requests, urllib3",
    "pydantic": "pydantic",
    "pydantic_core": "pydantic",
    "aws_lambda_powertools": "Powertools",
    "pdjira": "pdjira",
}
"""What a top-level package is counted as; each other one is `the rest`."""


def measure() -> list[Figure]:
    """Both functions in processes of their own; AWS, Jira and PagerDuty in this one."""
    with (
        read_only_layers() as layers,
        deployed(lambda function: as_in_lambda(function, *layers)) as stack,
    ):
        for _ in range(WARMING):
            stack.create()
        runs = [stack.create() for _ in range(INCIDENTS)]
        calls = _calls(stack)
        return [_figure(runs, [stack.create(look="samples")[1] for _ in range(SAMPLED)], calls)]


def _calls(stack: Deployed) -> list[str]:
    aws = stack.endpoint.calls
    sides = {"Jira": stack.jira, "PagerDuty": stack.pagerduty}
    counts = {name: len(side.calls.calls()) / stack.made for name, side in sides.items()}
    return [
        f"calls to AWS, {aws.total() / stack.made:.1f}: {_listed(aws, stack.made)}",
        f"calls to {', '.join(f'{name} {count:.1f}' for name, count in counts.items())}",
    ]


def _listed(calls: Counter[str], made: int) -> str:
    often = [(name, count / made) for name, count in calls.most_common() if count >= made / 2]
    return ", ".join(f"{count:.1f} x {name}" for name, count in often)


def _figure(
    runs: abc.Sequence[tuple[Run, Run]], sampled: abc.Sequence[Run], calls: abc.Sequence[str]
) -> Figure:
    webhook, worker = (_milliseconds(each) for each in zip(*runs, strict=True))
    middle = median(told.cpu + worked.cpu for told, worked in runs) * 1000
    return Figure(
        budget="R14",
        what="CPU of one created issue, both functions",
        value=webhook + worker,
        limit=LIMIT,
        unit="ms CPU",
        digits=1,
        details=[
            f"webhook {webhook:.1f} ms, worker {worker:.1f} ms: means of {len(runs)} incidents",
            f"the median of both together {middle:.1f} ms",
            "both warm, the network local and without TLS",
            *calls,
            *_where(sampled, worker),
        ],
    )


def _milliseconds(runs: abc.Sequence[Run]) -> float:
    return sum(run.cpu for run in runs) / len(runs) * 1000


def _where(sampled: abc.Sequence[Run], milliseconds: float) -> list[str]:
    """The worker's time by the packages at work, as shares of what was measured."""
    inner: Counter[str] = Counter()
    outer: Counter[str] = Counter()
    for run in sampled:
        for packages, times in run.seen.items():
            asking, _, working = packages.partition(">")
            inner[GROUPS.get(working, "the rest")] += times
            outer[GROUPS.get(asking, "the rest")] += times
    return [
        f"the worker's, by the package at work: {_shares(inner, milliseconds)}",
        f"by what pdjira asked for it: {_shares(outer, milliseconds)}",
        (
            f"of {inner.total()} samples in {len(sampled)} more incidents; the standard library is "
            "counted as its caller's"
        ),
    ]


def _shares(samples: Counter[str], milliseconds: float) -> str:
    total = samples.total() or 1
    return ", ".join(
        f"{name} {times / total * milliseconds:.1f} ms" for name, times in samples.most_common()
    )

"""One walk from the command line, told line by line where a law is broken.

make simulate                  a fresh seed, which is printed
make simulate SEED=7 STEPS=500 the same walk again
"""

import argparse
import sys
from collections.abc import Sequence

from tests.simulation.course import Course, drawn, fresh_seed, named
from tests.simulation.stack import LawBrokenError
from tests.simulation.walk import Walk


def main(arguments: Sequence[str]) -> int:
    """Walk once; 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="tests.simulation", description="A random walk.")
    parser.add_argument("--seed", type=int, default=None, help="a fresh one, if none is given")
    parser.add_argument("--steps", type=int, default=500, help="how often people do something")
    parser.add_argument("--losses", type=float, default=0.0, help="the share of lost webhooks")
    parser.add_argument("--troubles", type=named, default=None, help="as the seed has it, if none")
    given = parser.parse_args(arguments)
    seed = fresh_seed() if given.seed is None else given.seed
    troubles = drawn(seed) if given.troubles is None else given.troubles
    course = Course(seed=seed, steps=given.steps, losses=given.losses, troubles=troubles)
    walk = Walk(course)
    try:
        walk.run()
    except LawBrokenError as broken:
        print("\n".join([*walk.stack.story, "", str(broken)]))
        return 1
    edits, writes = walk.people.edits, len(walk.stack.weather.writes)
    print(f"SEED={seed} STEPS={given.steps}: {edits} edits, {writes} writes, every law holds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

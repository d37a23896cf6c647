"""Every benchmark, one after the other, and one table at the end: `python -m benchmarks` or `make bench`."""

import sys

from benchmarks import latency, page, send, sign_up, start
from benchmarks.figures import table


def main() -> int:
    """Print all figures; 1 when a goal was missed."""
    found = [figure for benchmark in (start, page, latency, sign_up, send) for figure in benchmark.figures()]
    print(table(found))
    return 0 if all(figure.reached for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())

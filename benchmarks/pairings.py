"""Compare the exact matching of the week's pairings with a greedy one: the heaviest pair first, then the next.

``python -m benchmarks.pairings`` prints, for generated groups in which one pair in ten answers a want, the share of the
exact total weight that the greedy matching reaches, and the seconds of each (medians of nine groups).
"""

import statistics
import time
from collections.abc import Callable, Iterable

import numpy as np

from matching.inputs import Floats
from matching.pairing import pair_worth, pairs, weekly_weights

SIZES, GROUPS, ANSWERS = (15, 30, 60, 100), 9, 0.1


def greedy(weights: Floats) -> list[tuple[int, int]]:
    """Choose the heaviest pair, then the heaviest pair of the people left, and so on."""
    taken: set[int] = set()
    chosen = []
    for at in np.argsort(-weights, axis=None, kind="stable"):
        a, b = divmod(int(at), len(weights))
        if weights[a, b] > 0 and not {a, b} & taken:
            taken |= {a, b}
            chosen.append((a, b))
    return chosen


def total(weights: Floats, chosen: Iterable[tuple[int, int]]) -> float:
    return float(sum(weights[pair] for pair in chosen))


def timed(match: Callable[[Floats], list[tuple[int, int]]], weights: Floats) -> tuple[float, float]:
    start = time.perf_counter()
    chosen = match(weights)
    return total(weights, chosen), time.perf_counter() - start


def main() -> None:
    random = np.random.default_rng(1)
    print("people\tgreedy / exact\texact s\tgreedy s")
    for n in SIZES:
        rows = []
        for _ in range(GROUPS):
            interest = random.random((n, n)) * (random.random((n, n)) < ANSWERS)
            none = np.zeros((n, n))
            waited = random.integers(0, 3, n).astype(np.float64)
            weights = weekly_weights(pair_worth(interest, none), none.astype(bool), waited)
            (best, exact), (plain, quick) = timed(pairs, weights), timed(greedy, weights)
            rows.append((plain / best, exact, quick))
        share, exact, quick = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{n}\t{share:.3f}\t{exact:.3f}\t{quick:.4f}")


if __name__ == "__main__":
    main()

"""Pair members by a maximum-weight matching, and compare with other solvers.

    python -m benchmarks.pairing EDGES.csv [--deadline 30]     columns a, b, weight
    python -m benchmarks.pairing [--members 1000 10000 100000] [--seeds 20]

Without a file: random graphs of an average degree of 10, with weights 1-1000 and 1-3; one line each, with the least
weight / bound of all seeds, beside networkx, and rustworkx where it is installed, on the first seed of the sizes that
they can do. Seconds are wall-clock time; ``cpu`` is what the process used: other work on the machine changes it less.
"""

import argparse
import csv
import importlib
import importlib.util
import json
import resource
import statistics
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import networkx as nx
import numpy as np

from matching.inputs import Floats, Ints
from matching.pairing import best_pairs

DEGREE, WEIGHTS = 10, (1000, 3)
NETWORKX, RUSTWORKX = 1000, 10_000  # the most members that they pair in reasonable time


def random_graph(members: int, greatest: int, seed: int) -> tuple[Ints, Ints, Floats]:
    """Return members * DEGREE / 2 distinct pairs, with integer weights up to ``greatest``."""
    draw, wanted = np.random.default_rng(seed), members * DEGREE // 2
    ends = draw.integers(0, members, (2, 2 * wanted))
    ends = np.sort(ends[:, ends[0] != ends[1]], axis=0)
    keys = draw.permutation(np.unique(ends[0] * members + ends[1]))[:wanted]
    return keys // members, keys % members, draw.integers(1, greatest + 1, len(keys)).astype(np.float64)


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def pair_file(path: Path, deadline: float) -> dict[str, Any]:
    """Pair the members of a file; the search stops early after ``deadline`` seconds."""
    with path.open(newline="") as file:
        rows = [(row["a"], row["b"], float(row["weight"])) for row in csv.DictReader(file)]
    names = sorted({name for a, b, _ in rows for name in (a, b)})
    at = {name: number for number, name in enumerate(names)}
    first, second = (np.array([at[row[side]] for row in rows], dtype=np.int64) for side in (0, 1))
    weight = np.array([row[2] for row in rows], dtype=np.float64)
    started = perf_counter()
    found = best_pairs(len(names), first, second, weight, is_over=lambda: perf_counter() - started > deadline)
    seconds = round(perf_counter() - started, 3)
    proof = {"weight": found.weight, "bound": found.bound, "quality": found.quality, "solver": found.solver}
    return {**proof, "seconds": seconds, "peak_mb": peak_mb(), "pairs": len(found.pairs)}


def measure(members: int, greatest: int, seeds: int) -> dict[str, Any]:
    """Return the times and the least quality over the seeds, with the peers' times and weights on the first."""
    wall, cpu, quality, row = list[float](), list[float](), list[float](), dict[str, Any]()
    for seed in range(seeds):
        graph = random_graph(members, greatest, seed)
        started, used = perf_counter(), process_time()
        found = best_pairs(members, *graph)
        wall.append(perf_counter() - started)
        cpu.append(process_time() - used)
        quality.append(found.quality)
        if not seed:
            row = {"solver": found.solver, "peers": peers(members, graph, found.weight)}
    times = {"median": statistics.median(wall), "max": max(wall), "cpu": statistics.median(cpu), "cpu_max": max(cpu)}
    return {
        "members": members,
        "weights": f"1-{greatest}",
        "seeds": seeds,
        "least_quality": min(quality),
        "seconds": {name: round(value, 3) for name, value in times.items()},
        "peak_mb": peak_mb(),
        **row,
    }


def peers(members: int, graph: tuple[Ints, Ints, Floats], own: float) -> dict[str, Any]:
    """Return the seconds of each peer, and how much its pairs weigh in ours."""
    found = {}
    rows = list(zip(*(column.astype(int).tolist() for column in graph), strict=True))
    worth = {(a, b): weight for a, b, weight in rows}
    if members <= NETWORKX:
        people: nx.Graph[int] = nx.Graph()
        people.add_weighted_edges_from(rows)
        started = process_time()
        pairs = nx.max_weight_matching(people)
        found["networkx"] = {"cpu": round(process_time() - started, 3), "pairs": pairs}
    if members <= RUSTWORKX and importlib.util.find_spec("rustworkx"):
        rustworkx = importlib.import_module("rustworkx")
        others = rustworkx.PyGraph()
        others.add_nodes_from(range(members))
        others.add_edges_from(rows)
        started = process_time()
        pairs = rustworkx.max_weight_matching(others, weight_fn=int)
        found["rustworkx"] = {"cpu": round(process_time() - started, 3), "pairs": pairs}
    return {
        name: {
            "cpu": peer["cpu"],
            "weight_of_ours": sum(worth[min(pair), max(pair)] for pair in peer["pairs"]) / own,
        }
        for name, peer in found.items()
    }


def main() -> None:
    """Read the arguments and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("edges", nargs="?", type=Path)
    parser.add_argument("--deadline", type=float, default=30)
    parser.add_argument("--members", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.edges:
        print(json.dumps(pair_file(arguments.edges, arguments.deadline)))
        return
    for members in arguments.members:
        for greatest in WEIGHTS:
            print(json.dumps(measure(members, greatest, arguments.seeds)), flush=True)


if __name__ == "__main__":
    main()

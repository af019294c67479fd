"""Assign many leads to few members, beside a greedy choice, and OR-Tools where it is installed.

    python -m benchmarks.assignment [--leads 20000] [--members 10000] [--degree 22.2] [--seeds 5]

Each lead has about ``degree`` members who could take it, with scores of 1-1000; a member has 1-4 places, or five at
rising loads. Greedy serves one lead after the other by the best member with a place left. One line of JSON for each
kind of capacity: medians of the seeds in seconds of processor time, the share of leads served, and the total score less
load of each peer in ours.
"""

import argparse
import importlib
import importlib.util
import json
import statistics
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import numpy as np

from matching.assignment import assign
from matching.inputs import Floats, Ints

LOADS = np.array([0.0, 50.0, 150.0, 300.0, 500.0])
Case = tuple[int, Ints, Ints, Floats, Ints, Floats]  # leads, lead, member, score, capacity, load


def random_case(leads: int, members: int, degree: float, is_loaded: bool, seed: int) -> Case:
    draw = np.random.default_rng(seed)
    lead = np.repeat(np.arange(leads), draw.poisson(degree, leads).clip(1))
    keys = np.unique(lead * members + draw.integers(0, members, len(lead)))
    score = draw.integers(1, 1001, len(keys)).astype(np.float64)
    capacity = np.full(members, len(LOADS)) if is_loaded else draw.integers(1, 5, members)
    return leads, keys // members, keys % members, score, capacity, LOADS if is_loaded else np.zeros(1)


def greedy(case: Case) -> tuple[float, int]:
    """Return the total and the number of leads served."""
    leads, lead, member, score, capacity, load = case
    order = np.lexsort((-score, lead))
    taken, served, total = [0] * len(capacity), [False] * leads, 0.0
    places = capacity.tolist()
    for one, other, worth in zip(lead[order].tolist(), member[order].tolist(), score[order].tolist(), strict=True):
        if not served[one] and taken[other] < places[other]:
            total += worth - load[min(taken[other], len(load) - 1)]
            served[one], taken[other] = True, taken[other] + 1
    return total, sum(served)


def of_ortools(case: Case) -> tuple[float, int]:
    """Return the total and the number of leads served, by its minimum-cost flow with an arc for each load."""
    leads, lead, member, score, capacity, load = case
    flow = importlib.import_module("ortools.graph.python.min_cost_flow").SimpleMinCostFlow()
    members, sink, penalty = len(capacity), leads + len(capacity), 10**7
    flow.add_arcs_with_capacity_and_unit_cost(lead, leads + member, np.ones_like(lead), 1000 - score.astype(np.int64))
    for at in range(int(capacity.max())):
        some = np.flatnonzero(capacity > at)
        cost = np.full(len(some), int(load[min(at, len(load) - 1)]))
        flow.add_arcs_with_capacity_and_unit_cost(
            leads + some, np.full(len(some), sink), np.ones(len(some), dtype=int), cost
        )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.arange(leads), np.full(leads, sink), np.ones(leads, dtype=int), np.full(leads, penalty)
    )
    flow.set_nodes_supplies(np.arange(leads), np.ones(leads, dtype=int))
    flow.set_node_supply(sink, -leads)
    assert flow.solve() == flow.OPTIMAL, members
    lost = flow.optimal_cost() // penalty
    return 1000.0 * (leads - lost) - (flow.optimal_cost() - lost * penalty), leads - lost


def ours(case: Case) -> tuple[float, int]:
    found = assign(*case)
    return found.total, int((found.member >= 0).sum())


def main() -> None:
    """Read the arguments and print the results as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--degree", type=float, default=22.2)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    solvers: dict[str, Callable[[Case], tuple[float, int]]] = {"ours": ours, "greedy": greedy}
    if importlib.util.find_spec("ortools"):
        solvers["ortools"] = of_ortools
    for is_loaded in (False, True):
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in solvers}
        totals: dict[str, list[tuple[float, int]]] = {name: [] for name in solvers}
        arcs = []
        for seed in range(arguments.seeds):
            case = random_case(arguments.leads, arguments.members, arguments.degree, is_loaded, seed)
            arcs.append(len(case[1]))
            for name, solve in solvers.items():
                started, used = perf_counter(), process_time()
                totals[name].append(solve(case))
                times[name].append((process_time() - used, perf_counter() - started))
        row: dict[str, Any] = {"leads": arguments.leads, "arcs": int(statistics.median(arcs)), "loads": is_loaded}
        for name in solvers:
            row[name] = {
                "cpu": round(statistics.median(cpu for cpu, _ in times[name]), 3),
                "seconds": round(statistics.median(wall for _, wall in times[name]), 3),
                "served": statistics.mean(served for _, served in totals[name]) / arguments.leads,
                "of_ours": statistics.mean(
                    total / best for (total, _), (best, _) in zip(totals[name], totals["ours"], strict=True)
                ),
            }
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()

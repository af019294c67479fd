"""Measure the quality and speed of the team search on a graph of experts, against a solver's proven optimum.

A task draws a prime and the needed skills. A team costs the distance from the prime to the holder of each skill that
the prime does not have, plus PARTNER_COST for each partner. The team search and scipy's mixed-integer solver (HiGHS)
get the same numbers; distances are computed beforehand and not timed.

    python -m benchmarks.teams EXPERTS.gml[.gz] --needs 8 --tasks 20 [--seed 0]
"""

import argparse
import json
from time import perf_counter
from typing import Any

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, eye_array, hstack

from matching.inputs import Bools, Floats
from matching.team_search import NEVER, Options, covers

PARTNER_COST = 0.1


def optimum(distance: Floats, skilled: Bools, prime: int) -> float:
    """Return the minimum cost, with variables x[expert, need] in [0, 1] and y[expert] in {0, 1}, x <= y."""
    experts, needs = skilled.shape
    row, column = np.nonzero(skilled)
    seats = len(row)
    cost = np.concatenate([distance[row], np.where(np.arange(experts) == prime, 0.0, PARTNER_COST)])
    once = hstack([coo_array((np.ones(seats), (column, np.arange(seats)))), coo_array((needs, experts))])
    seated = hstack([eye_array(seats), -coo_array((np.ones(seats), (np.arange(seats), row)), shape=(seats, experts))])
    rules = [LinearConstraint(once.tocsr(), 1, 1), LinearConstraint(seated.tocsr(), -np.inf, 0)]
    return float(milp(cost, constraints=rules, integrality=np.ones(len(cost)), bounds=Bounds(0, 1)).fun)


def measure(experts: "nx.Graph[int]", needs: int, tasks: int, seed: int) -> dict[str, Any]:
    """Return the mean of optimum / cost over the tasks, and the time that the search takes for its best team."""
    draw = np.random.default_rng(seed)
    group = experts.subgraph(max(nx.connected_components(experts), key=len))
    skills = {node: set(text.split(",")) - {""} for node, text in group.nodes(data="skills", default="")}
    common = sorted({skill for held in skills.values() for skill in held}, key=int)
    ratios: list[float] = []
    seconds: list[float] = []
    while len(ratios) < tasks:
        wanted = draw.choice(common, needs, replace=False).tolist()
        leader = int(draw.choice(sorted(skills)))
        distances = nx.single_source_dijkstra_path_length(group, leader, weight="cc")
        candidates = sorted(node for node, held in skills.items() if node == leader or held & {*wanted})
        prime = candidates.index(leader)
        distance = np.array([distances[node] for node in candidates])
        skilled = np.array([[skill in skills[node] for skill in wanted] for node in candidates])
        farthest = float(distance.max())
        value = np.where(skilled, farthest - distance[:, None], NEVER)
        no_ties = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, needs))
        started = perf_counter()
        options = Options.of(value, np.array([prime]), np.zeros(1), no_ties, hands=PARTNER_COST, is_fixed=True)
        team = next(covers(options))
        seconds.append(perf_counter() - started)
        best = optimum(distance, skilled, prime)
        cost = sum(distance[holder] for holder in team.holders) + PARTNER_COST * len({*team.holders} - {prime})
        ratios.append(best / cost if cost > 0 else 1.0)
    return {
        "optimality": round(float(np.mean(ratios)), 9),
        "p95_ms": round(1000 * float(np.quantile(seconds, 0.95)), 2),
        "tasks": tasks,
    }


def main() -> None:
    """Read the arguments and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experts")
    parser.add_argument("--needs", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(
        json.dumps(
            measure(nx.read_gml(arguments.experts, label="id"), arguments.needs, arguments.tasks, arguments.seed)
        )
    )


if __name__ == "__main__":
    main()

"""Measure the quality and speed of the team search on a graph of experts, against a solver's proven optimum.

A task draws a prime and the needed skills. A team costs the distance from the prime to the holder of each skill that
the prime does not have, plus PARTNER_COST for each partner. The team search and scipy's mixed-integer solver (HiGHS)
get the same numbers; distances are computed beforehand and not timed.

    python -m benchmarks.teams EXPERTS.gml[.gz] --needs 8 --tasks 20 [--seed 0]
    python -m benchmarks.teams --members 100000 --needs 8 --tasks 20 [--seed 0]

The second makes up a network: each member has five of 1,400 skills, of which some are far more common than others, and
distances are drawn at random. The time includes the choice of all members with a needed skill.
"""

import argparse
import json
from time import perf_counter, process_time
from typing import Any

import networkx as nx
import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, eye_array, hstack

from matching.inputs import Bools, Floats
from matching.team_search import NEVER, Cover, Options, covers

PARTNER_COST, SKILLS = 0.1, 1400


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
    seconds, cpu = list[float](), list[float]()
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
        started, used = perf_counter(), process_time()
        team = best_team(value, prime)
        seconds.append(perf_counter() - started)
        cpu.append(process_time() - used)
        ratios.append(ratio(team, distance, skilled, prime))
    return summary(ratios, seconds, cpu)


def measure_made_up(members: int, needs: int, tasks: int, seed: int) -> dict[str, Any]:
    """Return the same for a network that is made up."""
    draw = np.random.default_rng(seed)
    common = 1 / np.arange(1, SKILLS + 1) ** 0.8
    skill = draw.choice(SKILLS, 5 * members, p=common / common.sum())
    holder = np.repeat(np.arange(members), 5)
    by_skill = np.argsort(skill, kind="stable")
    begins = np.searchsorted(skill[by_skill], np.arange(SKILLS + 1))
    ratios, seconds, cpu = list[float](), list[float](), list[float]()
    for _ in range(tasks):
        wanted, leader = draw.choice(SKILLS, needs, replace=False), int(draw.integers(members))
        distances = draw.random(members)
        distances[leader] = 0.0
        started, used = perf_counter(), process_time()
        held = [np.unique(holder[by_skill[begins[one] : begins[one + 1]]]) for one in wanted]
        candidates = np.unique(np.concatenate([*held, [leader]]))
        skilled = np.zeros((len(candidates), needs), dtype=bool)
        for column, some in enumerate(held):
            skilled[np.searchsorted(candidates, some), column] = True
        prime, distance = int(np.searchsorted(candidates, leader)), distances[candidates]
        team = best_team(np.where(skilled, 1.0 - distance[:, None], NEVER), prime)
        seconds.append(perf_counter() - started)
        cpu.append(process_time() - used)
        ratios.append(ratio(team, distance, skilled, prime))
    return summary(ratios, seconds, cpu)


def best_team(value: Floats, prime: int) -> Cover:
    """Return the best team under a fixed prime, for which no pair is worth more than another."""
    no_ties = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, value.shape[1]))
    return next(covers(Options.of(value, np.array([prime]), np.zeros(1), no_ties, hands=PARTNER_COST, is_fixed=True)))


def ratio(team: Cover, distance: Floats, skilled: Bools, prime: int) -> float:
    """Return the optimum divided by the team's cost."""
    best = optimum(distance, skilled, prime)
    cost = sum(distance[holder] for holder in team.holders) + PARTNER_COST * len({*team.holders} - {prime})
    return best / cost if cost > 0 else 1.0


def summary(ratios: list[float], seconds: list[float], cpu: list[float]) -> dict[str, Any]:
    return {
        "optimality": round(float(np.mean(ratios)), 9),
        "p95_ms": round(1000 * float(np.quantile(seconds, 0.95)), 2),
        "p95_cpu_ms": round(1000 * float(np.quantile(cpu, 0.95)), 2),
        "tasks": len(ratios),
    }


def main() -> None:
    """Read the arguments and print the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experts", nargs="?")
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--needs", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    more = arguments.needs, arguments.tasks, arguments.seed
    if arguments.experts:
        found = measure(nx.read_gml(arguments.experts, label="id"), *more)
    else:
        found = measure_made_up(arguments.members, *more)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

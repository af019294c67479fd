"""The search for an optimal pairing from nothing, where blossoms are closed and opened, compared with networkx."""

import networkx as nx
import numpy as np
import pytest

from matching.blossom_search import BlossomSearch


class Counted(BlossomSearch):
    opened = 0

    def _expand(self, blossom: int) -> None:
        self.opened += 1
        super()._expand(blossom)


@pytest.mark.parametrize("greatest", [1, 3, 12, 1000])
def test_prices_prove_the_weight_that_networkx_finds(greatest: int) -> None:
    opened = 0
    for seed in range(25):
        draw = np.random.default_rng(seed)
        n = int(draw.integers(2, 34))
        graph = nx.gnp_random_graph(n, float(draw.choice([0.1, 0.2, 0.4])), seed=seed)
        for _, _, data in graph.edges(data=True):
            data["weight"] = int(draw.integers(1, greatest + 1))
        neighbors = [[(other, 2 * data["weight"]) for other, data in graph.adj[one].items()] for one in range(n)]
        search = Counted(neighbors, [-1] * n, [greatest] * n)
        search.solve()
        opened += search.opened
        pairs = {(one, other) for one, other in enumerate(search.mate) if one < other}
        assert all(search.mate[other] == one for one, other in pairs)
        best = sum(graph[a][b]["weight"] for a, b in nx.max_weight_matching(graph))
        assert search.bound() == 2 * sum(graph[a][b]["weight"] for a, b in pairs) == 2 * best
    assert opened or greatest == 1

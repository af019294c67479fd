"""A network's own vocabulary: cells and words of members become capabilities, known ones or the network's own.

A word that the taxonomy lacks becomes a node of the scheme ``OWN``, under the nearest curated category or service.
"""

from collections import defaultdict
from collections.abc import Collection
from functools import cached_property

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.db import new_public_id
from directory.engine.capability_names import Spellings, split_cell
from directory.engine.sentence_encoder import load_model
from directory.engine.world_reader import read_taxonomy
from directory.taxonomy.capability import CURATED, OWN, Capability, imported_by_name, kind_below
from matching.inputs import Floats, Taxonomy, Vectors
from matching.taxonomy_words import TaxonomyIndex, bm25_bonus

# How near a node is: the cosine and half the BM25 bonus; for the category also NAMED, where the word names the node as
# "PPC management" names PPC, and COMPANY, where the firm has another capability of the category. A service must reach
# SURE by itself and stand AHEAD of every other, since who has a word below it is nearly who has the service.
WORDS, NAMED, COMPANY, SURE, AHEAD, LIKELY = 0.5, 0.2, 0.15, 0.6, 0.1, 0.35
ABBREVIATION = 6  # letters of the longest word that people write in capitals, such as HVAC
VOTERS = 5  # the nearest nodes that decide the category, by the cube of their scores


class Vocabulary:
    """The curated capabilities and the network's own, as they stood when it was made, with what was learnt since.

    ``learnt`` has the ids of the latter.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        columns = (Capability.id, Capability.name, Capability.synonyms, Capability.hidden_at)
        nodes = select(*columns).where(Capability.scheme.in_((CURATED, OWN)))
        in_order = nodes.order_by(Capability.hidden_at.is_not(None), Capability.scheme != CURATED, Capability.id)
        rows = session.execute(in_order).all()
        self._hidden = {row.id for row in rows if row.hidden_at is not None}
        self._spellings = Spellings([(row.id, row.name, row.synonyms) for row in rows])
        self.learnt: list[int] = []
        self._found: dict[str, tuple[int, ...]] = {}  # the cells of a list repeat their words

    def find(self, text: str) -> tuple[int, ...]:
        """Return the ids of the capabilities that the whole of ``text`` names, without hidden ones; () for none."""
        return tuple(id for id in self._spellings.find(text) if id not in self._hidden)

    def unknown(self, cell: str) -> list[str]:
        """Return the words of a cell that ``learn`` would add."""
        return [word for word, ids in self._pieces(cell) if not ids]

    def _pieces(self, cell: str) -> list[tuple[str, tuple[int, ...]]]:
        words = split_cell(cell)
        self._found |= {word: self._spellings.find(word) for word in words if word not in self._found}
        return [(word, self._found[word]) for word in words]  # a hidden word is not added again

    def learn(self, cell: str, *, beside: Collection[int] = (), origin: str) -> tuple[list[int], list[str]]:
        """Return the capability ids of a cell, each once, and the words that are new with it; hidden ones are left out.

        ``beside`` are further capabilities of the same firm. ``origin`` is where the cell comes from: a file's name,
        or "" for what members write themselves.
        """
        pieces = self._pieces(cell)
        company = [*beside, *(id for _word, ids in pieces for id in ids)]
        found, new = dict[int, None](), list[str]()
        for word, ids in pieces:
            if not (ids := ids or self._spellings.find(word)):  # an earlier piece of the cell may have been it
                node = self._create(word, company, origin)
                new.append(node.name)
                ids = (node.id,)
            found.update(dict.fromkeys(id for id in ids if id not in self._hidden))
        return list(found), new

    def nearest(self, text: str, most: int = 3) -> list[Capability]:
        """Return up to ``most`` capabilities that ``text`` may mean, best first, for a person to choose from."""
        score = np.where(self._lexicon.guessable, self._scores(text, self._vector(text)), 0.0)
        nodes = [node for node in np.argsort(-score, kind="stable")[:most] if score[node] > LIKELY * self._has_model]
        return [self._session.get_one(Capability, int(self._taxonomy.ids[node])) for node in nodes if score[node] > 0]

    def _create(self, word: str, company: Collection[int], origin: str) -> Capability:
        vector = self._vector(word)
        parent = self._place(word, vector, company)
        longest = max(map(len, word.split()))
        level = None if parent is None else self._session.get_one(Capability, parent).kind
        node = Capability(
            scheme=OWN,
            code=new_public_id(),
            name=word.capitalize() if word.islower() or (word.isupper() and longest > ABBREVIATION) else word,
            kind=kind_below(level),
            parent_id=parent,
            origin=origin[:200],
            vector=None if vector is None else vector.astype(np.float16).tobytes(),
        )
        self._session.add(node)
        self._session.flush()
        self._spellings.add(node.id, node.name)
        self._found.clear()
        self.learnt.append(node.id)
        return node

    def _place(self, word: str, vector: Vectors | None, company: Collection[int]) -> int | None:
        """Return the id of the curated service or category that ``word`` stands under, None if nothing is near."""
        taxonomy, root, service = self._taxonomy, self._roots, self._services
        near = np.where(self._is_curated, self._scores(word, vector), 0.0)
        score = near + COMPANY * ((near > 0) & np.isin(root, root[np.isin(taxonomy.ids, list(company))]))
        score[[named.node for named in self._lexicon.mentions(word, 0, len(word))]] += NAMED
        voters = [int(node) for node in np.argsort(-score, kind="stable")[:VOTERS] if self._is_curated[node]]
        if not voters or score[voters[0]] <= LIKELY * self._has_model:
            return None
        votes: defaultdict[int, float] = defaultdict(float)
        for node in voters:
            votes[int(root[node])] += float(max(score[node], 0.0)) ** 3
        category = max(votes, key=votes.__getitem__)
        of_service: defaultdict[int, float] = defaultdict(float)
        for at, node in enumerate(service.tolist()):
            if node >= 0:
                of_service[node] = max(of_service[node], float(near[at]))
        ranked = sorted(of_service.items(), key=lambda item: -item[1])
        (first, high), (_second, low) = [*ranked, (category, 0.0), (category, 0.0)][:2]
        is_sure = high >= SURE and high - low >= AHEAD and root[first] == category
        return int(taxonomy.ids[first if is_sure else category])

    def _scores(self, word: str, vector: Vectors | None) -> Floats:
        """Return how near each node is: by the words of its names, and by its own vector, not by how people ask."""
        score = WORDS * bm25_bonus(self._lexicon.scores(word)[0])
        if vector is not None:
            score = score + (vector @ self._taxonomy.vectors.T)[0]
        return np.asarray(score, dtype=np.float64)

    def _vector(self, word: str) -> Vectors | None:
        model = load_model()
        return None if model is None else model.encode([word])

    @property
    def _has_model(self) -> bool:
        return load_model() is not None

    @cached_property
    def _taxonomy(self) -> Taxonomy:
        return read_taxonomy(self._session, (CURATED, OWN))

    @cached_property
    def _lexicon(self) -> TaxonomyIndex:
        return TaxonomyIndex(self._taxonomy)

    @cached_property
    def _is_curated(self) -> np.ndarray:
        curated = set(self._session.scalars(select(Capability.id).where(Capability.scheme == CURATED)))
        return np.isin(self._taxonomy.ids, list(curated))

    @cached_property
    def _roots(self) -> np.ndarray:
        return np.array([self._lexicon.root(node) for node in range(len(self._taxonomy.ids))], dtype=np.int64)

    @cached_property
    def _services(self) -> np.ndarray:
        """The curated service of each node, itself where it is one; -1 for categories and for the network's own."""
        lines = [[*reversed(self._lexicon.lineage(node)), node] for node in range(len(self._taxonomy.ids))]
        services = [line[1] if len(line) > 1 else -1 for line in lines]
        return np.where(self._is_curated, np.array(services, dtype=np.int64), -1)


def capability_named(session: Session, text: str) -> Capability | None:
    """Return the capability that ``text`` names in any spelling, None if there is none.

    One that is curated or the network's own wins over the name of an imported one.
    """
    ids = Vocabulary(session).find(text)
    return session.get_one(Capability, ids[0]) if len(ids) == 1 else imported_by_name(session, text)

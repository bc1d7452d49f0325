"""The SQL of the contraction: rounds read relations whose names end in one letter, and make those with the other."""

from dataclasses import dataclass

from mixpanel_data.warehouse.statements import Statement, rendered, statement

FIRST_ROUND = statement("identity/contracting/first_round.sql", creates="edges_a")
NO_MERGES = statement("identity/contracting/no_merges.sql", creates="merges_a")
NO_FOREST = statement("identity/contracting/no_forest.sql", creates="forest_a")
VERTEX_SIZES = statement("identity/contracting/vertex_sizes.sql", creates="vertex_sizes")
EDGES_OF_LARGE = statement("identity/contracting/edges_of_large.sql", largest="INT64")


def _of(name: str, creates: str | None, **names: str) -> Statement:
    types = {"merged": "ARRAY<STRING>", "joining": "ARRAY<STRING>"}
    return rendered(f"identity/contracting/{name}.sql.jinja", types, creates=creates, undeclared={}, **names)


COUNT_JUMPS = {letter: _of("count_jumps", None, parents=f"parents_{letter}") for letter in "ab"}
"""Count the vertices whose parent is not a root yet, by the letter of the relation that they read."""


@dataclass(frozen=True, slots=True)
class Round:
    """The statements of one round, from the relations of `before` to those of `after`."""

    before: str
    after: str

    @property
    def count_edges(self) -> Statement:
        return self._of("count_edges", None)

    @property
    def edges_in_order(self) -> Statement:
        return self._of("edges_in_order", None)

    @property
    def least_links(self) -> Statement:
        return self._of("least_links", "least_links")

    @property
    def hooks(self) -> Statement:
        return self._of("hooks", "parents_a")

    def jump(self, before: str, after: str) -> Statement:
        return _of("jump", f"parents_{after}", parents=f"parents_{before}")

    def labels(self, parents: str) -> Statement:
        return _of("labels", "labels", parents=f"parents_{parents}")

    @property
    def merges(self) -> Statement:
        return self._of("merges", f"merges_{self.after}")

    @property
    def forest(self) -> Statement:
        return self._of("forest", f"forest_{self.after}")

    @property
    def edges(self) -> Statement:
        return self._of("edges", f"edges_{self.after}")

    @property
    def given_labels(self) -> Statement:
        return self._of("given_labels", "labels")

    @property
    def last_merges(self) -> Statement:
        return self._of("merges", "merges")

    @property
    def last_forest(self) -> Statement:
        return self._of("last_forest", "forest")

    def _of(self, name: str, creates: str | None) -> Statement:
        relations = {each: f"{each}_{self.before}" for each in ("edges", "merges", "forest")}
        return _of(name, creates, **relations)

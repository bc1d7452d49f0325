"""The chance that something that comes at the same rate all the time was absent for a while."""

from math import exp, lgamma


def chance_of_absence(hits: int, of: int, before: int) -> float:
    """The chance that `before` draws have none of the hits that the `of` draws after them have.

    Hypergeometric: how likely all hits lie among the later draws, if they are spread over all draws by chance.
    """
    return exp(_log_choose(of, hits) - _log_choose(of + before, hits))


def _log_choose(of: int, hits: int) -> float:
    return lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)

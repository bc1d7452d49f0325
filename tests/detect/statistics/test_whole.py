"""All names together are abnormal as one where many names are, and not where one is, however large."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mixpanel_data.detect.statistics.scoring.counts import CountsModel, cut_deviate
from mixpanel_data.detect.statistics.scoring.parts import Parts
from mixpanel_data.detect.statistics.scoring.windows import Ints
from mixpanel_data.detect.statistics.whole.chance import chance_factor
from mixpanel_data.detect.statistics.whole.model import score_whole
from mixpanel_data.detect.statistics.whole.share import Span, stands_out

NAMES, LEARNED, SIZE = 12, 17 * 1440, 360
RATES = np.geomspace(0.5, 12.0, NAMES)
CUT = cut_deviate(NAMES + 1)
ABNORMAL = 0.5


@cache
def usual() -> Ints:
    """Seventeen days and six hours of single events at the same rates."""
    return np.random.default_rng(7).poisson(np.outer(RATES, np.ones(LEARNED + SIZE)))


@cache
def learned(names: int) -> CountsModel:
    """The model of the first names, and of others without any events, after seventeen days."""
    model = CountsModel(names, 0, cut=CUT)
    counts = np.zeros((names, LEARNED), dtype=np.int64)
    counts[:NAMES] = usual()[:names, :LEARNED]
    model.learn(counts)
    return model


def parts(counts: Ints, arrived: Sequence[float] | None = None) -> Parts:
    """The parts of the last six hours, after seventeen days that were learned."""
    model = deepcopy(learned(counts.shape[0]))
    if arrived is None:
        return model.score(counts[:, LEARNED:]).parts
    shares = np.broadcast_to(np.array(arrived), (len(counts), SIZE))
    return model.score(counts[:, LEARNED:], shares).parts


def changed(level: float, names: slice = slice(None), since: int = 60) -> Ints:
    """The usual counts, of some names at another level from that minute of the last six hours on."""
    counts, rng = usual().copy(), np.random.default_rng(8)
    counts[names, LEARNED + since :] = rng.poisson(level * RATES[names, None] * np.ones(SIZE - since))
    return counts


def abnormal(counts: Ints) -> tuple[int | None, int | None]:
    """The first minutes in which all together are too many, and too few; None where they never are."""
    scores = score_whole(parts(counts), CUT, SIZE).scores
    first = [np.flatnonzero(side.score[0] >= ABNORMAL) for side in (scores.high, scores.low)]
    high, low = (int(found[0]) if len(found) else None for found in first)
    return high, low


def test_usual_counts_are_not_abnormal() -> None:
    assert abnormal(usual()) == (None, None)


def test_a_fall_of_all_names_to_a_third_is_seen_within_minutes() -> None:
    high, low = abnormal(changed(1 / 3))
    assert high is None
    assert low is not None
    assert 60 <= low < 65


def test_a_rise_of_all_names_is_seen_within_minutes() -> None:
    high, low = abnormal(changed(2.0))
    assert low is None
    assert high is not None
    assert 60 <= high < 65


@pytest.mark.parametrize("level", [0.0, 20.0])
@pytest.mark.parametrize("names", [slice(-1, None), slice(-3, None)])
def test_a_few_names_that_fall_or_rise_are_not_all_of_them(level: float, names: slice) -> None:
    assert abnormal(changed(level, names)) == (None, None)


def test_a_fall_of_most_names_is_one_of_all() -> None:
    assert abnormal(changed(0.2, slice(3, None)))[1] is not None


def test_names_that_are_no_longer_watched_do_not_make_the_others_fall() -> None:
    scores = score_whole(parts(usual()[:8]), CUT, SIZE).scores
    assert scores.minute_expected.mean() == pytest.approx(RATES[:8].sum(), rel=0.05)
    assert scores.low.score.max() < ABNORMAL


def test_events_that_cannot_have_arrived_yet_are_not_missing() -> None:
    counts = changed(0.3, since=SIZE - 30)
    arrived = np.where(np.arange(SIZE) < SIZE - 30, 1.0, 0.3)
    late = score_whole(parts(counts, list(arrived)), CUT, SIZE).scores
    assert abnormal(counts)[1] is not None
    assert late.low.score.max() < ABNORMAL


def test_names_that_share_their_users_vary_more_together_than_each_by_itself() -> None:
    rng = np.random.default_rng(9)
    users = rng.gamma(10.0, 0.1, LEARNED + SIZE)
    together = parts(rng.poisson(np.outer(RATES, users)))
    alone = parts(usual())
    assert chance_factor(alone.as_one(), SIZE) < 1.6
    assert chance_factor(together.as_one(), SIZE) > 2.5
    assert score_whole(together, CUT, SIZE).scores.score.max() < ABNORMAL


def test_groups_of_names_and_stretches_of_time_add_up() -> None:
    whole = parts(usual())
    groups = Parts.together([whole.of_rows(range(5)), whole.of_rows(range(5, NAMES))])
    for name in ("counts", "means", "dispersion", "hour", "shared"):
        assert np.allclose(getattr(groups, name), getattr(whole, name), rtol=1e-5), name
    again = Parts.following([whole.last(SIZE), whole.last(100)]).last(100)
    assert np.array_equal(again.of_each_minute(again.shared), whole.of_each_minute(whole.shared)[:, -100:])
    assert np.array_equal(again.counts, whole.counts[:, -100:])


def test_names_with_hardly_any_events_are_one_row() -> None:
    usually = parts(usual())
    rare = replace(usually, counts=np.zeros_like(usually.counts), means=np.full_like(usually.means, 0.01))
    kept, rest, is_kept = Parts.together([usually, rare, rare]).of_enough_events()
    assert rest is not None
    assert (len(kept.counts), int(is_kept.sum()), len(rest.counts)) == (NAMES, NAMES, 1)
    assert np.allclose(rest.means, 0.01 * 2 * NAMES)
    assert np.allclose(rest.hour[0], np.mean(np.sqrt(usually.hour), axis=0) ** 2, rtol=1e-4)


def test_a_name_stands_out_that_stops_while_all_have_fallen() -> None:
    counts = changed(0.5)
    counts[-1, LEARNED + 200 :] = 0
    found = parts(counts)
    span = Span(since=120, until=SIZE, first_hour=60)
    rows = {row for row in range(NAMES) if stands_out(found, found.as_one(), row, span, cut=CUT, sign=-1)}
    assert rows == {NAMES - 1}


def test_a_name_that_lost_all_from_the_start_is_no_news_while_all_have_fallen_but_is_after_that() -> None:
    counts = changed(0.5)
    counts[:, LEARNED + 240 :] = usual()[:, LEARNED + 240 :]
    counts[-1, LEARNED + 60 :] = 0
    found = parts(counts)
    during, after = Span(since=120, until=240, first_hour=60), Span(since=240, until=SIZE)
    for span, rows in ((during, set()), (after, {NAMES - 1})):
        assert {row for row in range(NAMES) if stands_out(found, found.as_one(), row, span, cut=CUT, sign=-1)} == rows

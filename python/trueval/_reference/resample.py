"""Bootstrap counts and signs from NumPy's Philox, replicate by replicate."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.uint32]
Ranking = tuple[Indices | None, Indices | None, Indices]

# What a stream is for: a word of the counter.
_DRAWS, _SIGNS, _POISSON = 0, 1, 6
_SCALE = 2.0**52


def stream(seed: int, part: int, purpose: int, replicate: int) -> np.random.Philox:
    """Random numbers of one part of a replicate that serve one purpose."""
    key, counter = np.array([seed, 0], np.uint64), np.array([0, part, purpose, replicate], np.uint64)
    return np.random.Philox(key=key, counter=counter)


def _draw(numbers: np.random.Philox, units: int) -> NDArray[np.int64]:
    """How often each unit is drawn in as many draws as there are units.

    Each random number gives two draws, its low half first: the high half of h * units for a half h, unless the low half
    of that product is below 2**32 modulo units, so that as many h are left for each unit.
    """
    n, low = np.uint64(units), np.uint64(0xFFFFFFFF)
    counts, left = np.zeros(units, np.int64), units
    while left:
        raw: Any = np.atleast_1d(numbers.random_raw((left + 1) // 2)).astype("<u8")
        products = raw.view("<u4").astype(np.uint64) * n
        drawn = (products >> np.uint64(32))[(products & low) >= np.uint64((1 << 32) % units)][:left]
        counts += np.bincount(drawn.astype(np.intp), minlength=units)
        left -= len(drawn)
    return counts


def _steps() -> NDArray[np.uint64]:
    """Find 2**64 times the distribution function of a Poisson variable of mean 1, rounded down."""
    with localcontext() as context:
        context.prec = 60
        terms, steps = [Decimal(-1).exp()], []
        while int(sum(terms) * 2**64) < 2**64 - 1:
            steps.append(int(sum(terms) * 2**64))
            terms.append(terms[-1] / len(terms))
    return np.array(steps, np.uint64)


def _draw_poisson(numbers: np.random.Philox, units: int) -> NDArray[np.int64]:
    """Draw a Poisson variable of mean 1 for each unit."""
    return np.searchsorted(_steps(), np.atleast_1d(numbers.random_raw(units)), "right").astype(np.int64)


def _counts(poisson: bool, seed: int, part: int, replicate: int, units: int) -> NDArray[np.int64]:
    """How often each unit of a part is drawn."""
    if poisson:
        return _draw_poisson(stream(seed, part, _POISSON, replicate), units)
    return _draw(stream(seed, part, _DRAWS, replicate), units)


def rank_bootstrap(  # noqa: PLR0917
    what: int,
    rankings: list[Ranking],
    positives: int,
    negatives: int,
    units: int | None,
    poisson: bool,
    seed: int,
    first: int,
    count: int,
    /,
) -> NDArray[np.float64]:
    """Area (0), average precision (1), or area and its standard error (2), for each replicate and ranking."""
    values: list[float] = []
    for replicate in range(first, first + count):
        if units is None:
            up, down = (_counts(poisson, seed, i, replicate, n) for i, n in enumerate((positives, negatives)))
        else:
            up = down = _counts(poisson, seed, 0, replicate, units)
        for of_positives, of_negatives, groups in rankings:
            ups = up if of_positives is None else up[of_positives]
            downs = down if of_negatives is None else down[of_negatives]
            values.extend(_score(what, ups, downs, groups.reshape(-1, 3).astype(np.intp)))
    return np.array(values, dtype=np.float64)


def _score(what: int, up: NDArray[np.int64], down: NDArray[np.int64], groups: NDArray[np.intp]) -> tuple[float, ...]:
    reached, above, beside = groups.T
    ups, downs = (np.concatenate([[0], np.cumsum(counts)]) for counts in (up, down))
    p, n = int(ups[-1]), int(downs[-1])
    total = ups[reached]  # positives at or above each group
    drawn = np.diff(total, prepend=0)
    if what == 1:
        some = drawn > 0
        total, drawn, wrong = total[some], drawn[some], downs[beside[some]]
        precision = np.rint(total / (total + wrong) * _SCALE).astype(np.int64)
        units = sum(int(np.dot(drawn, precision >> shift & 0x3FFFFFF)) << shift for shift in (0, 26, 52))
        return (units / _SCALE / p if p else float("nan"),)
    placed = 2 * n - downs[above] - downs[beside]
    twice = int(np.dot(drawn, placed))
    area = twice / (2 * p * n) if p and n else float("nan")
    if what == 0:
        return (area,)
    if p < 2 or n < 2:
        return area, float("nan")
    # The negatives at and above each group, and what is left below the last one, by the positives above them.
    edges = np.concatenate([[0], np.stack([downs[above], downs[beside]], axis=1).reshape(-1), [n]])
    placed_down = np.concatenate([[0], np.stack([2 * total - drawn, 2 * total], axis=1).reshape(-1)])
    squares = [
        sum(c * q * q for c, q in zip(counts.tolist(), places.tolist(), strict=True))
        for counts, places in ((drawn, placed), (np.diff(edges), placed_down))
    ]
    variance = 0.0
    for own, other, square in ((p, n, squares[0]), (n, p, squares[1])):
        variance += float(own * square - twice * twice) / (float(own) * own * (own - 1.0)) / (4.0 * other * other)
    return area, math.sqrt(variance)


def bootstrap_sums(  # noqa: PLR0917
    values: NDArray[np.float64],
    units: Indices | None,
    columns: Indices | None,
    width: int,
    n_units: int,
    poisson: bool,
    seed: int,
    first: int,
    count: int,
    /,
) -> NDArray[np.float64]:
    """Sum the columns over the units drawn in each replicate."""
    sums = np.empty((count, width))
    for i in range(count):
        drawn = _counts(poisson, seed, 0, first + i, n_units)
        if units is None or columns is None:
            sums[i] = (values.reshape(n_units, width) * drawn[:, np.newaxis]).sum(axis=0)
        else:
            sums[i] = np.bincount(columns, weights=values * drawn[units], minlength=width)
    return sums.reshape(-1)


def sign_flip_sums(values: NDArray[np.float64], seed: int, first: int, count: int, /) -> NDArray[np.float64]:
    """Sum under random signs: bit j of word w decides on value 64 * w + j, 1 for minus."""
    words = -(-len(values) // 64)
    sums = np.empty(count)
    for i in range(count):
        raw: Any = np.atleast_1d(stream(seed, 0, _SIGNS, first + i).random_raw(words)).astype("<u8")
        minus = np.unpackbits(raw.view(np.uint8), bitorder="little")[: len(values)].astype(bool)
        sums[i] = np.sum(np.where(minus, -values, values))
    return sums

//! The value at a share of the weight of a column, in linear time.

use std::ops::{Range, RangeInclusive};

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold};
use crate::scalar::Score;

/// Each chunk owns a histogram, so there are few.
const MAX_STRIPES: usize = 64;

/// Which value of a column is asked for, in terms of its distribution.
///
/// With the values in ascending order and their weights (1 each, where there are none) added up along them, it is the
/// first value at which the sum reaches `share` of the total; the mean of that value and the next one of nonzero weight
/// where the sum exceeds that share by no more than `slack`. This is definition 2 of Hyndman and Fan (1996).
#[derive(Debug, Clone, Copy)]
pub struct Quantile {
    /// The share of the weight, from 0 to 1.
    pub share: f64,
    /// What counts as no excess.
    pub slack: f64,
}

impl Quantile {
    fn target(self, total: f64) -> f64 {
        let target = self.share * total;
        // No share at all is reached by the first row that weighs anything.
        if target == 0.0 { f64::from_bits(1) } else { target }
    }
}

/// Rows that are ordered at the end of a selection, at most; more are first narrowed to those near the quantile.
const NEAR: usize = 1 << 12;

/// Parts that a range of keys is cut into per pass.
const BINS: usize = 1 << 11;

/// Rows looked at to guess where a quantile lies, at most; fewer where there are fewer than [`SPARED`] times as many.
const GUESS: usize = 1 << 14;
const SPARED: usize = 64;

/// How far from it the guess reaches to both sides, in shares of the weight, for one row looked at: three standard
/// deviations of the median, which fall with the root of the number of rows.
const MARGIN: f64 = 1.6;

/// The rows whose keys lie between two bounds, among which the quantile is.
#[derive(Clone, Copy)]
struct Part {
    low: u64,
    high: u64,
    rows: usize,
    /// What the rows of lower keys weigh.
    below: Sum,
    /// What the rows below and those of the part weigh.
    end: f64,
}

/// A key with the weight of its row.
#[derive(Clone, Copy)]
struct Weighed {
    key: u64,
    weight: f64,
}

/// Rows whose values are worked out at a time.
const STEP: usize = 512;

/// A column of numbers with an optional weight for each.
struct Column<'a, F> {
    rows: usize,
    values: F,
    weights: Option<&'a [f64]>,
}

dispatched! {
    /// Writes the key of each value.
    fn write_keys(values: &[f64], keys: &mut [u64]) {
        for (key, value) in keys.iter_mut().zip(values) {
            *key = value.key();
        }
    }
}

dispatched! {
    /// How many keys lie from `start` up to `low`, and above `high` up to `end`.
    fn count_sides(keys: &[u64], start: u64, low: u64, high: u64, end: u64) -> [u64; 2] {
        let mut counts = [0u64; 2];
        for key in keys {
            counts[0] += u64::from((*key >= start) & (*key < low));
            counts[1] += u64::from((*key > high) & (*key <= end));
        }
        counts
    }
}

dispatched! {
    /// How many keys lie in a range, and the lowest one above it; the highest number where there is none.
    fn look_above(keys: &[u64], low: u64, high: u64) -> (u64, u64) {
        let (mut inside, mut above) = (0, u64::MAX);
        for key in keys {
            inside += u64::from((*key >= low) & (*key <= high));
            let candidate = if *key > high { *key } else { u64::MAX };
            above = if candidate < above { candidate } else { above };
        }
        (inside, above)
    }
}

/// A quantile of `rows` values, none of them NaN; `values` writes those of the rows from a given one on.
///
/// Linear time: a sample tells where the quantile should lie, one pass counts (and weighs) what falls into each of some
/// two thousand parts of that range, and a second one picks the few rows of the part that holds it. A range that the
/// sample got wrong, or that is crowded, is cut again, each time to a two thousandth of its keys, so that six passes are
/// the most there can be. Scratch memory does not grow with the number of rows. Weights of which some are negative add
/// up to no distribution; then all rows are ordered, and the sums searched by bisection for what it may find there.
pub fn quantile(
    rows: usize,
    values: impl Fn(usize, &mut [f64]) + Sync,
    weights: Option<&[f64]>,
    wanted: Quantile,
    stop: &Stop,
) -> Result<f64> {
    let column = Column { rows, values, weights };
    if rows == 0 {
        return Ok(f64::NAN);
    }
    let (total, distribution) = column.total(stop)?;
    let target = wanted.target(total);
    let mut part = Part { low: 0, high: u64::MAX, rows, below: Sum::default(), end: total };
    if distribution && rows > NEAR {
        let mut guess = column.guess(wanted.share);
        while part.rows > NEAR && part.low < part.high {
            part = column.narrow(part, guess.take().unwrap_or((part.low, part.high)), target, stop)?;
        }
    }
    let inside = part.low..=part.high;
    if part.low == part.high {
        let next = column.pick(inside, |_, _| None::<()>, stop)?.1;
        let value = f64::from_key(part.low);
        return Ok(if part.end - target > wanted.slack { value } else { midpoint(part.low, next) });
    }
    if weights.is_some() {
        let item = |i, key| Some(Weighed { key, weight: column.weight(i) });
        let (items, next) = column.pick(inside, item, stop)?;
        let whole = part.rows == rows;
        let target = |end: f64| if whole { wanted.target(end) } else { target };
        return weighted_quantile(items, part.below.value(), next, target, wanted.slack);
    }
    let (mut keys, next) = column.pick(inside, |_, key| Some(key), stop)?;
    let place = (target.ceil().max(1.0) as usize).min(rows) - 1;
    let excess = (place + 1) as f64 - target;
    let nth = place.checked_sub(part.below.value() as usize).filter(|nth| *nth < keys.len()).ok_or(Error::Changed)?;
    let (_, &mut key, above) = keys.select_nth_unstable(nth);
    let next = above.iter().min().copied().or(next);
    Ok(if excess > wanted.slack { f64::from_key(key) } else { midpoint(key, next) })
}

/// The mean of a value and the next one; the value itself where there is none.
fn midpoint(key: u64, next: Option<u64>) -> f64 {
    let value = f64::from_key(key);
    next.map_or(value, |next| (value + f64::from_key(next)) / 2.0)
}

/// Searches the sums of the weights of all rows near a quantile.
fn weighted_quantile(
    mut items: Vec<Weighed>,
    below: f64,
    next: Option<u64>,
    target: impl Fn(f64) -> f64,
    slack: f64,
) -> Result<f64> {
    items.sort_by_key(|item| item.key);
    let mut sum = below;
    let sums: Vec<f64> = items
        .iter()
        .map(|item| {
            sum += item.weight;
            sum
        })
        .collect();
    let Some(last) = sums.len().checked_sub(1) else { return Err(Error::Changed) };
    let target = target(sums[last]);
    let at = bisect(&sums, |sum| sum < target).min(last);
    if sums[at] - target > slack {
        return Ok(f64::from_key(items[at].key));
    }
    // The next row, or, where that weighs nothing, the next one that does.
    let after = match items.get(at + 1) {
        Some(item) if item.weight != 0.0 => Some(item.key),
        Some(_) => items.get(bisect(&sums, |sum| sum <= sums[at])).map(|item| item.key).or(next),
        None => next,
    };
    Ok(midpoint(items[at].key, after))
}

/// The first place that is not `before`, by halving the interval. `partition_point` would do where `sums` ascend; where
/// they do not, what is found depends on the places looked at.
fn bisect(sums: &[f64], before: impl Fn(f64) -> bool) -> usize {
    let (mut low, mut high) = (0, sums.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if before(sums[middle]) { low = middle + 1 } else { high = middle }
    }
    low
}

impl<F: Fn(usize, &mut [f64]) + Sync> Column<'_, F> {
    fn key(&self, i: usize) -> u64 {
        let mut value = [0.0];
        (self.values)(i, &mut value);
        value[0].key()
    }

    /// Visits the keys of a range of rows, some at a time, with the first of these rows.
    #[inline]
    fn each_step(&self, rows: Range<usize>, mut visit: impl FnMut(usize, &[u64])) {
        let (mut values, mut keys) = ([0.0; STEP], [0u64; STEP]);
        for start in rows.clone().step_by(STEP) {
            let length = STEP.min(rows.end - start);
            let (values, keys) = (&mut values[..length], &mut keys[..length]);
            (self.values)(start, values);
            write_keys(values, keys);
            visit(start, keys);
        }
    }

    #[inline]
    fn weight(&self, i: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[i])
    }

    /// What all rows weigh, and whether no weight is negative.
    fn total(&self, stop: &Stop) -> Result<(f64, bool)> {
        let Some(weights) = self.weights else { return Ok((self.rows as f64, true)) };
        check_length("sample_weight", weights.len(), self.rows)?;
        let update = |(sum, low): &mut (Sum, f64), rows: Range<usize>| {
            for weight in &weights[rows] {
                sum.add(*weight);
                *low = low.min(*weight);
            }
        };
        let merge = |a: &mut (Sum, f64), b: (Sum, f64)| {
            a.0.merge(b.0);
            a.1 = a.1.min(b.1);
        };
        let (sum, low) = fold(self.rows, MAX_CHUNKS, stop, || (Sum::default(), 0.0), update, merge)?;
        Ok((sum.value(), low >= 0.0))
    }

    /// Keys between which a sample has the quantile.
    fn guess(&self, share: f64) -> Option<(u64, u64)> {
        let sampled = (self.rows / SPARED).min(GUESS);
        let step = self.rows / sampled;
        let margin = MARGIN / (sampled as f64).sqrt();
        let mut sample: Vec<Weighed> =
            (0..sampled).map(|i| i * step).map(|i| Weighed { key: self.key(i), weight: self.weight(i) }).collect();
        sample.sort_unstable_by_key(|item| item.key);
        let total: f64 = sample.iter().map(|item| item.weight).sum();
        let reach = |share: f64| {
            let mut sum = 0.0;
            let reached = |item: &&Weighed| {
                sum += item.weight;
                sum >= share * total
            };
            sample.iter().find(reached).map(|item| item.key)
        };
        let low = if share > margin { reach(share - margin) } else { Some(0) };
        let high = if share < 1.0 - margin { reach(share + margin) } else { Some(u64::MAX) };
        Some((low?, high?)).filter(|(low, high)| low <= high)
    }

    /// The piece of a part that holds the quantile: of the range between `low` and `high`, cut into bins, or what lies
    /// to either side of it.
    fn narrow(&self, part: Part, (low, high): (u64, u64), target: f64, stop: &Stop) -> Result<Part> {
        let bits = u64::BITS - (high - low).leading_zeros();
        let shift = bits.saturating_sub(BINS.trailing_zeros());
        let bin = |key: u64| 1 + (((key - low) >> shift) as usize).min(BINS - 1);
        let new = || (vec![0usize; BINS + 2], vec![Sum::default(); if self.weights.is_some() { BINS + 2 } else { 0 }]);
        type Bins = (Vec<usize>, Vec<Sum>);
        // Few rows lie where the quantile is looked for, and the branch that finds them is predicted; which side the others
        // lie on is not, so that they are counted without one.
        let update = |(counts, sums): &mut Bins, rows: Range<usize>| {
            self.each_step(rows, |start, keys| {
                let [lower, higher] = count_sides(keys, part.low, low, high, part.high).map(|count| count as usize);
                counts[0] += lower;
                counts[BINS + 1] += higher;
                if lower + higher < keys.len() {
                    for key in keys.iter().filter(|key| (**key >= low) & (**key <= high)) {
                        counts[bin(*key)] += 1;
                    }
                }
                let Some(weights) = self.weights else { return };
                for (key, weight) in keys.iter().zip(&weights[start..]) {
                    if (*key >= part.low) & (*key <= part.high) {
                        let place = match (*key < low, *key > high) {
                            (true, _) => 0,
                            (_, true) => BINS + 1,
                            _ => bin(*key),
                        };
                        sums[place].add(*weight);
                    }
                }
            });
        };
        let merge = |a: &mut Bins, b: Bins| {
            a.0.iter_mut().zip(b.0).for_each(|(a, b)| *a += b);
            a.1.iter_mut().zip(b.1).for_each(|(a, b)| a.merge(b));
        };
        let (counts, sums) = fold(self.rows, MAX_STRIPES, stop, new, update, merge)?;
        let mut found = None;
        let mut below = part.below;
        for (bin, &rows) in counts.iter().enumerate().filter(|(_, rows)| **rows > 0) {
            let mut end = below;
            match sums.get(bin) {
                Some(sum) => end.merge(*sum),
                None => end.add(rows as f64),
            }
            let (low, high) = match bin {
                0 => (part.low, low - 1),
                bin if bin == BINS + 1 => (high + 1, part.high),
                bin => {
                    let start = low + ((bin as u64 - 1) << shift);
                    (start, high.min(start + ((1 << shift) - 1)))
                }
            };
            found = Some(Part { low, high, rows, below, end: end.value() });
            if end.value() >= target {
                break;
            }
            below = end;
        }
        found.ok_or(Error::Changed)
    }

    /// What `item` makes of the rows of a range of keys, in their order, and the lowest key above that weighs anything.
    fn pick<I: Send>(
        &self,
        range: RangeInclusive<u64>,
        item: impl Fn(usize, u64) -> Option<I> + Sync,
        stop: &Stop,
    ) -> Result<(Vec<I>, Option<u64>)> {
        type Picked<I> = (Vec<I>, Option<u64>);
        let (low, high) = range.into_inner();
        let lower = |a: Option<u64>, b: u64| Some(a.map_or(b, |a| a.min(b)));
        let update = |(items, next): &mut Picked<I>, rows: Range<usize>| {
            self.each_step(rows, |start, keys| {
                let (inside, above) = look_above(keys, low, high);
                if inside > 0 {
                    for (i, key) in (start..).zip(keys).filter(|(_, key)| (**key >= low) & (**key <= high)) {
                        items.extend(item(i, *key));
                    }
                }
                // No number has the highest key.
                let mut bound = next.unwrap_or(u64::MAX);
                if self.weights.is_none() {
                    bound = bound.min(above);
                } else if above < bound {
                    for (i, key) in (start..).zip(keys) {
                        if (*key > high) & (*key < bound) && self.weight(i) != 0.0 {
                            bound = *key;
                        }
                    }
                }
                *next = Some(bound).filter(|bound| *bound < u64::MAX);
            });
        };
        let merge = |a: &mut Picked<I>, b: Picked<I>| {
            a.0.extend(b.0);
            a.1 = b.1.map_or(a.1, |b| lower(a.1, b));
        };
        fold(self.rows, MAX_CHUNKS, stop, || (Vec::new(), None), update, merge)
    }
}

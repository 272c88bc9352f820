//! Metrics of a binary ranking: ROC and precision-recall curves, the area under the former, average precision.
//!
//! All walk the rows from the highest score down, group by group of equal scores. What they carry along is a monoid
//! over score ranges, so that ranges are worked out independently and merged:
//!
//! * area under the ROC curve: (positives, negatives, A) with A = 2·wins + ties over the pairs inside the range; a
//!   higher range h and a lower range l merge to A = A_h + A_l + 2·P_h·N_l (Mann and Whitney 1947, in integers);
//! * average precision: the counts above a range turn its groups' counts into precisions; each precision is rounded to
//!   a multiple of 2^-52, so that Σ positives · precision is an exact integer and does not depend on any split. The
//!   rounding moves the result by less than 2^-53.

use crate::error::{Result, check_length};
use crate::fold::{Stop, Sum};
use crate::kernels::labels::Labels;
use crate::order::{BinaryRows, Buckets, Weighted, scatter};
use crate::scalar::{Score, ScoreVec, Scores};
use crate::with_scores;

/// The pairs of a score range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pairs {
    /// Positives in the range.
    pub positives: u64,
    /// Negatives in the range.
    pub negatives: u64,
    /// 2·wins + ties over its (positive, negative) pairs; with 4·10^9 rows of each class this passes 64 bits.
    pub twice_area: u128,
}

impl Pairs {
    /// Appends the next lower range.
    pub fn merge(&mut self, lower: Pairs) {
        self.twice_area += lower.twice_area + 2 * u128::from(self.positives) * u128::from(lower.negatives);
        self.positives += lower.positives;
        self.negatives += lower.negatives;
    }
}

/// [`Pairs`] with weights.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WeightedPairs {
    /// Weight of the positives.
    pub positives: Sum,
    /// Weight of the negatives.
    pub negatives: Sum,
    /// Sum over the pairs of the product of their weights, twice where the positive wins.
    pub twice_area: Sum,
}

impl WeightedPairs {
    /// Appends the next lower range.
    pub fn merge(&mut self, lower: WeightedPairs) {
        self.twice_area.merge(lower.twice_area);
        self.twice_area.add(2.0 * self.positives.value() * lower.negatives.value());
        self.positives.merge(lower.positives);
        self.negatives.merge(lower.negatives);
    }
}

/// The area under a ROC curve, as counts or weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Area {
    /// Every row counts once.
    Counts(Pairs),
    /// Rows count their weight.
    Weights(WeightedPairs),
}

/// Deals unweighted rows to buckets of keys.
fn keys<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Buckets<S::Key>> {
    scatter(rows, |_, key| Some(key), stop)
}

/// Deals weighted rows to buckets; rows of weight zero are left out.
fn weighted_keys<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<Buckets<Weighted<S::Key>>> {
    check_length("sample_weight", weights.len(), rows.y_score.len())?;
    scatter(rows, |i, key| (weights[i] != 0.0).then_some(Weighted { key, weight: weights[i] }), stop)
}

fn weight<K>(items: &[Weighted<K>]) -> f64 {
    items.iter().map(|item| item.weight).sum()
}

/// 2·wins + ties of two ascending lists of keys: for each positive, the negatives below it twice and its ties once.
fn twice_area<K: Ord>(positives: &[K], negatives: &[K]) -> u64 {
    let (mut below, mut up_to, mut total) = (0usize, 0usize, 0u64);
    for positive in positives {
        while below < negatives.len() && negatives[below] < *positive {
            below += 1;
        }
        up_to = up_to.max(below);
        while up_to < negatives.len() && negatives[up_to] == *positive {
            up_to += 1;
        }
        total += (below + up_to) as u64;
    }
    total
}

/// The area under the ROC curve, times the number of pairs of a positive and a negative row, times two.
pub fn roc_auc(
    y_true: Labels<'_>,
    positive: Option<u64>,
    y_score: Scores<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<Area> {
    with_scores!(y_score, y_score => {
        let rows = BinaryRows { y_true, positive, y_score };
        match sample_weight {
            None => count_pairs(rows, stop).map(Area::Counts),
            Some(weights) => weigh_pairs(rows, weights, stop).map(Area::Weights),
        }
    })
}

fn count_pairs<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Pairs> {
    let mut buckets = keys(rows, stop)?;
    let partial = buckets.map(std::iter::repeat(()), stop, |mut bucket, ()| {
        // The pairs within a bucket of one class, or of none, need no order.
        let twice_area = if bucket.positives.is_empty() || bucket.negatives.is_empty() {
            0
        } else {
            bucket.sort(stop)?;
            twice_area(bucket.positives, bucket.negatives).into()
        };
        Ok(Pairs { positives: bucket.positives.len() as u64, negatives: bucket.negatives.len() as u64, twice_area })
    })?;
    Ok(partial.into_iter().fold(Pairs::default(), |mut total, lower| {
        total.merge(lower);
        total
    }))
}

fn weigh_pairs<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<WeightedPairs> {
    let mut buckets = weighted_keys(rows, weights, stop)?;
    let partial = buckets.map(std::iter::repeat(()), stop, |mut bucket, ()| {
        bucket.sort(stop)?;
        let mut total = WeightedPairs::default();
        bucket.descend(|_, positives, negatives| {
            let (up, down) = (weight(positives), weight(negatives));
            total.twice_area.add((2.0 * total.positives.value() + up) * down);
            total.positives.add(up);
            total.negatives.add(down);
        });
        Ok(total)
    })?;
    Ok(partial.into_iter().fold(WeightedPairs::default(), |mut total, lower| {
        total.merge(lower);
        total
    }))
}

/// Precisions are rounded to a multiple of 1 / `SCALE`.
const SCALE: f64 = (1u64 << 52) as f64;

/// Average precision times the positives, and the positives: counts or a sum of weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PrecisionSum {
    /// Every row counts once.
    Counts(f64, u64),
    /// Rows count their weight.
    Weights(f64, f64),
}

/// Σ over distinct scores of (positives at the score) · (precision at or above it), and the number of positives.
pub fn average_precision(
    y_true: Labels<'_>,
    positive: Option<u64>,
    y_score: Scores<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<PrecisionSum> {
    with_scores!(y_score, y_score => {
        let rows = BinaryRows { y_true, positive, y_score };
        match sample_weight {
            None => count_precision(rows, stop),
            Some(weights) => weigh_precision(rows, weights, stop),
        }
    })
}

/// Running totals of both classes before each bucket, and over all of them.
fn totals_before(sizes: impl IntoIterator<Item = [Sum; 2]>) -> (Vec<[Sum; 2]>, [Sum; 2]) {
    let mut total = [Sum::default(); 2];
    let before = sizes.into_iter().map(|size| {
        let before = total;
        total[0].merge(size[0]);
        total[1].merge(size[1]);
        before
    });
    (before.collect(), total)
}

/// [`totals_before`] in integers.
fn counts_before(sizes: &[[usize; 2]]) -> (Vec<[u64; 2]>, [u64; 2]) {
    let mut total = [0u64; 2];
    let before = sizes.iter().map(|size| {
        let before = total;
        total = [total[0] + size[0] as u64, total[1] + size[1] as u64];
        before
    });
    (before.collect(), total)
}

fn count_precision<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<PrecisionSum> {
    let mut buckets = keys(rows, stop)?;
    let (before, total) = counts_before(buckets.sizes());
    let partial = buckets.map(before, stop, |mut bucket, [mut tps, mut fps]| {
        let mut sum = 0u128;
        if !bucket.positives.is_empty() {
            bucket.sort(stop)?;
            bucket.descend(|_, positives, negatives| {
                tps += positives.len() as u64;
                fps += negatives.len() as u64;
                if !positives.is_empty() {
                    let precision = (tps as f64 / (tps + fps) as f64 * SCALE).round_ties_even() as u64;
                    sum += positives.len() as u128 * u128::from(precision);
                }
            });
        }
        Ok(sum)
    })?;
    Ok(PrecisionSum::Counts(partial.into_iter().sum::<u128>() as f64 / SCALE, total[0]))
}

fn weigh_precision<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<PrecisionSum> {
    let mut buckets = weighted_keys(rows, weights, stop)?;
    let (before, total) = totals_before(sorted_weights(&mut buckets, stop)?.into_iter().map(|(_, sums)| sums));
    let partial = buckets.map(before, stop, |bucket, [mut tps, mut fps]| {
        let mut sum = Sum::default();
        bucket.descend(|_, positives, negatives| {
            let up = weight(positives);
            tps.add(up);
            fps.add(weight(negatives));
            let reached = tps.value() + fps.value();
            if reached != 0.0 {
                sum.add(up * (tps.value() / reached));
            }
        });
        Ok(sum)
    })?;
    let sum = partial.into_iter().fold(Sum::default(), |mut total, part| {
        total.merge(part);
        total
    });
    Ok(PrecisionSum::Weights(sum.value(), total[0].value()))
}

/// Sorts every bucket; the number of distinct scores in each and the weights of its classes.
fn sorted_weights<K: crate::scalar::Key>(
    buckets: &mut Buckets<Weighted<K>>,
    stop: &Stop,
) -> Result<Vec<(usize, [Sum; 2])>> {
    buckets.map(std::iter::repeat(()), stop, |mut bucket, ()| {
        bucket.sort(stop)?;
        let (mut groups, mut sums) = (0, [Sum::default(); 2]);
        bucket.descend(|_, positives, negatives| {
            groups += 1;
            sums[0].add(weight(positives));
            sums[1].add(weight(negatives));
        });
        Ok((groups, sums))
    })
}

/// Counts or sums of weights at each distinct score.
#[derive(Debug, Clone, PartialEq)]
pub enum Tally {
    /// Every row counts once.
    Counts(Vec<i64>),
    /// Rows count their weight.
    Weights(Vec<f64>),
}

/// A curve over the distinct scores, highest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Negatives at or above each score.
    pub fps: Tally,
    /// Positives at or above each score.
    pub tps: Tally,
    /// The scores.
    pub thresholds: ScoreVec,
}

/// False and true positives at or above each distinct score.
pub fn binary_curve(
    y_true: Labels<'_>,
    positive: Option<u64>,
    y_score: Scores<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<Curve> {
    with_scores!(y_score, y_score => {
        let rows = BinaryRows { y_true, positive, y_score };
        match sample_weight {
            None => count_curve(rows, stop),
            Some(weights) => weigh_curve(rows, weights, stop),
        }
    })
}

/// The part of a curve's arrays that one bucket fills.
type Part<'a, S, T> = (&'a mut [T], &'a mut [T], &'a mut [S]);

/// Cuts three arrays into the parts of consecutive buckets.
fn parts<'a, S, T>(
    (mut fps, mut tps, mut thresholds): Part<'a, S, T>,
    groups: impl Iterator<Item = usize>,
) -> Vec<Part<'a, S, T>> {
    let mut parts = Vec::new();
    for size in groups {
        let (a, rest) = fps.split_at_mut(size);
        let (b, more) = tps.split_at_mut(size);
        let (c, others) = thresholds.split_at_mut(size);
        parts.push((a, b, c));
        (fps, tps, thresholds) = (rest, more, others);
    }
    parts
}

fn count_curve<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Curve> {
    let mut buckets = keys(rows, stop)?;
    let groups = buckets.map(std::iter::repeat(()), stop, |mut bucket, ()| {
        bucket.sort(stop)?;
        let mut groups = 0;
        bucket.descend(|_, _, _| groups += 1);
        Ok(groups)
    })?;
    let distinct = groups.iter().sum();
    let (mut fps, mut tps) = (vec![0i64; distinct], vec![0i64; distinct]);
    let mut thresholds = vec![S::from_key(0u32.into()); distinct];
    let parts = parts((&mut fps, &mut tps, &mut thresholds), groups.into_iter());
    let (before, _) = counts_before(buckets.sizes());
    buckets.map(parts.into_iter().zip(before), stop, |bucket, ((fps, tps, thresholds), [mut up, mut down])| {
        let mut i = 0;
        bucket.descend(|key, positives, negatives| {
            up += positives.len() as u64;
            down += negatives.len() as u64;
            (fps[i], tps[i], thresholds[i]) = (down as i64, up as i64, S::from_key(key));
            i += 1;
        });
        Ok(())
    })?;
    Ok(Curve { fps: Tally::Counts(fps), tps: Tally::Counts(tps), thresholds: S::pack(thresholds) })
}

fn weigh_curve<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<Curve> {
    let mut buckets = weighted_keys(rows, weights, stop)?;
    let sums = sorted_weights(&mut buckets, stop)?;
    let distinct = sums.iter().map(|(groups, _)| groups).sum();
    let (mut fps, mut tps) = (vec![0f64; distinct], vec![0f64; distinct]);
    let mut thresholds = vec![S::from_key(0u32.into()); distinct];
    let parts = parts((&mut fps, &mut tps, &mut thresholds), sums.iter().map(|(groups, _)| *groups));
    let (before, _) = totals_before(sums.iter().map(|(_, sums)| *sums));
    buckets.map(parts.into_iter().zip(before), stop, |bucket, ((fps, tps, thresholds), [mut up, mut down])| {
        let mut i = 0;
        bucket.descend(|key, positives, negatives| {
            up.add(weight(positives));
            down.add(weight(negatives));
            (fps[i], tps[i], thresholds[i]) = (down.value(), up.value(), S::from_key(key));
            i += 1;
        });
        Ok(())
    })?;
    Ok(Curve { fps: Tally::Weights(fps), tps: Tally::Weights(tps), thresholds: S::pack(thresholds) })
}

/// Whether x never decreases and never increases, and the signed area under y over x by the trapezoidal rule.
pub fn trapezoid(x: &[f64], y: &[f64], stop: &Stop) -> Result<(bool, bool, f64)> {
    check_length("y", y.len(), x.len())?;
    let update = |state: &mut (bool, bool, Sum), rows: std::ops::Range<usize>| {
        for i in rows {
            let step = x[i + 1] - x[i];
            state.0 &= step >= 0.0;
            state.1 &= step <= 0.0;
            state.2.add(step * (y[i] + y[i + 1]) / 2.0);
        }
    };
    let merge = |a: &mut (bool, bool, Sum), b: (bool, bool, Sum)| {
        *a = (a.0 & b.0, a.1 & b.1, {
            let mut sum = a.2;
            sum.merge(b.2);
            sum
        });
    };
    let intervals = x.len().saturating_sub(1);
    let new = || (true, true, Sum::default());
    let (rising, falling, area) = crate::fold::fold(intervals, crate::fold::MAX_CHUNKS, stop, new, update, merge)?;
    Ok((rising, falling, area.value()))
}

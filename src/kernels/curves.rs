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
use crate::order::{
    BinaryRows, Buckets, Group, Item, Ranker, Sorted, Sorter, Weighted, class_weights, few_groups, half_groups,
    on_large_pages, scatter, scatter_weighted,
};
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

fn weight<K>(items: &[Weighted<K>]) -> f64 {
    items.iter().map(|item| item.tag).sum()
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

/// [`roc_auc`] of finite floats of 16 bits, given by their bits.
pub fn roc_auc_of_halves(y_true: Labels<'_>, positive: Option<u64>, y_score: &[u16], stop: &Stop) -> Result<Pairs> {
    Ok(pairs_of(&half_groups(y_true, positive, y_score, stop)?))
}

fn pairs_of<S>(groups: &[Group<S>]) -> Pairs {
    let mut total = Pairs::default();
    for Group { rows: [positives, negatives], .. } in groups {
        let twice_area = u128::from(*positives) * u128::from(*negatives);
        total.merge(Pairs { positives: *positives, negatives: *negatives, twice_area });
    }
    total
}

fn count_pairs<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Pairs> {
    if let Some(groups) = few_groups(rows, stop)? {
        return Ok(pairs_of(&groups));
    }
    let buckets = scatter(rows, stop)?;
    let partial = buckets.map(std::iter::repeat(()), stop, |bucket, (), ranker: &mut Ranker<S>| {
        let [positives, negatives] = bucket.size().map(|size| size as u64);
        Ok(Pairs { positives, negatives, twice_area: ranker.twice_area(&bucket, stop)? })
    })?;
    Ok(partial.into_iter().fold(Pairs::default(), |mut total, lower| {
        total.merge(lower);
        total
    }))
}

fn weigh_pairs<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<WeightedPairs> {
    let buckets = scatter_weighted(rows, weights, stop)?;
    let partial = buckets.map(std::iter::repeat(()), stop, |bucket, (), ranker: &mut Ranker<Weighted<S>>| {
        let [positives, negatives] = class_weights(&bucket, stop)?;
        Ok(WeightedPairs { positives, negatives, twice_area: ranker.twice_weighted_area(&bucket, stop)? })
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

/// Running weights of both classes before each bucket, and over all of them.
fn weights_before<S: Score>(buckets: &Buckets<Weighted<S>>, stop: &Stop) -> Result<(Vec<[Sum; 2]>, [Sum; 2])> {
    let weights = buckets.map(std::iter::repeat(()), stop, |bucket, (), _: &mut ()| class_weights(&bucket, stop))?;
    let mut total = [Sum::default(); 2];
    let before = weights.into_iter().map(|weights| {
        let before = total;
        total[0].merge(weights[0]);
        total[1].merge(weights[1]);
        before
    });
    let before = before.collect();
    Ok((before, total))
}

/// [`average_precision`] of finite floats of 16 bits, given by their bits.
pub fn average_precision_of_halves(
    y_true: Labels<'_>,
    positive: Option<u64>,
    y_score: &[u16],
    stop: &Stop,
) -> Result<(f64, u64)> {
    Ok(precision_of(&half_groups(y_true, positive, y_score, stop)?))
}

/// Positives times the precision that is reached with them, in units of 1 / [`SCALE`].
fn precise(positives: u64, tps: u64, fps: u64) -> u128 {
    let precision = (tps as f64 / (tps + fps) as f64 * SCALE).round_ties_even() as u64;
    u128::from(positives) * u128::from(precision)
}

fn precision_of<S>(groups: &[Group<S>]) -> (f64, u64) {
    let (mut tps, mut fps, mut sum) = (0, 0, 0);
    for Group { rows: [positives, negatives], .. } in groups {
        tps += positives;
        fps += negatives;
        sum += precise(*positives, tps, fps);
    }
    (sum as f64 / SCALE, tps)
}

fn count_precision<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<PrecisionSum> {
    if let Some(groups) = few_groups(rows, stop)? {
        let (sum, positives) = precision_of(&groups);
        return Ok(PrecisionSum::Counts(sum, positives));
    }
    let buckets = scatter(rows, stop)?;
    let (before, total) = buckets.before();
    let partial = buckets.map(before, stop, |bucket, [mut tps, mut fps], ranker: &mut Ranker<S>| {
        let mut sum = 0u128;
        ranker.descend_positives(&bucket, stop, |positives, negatives| {
            tps += positives;
            fps += negatives;
            sum += precise(positives, tps, fps);
        })?;
        Ok(sum)
    })?;
    Ok(PrecisionSum::Counts(partial.into_iter().sum::<u128>() as f64 / SCALE, total[0]))
}

fn weigh_precision<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<PrecisionSum> {
    let buckets = scatter_weighted(rows, weights, stop)?;
    let (before, total) = weights_before(&buckets, stop)?;
    let partial = buckets.map(before, stop, |bucket, [mut tps, mut fps], sorter: &mut Sorter<Weighted<S>>| {
        let mut sum = Sum::default();
        bucket.sorted(sorter).descend(|_, positives, negatives| {
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

fn count_curve<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Curve> {
    if let Some(groups) = few_groups(rows, stop)? {
        let running = |class: usize| {
            groups.iter().scan(0, move |sum, group| {
                *sum += group.rows[class] as i64;
                Some(*sum)
            })
        };
        return Ok(Curve {
            fps: Tally::Counts(running(1).collect()),
            tps: Tally::Counts(running(0).collect()),
            thresholds: S::pack(groups.iter().map(|group| S::from_key(group.score.key())).collect()),
        });
    }
    let buckets = scatter(rows, stop)?;
    let (before, _) = buckets.before();
    let (fps, tps, thresholds) = trace(&buckets, before, stop, |sorted, [mut up, mut down], points| {
        sorted.descend(|score, positives, negatives| {
            up += positives.len() as u64;
            down += negatives.len() as u64;
            points.push(down as i64, up as i64, score);
        });
    })?;
    Ok(Curve { fps: Tally::Counts(fps), tps: Tally::Counts(tps), thresholds: S::pack(thresholds) })
}

fn weigh_curve<S: Score>(rows: BinaryRows<'_, S>, weights: &[f64], stop: &Stop) -> Result<Curve> {
    let buckets = scatter_weighted(rows, weights, stop)?;
    let (before, _) = weights_before(&buckets, stop)?;
    let (fps, tps, thresholds) = trace(&buckets, before, stop, |sorted, [mut up, mut down], points| {
        sorted.descend(|score, positives, negatives| {
            up.add(weight(positives));
            down.add(weight(negatives));
            points.push(down.value(), up.value(), score);
        });
    })?;
    Ok(Curve { fps: Tally::Weights(fps), tps: Tally::Weights(tps), thresholds: S::pack(thresholds) })
}

/// The part of a curve's arrays that one bucket fills.
struct Points<'a, T, S> {
    fps: &'a mut [T],
    tps: &'a mut [T],
    thresholds: &'a mut [S],
    len: usize,
}

impl<T, S> Points<'_, T, S> {
    #[inline]
    fn push(&mut self, fps: T, tps: T, threshold: S) {
        (self.fps[self.len], self.tps[self.len], self.thresholds[self.len]) = (fps, tps, threshold);
        self.len += 1;
    }
}

/// False positives, true positives, and thresholds.
type Arrays<T, S> = (Vec<T>, Vec<T>, Vec<S>);

/// The points of a curve.
///
/// Every bucket writes its points where they would begin if no two scores were equal, and what is left free is closed up
/// afterwards. Memory that nobody writes to costs nothing; counting the points first takes a second walk over all rows.
fn trace<I: Item, T: Copy + Default + Send, B: Send>(
    buckets: &Buckets<I>,
    before: Vec<B>,
    stop: &Stop,
    walk: impl Fn(Sorted<'_, I>, B, &mut Points<'_, T, I::Score>) + Sync,
) -> Result<Arrays<T, I::Score>> {
    let rooms: Vec<usize> = buckets.sizes().map(|size| size[0] + size[1]).collect();
    let rows = rooms.iter().sum();
    let [mut fps, mut tps] = [(); 2].map(|()| on_large_pages(vec![T::default(); rows]));
    let mut thresholds = on_large_pages(vec![I::Score::default(); rows]);
    let parts = cut(&mut fps, &rooms).zip(cut(&mut tps, &rooms)).zip(cut(&mut thresholds, &rooms));
    let payloads: Vec<_> = parts.zip(before).collect();
    let written =
        buckets.map(payloads, stop, |bucket, (((fps, tps), thresholds), before), sorter: &mut Sorter<I>| {
            let mut points = Points { fps, tps, thresholds, len: 0 };
            walk(bucket.sorted(sorter), before, &mut points);
            Ok(points.len)
        })?;
    close_up(&mut fps, &rooms, &written);
    close_up(&mut tps, &rooms, &written);
    close_up(&mut thresholds, &rooms, &written);
    Ok((fps, tps, thresholds))
}

/// Cuts an array into consecutive rooms.
fn cut<'a, T>(array: &'a mut [T], rooms: &'a [usize]) -> impl Iterator<Item = &'a mut [T]> {
    let mut rest = array;
    rooms.iter().map(move |room| {
        let (part, tail) = std::mem::take(&mut rest).split_at_mut(*room);
        rest = tail;
        part
    })
}

/// Moves what was written at the begin of each room behind what was written in the room before.
fn close_up<T: Copy>(array: &mut Vec<T>, rooms: &[usize], written: &[usize]) {
    let (mut from, mut to) = (0, 0);
    for (room, written) in rooms.iter().zip(written) {
        if from != to {
            array.copy_within(from..from + written, to);
        }
        from += room;
        to += written;
    }
    array.truncate(to);
    array.shrink_to_fit();
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

//! Errors of predicted numbers, per column of an (n, k) matrix.

use std::ops::Range;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold, lane_sum};
use crate::order::{Quantile, quantile};
use crate::scalar::{Floats, Score};
use crate::with_floats;

/// Two matrices of the same shape and an optional weight per row.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a> {
    /// The truth.
    pub y_true: Floats<'a>,
    /// The predictions, in the same type.
    pub y_pred: Floats<'a>,
    /// How many columns the row-major matrices have.
    pub columns: usize,
    /// The weight of each row.
    pub sample_weight: Option<&'a [f64]>,
}

impl Targets<'_> {
    fn rows(&self) -> usize {
        self.y_true.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Per column, the weighted sum of `term` over the rows.
    fn sums<T: Score>(&self, y_true: &[T], y_pred: &[T], term: impl Term, stop: &Stop) -> Result<Vec<f64>> {
        let add = |t: &[T], p: &[T], weights: Option<&[f64]>, sums: &mut [Sum]| {
            for (column, sum) in sums.iter_mut().enumerate() {
                sum.add(column_sum(t, p, weights, self.columns, column, &term));
            }
        };
        self.sum_blocks(y_true, y_pred, self.columns, add, stop)
    }

    /// The sums of `width` things over the rows; `add` is given a block of rows at a time, which fits a cache.
    fn sum_blocks<T: Score>(
        &self,
        y_true: &[T],
        y_pred: &[T],
        width: usize,
        add: impl Fn(&[T], &[T], Option<&[f64]>, &mut [Sum]) + Sync,
        stop: &Stop,
    ) -> Result<Vec<f64>> {
        let columns = self.columns;
        if let Some(weights) = self.sample_weight {
            check_length("sample_weight", weights.len(), self.rows())?;
        }
        let update = |sums: &mut Vec<Sum>, rows: Range<usize>| {
            let (from, to) = (rows.start * columns, rows.end * columns);
            add(&y_true[from..to], &y_pred[from..to], self.sample_weight.map(|weights| &weights[rows]), sums);
        };
        let merge = |a: &mut Vec<Sum>, b: Vec<Sum>| a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        let sums = fold(self.rows(), MAX_CHUNKS, stop, || vec![Sum::default(); width], update, merge)?;
        Ok(sums.into_iter().map(Sum::value).collect())
    }

    /// Per column, the largest absolute difference.
    fn largest<T: Score>(&self, y_true: &[T], y_pred: &[T], stop: &Stop) -> Result<Vec<f64>> {
        let columns = self.columns;
        let update = |largest: &mut Vec<f64>, rows: Range<usize>| {
            let (from, to) = (rows.start * columns, rows.end * columns);
            for (column, largest) in largest.iter_mut().enumerate() {
                *largest = largest.max(column_max(&y_true[from..to], &y_pred[from..to], columns, column));
            }
        };
        let merge = |a: &mut Vec<f64>, b: Vec<f64>| a.iter_mut().zip(b).for_each(|(a, b)| *a = a.max(b));
        fold(self.rows(), MAX_CHUNKS, stop, || vec![0.0; columns], update, merge)
    }

    /// Per column, a quantile of `of` over the rows.
    fn quantiles(&self, of: impl Fn(f64, f64) -> f64 + Sync, wanted: Quantile, stop: &Stop) -> Result<Vec<f64>> {
        self.typed(Quantiles { of, wanted }, stop)
    }

    /// [`Targets::sums`] of both matrices in whichever type they are.
    fn total(&self, term: impl Term, stop: &Stop) -> Result<Vec<f64>> {
        self.typed(Sums(term), stop)
    }

    /// Runs a kernel on both matrices in whichever type they are.
    fn typed(&self, kernel: impl Typed, stop: &Stop) -> Result<Vec<f64>> {
        check_length("y_pred", self.y_pred.len(), self.y_true.len())?;
        match (self.y_true, self.y_pred) {
            (Floats::F32(t), Floats::F32(p)) => kernel.run(self, t, p, stop),
            (Floats::F64(t), Floats::F64(p)) => kernel.run(self, t, p, stop),
            _ => Err(Error::Type { name: "y_pred" }),
        }
    }

    /// What a sum is divided by to be a mean.
    fn weight(&self, stop: &Stop) -> Result<f64> {
        match self.sample_weight {
            None => Ok(self.rows() as f64),
            Some(weights) => weight_sum(weights, stop),
        }
    }
}

/// What can be run on two matrices of either type.
trait Typed {
    fn run<T: Score>(self, targets: &Targets<'_>, y_true: &[T], y_pred: &[T], stop: &Stop) -> Result<Vec<f64>>;
}

/// The weighted sum of a term.
struct Sums<F>(F);

impl<F: Term> Typed for Sums<F> {
    fn run<T: Score>(self, targets: &Targets<'_>, y_true: &[T], y_pred: &[T], stop: &Stop) -> Result<Vec<f64>> {
        targets.sums(y_true, y_pred, self.0, stop)
    }
}

/// Per column, the sums of squared differences, of the offsets of the truth from a value near its mean, and of their
/// squares, of one reading of the rows: those of all columns in turn.
struct Offsets<'a>(&'a [f64]);

/// Rows of two columns of float64 that fill half of a first-level cache of 32 KiB.
const NEARBY: usize = 1 << 10;

impl Typed for Offsets<'_> {
    fn run<T: Score>(self, targets: &Targets<'_>, y_true: &[T], y_pred: &[T], stop: &Stop) -> Result<Vec<f64>> {
        let (columns, near) = (targets.columns, self.0);
        let squared = |_: usize, t: f64, p: f64| (t - p) * (t - p);
        let add = |t: &[T], p: &[T], weights: Option<&[f64]>, sums: &mut [Sum]| {
            // Few enough rows for the nearest cache, from which all but the first sum read them.
            for start in (0..t.len()).step_by(NEARBY * columns) {
                let end = t.len().min(start + NEARBY * columns);
                let (t, p) = (&t[start..end], &p[start..end]);
                let weights = weights.map(|weights| &weights[start / columns..end / columns]);
                for column in 0..columns {
                    let near = near[column];
                    let offset = |_: usize, t: f64, _: f64| t - near;
                    let square = |_: usize, t: f64, _: f64| (t - near) * (t - near);
                    sums[column].add(column_sum(t, p, weights, columns, column, &squared));
                    sums[columns + column].add(column_sum(t, p, weights, columns, column, &offset));
                    sums[2 * columns + column].add(column_sum(t, p, weights, columns, column, &square));
                }
            }
        };
        targets.sum_blocks(y_true, y_pred, 3 * columns, add, stop)
    }
}

/// The largest absolute difference.
struct Largest;

impl Typed for Largest {
    fn run<T: Score>(self, targets: &Targets<'_>, y_true: &[T], y_pred: &[T], stop: &Stop) -> Result<Vec<f64>> {
        targets.largest(y_true, y_pred, stop)
    }
}

/// A quantile of `of`.
struct Quantiles<F> {
    of: F,
    wanted: Quantile,
}

impl<F: Fn(f64, f64) -> f64 + Sync> Typed for Quantiles<F> {
    fn run<T: Score>(self, targets: &Targets<'_>, y_true: &[T], y_pred: &[T], stop: &Stop) -> Result<Vec<f64>> {
        let column = |column: usize| {
            let values = |start: usize, values: &mut [f64]| {
                let start = start * targets.columns;
                let (t, p) = (&y_true[start..], &y_pred[start..]);
                if targets.columns == 1 {
                    // Without a stride, so that whole vectors are loaded.
                    for ((value, t), p) in values.iter_mut().zip(t).zip(p) {
                        *value = (self.of)(t.widen(), p.widen());
                    }
                } else {
                    let rows = t[column..].iter().zip(&p[column..]).step_by(targets.columns);
                    for (value, (t, p)) in values.iter_mut().zip(rows) {
                        *value = (self.of)(t.widen(), p.widen());
                    }
                }
            };
            quantile(targets.rows(), values, targets.sample_weight, self.wanted, stop)
        };
        (0..targets.columns).map(column).collect()
    }
}

dispatched! {
    /// The largest absolute difference in one column of a block of rows.
    fn column_max<T: Score>(y_true: &[T], y_pred: &[T], columns: usize, column: usize) -> f64 {
        let mut lanes = [0.0f64; 8];
        let mut take = |lane: usize, t: T, p: T| {
            let difference = (t.widen() - p.widen()).abs();
            lanes[lane] = if difference > lanes[lane] { difference } else { lanes[lane] };
        };
        if columns == 1 {
            // Whole vectors at a time.
            let (t, p) = (y_true.chunks_exact(8), y_pred.chunks_exact(8));
            let rest = t.remainder().iter().zip(p.remainder());
            for (t, p) in t.zip(p) {
                for lane in 0..8 {
                    take(lane, t[lane], p[lane]);
                }
            }
            rest.for_each(|(t, p)| take(0, *t, *p));
        } else {
            let rows = y_true[column..].iter().step_by(columns).zip(y_pred[column..].iter().step_by(columns));
            rows.for_each(|(t, p)| take(0, *t, *p));
        }
        lanes.into_iter().fold(0.0, f64::max)
    }
}

dispatched! {
    /// The weighted sum of `term` over one column of a block of rows.
    fn column_sum<T: Score, F: Term>(
        y_true: &[T],
        y_pred: &[T],
        weights: Option<&[f64]>,
        columns: usize,
        column: usize,
        term: &F,
    ) -> f64 {
        let at = |i: usize| {
            let place = i * columns + column;
            term(column, y_true[place].widen(), y_pred[place].widen())
        };
        match weights {
            None if columns == 1 => {
                // Without a stride, so that whole vectors are loaded.
                let y_pred = &y_pred[..y_true.len()];
                lane_sum(0..y_true.len(), |i| term(0, y_true[i].widen(), y_pred[i].widen()))
            }
            None => lane_sum(0..y_true.len() / columns, at),
            Some(weights) => lane_sum(0..weights.len(), |i| weights[i] * at(i)),
        }
    }
}

/// What is summed: a function of the column, the truth and the prediction.
trait Term: Fn(usize, f64, f64) -> f64 + Sync {}
impl<F: Fn(usize, f64, f64) -> f64 + Sync> Term for F {}

/// The sum of the weights.
pub fn weight_sum(weights: &[f64], stop: &Stop) -> Result<f64> {
    let update = |sum: &mut Sum, rows: Range<usize>| {
        let weights = &weights[rows.clone()];
        sum.add(lane_sum(0..rows.len(), |i| weights[i]));
    };
    Ok(fold(weights.len(), MAX_CHUNKS, stop, Sum::default, update, Sum::merge)?.value())
}

fn mean(targets: &Targets<'_>, term: impl Term, stop: &Stop) -> Result<Vec<f64>> {
    let weight = targets.weight(stop)?;
    Ok(targets.total(term, stop)?.into_iter().map(|sum| sum / weight).collect())
}

/// Mean squared difference per column.
pub fn squared_error(targets: &Targets<'_>, stop: &Stop) -> Result<Vec<f64>> {
    mean(targets, |_, t, p| (t - p) * (t - p), stop)
}

/// Mean absolute difference per column.
pub fn absolute_error(targets: &Targets<'_>, stop: &Stop) -> Result<Vec<f64>> {
    mean(targets, |_, t, p| (t - p).abs(), stop)
}

/// Mean per column of the absolute difference over the absolute truth, the latter at least `epsilon`.
pub fn absolute_percentage_error(targets: &Targets<'_>, epsilon: f64, stop: &Stop) -> Result<Vec<f64>> {
    mean(targets, |_, t, p| (p - t).abs() / t.abs().max(epsilon), stop)
}

/// Mean squared difference of ln(1 + y) per column.
pub fn squared_log_error(targets: &Targets<'_>, stop: &Stop) -> Result<Vec<f64>> {
    let term = |_: usize, t: f64, p: f64| {
        let difference = t.ln_1p() - p.ln_1p();
        difference * difference
    };
    mean(targets, term, stop)
}

/// What a prediction costs that ought to exceed the truth with probability `alpha`.
#[inline(always)]
fn pinball(t: f64, p: f64, alpha: f64) -> f64 {
    let difference = t - p;
    if difference >= 0.0 { alpha * difference } else { -((1.0 - alpha) * difference) }
}

/// Mean pinball loss per column: α (y - ŷ) where the truth is not below the prediction, else (1 - α) (ŷ - y).
pub fn pinball_loss(targets: &Targets<'_>, alpha: f64, stop: &Stop) -> Result<Vec<f64>> {
    mean(targets, |_, t, p| pinball(t, p, alpha), stop)
}

/// Per column, the mean pinball loss of the predictions, and that of the quantile of the truth.
pub fn explained_pinball(
    targets: &Targets<'_>,
    alpha: f64,
    wanted: Quantile,
    stop: &Stop,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let loss = pinball_loss(targets, alpha, stop)?;
    let constants = targets.quantiles(|t, _| t, wanted, stop)?;
    Ok((loss, mean(targets, |column, t, _| pinball(t, constants[column], alpha), stop)?))
}

/// Median absolute difference per column, in the sense of [`Quantile`].
pub fn median_absolute_error(targets: &Targets<'_>, slack: f64, stop: &Stop) -> Result<Vec<f64>> {
    targets.quantiles(|t, p| (p - t).abs(), Quantile { share: 0.5, slack }, stop)
}

/// Largest absolute difference per column.
pub fn max_error(targets: &Targets<'_>, stop: &Stop) -> Result<Vec<f64>> {
    targets.typed(Largest, stop)
}

/// Mean unit deviance of the Tweedie distribution with variance μ^`power` (Jørgensen 1987), per column.
pub fn tweedie_deviance(targets: &Targets<'_>, power: f64, stop: &Stop) -> Result<Vec<f64>> {
    deviance(targets, None, power, stop)
}

/// Per column, the mean deviance of the predictions, and that of the mean of the truth.
pub fn explained_deviance(targets: &Targets<'_>, power: f64, stop: &Stop) -> Result<(Vec<f64>, Vec<f64>)> {
    let loss = tweedie_deviance(targets, power, stop)?;
    let means = centre(targets, |t, _| t, stop)?;
    Ok((loss, deviance(targets, Some(&means), power, stop)?))
}

/// Mean deviance from the predictions, or from a constant for each column.
fn deviance(targets: &Targets<'_>, constants: Option<&[f64]>, power: f64, stop: &Stop) -> Result<Vec<f64>> {
    let at = |column: usize, p: f64| constants.map_or(p, |constants| constants[column]);
    if power == 0.0 {
        let term = |column: usize, t: f64, p: f64| {
            let difference = t - at(column, p);
            difference * difference
        };
        return mean(targets, term, stop);
    }
    if power == 1.0 {
        let term = |column: usize, t: f64, p: f64| {
            let mu = at(column, p);
            let log = if t == 0.0 { 0.0 } else { t * (t / mu).ln() };
            2.0 * (log - t + mu)
        };
        return mean(targets, term, stop);
    }
    if power == 2.0 {
        let term = |column: usize, t: f64, p: f64| {
            let mu = at(column, p);
            2.0 * ((mu / t).ln() + t / mu - 1.0)
        };
        return mean(targets, term, stop);
    }
    // Two common powers need a root or a quotient in place of two logarithms. The other factor of theirs would be rounded
    // twice, which the cancellation between the three terms makes show.
    if power == 1.5 {
        return power_deviance(targets, constants, power, f64::sqrt, stop);
    }
    if power == 3.0 {
        return power_deviance(targets, constants, power, f64::recip, stop);
    }
    power_deviance(targets, constants, power, |x| x.powf(2.0 - power), stop)
}

/// [`deviance`] of a power other than 0, 1 and 2; `raise` is to the power of 2 less it.
fn power_deviance(
    targets: &Targets<'_>,
    constants: Option<&[f64]>,
    power: f64,
    raise: impl Fn(f64) -> f64 + Sync,
    stop: &Stop,
) -> Result<Vec<f64>> {
    let (one, two) = (1.0 - power, 2.0 - power);
    let powers = |mu: f64| (mu.powf(one), raise(mu));
    let unit = |t: f64, (mu_one, mu_two): (f64, f64)| {
        // Below 0 the distribution is on the whole line, and what is negative has no such power.
        let own = if power > 0.0 || t > 0.0 { t } else { 0.0 };
        2.0 * (raise(own) / (one * two) - t * mu_one / one + mu_two / two)
    };
    let Some(constants) = constants else { return mean(targets, |_, t, p| unit(t, powers(p)), stop) };
    let fixed: Vec<(f64, f64)> = constants.iter().map(|mu| powers(*mu)).collect();
    mean(targets, |column, t, _| unit(t, fixed[column]), stop)
}

/// `of` the first row that weighs anything, per column. A mean is taken of differences from it, so that of equal values it
/// is that value.
fn first_weighed(targets: &Targets<'_>, of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let row = targets.sample_weight.and_then(|weights| weights.iter().position(|weight| *weight != 0.0)).unwrap_or(0);
    let at = |view: Floats<'_>, column: usize| with_floats!(view, y => y.get(row * targets.columns + column).map_or(0.0, |y| y.widen()));
    (0..targets.columns).map(|column| of(at(targets.y_true, column), at(targets.y_pred, column))).collect()
}

/// The mean of `of` per column.
fn centre(targets: &Targets<'_>, of: impl Fn(f64, f64) -> f64 + Sync, stop: &Stop) -> Result<Vec<f64>> {
    let first = first_weighed(targets, &of);
    let offsets = mean(targets, |column, t, p| of(t, p) - first[column], stop)?;
    Ok(first.iter().zip(offsets).map(|(first, offset)| first + offset).collect())
}

/// Rows that tell about where the mean of a column is.
const NEAR: usize = 1 << 8;

/// Per column, the value among a few rows that lies nearest to their mean; where all values are equal, it is that value.
fn near_mean(targets: &Targets<'_>) -> Vec<f64> {
    let step = targets.rows().div_ceil(NEAR).max(1);
    let sample = |column: usize| -> Vec<f64> {
        with_floats!(targets.y_true, y => {
            y.iter().skip(column).step_by(targets.columns * step).map(|t| t.widen()).collect()
        })
    };
    let near = |column: usize| {
        let values = sample(column);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.into_iter().min_by(|a, b| (a - mean).abs().total_cmp(&(b - mean).abs())).unwrap_or(0.0)
    };
    (0..targets.columns).map(near).collect()
}

/// What may be taken off a sum of squares, as a part of it, before rounding tells in the difference.
const TAKEN_OFF: f64 = 1.0 / 16.0;

/// Per column, the sum of squared differences and of squared deviations of the truth from its mean.
///
/// One pass: the squares of offsets from a value near the mean, less what that is off by (Chan et al. 1983). Where it is
/// off by much, because a few rows do not tell where the mean is, or weights do, which may be negative, a second pass
/// over the truth takes the deviations from the mean itself.
pub fn explained_sums(targets: &Targets<'_>, stop: &Stop) -> Result<(Vec<f64>, Vec<f64>)> {
    let weighted = targets.sample_weight.is_some();
    let mut means = if weighted { first_weighed(targets, |t, _| t) } else { near_mean(targets) };
    let columns = targets.columns;
    let mut residual = targets.typed(Offsets(&means), stop)?;
    let weight = targets.weight(stop)?;
    let mut squares = residual.split_off(2 * columns);
    let offsets = residual.split_off(columns);
    let excess: Vec<f64> = offsets.iter().map(|offset| offset * offset / weight).collect();
    if !weighted && excess.iter().zip(&squares).all(|(excess, sum)| excess.is_finite() && *excess <= TAKEN_OFF * sum) {
        squares.iter_mut().zip(excess).for_each(|(sum, excess)| *sum -= excess);
        return Ok((residual, squares));
    }
    means.iter_mut().zip(offsets).for_each(|(mean, offset)| *mean += offset / weight);
    let deviation = targets.total(|column, t, _| (t - means[column]) * (t - means[column]), stop)?;
    Ok((residual, deviation))
}

/// Per column, the sums of squared deviations of the differences from their mean, and of the truth from its own.
pub fn explained_variances(targets: &Targets<'_>, stop: &Stop) -> Result<(Vec<f64>, Vec<f64>)> {
    let means = centre(targets, |t, p| t - p, stop)?;
    let term = |column: usize, t: f64, p: f64| {
        let deviation = t - p - means[column];
        deviation * deviation
    };
    let residual = targets.total(term, stop)?;
    let means = centre(targets, |t, _| t, stop)?;
    let deviation = targets.total(|column, t, _| (t - means[column]) * (t - means[column]), stop)?;
    Ok((residual, deviation))
}

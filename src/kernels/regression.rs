//! Errors of predicted numbers, per column of an (n, k) matrix.

use std::ops::Range;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold, lane_sum};
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
        let columns = self.columns;
        if let Some(weights) = self.sample_weight {
            check_length("sample_weight", weights.len(), self.rows())?;
        }
        let update = |sums: &mut Vec<Sum>, rows: Range<usize>| {
            let (from, to) = (rows.start * columns, rows.end * columns);
            let (t, p) = (&y_true[from..to], &y_pred[from..to]);
            let weights = self.sample_weight.map(|weights| &weights[rows]);
            for (column, sum) in sums.iter_mut().enumerate() {
                sum.add(column_sum(t, p, weights, columns, column, &term));
            }
        };
        let merge = |a: &mut Vec<Sum>, b: Vec<Sum>| a.iter_mut().zip(b).for_each(|(a, b)| a.merge(b));
        let sums = fold(self.rows(), MAX_CHUNKS, stop, || vec![Sum::default(); columns], update, merge)?;
        Ok(sums.into_iter().map(Sum::value).collect())
    }

    /// [`Targets::sums`] of both matrices in whichever type they are.
    fn total(&self, term: impl Term, stop: &Stop) -> Result<Vec<f64>> {
        check_length("y_pred", self.y_pred.len(), self.y_true.len())?;
        match (self.y_true, self.y_pred) {
            (Floats::F32(t), Floats::F32(p)) => self.sums(t, p, term, stop),
            (Floats::F64(t), Floats::F64(p)) => self.sums(t, p, term, stop),
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

/// Per column, the sum of squared differences and of squared deviations of the truth from its mean.
///
/// Two passes over the truth, since a single one (Chan et al. 1979) divides by the weight of each part, which negative
/// weights can make 0.
pub fn explained_sums(targets: &Targets<'_>, stop: &Stop) -> Result<(Vec<f64>, Vec<f64>)> {
    let residual = targets.total(|_, t, p| (t - p) * (t - p), stop)?;
    // The mean is taken of differences from the first row, so that a constant column deviates by exactly 0.
    let first = |column: usize| with_floats!(targets.y_true, t => t.get(column).map_or(0.0, |y| y.widen()));
    let first: Vec<f64> = (0..targets.columns).map(first).collect();
    let offsets = mean(targets, |column, t, _| t - first[column], stop)?;
    let means: Vec<f64> = first.iter().zip(offsets).map(|(first, offset)| first + offset).collect();
    let deviation = targets.total(|column, t, _| (t - means[column]) * (t - means[column]), stop)?;
    Ok((residual, deviation))
}

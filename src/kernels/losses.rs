//! Losses of predicted probabilities and decision values.

use std::ops::Range;

use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold, lane_sum};
use crate::kernels::labels::{Encoder, Labels, label_set};
use crate::scalar::{Floats, Score};
use crate::with_floats;

/// Rows decoded at a time.
const STEP: usize = 1024;

/// Probabilities, one column per class, or one column with that of the second of two classes. A single row stands for
/// every row.
#[derive(Debug, Clone, Copy)]
pub struct Probabilities<'a> {
    /// The row-major matrix.
    pub values: Floats<'a>,
    /// Its width.
    pub columns: usize,
    /// Probabilities are clipped to this from below, so that a logarithm stays finite,
    pub low: f64,
    /// and to this from above.
    pub high: f64,
    /// How far from 1 a row may add up.
    pub tolerance: f64,
}

impl Probabilities<'_> {
    /// Refuses a matrix that has neither `rows` rows nor one.
    fn check_rows(&self, rows: usize) -> Result<()> {
        if self.values.len() == self.columns {
            return Ok(());
        }
        check_length("y_proba", self.values.len(), rows * self.columns)
    }

    /// How far apart the rows are.
    fn stride(&self, rows: usize) -> usize {
        if self.values.len() == self.columns && rows != 1 { 0 } else { self.columns }
    }
}

/// Σ -weight · ln(probability of the row's own class), and how many rows do not add up to 1.
pub fn log_loss(
    y_true: Labels<'_>,
    classes: Labels<'_>,
    proba: Probabilities<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<(f64, u64)> {
    proba.check_rows(y_true.len())?;
    check_length("classes", classes.len(), proba.columns.max(2))?;
    if let Some(weights) = sample_weight {
        check_length("sample_weight", weights.len(), y_true.len())?;
    }
    let (_, classes) = label_set(classes, stop)?;
    with_floats!(proba.values, values => typed(y_true, &classes, values, &proba, sample_weight, stop))
}

struct State {
    loss: Sum,
    off: u64,
    unknown: bool,
}

impl State {
    fn merge(&mut self, later: State) {
        self.loss.merge(later.loss);
        self.off += later.off;
        self.unknown |= later.unknown;
    }
}

fn typed<T: Score>(
    y_true: Labels<'_>,
    classes: &[u64],
    values: &[T],
    proba: &Probabilities<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<(f64, u64)> {
    let encoder = Encoder::new(classes);
    let (columns, stride) = (proba.columns, proba.stride(y_true.len()));
    let update = |state: &mut State, rows: Range<usize>| {
        let (mut keys, mut codes) = ([0u64; STEP], [0u32; STEP]);
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            y_true.keys(start, &mut keys[..len]);
            encoder.encode(&keys[..len], &mut codes[..len]);
            for (i, &code) in codes[..len].iter().enumerate() {
                if code == u32::MAX {
                    state.unknown = true;
                    continue;
                }
                let row = &values[(start + i) * stride..(start + i) * stride + columns];
                let own = match (columns, code) {
                    (1, 0) => 1.0 - row[0].widen(),
                    (1, _) => row[0].widen(),
                    (_, code) => row[code as usize].widen(),
                };
                // Not `clamp`, which panics where high < low.
                let loss = -own.max(proba.low).min(proba.high).ln();
                state.loss.add(sample_weight.map_or(loss, |weights| weights[start + i] * loss));
                if columns > 1 {
                    let total: f64 = row.iter().map(|p| p.widen()).sum();
                    state.off += u64::from((total - 1.0).abs() > proba.tolerance);
                }
            }
        }
    };
    let new = || State { loss: Sum::default(), off: 0, unknown: false };
    let state = fold(y_true.len(), MAX_CHUNKS, stop, new, update, State::merge)?;
    if state.unknown { Err(Error::UnknownLabel) } else { Ok((state.loss.value(), state.off)) }
}

/// Σ weight · Σ over the classes of (probability - 1 for the row's own class)² (Brier 1950), and how many rows do not add
/// up to 1. One column per class; the bounds of `proba` are of no use here.
pub fn brier(
    y_true: Labels<'_>,
    classes: Labels<'_>,
    proba: Probabilities<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<(f64, u64)> {
    proba.check_rows(y_true.len())?;
    let rows = Rows::new(y_true, classes, proba.columns, sample_weight, stop)?;
    let stride = proba.stride(y_true.len());
    with_floats!(proba.values, values => {
        let term = |row: usize, code: usize| {
            let row = &values[row * stride..row * stride + proba.columns];
            let (squares, total) = squares_and_total(row, code);
            (squares, (total - 1.0).abs() > proba.tolerance)
        };
        rows.fold(term, stop)
    })
}

/// Σ weight · max(0, 1 - (decision for the row's own class - greatest decision for another)) (Crammer and Singer 2001).
pub fn hinge(
    y_true: Labels<'_>,
    classes: Labels<'_>,
    decision: Floats<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<f64> {
    let columns = classes.len();
    check_length("pred_decision", decision.len(), y_true.len() * columns)?;
    let rows = Rows::new(y_true, classes, columns, sample_weight, stop)?;
    with_floats!(decision, values => {
        let term = |row: usize, code: usize| {
            let row = &values[row * columns..(row + 1) * columns];
            let greatest = |part: &[_]| part.iter().map(|d| Score::widen(*d)).fold(f64::NEG_INFINITY, f64::max);
            let margin = row[code].widen() - greatest(&row[..code]).max(greatest(&row[code + 1..]));
            ((1.0 - margin).max(0.0), false)
        };
        Ok(rows.fold(term, stop)?.0)
    })
}

/// Σ over the columns of (p - 1 for the own one)², and Σ p. Four sums side by side, so that one addition need not wait for
/// the other.
#[inline]
fn squares_and_total<T: Score>(row: &[T], own: usize) -> (f64, f64) {
    let (mut squares, mut totals) = ([0.0f64; 4], [0.0f64; 4]);
    let mut visit = |lane: usize, column: usize, p: T| {
        let p = p.widen();
        let gap = p - f64::from(u8::from(column == own));
        squares[lane] += gap * gap;
        totals[lane] += p;
    };
    let (whole, rest) = row.as_chunks::<4>();
    for (i, four) in whole.iter().enumerate() {
        for (lane, p) in four.iter().enumerate() {
            visit(lane, 4 * i + lane, *p);
        }
    }
    for (i, p) in rest.iter().enumerate() {
        visit(i, 4 * whole.len() + i, *p);
    }
    let sum = |x: [f64; 4]| (x[0] + x[2]) + (x[1] + x[3]);
    (sum(squares), sum(totals))
}

/// Labels with the means to number them, and their weights.
struct Rows<'a> {
    y_true: Labels<'a>,
    encoder: Encoder,
    sample_weight: Option<&'a [f64]>,
}

impl<'a> Rows<'a> {
    fn new(
        y_true: Labels<'a>,
        classes: Labels<'_>,
        columns: usize,
        sample_weight: Option<&'a [f64]>,
        stop: &Stop,
    ) -> Result<Self> {
        check_length("classes", classes.len(), columns)?;
        if let Some(weights) = sample_weight {
            check_length("sample_weight", weights.len(), y_true.len())?;
        }
        let (_, classes) = label_set(classes, stop)?;
        check_length("distinct classes", classes.len(), columns)?;
        Ok(Rows { y_true, encoder: Encoder::new(&classes), sample_weight })
    }

    /// The weighted sum of the first part of `term`, a function of a row and the number of its class, and for how many
    /// rows its second part is true.
    fn fold(&self, term: impl Fn(usize, usize) -> (f64, bool) + Sync, stop: &Stop) -> Result<(f64, u64)> {
        let update = |state: &mut State, rows: Range<usize>| {
            let (mut keys, mut codes) = ([0u64; STEP], [0u32; STEP]);
            for start in rows.clone().step_by(STEP) {
                let len = STEP.min(rows.end - start);
                self.y_true.keys(start, &mut keys[..len]);
                self.encoder.encode(&keys[..len], &mut codes[..len]);
                if codes[..len].contains(&u32::MAX) {
                    state.unknown = true;
                    continue;
                }
                let mut off = 0;
                let mut weighed = |i: usize| {
                    let (term, is_off) = term(start + i, codes[i] as usize);
                    off += u64::from(is_off);
                    self.sample_weight.map_or(term, |weights| weights[start + i] * term)
                };
                let mut lanes = [0.0f64; 8];
                for i in 0..len {
                    lanes[i % 8] += weighed(i);
                }
                state.off += off;
                lanes.into_iter().for_each(|lane| state.loss.add(lane));
            }
        };
        let new = || State { loss: Sum::default(), off: 0, unknown: false };
        let state = fold(self.y_true.len(), MAX_CHUNKS, stop, new, update, State::merge)?;
        if state.unknown { Err(Error::UnknownLabel) } else { Ok((state.loss.value(), state.off)) }
    }
}

/// Σ weight · (probability of the positive label - 1 where the row has it)²; one probability stands for every row.
pub fn brier_binary(
    y_true: Labels<'_>,
    positive: Option<u64>,
    proba: Floats<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<f64> {
    let stride = usize::from(proba.len() != 1 || y_true.len() == 1);
    check_length("y_proba", proba.len(), if stride == 0 { 1 } else { y_true.len() })?;
    with_floats!(proba, values => binary(y_true, positive, sample_weight, stop, |i, is_positive| {
        let gap = values[i * stride].widen() - f64::from(is_positive);
        gap * gap
    }))
}

/// Σ weight · max(0, 1 - decision) where the row has the positive label, and Σ weight · max(0, 1 + decision) elsewhere.
pub fn hinge_binary(
    y_true: Labels<'_>,
    positive: Option<u64>,
    decision: Floats<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<f64> {
    check_length("pred_decision", decision.len(), y_true.len())?;
    with_floats!(decision, values => binary(y_true, positive, sample_weight, stop, |i, is_positive| {
        let sign = if is_positive == 0 { -1.0 } else { 1.0 };
        (1.0 - sign * values[i].widen()).max(0.0)
    }))
}

/// The weighted sum of `term`, a function of a row and whether (1 or 0) it has the positive label.
fn binary(
    y_true: Labels<'_>,
    positive: Option<u64>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
    term: impl Fn(usize, u8) -> f64 + Sync,
) -> Result<f64> {
    if let Some(weights) = sample_weight {
        check_length("sample_weight", weights.len(), y_true.len())?;
    }
    let update = |sum: &mut Sum, rows: Range<usize>| {
        let mut is_positive = [0u8; STEP];
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            y_true.is_equal(positive, start, &mut is_positive[..len]);
            sum.add(match sample_weight {
                None => lane_sum(0..len, |i| term(start + i, is_positive[i])),
                Some(weights) => lane_sum(0..len, |i| weights[start + i] * term(start + i, is_positive[i])),
            });
        }
    };
    Ok(fold(y_true.len(), MAX_CHUNKS, stop, Sum::default, update, Sum::merge)?.value())
}

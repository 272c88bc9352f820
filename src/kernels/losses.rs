//! Losses of predicted probabilities and decision values.
//!
//! Rows are taken a step of 1,024 at a time, and each step in passes over small buffers (whose class, its probability, its
//! logarithm, the sum), as every one of these becomes vectors: one loop per row that did it all took 4 times as long.

use std::ops::Range;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold};
use crate::kernels::labels::{Encoder, Labels, label_set};
use crate::math::ln_normal;
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
    let (columns, stride) = (proba.columns, proba.stride(y_true.len()));
    let own = OwnClass::new(classes, columns);
    let update = |state: &mut State, rows: Range<usize>| {
        let mut buffer = [0.0f64; STEP];
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            let losses = &mut buffer[..len];
            let from = start * stride;
            let step = &values[from..from + (len - 1) * stride + columns];
            if !own.probabilities(y_true, start, step, stride, losses) {
                state.unknown = true;
                return;
            }
            clipped_logs(losses, proba.low, proba.high);
            state.loss.add(-step_sum(losses, sample_weight.map(|weights| &weights[start..start + len])));
            if columns > 1 {
                state.off += rows_off(step, columns, stride, len, proba.tolerance);
            }
        }
    };
    let new = || State { loss: Sum::default(), off: 0, unknown: false };
    let state = fold(y_true.len(), MAX_CHUNKS, stop, new, update, State::merge)?;
    if state.unknown { Err(Error::UnknownLabel) } else { Ok((state.loss.value(), state.off)) }
}

/// Finds the probability of each row's own class.
enum OwnClass {
    /// Of two classes; the probabilities are those of the second.
    OfTwo(u64, u64),
    /// A column per class.
    OfMany(Encoder),
}

impl OwnClass {
    fn new(classes: &[u64], columns: usize) -> Self {
        match classes {
            [first, second] if columns == 1 => OwnClass::OfTwo(*first, *second),
            _ => OwnClass::OfMany(Encoder::new(classes)),
        }
    }

    /// Writes the probabilities of consecutive rows, the first of them `start`; false where a label is of no class.
    fn probabilities<T: Score>(
        &self,
        y_true: Labels<'_>,
        start: usize,
        step: &[T],
        stride: usize,
        out: &mut [f64],
    ) -> bool {
        let len = out.len();
        match self {
            OwnClass::OfTwo(first, second) => {
                let (mut firsts, mut seconds) = ([0.0f64; STEP], [0.0f64; STEP]);
                y_true.is_equal(Some(*first), start, &mut firsts[..len]);
                y_true.is_equal(Some(*second), start, &mut seconds[..len]);
                of_two(&firsts[..len], &seconds[..len], step, stride, out)
            }
            OwnClass::OfMany(encoder) => {
                let (mut keys, mut codes) = ([0u64; STEP], [0u32; STEP]);
                y_true.keys(start, &mut keys[..len]);
                encoder.encode(&keys[..len], &mut codes[..len]);
                for (i, (slot, &code)) in out.iter_mut().zip(&codes[..len]).enumerate() {
                    if code == u32::MAX {
                        return false;
                    }
                    *slot = step[i * stride + code as usize].widen();
                }
                true
            }
        }
    }
}

dispatched! {
    /// Writes p where the second class is marked and 1 - p where the first is; false where neither is.
    fn of_two<T: Score>(firsts: &[f64], seconds: &[f64], p: &[T], stride: usize, out: &mut [f64]) -> bool {
        let mut unknown = [0.0f64; 8];
        let mut take = |lane: usize, slot: &mut f64, first: f64, second: f64, p: f64| {
            unknown[lane] += 1.0 - (first + second);
            *slot = if second == 1.0 { p } else { 1.0 - p };
        };
        let (slots, last) = out.as_chunks_mut::<8>();
        let whole = slots.len() * 8;
        for (i, slots) in slots.iter_mut().enumerate() {
            let rows = i * 8..i * 8 + 8;
            let (firsts, seconds) = (&firsts[rows.clone()], &seconds[rows.clone()]);
            let p = if stride == 0 { [p[0]; 8] } else { p[rows].try_into().unwrap_or([p[0]; 8]) };
            for lane in 0..8 {
                take(lane, &mut slots[lane], firsts[lane], seconds[lane], p[lane].widen());
            }
        }
        for (i, slot) in last.iter_mut().enumerate() {
            let row = whole + i;
            take(i, slot, firsts[row], seconds[row], p[row * stride].widen());
        }
        unknown.iter().sum::<f64>() == 0.0
    }
}

dispatched! {
    /// The weighted sum of the terms of a step, in eight lanes.
    fn step_sum(terms: &[f64], weights: Option<&[f64]>) -> f64 {
        let mut lanes = [0.0f64; 8];
        let (whole, rest) = terms.as_chunks::<8>();
        match weights {
            None => {
                for eight in whole {
                    lanes.iter_mut().zip(eight).for_each(|(lane, term)| *lane += term);
                }
                lanes.iter_mut().zip(rest).for_each(|(lane, term)| *lane += term);
            }
            Some(weights) => {
                let (heavy, last) = weights.as_chunks::<8>();
                for (eight, weights) in whole.iter().zip(heavy) {
                    lanes.iter_mut().zip(eight.iter().zip(weights)).for_each(|(lane, (term, weight))| *lane += weight * term);
                }
                lanes.iter_mut().zip(rest.iter().zip(last)).for_each(|(lane, (term, weight))| *lane += weight * term);
            }
        }
        let [a, b, c, d, e, f, g, h] = lanes;
        ((a + e) + (b + f)) + ((c + g) + (d + h))
    }
}

dispatched! {
    /// The logarithms of numbers, clipped first.
    fn clipped_logs(x: &mut [f64], low: f64, high: f64) {
        // Not `clamp`, which panics where high < low.
        if low < f64::MIN_POSITIVE {
            x.iter_mut().for_each(|x| *x = x.max(low).min(high).ln());
        } else {
            for x in x {
                let clipped = if *x < low { low } else { *x };
                *x = ln_normal(if clipped > high { high } else { clipped });
            }
        }
    }
}

dispatched! {
    /// How many of `len` rows are further than `tolerance` from a sum of 1.
    fn rows_off<T: Score>(values: &[T], columns: usize, stride: usize, len: usize, tolerance: f64) -> u64 {
        let mut off = 0;
        for i in 0..len {
            let (whole, rest) = values[i * stride..i * stride + columns].as_chunks::<8>();
            let mut lanes = [0.0f64; 8];
            for eight in whole {
                for (lane, p) in lanes.iter_mut().zip(eight) {
                    *lane += p.widen();
                }
            }
            for (lane, p) in lanes.iter_mut().zip(rest) {
                *lane += p.widen();
            }
            let total: f64 = lanes.iter().sum();
            off += u64::from((total - 1.0).abs() > tolerance);
        }
        off
    }
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
    with_floats!(proba, values => binary(y_true, positive, sample_weight, stop, |start, is_positive, out| {
        squared_gaps(&values[start * stride..], stride, is_positive, out);
    }))
}

dispatched! {
    /// Writes the squared distance of each probability from its mark.
    fn squared_gaps<T: Score>(p: &[T], stride: usize, is_positive: &[f64], out: &mut [f64]) {
        let take = |slot: &mut f64, mark: f64, p: f64| {
            let gap = p - mark;
            *slot = gap * gap;
        };
        let rows = out.iter_mut().zip(is_positive);
        if stride == 0 {
            rows.for_each(|(slot, mark)| take(slot, *mark, p[0].widen()));
        } else {
            rows.zip(p).for_each(|((slot, mark), p)| take(slot, *mark, p.widen()));
        }
    }
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
    with_floats!(decision, values => binary(y_true, positive, sample_weight, stop, |start, is_positive, out| {
        for ((slot, mark), decision) in out.iter_mut().zip(is_positive).zip(&values[start..]) {
            let sign = 2.0 * mark - 1.0;
            *slot = (1.0 - sign * decision.widen()).max(0.0);
        }
    }))
}

/// The weighted sum of what `write` makes of consecutive rows, given the first of them and whether (1 or 0) each has the
/// positive label.
fn binary(
    y_true: Labels<'_>,
    positive: Option<u64>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
    write: impl Fn(usize, &[f64], &mut [f64]) + Sync,
) -> Result<f64> {
    if let Some(weights) = sample_weight {
        check_length("sample_weight", weights.len(), y_true.len())?;
    }
    let update = |sum: &mut Sum, rows: Range<usize>| {
        let (mut is_positive, mut terms) = ([0.0f64; STEP], [0.0f64; STEP]);
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            y_true.is_equal(positive, start, &mut is_positive[..len]);
            write(start, &is_positive[..len], &mut terms[..len]);
            sum.add(step_sum(&terms[..len], sample_weight.map(|weights| &weights[start..start + len])));
        }
    };
    Ok(fold(y_true.len(), MAX_CHUNKS, stop, Sum::default, update, Sum::merge)?.value())
}

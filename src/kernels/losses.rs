//! Losses of predicted probabilities.

use std::ops::Range;

use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold};
use crate::kernels::labels::{Encoder, Labels, label_set};
use crate::scalar::{Floats, Score};
use crate::with_floats;

/// Rows decoded at a time.
const STEP: usize = 1024;

/// Probabilities, one column per class, or one column with that of the second of two classes.
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

/// Σ -weight · ln(probability of the row's own class), and how many rows do not add up to 1.
pub fn log_loss(
    y_true: Labels<'_>,
    classes: Labels<'_>,
    proba: Probabilities<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<(f64, u64)> {
    check_length("y_proba", proba.values.len(), y_true.len() * proba.columns)?;
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

fn typed<T: Score>(
    y_true: Labels<'_>,
    classes: &[u64],
    values: &[T],
    proba: &Probabilities<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<(f64, u64)> {
    let encoder = Encoder::new(classes);
    let columns = proba.columns;
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
                let row = &values[(start + i) * columns..(start + i + 1) * columns];
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
    let merge = |a: &mut State, b: State| {
        a.loss.merge(b.loss);
        a.off += b.off;
        a.unknown |= b.unknown;
    };
    let new = || State { loss: Sum::default(), off: 0, unknown: false };
    let state = fold(y_true.len(), MAX_CHUNKS, stop, new, update, merge)?;
    if state.unknown { Err(Error::UnknownLabel) } else { Ok((state.loss.value(), state.off)) }
}

//! Reliability: how often what was forecast with some probability came true.

use std::ops::Range;

use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold};
use crate::kernels::labels::{Encoder, Labels, label_set};
use crate::scalar::{Floats, Score};
use crate::with_floats;

/// Rows decoded at a time.
const STEP: usize = 1024;

/// Edges up to which all are compared with a probability, which vectors do at once; more are searched by halving.
const FEW_EDGES: usize = 32;

/// What is in each bin.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// Rows, or their weights.
    pub total: Vec<f64>,
    /// Those that came true.
    pub observed: Vec<f64>,
    /// Their forecasts, added up.
    pub forecast: Vec<f64>,
}

#[derive(Clone, Copy, Default)]
struct Bin {
    rows: u64,
    true_rows: u64,
    total: Sum,
    observed: Sum,
    forecast: Sum,
}

impl Bin {
    #[inline]
    fn add(&mut self, forecast: f64, came_true: bool, weight: Option<f64>) {
        match weight {
            None => {
                self.rows += 1;
                self.true_rows += u64::from(came_true);
                self.forecast.add(forecast);
            }
            Some(weight) => {
                self.total.add(weight);
                self.observed.add(if came_true { weight } else { 0.0 });
                self.forecast.add(forecast * weight);
            }
        }
    }

    fn merge(&mut self, later: Bin) {
        self.rows += later.rows;
        self.true_rows += later.true_rows;
        self.total.merge(later.total);
        self.observed.merge(later.observed);
        self.forecast.merge(later.forecast);
    }
}

/// Rows by the bin of the probability of the label of key `positive`: bin i holds those above `edges[i - 1]`, up to and
/// including `edges[i]`.
pub fn reliability(
    y_true: Labels<'_>,
    positive: Option<u64>,
    proba: Floats<'_>,
    sample_weight: Option<&[f64]>,
    edges: &[f64],
    stop: &Stop,
) -> Result<Bins> {
    check_length("y_proba", proba.len(), y_true.len())?;
    let decode = |start: usize, marks: &mut [bool]| {
        y_true.is_equal(positive, start, marks);
        true
    };
    with_floats!(proba, values => {
        let forecast = |row: usize, mark: bool| (values[row].widen(), mark);
        binned(y_true.len(), decode, forecast, sample_weight, edges, stop)
    })
}

/// Rows by the bin of the highest probability of each, which comes true where its column, the first of equal ones, is that
/// of the row's class.
pub fn top_reliability(
    y_true: Labels<'_>,
    classes: Labels<'_>,
    proba: Floats<'_>,
    sample_weight: Option<&[f64]>,
    edges: &[f64],
    stop: &Stop,
) -> Result<Bins> {
    let columns = classes.len();
    check_length("y_proba", proba.len(), y_true.len() * columns)?;
    let (_, classes) = label_set(classes, stop)?;
    let encoder = Encoder::new(&classes);
    let decode = |start: usize, codes: &mut [u32]| {
        let mut keys = [0u64; STEP];
        y_true.keys(start, &mut keys[..codes.len()]);
        encoder.encode(&keys[..codes.len()], codes);
        !codes.contains(&u32::MAX)
    };
    with_floats!(proba, values => {
        let forecast = |row: usize, code: u32| {
            let row = &values[row * columns..(row + 1) * columns];
            let mut top = 0;
            for (column, p) in row.iter().enumerate() {
                if *p > row[top] {
                    top = column;
                }
            }
            (row[top].widen(), top == code as usize)
        };
        binned(y_true.len(), decode, forecast, sample_weight, edges, stop)
    })
}

/// Bins rows: `decode` says what is known of the truth of a step of rows, `forecast` which probability a row has and
/// whether it came true.
fn binned<D: Copy + Default>(
    rows: usize,
    decode: impl Fn(usize, &mut [D]) -> bool + Sync,
    forecast: impl Fn(usize, D) -> (f64, bool) + Sync,
    sample_weight: Option<&[f64]>,
    edges: &[f64],
    stop: &Stop,
) -> Result<Bins> {
    if let Some(weights) = sample_weight {
        check_length("sample_weight", weights.len(), rows)?;
    }
    let update = |state: &mut (Vec<Bin>, bool), block: Range<usize>| {
        let mut truth = [D::default(); STEP];
        for start in block.clone().step_by(STEP) {
            let truth = &mut truth[..STEP.min(block.end - start)];
            if !decode(start, truth) {
                state.1 = true;
                return;
            }
            for (row, &own) in (start..).zip(truth.iter()) {
                let (p, came_true) = forecast(row, own);
                state.0[place(edges, p)].add(p, came_true, sample_weight.map(|weights| weights[row]));
            }
        }
    };
    let merge = |state: &mut (Vec<Bin>, bool), later: (Vec<Bin>, bool)| {
        state.1 |= later.1;
        for (bin, more) in state.0.iter_mut().zip(later.0) {
            bin.merge(more);
        }
    };
    // Many bins, few chunks: states are merged one after the other.
    let chunks = (MAX_CHUNKS * FEW_EDGES / (edges.len() + 1)).clamp(2, MAX_CHUNKS);
    let new = || (vec![Bin::default(); edges.len() + 1], false);
    let (bins, unknown) = fold(rows, chunks, stop, new, update, merge)?;
    if unknown {
        return Err(Error::UnknownLabel);
    }
    let weighted = sample_weight.is_some();
    Ok(Bins {
        total: bins.iter().map(|bin| if weighted { bin.total.value() } else { bin.rows as f64 }).collect(),
        observed: bins.iter().map(|bin| if weighted { bin.observed.value() } else { bin.true_rows as f64 }).collect(),
        forecast: bins.iter().map(|bin| bin.forecast.value()).collect(),
    })
}

/// How many edges are below a probability.
#[inline]
fn place(edges: &[f64], p: f64) -> usize {
    if edges.len() <= FEW_EDGES {
        edges.iter().map(|&edge| u32::from(edge < p)).sum::<u32>() as usize
    } else {
        edges.partition_point(|&edge| edge < p)
    }
}

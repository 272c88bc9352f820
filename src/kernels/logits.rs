//! Losses of logits: the softmax is taken on the way and never stored.
//!
//! A row is read twice, for its maximum and for the sum of exponentials below it; the second time it comes from the cache.
//! A row's result depends on that row alone, so the same bits come out for any number of threads.

use std::marker::PhantomData;

use rayon::prelude::*;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{Stop, Sum};
use crate::math::{exp_not_positive, ln_normal};

/// Logits handed to a thread at a time: some 50 µs of work.
const TASK: usize = 1 << 15;

/// Logits up to which all is done on the calling thread.
pub const FEW: usize = 2 * TASK;

/// Exponentials that are taken at a time, as a loop of their own becomes vectors, and added without compensation.
const BUFFER: usize = 1024;

/// A row-major matrix of logits.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Logits<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    /// The bits of 16-bit floats, of which [`Halves`] says what they are.
    U16(&'a [u16]),
}

impl Logits<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Logits::F64(s) => s.len(),
            Logits::F32(s) => s.len(),
            Logits::U16(s) => s.len(),
        }
    }
}

/// Which floats have 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halves {
    /// IEEE 754's binary16.
    Half,
    /// The upper half of a binary32.
    Brain,
}

/// How a logit is stored, and what it is.
trait Form {
    type Stored: Copy + Send + Sync;
    fn widen(stored: Self::Stored) -> f64;
}

impl Form for f64 {
    type Stored = f64;
    #[inline(always)]
    fn widen(stored: f64) -> f64 {
        stored
    }
}

impl Form for f32 {
    type Stored = f32;
    #[inline(always)]
    fn widen(stored: f32) -> f64 {
        f64::from(stored)
    }
}

struct Brain;

impl Form for Brain {
    type Stored = u16;
    #[inline(always)]
    fn widen(stored: u16) -> f64 {
        f64::from(f32::from_bits(u32::from(stored) << 16))
    }
}

struct Half;

impl Form for Half {
    type Stored = u16;
    #[inline(always)]
    fn widen(stored: u16) -> f64 {
        // 2^112 moves an exponent with a bias of 15 to one of 127, subnormal numbers included.
        let scale = f32::from_bits((127 + 112) << 23);
        let bits = u32::from(stored & 0x7FFF) << 13;
        let finite = f32::from_bits(bits) * scale;
        let special = f32::from_bits(bits | 0x7F80_0000);
        let magnitude = if bits >= 0x7C00 << 13 { special } else { finite };
        let sign = u32::from(stored & 0x8000) << 16;
        f64::from(f32::from_bits(magnitude.to_bits() | sign))
    }
}

/// ln Σ exp(logits) - logit of the row's own class, for each row; 0 for rows of the class `ignored`.
///
/// NaN where a row holds NaN or +∞, or -∞ alone; +∞ where the own class has -∞.
pub fn cross_entropy(
    y_true: &[i64],
    logits: Logits<'_>,
    halves: Halves,
    columns: usize,
    ignored: Option<i64>,
    stop: &Stop,
) -> Result<Vec<f64>> {
    check_length("logits", logits.len(), y_true.len() * columns)?;
    match (logits, halves) {
        (Logits::F64(s), _) => typed::<f64>(y_true, s, columns, ignored, stop),
        (Logits::F32(s), _) => typed::<f32>(y_true, s, columns, ignored, stop),
        (Logits::U16(s), Halves::Half) => typed::<Half>(y_true, s, columns, ignored, stop),
        (Logits::U16(s), Halves::Brain) => typed::<Brain>(y_true, s, columns, ignored, stop),
    }
}

fn typed<F: Form>(
    y_true: &[i64],
    logits: &[F::Stored],
    columns: usize,
    ignored: Option<i64>,
    stop: &Stop,
) -> Result<Vec<f64>> {
    let mut losses = vec![0.0; y_true.len()];
    let rows = (TASK / columns.max(1)).max(1);
    let work = |(task, out): (usize, &mut [f64])| {
        stop.check()?;
        let from = task * rows;
        let y = &y_true[from..from + out.len()];
        let values = &logits[from * columns..(from + out.len()) * columns];
        let known = some_rows(PhantomData::<F>, y, values, ignored, out);
        if known { Ok(()) } else { Err(Error::UnknownLabel) }
    };
    if logits.len() <= FEW {
        losses.chunks_mut(rows).enumerate().try_for_each(work)?;
    } else {
        losses.par_chunks_mut(rows).enumerate().try_for_each(work)?;
    }
    Ok(losses)
}

dispatched! {
    /// Writes the losses of consecutive rows; false where a class has no column.
    fn some_rows<F: Form>(
        _form: PhantomData<F>,
        y_true: &[i64],
        logits: &[F::Stored],
        ignored: Option<i64>,
        out: &mut [f64],
    ) -> bool {
        let columns = logits.len() / out.len();
        if columns > BUFFER {
            return long_rows::<F>(y_true, logits, columns, ignored, out);
        }
        let rows = (BUFFER / columns).min(BUFFER);
        let mut buffer = [0.0f64; BUFFER];
        for (y_true, (logits, out)) in y_true.chunks(rows).zip(logits.chunks(rows * columns).zip(out.chunks_mut(rows))) {
            let terms = &mut buffer[..logits.len()];
            for (i, (loss, &class)) in out.iter_mut().zip(y_true).enumerate() {
                let row = &logits[i * columns..(i + 1) * columns];
                let top = highest::<F>(row);
                for (term, &x) in terms[i * columns..(i + 1) * columns].iter_mut().zip(row) {
                    *term = F::widen(x) - top;
                }
                let own = if Some(class) == ignored { Some(0) } else { usize::try_from(class).ok() };
                let Some(&own) = own.and_then(|own| row.get(own)) else {
                    return false;
                };
                *loss = top - F::widen(own);
            }
            terms.iter_mut().for_each(|term| *term = exp_not_positive(*term));
            for (i, loss) in out.iter_mut().enumerate() {
                *loss += ln_sum(sum(&terms[i * columns..(i + 1) * columns]));
            }
            for (loss, &class) in out.iter_mut().zip(y_true) {
                *loss = if Some(class) == ignored { 0.0 } else { *loss };
            }
        }
        true
    }
}

/// Rows that are longer than the buffer, one by one; those that are ignored are not read.
#[inline(always)]
fn long_rows<F: Form>(
    y_true: &[i64],
    logits: &[F::Stored],
    columns: usize,
    ignored: Option<i64>,
    out: &mut [f64],
) -> bool {
    let mut buffer = [0.0f64; BUFFER];
    for (i, (loss, &class)) in out.iter_mut().zip(y_true).enumerate() {
        if Some(class) == ignored {
            continue;
        }
        let row = &logits[i * columns..(i + 1) * columns];
        let Some(&own) = usize::try_from(class).ok().and_then(|class| row.get(class)) else {
            return false;
        };
        let top = highest::<F>(row);
        let mut total = Sum::default();
        for part in row.chunks(BUFFER) {
            let terms = &mut buffer[..part.len()];
            for (term, &x) in terms.iter_mut().zip(part) {
                *term = exp_not_positive(F::widen(x) - top);
            }
            total.add(sum(terms));
        }
        *loss = (top - F::widen(own)) + ln_sum(total.value());
    }
    true
}

/// The logarithm of a number of 1 or more, and NaN of NaN.
#[inline(always)]
fn ln_sum(x: f64) -> f64 {
    ln_normal(x) + 0.0 * x
}

/// The highest logit; NaN is passed over.
#[inline(always)]
fn highest<F: Form>(row: &[F::Stored]) -> f64 {
    let higher = |a: f64, b: f64| if b > a { b } else { a };
    let mut lanes = [f64::NEG_INFINITY; 8];
    let (whole, rest) = row.as_chunks::<8>();
    for eight in whole {
        for (lane, &x) in lanes.iter_mut().zip(eight) {
            *lane = higher(*lane, F::widen(x));
        }
    }
    let last = rest.iter().fold(f64::NEG_INFINITY, |top, &x| higher(top, F::widen(x)));
    if whole.is_empty() { last } else { lanes.into_iter().fold(last, higher) }
}

/// The sum of at most a buffer of terms that are not negative.
#[inline(always)]
fn sum(terms: &[f64]) -> f64 {
    let (whole, rest) = terms.as_chunks::<8>();
    let last: f64 = rest.iter().sum();
    if whole.is_empty() {
        return last;
    }
    let mut lanes = [0.0f64; 8];
    for eight in whole {
        lanes.iter_mut().zip(eight).for_each(|(lane, term)| *lane += term);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    (((a + e) + (b + f)) + ((c + g) + (d + h))) + last
}

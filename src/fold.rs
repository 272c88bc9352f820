//! Fixed-chunk parallel fold: update, merge, finish.
//!
//! The rows are cut into chunks whose length depends on the number of rows alone. Each chunk updates a state of its own,
//! and the states are merged in the order of the chunks. So the same bits come out for any number of threads, and the
//! serial path is the parallel one with a single worker. The alternative, rayon's own `fold` and `reduce`, splits where
//! work happens to be stolen; a compensated float sum then changes its last bit from run to run.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::error::{Error, Result};

/// Rows handed to one `update`; a request to stop is noticed between two of them (about 10 µs apart).
pub const BLOCK: usize = 1 << 14;

/// The shortest chunk, and the longest input that stays on the calling thread: waking a worker of an idle pool costs
/// some 5 to 10 µs, about what 2^16 rows cost the cheapest kernel.
pub const CHUNK: usize = 1 << 16;

/// How many chunks an input is cut into at most, unless the state is large: enough to keep any machine's cores evenly
/// busy, few enough that merging costs nothing.
pub const MAX_CHUNKS: usize = 256;

/// A request to stop, shared between a caller and its kernel.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// A token that nobody has asked to stop yet.
    pub const fn new() -> Self {
        Stop(AtomicBool::new(false))
    }

    /// Asks the kernel to give up at its next look.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// `Err(Interrupted)` once [`Stop::request`] was called.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// The length of a chunk of `rows` rows cut into `max_chunks` chunks at most: a function of these two alone.
pub fn chunk_len(rows: usize, max_chunks: usize) -> usize {
    rows.div_ceil(max_chunks.max(1)).max(CHUNK).next_multiple_of(BLOCK)
}

/// Folds `rows` rows into one state; see the module's text.
///
/// `update` sees consecutive blocks of at most [`BLOCK`] rows of one chunk, in order; `merge` appends a later chunk's
/// state to an earlier one's.
pub fn fold<S: Send>(
    rows: usize,
    max_chunks: usize,
    stop: &Stop,
    new: impl Fn() -> S + Sync,
    update: impl Fn(&mut S, Range<usize>) + Sync,
    mut merge: impl FnMut(&mut S, S),
) -> Result<S> {
    let chunk = chunk_len(rows, max_chunks);
    let run = |start: usize| -> Result<S> {
        let mut state = new();
        let end = rows.min(start + chunk);
        for block in (start..end).step_by(BLOCK) {
            stop.check()?;
            update(&mut state, block..end.min(block + BLOCK));
        }
        Ok(state)
    };
    if rows <= chunk {
        return run(0);
    }
    let states: Vec<Result<S>> =
        (0..rows.div_ceil(chunk)).into_par_iter().with_max_len(1).map(|i| run(i * chunk)).collect();
    let mut states = states.into_iter();
    let mut total = states.next().unwrap_or_else(|| Ok(new()))?;
    for state in states {
        merge(&mut total, state?);
    }
    Ok(total)
}

/// A compensated sum (Neumaier 1974): the error of a sum of n terms does not grow with n.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    high: f64,
    low: f64,
}

impl Sum {
    /// Adds one term.
    #[inline]
    pub fn add(&mut self, x: f64) {
        let t = self.high + x;
        self.low += if self.high.abs() >= x.abs() { (self.high - t) + x } else { (x - t) + self.high };
        self.high = t;
    }

    /// Appends another sum.
    #[inline]
    pub fn merge(&mut self, later: Sum) {
        self.add(later.high);
        self.low += later.low;
    }

    /// The sum, rounded once. Past the largest float the compensation is meaningless and is left out.
    #[inline]
    pub fn value(self) -> f64 {
        if self.high.is_finite() { self.high + self.low } else { self.high }
    }
}

/// Sums a block in eight lanes, so that the additions neither wait for one another nor need compensation: a lane of a
/// block holds at most `BLOCK / 8` terms. Always inlined: a function of its own would not have the vectors that its caller
/// was dispatched for, which made R² a third slower.
#[inline(always)]
pub fn lane_sum(rows: Range<usize>, term: impl Fn(usize) -> f64) -> f64 {
    let mut lanes = [0.0f64; 8];
    let start = rows.start;
    let whole = rows.len() / 8 * 8;
    for i in (0..whole).step_by(8) {
        for (lane, slot) in lanes.iter_mut().enumerate() {
            *slot += term(start + i + lane);
        }
    }
    for i in whole..rows.len() {
        lanes[i % 8] += term(start + i);
    }
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

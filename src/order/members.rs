//! Rows that belong together, whatever order they stand in: groups by the order in which they first appear.
//!
//! One pass finds where the group changes. Rows that stand group by group need nothing more, and are not moved; whether
//! they do is plain where the groups are sorted, else it takes a look at one row of each run. Other rows are numbered by
//! group and listed by a counting sort, each thread its share of the rows: the list is the same for any number of them.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::error::{Error, Result};
use crate::fold::{BLOCK, CHUNK, MAX_CHUNKS, Stop, fold};
use crate::kernels::labels::Labels;

/// The rows of each group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Where each group begins among the listed rows; one more, where the last one ends.
    pub starts: Vec<usize>,
    /// The rows, group after group and in their own order within each; none where they stand so by themselves.
    pub rows: Option<Vec<u32>>,
}

/// Keys decoded at a time.
const STEP: usize = 1024;

/// Visits the keys of a range of rows, some at a time.
fn each_step(group: Labels<'_>, range: Range<usize>, mut visit: impl FnMut(usize, &[u64])) {
    let mut keys = [0u64; STEP];
    for start in range.clone().step_by(STEP) {
        let keys = &mut keys[..(range.end - start).min(STEP)];
        group.keys(start, keys);
        visit(start, keys);
    }
}

/// What is known of consecutive rows.
struct Runs {
    /// The first row of each run and its key, unless runs are about as many as rows.
    runs: Vec<(usize, u64)>,
    rows: usize,
    scattered: bool,
    low: u64,
    high: u64,
}

/// Rows that are looked at together: mostly, all are of one group.
const LOOK: usize = 16;

/// A run has so many rows on average, or it is not worth listing.
const RUN: usize = 4;

impl Runs {
    fn update(&mut self, group: Labels<'_>, range: Range<usize>) {
        self.rows += range.len();
        let mut last = self.runs.last().map(|run| run.1);
        each_step(group, range, |start, keys| {
            for (i, keys) in keys.chunks(LOOK).enumerate() {
                if last.is_some_and(|last| keys.iter().fold(0, |odd, key| odd | (key ^ last)) == 0) {
                    continue;
                }
                for (row, key) in (start + i * LOOK..).zip(keys) {
                    if last != Some(*key) {
                        self.low = self.low.min(*key);
                        self.high = self.high.max(*key);
                        last = Some(*key);
                        if !self.scattered {
                            self.runs.push((row, *key));
                        }
                    }
                }
            }
        });
        self.give_up();
    }

    fn merge(&mut self, later: Runs) {
        self.rows += later.rows;
        self.scattered |= later.scattered;
        self.low = self.low.min(later.low);
        self.high = self.high.max(later.high);
        let skip = usize::from(self.runs.last().is_some_and(|run| later.runs.first().is_some_and(|l| l.1 == run.1)));
        self.runs.extend_from_slice(&later.runs[skip..]);
        self.give_up();
    }

    fn give_up(&mut self) {
        if self.scattered || self.rows > STEP && self.runs.len() > self.rows / RUN {
            self.scattered = true;
            // One is kept, as the last key seen: whether the next row begins a run no longer matters.
            self.runs.truncate(1);
        }
    }
}

/// Numbers for keys, in order of first appearance.
enum Numbers {
    /// Of keys close together, by their distance from the lowest; `u32::MAX` has not appeared.
    Table {
        low: u64,
        table: Vec<u32>,
        count: u32,
    },
    Map(FxHashMap<u64, u32>),
}

impl Numbers {
    fn new(low: u64, high: u64, rows: usize) -> Numbers {
        let span = high.saturating_sub(low);
        if span < 2 * rows as u64 + STEP as u64 {
            Numbers::Table { low, table: vec![u32::MAX; span as usize + 1], count: 0 }
        } else {
            Numbers::Map(FxHashMap::default())
        }
    }

    /// The number of a key; none for one that was not there when the lowest and the highest were looked for.
    fn number(&mut self, key: u64) -> Option<u32> {
        match self {
            Numbers::Table { low, table, count } => {
                let slot = table.get_mut(key.wrapping_sub(*low) as usize)?;
                if *slot == u32::MAX {
                    *slot = *count;
                    *count += 1;
                }
                Some(*slot)
            }
            Numbers::Map(map) => {
                let next = map.len() as u32;
                Some(*map.entry(key).or_insert(next))
            }
        }
    }

    fn count(&self) -> usize {
        match self {
            Numbers::Table { count, .. } => *count as usize,
            Numbers::Map(map) => map.len(),
        }
    }
}

/// The rows of each group, which are told apart by integers.
pub fn members(group: Labels<'_>, stop: &Stop) -> Result<Members> {
    let n = group.len();
    let new = || Runs { runs: Vec::new(), rows: 0, scattered: false, low: u64::MAX, high: 0 };
    let found = fold(n, MAX_CHUNKS, stop, new, |runs, range| runs.update(group, range), Runs::merge)?;
    let mut numbers = if found.scattered {
        Numbers::new(found.low, found.high, n)
    } else {
        let in_order = |ordered: fn(&u64, &u64) -> bool| found.runs.is_sorted_by(|a, b| ordered(&a.1, &b.1));
        let bounds = || found.runs.iter().map(|run| run.0).chain([n]).collect();
        if in_order(u64::lt) || in_order(u64::gt) {
            return Ok(Members { starts: bounds(), rows: None });
        }
        let mut numbers = Numbers::new(found.low, found.high, n);
        for (_, key) in &found.runs {
            numbers.number(*key);
        }
        if numbers.count() == found.runs.len() {
            return Ok(Members { starts: bounds(), rows: None });
        }
        numbers
    };
    if n > u32::MAX as usize {
        return Err(Error::TooLong);
    }
    let mut codes = Vec::with_capacity(n);
    for start in (0..n).step_by(BLOCK) {
        stop.check()?;
        each_step(group, start..n.min(start + BLOCK), |_, keys| {
            codes.extend(keys.iter().map_while(|key| numbers.number(*key)));
        });
    }
    if codes.len() != n {
        return Err(Error::Changed);
    }
    list(&codes, numbers.count(), stop)
}

/// A counting sort of the rows by the number of their group.
fn list(codes: &[u32], groups: usize, stop: &Stop) -> Result<Members> {
    let n = codes.len();
    // Each share counts for itself, so that many groups are worth few shares.
    let shares = if n <= CHUNK { 1 } else { rayon::current_num_threads().min(n / groups).max(1) };
    let share = n.div_ceil(shares).max(1);
    let mut places: Vec<Vec<u32>> = codes
        .par_chunks(share)
        .with_max_len(1)
        .map(|codes| {
            let mut counts = vec![0u32; groups];
            codes.iter().for_each(|code| counts[*code as usize] += 1);
            counts
        })
        .collect();
    stop.check()?;
    let (mut starts, mut total) = (Vec::with_capacity(groups + 1), 0u32);
    for group in 0..groups {
        starts.push(total as usize);
        for counts in &mut places {
            let count = counts[group];
            counts[group] = total;
            total += count;
        }
    }
    starts.push(n);
    // Each row is written once, by one thread: the atomics are for the compiler, and cost nothing.
    let mut rows: Vec<AtomicU32> = Vec::with_capacity(n);
    rows.resize_with(n, AtomicU32::default);
    codes.par_chunks(share).with_max_len(1).zip(&mut places).enumerate().try_for_each(|(i, (codes, places))| {
        stop.check()?;
        for (row, code) in (i * share..).zip(codes) {
            let place = &mut places[*code as usize];
            rows[*place as usize].store(row as u32, Ordering::Relaxed);
            *place += 1;
        }
        Ok(())
    })?;
    Ok(Members { starts, rows: Some(rows.into_iter().map(AtomicU32::into_inner).collect()) })
}

//! Counting rows by score, where there are few scores: then there is nothing to order but these.
//!
//! A model that votes, or whose probabilities are rounded to one digit, gives a handful of scores; floats of 16 bits are
//! 63,488 at most. Neither has to be moved: 10^7 rows of two scores take 15 ms instead of 70.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::BinaryRows;
use crate::dispatched;
use crate::error::{Result, check_length};
use crate::fold::{BLOCK, CHUNK, MAX_CHUNKS, Stop, fold};
use crate::kernels::labels::Labels;
use crate::scalar::{Key, Score};

/// The rows of one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group<S> {
    /// The score.
    pub score: S,
    /// How many positives and negatives have it.
    pub rows: [u64; 2],
}

/// Scores that are few: each is compared with every row.
const FEW: usize = 8;

/// Rows looked at to find them.
const SAMPLE: usize = 64;

/// Rows whose labels are decoded at a time.
const STEP: usize = 1024;

/// The groups of equal scores, highest first, where a sample holds a few scores and no row another one.
pub fn few_groups<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Option<Vec<Group<S>>>> {
    let BinaryRows { y_true, positive, y_score } = rows;
    check_length("y_score", y_score.len(), y_true.len())?;
    if y_score.len() <= CHUNK {
        return Ok(None);
    }
    let step = y_score.len() / SAMPLE;
    let mut known: Vec<S> = (0..SAMPLE).map(|i| y_score[i * step]).collect();
    known.sort_unstable_by_key(|score| std::cmp::Reverse(score.key()));
    known.dedup_by_key(|score| score.key());
    if known.len() > FEW {
        return Ok(None);
    }
    let strange = AtomicBool::new(false);
    let update = |counts: &mut [[u64; 2]; FEW], range: std::ops::Range<usize>| {
        let mut marks = [0u8; STEP];
        for start in range.clone().step_by(STEP) {
            if strange.load(Ordering::Relaxed) {
                return;
            }
            let scores = &y_score[start..range.end.min(start + STEP)];
            let marks = &mut marks[..scores.len()];
            y_true.is_equal(positive, start, marks);
            let mut seen = 0;
            for (count, score) in counts.iter_mut().zip(&known) {
                let [up, all] = count_score(scores, marks, *score);
                count[0] += up;
                count[1] += all - up;
                seen += all;
            }
            if seen != scores.len() as u64 {
                strange.store(true, Ordering::Relaxed);
            }
        }
    };
    let merge = |total: &mut [[u64; 2]; FEW], part: [[u64; 2]; FEW]| add(total.as_flattened_mut(), part.as_flattened());
    let counts = fold(y_score.len(), MAX_CHUNKS, stop, Default::default, update, merge)?;
    if strange.into_inner() {
        return Ok(None);
    }
    Ok(Some(known.into_iter().zip(counts).map(|(score, rows)| Group { score, rows }).collect()))
}

fn add(total: &mut [u64], part: &[u64]) {
    total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
}

dispatched! {
    /// How many marked rows have a score, and how many rows.
    fn count_score<S: Score>(scores: &[S], marks: &[u8], score: S) -> [u64; 2] {
        let (mut up, mut all) = ([S::Key::from(0); 8], [S::Key::from(0); 8]);
        let (whole, rest) = scores.as_chunks::<8>();
        let (marked, last) = marks.as_chunks::<8>();
        for (scores, marks) in whole.iter().zip(marked) {
            for i in 0..8 {
                all[i] += S::Key::from(u32::from(scores[i] == score));
                up[i] += S::Key::from(u32::from(scores[i] == score) & u32::from(marks[i]));
            }
        }
        let mut found = [up, all].map(|lanes| lanes.into_iter().map(Key::bits).sum::<u64>());
        for (own, mark) in rest.iter().zip(last) {
            found[0] += u64::from(*own == score) & u64::from(*mark);
            found[1] += u64::from(*own == score);
        }
        found
    }
}

/// Bits of a float of 16 bits.
const HALVES: usize = 1 << 16;

/// The groups of equal scores among finite floats of 16 bits, given by their bits, highest first.
pub fn half_groups(y_true: Labels<'_>, positive: Option<u64>, y_score: &[u16], stop: &Stop) -> Result<Vec<Group<u16>>> {
    let n = y_score.len();
    check_length("y_score", n, y_true.len())?;
    let count = |start: usize, end: usize| -> Result<Vec<u64>> {
        let mut counts = vec![0u64; 2 * HALVES];
        let mut marks = [0u8; STEP];
        for block in (start..end).step_by(BLOCK) {
            stop.check()?;
            for start in (block..end.min(block + BLOCK)).step_by(STEP) {
                let bits = &y_score[start..end.min(start + STEP)];
                let marks = &mut marks[..bits.len()];
                y_true.is_equal(positive, start, marks);
                for (bits, mark) in bits.iter().zip(marks) {
                    counts[2 * usize::from(*bits) + usize::from(*mark ^ 1)] += 1;
                }
            }
        }
        Ok(counts)
    };
    let counts = if n <= CHUNK {
        count(0, n)?
    } else {
        // Integers add up to the same however rows are shared out, and a table of counts is large: one per thread.
        let share = n.div_ceil(rayon::current_num_threads());
        let shares: Vec<usize> = (0..n).step_by(share).collect();
        let run = |start: &usize| count(*start, n.min(start + share));
        let tables: Vec<Result<Vec<u64>>> = shares.par_iter().with_max_len(1).map(run).collect();
        let mut total = vec![0; 2 * HALVES];
        for table in tables {
            add(&mut total, &table?);
        }
        total
    };
    // The sign is the highest bit. The highest score comes first; 0.0 and -0.0 are one.
    let of = |bits: usize| [counts[2 * bits], counts[2 * bits + 1]];
    let (zero, minus) = (0, HALVES / 2);
    let positives = (1..minus).rev().map(|bits| (bits, of(bits)));
    let zeros = std::iter::once((zero, [of(zero)[0] + of(minus)[0], of(zero)[1] + of(minus)[1]]));
    let negatives = (minus + 1..HALVES).map(|bits| (bits, of(bits)));
    let groups = positives.chain(zeros).chain(negatives).filter(|(_, rows)| *rows != [0, 0]);
    Ok(groups.map(|(bits, rows)| Group { score: bits as u16, rows }).collect())
}

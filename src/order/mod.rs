//! The only ordering code: rows dealt to score ranges by class, each range worked out in cache.
//!
//! # The idea
//!
//! The range of scores is cut into some hundreds of buckets. What lies in different buckets needs no further look: the
//! pairs of a positive in a higher and a negative in a lower one are counted by multiplying. What lies in the same
//! bucket fits a cache. Buckets are independent, so they are visited in parallel and their partial results merged from
//! the highest scores down. Only scores move (with their weights, where there are any), never indices, and within a
//! bucket the classes lie apart, so that no label has to move either.
//!
//! Rows keep their order within a bucket and class, and whatever is sorted is sorted stably where rows can be told apart,
//! so sums over ties run in row order whatever the number of threads.
//!
//! # The steps, and why they are fast
//!
//! * `buckets`: one pass reads rows, a tile of 2^15 at a time, and orders each tile by (bucket, class) with a counting
//!   sort in the second-level cache; the tile is then written in one piece. A bucket is not one piece of memory but a run
//!   in every tile, found by a table of 16-bit places (0.06 to 0.13 bytes a row). Reading runs of some dozens of scores is
//!   nearly as fast as reading on. What this replaced: a first pass over all rows to count, a second one to move them
//!   through write-combining buffers to one piece per bucket. Inputs are now read once instead of twice, and no write
//!   misses a cache; dealing takes 35 ms of processor time for 10^7 rows, where it took 120.
//! * `pairs`: areas and precisions need no order of both classes. The smaller class of a bucket is dealt to as many bins
//!   as it has members; a member of the larger one is compared with the window of 8 values from its bin on, without a
//!   branch and without a write. 30 to 40 ms for 10^7 rows with one positive in ten, 50 to 70 ms with one in two. Dealing
//!   both classes to bins and comparing all with all inside a bin took 60 ms; sorting both and merging took 190.
//! * `sorted`: curves need the order of all rows: a counting sort to parts of some 8 rows, and insertion in these.
//! * `dealer`: which scores go to which bucket; a bucket of far more than its share is dealt again, in place.
//! * `scratch`: memory for the dealt rows, kept for the next call where it is not too much.
//!
//! Times here are of two threads together, on AMD EPYC (Zen 3, AVX2, 512 KiB of second-level cache a core) shared with
//! others, the least of seven: double what a call takes by the clock on an idle machine.
//!
//! # Compared
//!
//! 10^7 keys of 64 bits, sorted and nothing else: the standard library's `sort_unstable` takes 238 ms, rayon's parallel one
//! 320, glidesort 0.1 349, rdst 0.20 217, voracious_radix_sort 1.2 218 on two threads and 373 on one, NumPy's AVX2 sort
//! 165. The whole area under the ROC curve, labels included, takes 94 here, so there is no sort to be had that would do.
//!
//! # Tried and rejected
//!
//! * 2^8 buckets deal as fast as 2^9 (34 against 37 ms), but double what a visit needs of the cache: with one positive in
//!   two it takes 70 ms instead of 50. 2^10 buckets deal slower (49 ms), their runs are short. Tiles of 2^14 rows: likewise.
//! * Moving rows straight to their tile's place rather than through a stage in cache: 74 ms instead of 48, every line
//!   written is first fetched. Streaming stores from the stage: a tenth of the dealing at best, within the noise.
//! * 4 windows instead of 8 lanes with half as many values a bin: a bin overflows in most buckets.
//! * A window's comparisons for each run of a tile, instead of pieces of 2^10 gathered from several: 124 instead of 94 ms,
//!   a run of 60 rows leaves wide vectors half empty.
//! * Residuals of 32 bits inside a bucket halve the traffic, but equal residuals need the full keys again, and some occur
//!   among 10^7 rows of any sort.
//! * Sorting buckets where they lie, counting the points of a curve, then writing these in a second walk: 640 instead of
//!   490 ms.

mod buckets;
mod dealer;
mod pairs;
mod quantile;
mod scratch;
mod sorted;

pub use buckets::{Bucket, Buckets, scatter, scatter_indexed, scatter_weighted};
pub use pairs::{Ranker, class_weights};
pub use quantile::{Quantile, quantile};
pub use sorted::{Sorted, Sorter};

use crate::kernels::labels::Labels;
use crate::scalar::Score;

/// What is ordered: a score, alone or with a weight.
pub trait Item: Copy + Send + Sync {
    /// The type of the score.
    type Score: Score;
    /// The score.
    fn score(&self) -> Self::Score;
    /// Sorts by score; items of equal scores keep their order if they can be told apart.
    fn sort(items: &mut [Self]);
}

impl<S: Score> Item for S {
    type Score = S;
    #[inline]
    fn score(&self) -> S {
        *self
    }
    fn sort(items: &mut [S]) {
        items.sort_unstable_by_key(|score| score.key());
    }
}

/// A score with the weight of its row.
#[derive(Debug, Clone, Copy)]
pub struct Weighted<S> {
    /// The score.
    pub score: S,
    /// The weight.
    pub weight: f64,
}

impl<S: Score> Item for Weighted<S> {
    type Score = S;
    #[inline]
    fn score(&self) -> S {
        self.score
    }
    fn sort(items: &mut [Self]) {
        items.sort_by_key(|item| item.score.key());
    }
}

/// A score that knows its row.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<S> {
    /// The score.
    pub score: S,
    /// The row.
    pub row: u32,
}

impl<S: Score> Item for Indexed<S> {
    type Score = S;
    #[inline]
    fn score(&self) -> S {
        self.score
    }
    fn sort(items: &mut [Self]) {
        items.sort_by_key(|item| item.score.key());
    }
}

/// The rows of a binary problem, to be ordered by score.
#[derive(Debug, Clone, Copy)]
pub struct BinaryRows<'a, S> {
    /// The true labels.
    pub y_true: Labels<'a>,
    /// The key of the positive label, if any row may be positive.
    pub positive: Option<u64>,
    /// The scores.
    pub y_score: &'a [S],
}

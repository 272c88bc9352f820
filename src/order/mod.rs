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
//!   misses a cache.
//! * `pairs`: areas and precisions need no order of both classes. The smaller class of a bucket is dealt to as many bins
//!   as it has members; a member of the larger one is compared with the window of 8 values from its bin on, without a
//!   branch and without a write.
//! * `places`: where each row lies among the other class, likewise, for both classes in turn.
//! * `sorted`: curves need the order of all rows: a counting sort to parts of some 8 rows, and insertion in these.
//! * `groups`: rows counted by score, where there are few scores.
//! * `members`: rows listed by the group that they belong to.
//! * `network`: short rows, many at once, for what ranks row by row.
//! * `dealer`: which scores go to which bucket; a bucket of far more than its share is dealt again, in place.
//! * `scratch`: memory for the dealt rows, kept for the next call where it is not too much.
//!
//! Medians by the clock in ms, before (buckets in one piece each, both classes sorted, walked side by side) and now, for
//! 10^7 float64 scores and int64 labels, one in ten positive, on 2 cores, AMD EPYC (Zen 3, AVX2, 512 KiB of second-level
//! cache a core):
//!
//! | area | before | now | | before | now |
//! |---|---|---|---|---|---|
//! | evenly spread scores | 133 | 55 | float32 scores | 125 | 50 |
//! | one in two positive | 167 | 73 | uint8 labels | 124 | 53 |
//! | one in a hundred | 166 | 49 | weighted | 366 | 161 |
//! | sorted scores | 121 | 52 | rounded to 3 digits | 80 | 68 |
//!
//! Hostile scores: constant 60, two values 55, one at 1e300 59, denormals 81, signed zeros 86, 40 orders of magnitude 65,
//! 99.9 % within 10^-12 81, 95 % 129, 95 % equal 91, Cauchy 93 to 107.
//!
//! Processor time of both threads: average precision 286 before and 126 now, weighted 735 and 530, curves 558 and 490,
//! weighted curves 960 and 740. Curves are held up by their output, 24 bytes a point on fresh pages.
//!
//! # Compared
//!
//! Processor time for 10^7 keys of 64 bits, sorted and nothing else: the standard library's `sort_unstable` takes 238 ms, rayon's parallel one
//! 320, glidesort 0.1 349, rdst 0.20 217, voracious_radix_sort 1.2 218 on two threads and 373 on one, NumPy's AVX2 sort
//! 165, on one thread. The whole area, labels included, takes 97, so no sort would do.
//!
//! # Tried and rejected
//!
//! Figures are processor time, taken on a busy machine; those of one line compare.
//!
//! * 2^8 buckets deal as fast as 2^9 (34 against 37 ms), but double what a visit needs of the cache: with one positive in
//!   two it takes 70 ms instead of 50. 2^10 buckets deal slower (49 ms), their runs are short. Tiles of 2^14 rows, likewise.
//! * Moving rows straight to their tile's place rather than through a stage in cache: 74 ms instead of 48, every line
//!   written is first fetched. Streaming stores from the stage save a tenth of the dealing, little above the noise.
//! * Dealing both classes of a bucket to bins, and comparing all with all inside a bin: 60 ms instead of 37.
//! * Ranking run by run, some 60 rows, instead of pieces of 2^10 gathered from several: 124 ms instead of 94 in all.
//! * Tools for every job, which is what `map_init` makes of jobs that are not split further: page faults.
//! * Residuals of 32 bits inside a bucket halve the traffic, but where two are equal the full keys are needed again, and
//!   among 10^7 rows some always are. Not built.
//! * Sorting buckets where they lie and counting the points of a curve before they are written in a second walk: 640 ms
//!   instead of 490.

mod buckets;
mod dealer;
mod groups;
mod members;
mod network;
mod pairs;
mod places;
mod quantile;
mod scratch;
mod sorted;

pub use buckets::{Bucket, Buckets, scatter, scatter_indexed, scatter_weighted};
pub use groups::{Group, few_groups, half_groups};
pub use members::{Members, members};
pub use network::{LANES, Network};
pub use pairs::{PROBES, Probing, Ranker, class_weights};
pub use places::places;
pub use quantile::{Quantile, quantile};
pub use scratch::on_large_pages;
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

/// A score with what goes along with it.
#[derive(Debug, Clone, Copy)]
pub struct Tagged<S, T> {
    /// The score.
    pub score: S,
    /// What goes along.
    pub tag: T,
}

/// A score with the weight of its row.
pub type Weighted<S> = Tagged<S, f64>;

/// A score with the number of its row.
pub type Indexed<S> = Tagged<S, u32>;

impl<S: Score, T: Copy + Send + Sync> Item for Tagged<S, T> {
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

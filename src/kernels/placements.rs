//! Where rows of one class lie among those of the other: what the variance of an area under the ROC curve is made of.
//!
//! The placement of a positive, c, is twice the number of negatives that score lower plus the number that tie; that of a
//! negative, d, the same of the positives that score higher. All are integers, the area is Σc / (2·P·N) = Σd / (2·P·N),
//! and its variance follows from Σc² and Σd² (DeLong et al. 1988). Sums over a higher score range h and a lower one l
//! merge exactly: A = A_h + A_l + 2·P_h·N_l, Σc² = Σc²_h + Σc²_l + 4·N_l·A_h + 4·N_l²·P_h, and Σd² likewise. Sorting is all
//! that takes more than linear time (Sun and Xu 2014); nothing is rounded.

use std::ops::Range;

use crate::error::Result;
use crate::fold::{MAX_CHUNKS, Stop, fold};
use crate::kernels::labels::Labels;
use crate::order::{BinaryRows, Indexed, Sorted, Sorter, places, scatter, scatter_indexed};
use crate::scalar::{Score, Scores};
use crate::with_scores;

/// The area of a score range and the spread of its placements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moments {
    /// Positives in the range.
    pub positives: u64,
    /// Negatives in the range.
    pub negatives: u64,
    /// Σc, which is Σd too.
    pub twice_area: u128,
    /// Σc² and Σd². With n rows both are below n³, which fits while n < 2^42.
    pub squares: [u128; 2],
}

fn square(x: u64) -> u128 {
    u128::from(x) * u128::from(x)
}

impl Moments {
    /// Appends the next lower range.
    pub fn merge(&mut self, lower: Moments) {
        let (up, down) = (self.positives, lower.negatives);
        self.squares[0] +=
            lower.squares[0] + 4 * u128::from(down) * self.twice_area + 4 * square(down) * u128::from(up);
        self.squares[1] += lower.squares[1] + 4 * u128::from(up) * lower.twice_area + 4 * square(up) * u128::from(down);
        self.twice_area += lower.twice_area + 2 * u128::from(up) * u128::from(down);
        self.positives += lower.positives;
        self.negatives += lower.negatives;
    }
}

/// The area under the ROC curve and the sums of squared placements.
pub fn auc_moments(y_true: Labels<'_>, positive: Option<u64>, y_score: Scores<'_>, stop: &Stop) -> Result<Moments> {
    with_scores!(y_score, y_score => {
        let buckets = scatter(BinaryRows { y_true, positive, y_score }, stop)?;
        let partial = buckets.map(std::iter::repeat(()), stop, |bucket, (), sorter: &mut Sorter<_>| {
            let [positives, negatives] = bucket.size().map(|size| size as u64);
            let mut moments = Moments { positives, negatives, ..Moments::default() };
            if positives > 0 && negatives > 0 {
                let [mut above, mut below] = [0, negatives];
                bucket.sorted(sorter).descend(|_, up, down| {
                    let (up, down) = (up.len() as u64, down.len() as u64);
                    below -= down;
                    let (c, d) = (2 * below + down, 2 * above + up);
                    moments.twice_area += u128::from(up) * u128::from(c);
                    moments.squares[0] += u128::from(up) * square(c);
                    moments.squares[1] += u128::from(down) * square(d);
                    above += up;
                });
            }
            Ok(moments)
        })?;
        Ok(partial.into_iter().fold(Moments::default(), |mut total, lower| {
            total.merge(lower);
            total
        }))
    })
}

/// The placement of every row, and the number of positives.
pub fn placements(
    y_true: Labels<'_>,
    positive: Option<u64>,
    y_score: Scores<'_>,
    stop: &Stop,
) -> Result<(Vec<u64>, usize)> {
    with_scores!(y_score, y_score => {
        let (placed, [positives, _]) = places(BinaryRows { y_true, positive, y_score }, stop)?;
        Ok((placed, positives as usize))
    })
}

/// Σa, Σb, Σa², Σab, Σb² over the placements in two rankings.
pub type Products = [u128; 5];

/// What the areas of two rankings of the same rows and their covariance are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covariance {
    /// The number of positives and of negatives.
    pub sizes: [usize; 2],
    /// Sums over the positives, and over the negatives.
    pub products: [Products; 2],
}

/// Rows whose labels are decoded at a time.
const STEP: usize = 1024;

/// The areas under two ROC curves of the same rows, with what their covariance is made of.
pub fn auc_covariance(
    y_true: Labels<'_>,
    positive: Option<u64>,
    base: Scores<'_>,
    tuned: Scores<'_>,
    stop: &Stop,
) -> Result<Covariance> {
    let (a, positives) = placements(y_true, positive, base, stop)?;
    let (b, _) = placements(y_true, positive, tuned, stop)?;
    let rows = a.len();
    crate::error::check_length("tuned", b.len(), rows)?;
    let update = |products: &mut [Products; 2], range: Range<usize>| {
        let mut marks = [0u8; STEP];
        for start in range.clone().step_by(STEP) {
            let end = range.end.min(start + STEP);
            y_true.is_equal(positive, start, &mut marks[..end - start]);
            for ((a, b), mark) in a[start..end].iter().zip(&b[start..end]).zip(&marks) {
                let sums = &mut products[usize::from(*mark ^ 1)];
                let (a, b) = (u128::from(*a), u128::from(*b));
                for (sum, term) in sums.iter_mut().zip([a, b, a * a, a * b, b * b]) {
                    *sum += term;
                }
            }
        }
    };
    let merge = |total: &mut [Products; 2], part: [Products; 2]| {
        for (total, part) in total.iter_mut().flatten().zip(part.into_iter().flatten()) {
            *total += part;
        }
    };
    let products = fold(rows, MAX_CHUNKS, stop, Default::default, update, merge)?;
    Ok(Covariance { sizes: [positives, rows - positives], products })
}

/// Rows in the order of their scores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RankOrder {
    /// The positive rows, highest score first, tied ones in their own order.
    pub positives: Vec<u32>,
    /// The negative rows.
    pub negatives: Vec<u32>,
    /// As in [`crate::kernels::resample::Ranking`].
    pub groups: Vec<[u32; 3]>,
}

/// Orders rows once, for any number of walks down their scores.
pub fn rank_order(y_true: Labels<'_>, positive: Option<u64>, y_score: Scores<'_>, stop: &Stop) -> Result<RankOrder> {
    with_scores!(y_score, y_score => {
        let buckets = scatter_indexed(BinaryRows { y_true, positive, y_score }, stop)?;
        let (before, sizes) = buckets.before();
        let parts = buckets.map(before, stop, |bucket, before, sorter: &mut Sorter<_>| {
            Ok(walk(bucket.sorted(sorter), before))
        })?;
        let mut order = RankOrder {
            positives: Vec::with_capacity(sizes[0] as usize),
            negatives: Vec::with_capacity(sizes[1] as usize),
            groups: Vec::with_capacity(parts.iter().map(|part| part.groups.len()).sum()),
        };
        for part in parts {
            order.positives.extend(part.positives);
            order.negatives.extend(part.negatives);
            order.groups.extend(part.groups);
        }
        Ok(order)
    })
}

fn walk<S: Score>(sorted: Sorted<'_, Indexed<S>>, [mut up, mut down]: [u64; 2]) -> RankOrder {
    let mut order = RankOrder::default();
    sorted.descend(|_, positives, negatives| {
        order.positives.extend(positives.iter().map(|item| item.tag));
        order.negatives.extend(negatives.iter().map(|item| item.tag));
        up += positives.len() as u64;
        if !positives.is_empty() {
            order.groups.push([up, down, down + negatives.len() as u64].map(|count| count as u32));
        }
        down += negatives.len() as u64;
    });
    order
}

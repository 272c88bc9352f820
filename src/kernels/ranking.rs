//! Rankings row by row: of the labels of a sample, relevant or not (Tsoumakas et al. 2010), and of the classes.
//!
//! Rows are independent, so each is ranked in a buffer of its own thread; a row's result never depends on another's
//! and the bits cannot depend on the number of threads.
//!
//! What a ranking needs of the order decides how it is found. The few relevant labels of a sample are compared with all
//! others: dozens of comparisons without a branch, against a sort that mispredicts at every level (4 ns a label instead of
//! 21, 7 instead of 20 for pairs).

use rayon::prelude::*;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::Stop;
use crate::kernels::labels::{Encoder, Labels, label_set};
use crate::scalar::{Key, Score, Scores};
use crate::with_scores;

/// Elements handed to a thread at a time; fewer in all than this stay on the calling thread.
pub const TASK: usize = 1 << 14;

/// Fills one result per row of `columns` elements; `fill` gets the first row of its share, and the results of the share.
pub(super) fn by_rows<R: Clone + Send>(
    rows: usize,
    columns: usize,
    blank: R,
    stop: &Stop,
    fill: impl Fn(usize, &mut [R]) -> Result<()> + Sync,
) -> Result<Vec<R>> {
    let mut results = vec![blank; rows];
    let task = (TASK / columns.max(1)).max(1);
    let run = |(i, results): (usize, &mut [R])| -> Result<()> {
        stop.check()?;
        fill(i * task, results)
    };
    if rows * columns <= TASK {
        results.chunks_mut(task).enumerate().try_for_each(run)?;
    } else {
        results.par_chunks_mut(task).enumerate().try_for_each(run)?;
    }
    Ok(results)
}

/// The pairs of a relevant and an irrelevant label of one sample.
#[derive(Clone, Copy, Default)]
struct LabelPairs {
    /// Relevant labels; any mark but 0 makes one.
    relevant: i64,
    /// Pairs in which the relevant label scores higher.
    wins: i64,
    /// Pairs of equal scores.
    ties: i64,
}

/// Relevant labels, wins and ties of each row: the area under its ROC curve and its ranking loss are quotients of
/// these.
pub fn pairs_by_row(y_true: &[u8], y_score: Scores<'_>, columns: usize, stop: &Stop) -> Result<[Vec<i64>; 3]> {
    let pairs = with_scores!(y_score, y_score => {
        each_sample(y_true, y_score, columns, LabelPairs::default(), stop, |sample| match sample {
            Sample::Split { relevant, others, padding } => {
                let (below, up_to) = count_pairs(relevant, others);
                let ties = up_to as i64 - below as i64 - (count_highest(relevant) * padding) as i64;
                LabelPairs { relevant: relevant.len() as i64, wins: below as i64, ties }
            }
            Sample::Ranked(ranked) => {
                let (mut pairs, mut below) = (LabelPairs::default(), 0);
                for group in ranked.chunk_by(|a, b| a.0 == b.0) {
                    let relevant = group.iter().filter(|(_, relevant)| *relevant).count() as i64;
                    let others = group.len() as i64 - relevant;
                    pairs.relevant += relevant;
                    pairs.wins += relevant * below;
                    pairs.ties += relevant * others;
                    below += others;
                }
                pairs
            }
        })
    })?;
    let column = |part: fn(&LabelPairs) -> i64| pairs.iter().map(part).collect();
    Ok([column(|p| p.relevant), column(|p| p.wins), column(|p| p.ties)])
}

/// The mean over the relevant labels of each row of the precision at their scores; NaN where there is none.
pub fn average_precision_by_row(y_true: &[u8], y_score: Scores<'_>, columns: usize, stop: &Stop) -> Result<Vec<f64>> {
    with_scores!(y_score, y_score => {
        each_sample(y_true, y_score, columns, 0.0, stop, |sample| match sample {
            Sample::Split { relevant, others, .. } => sum_precisions(relevant, others, columns) / relevant.len() as f64,
            Sample::Ranked(ranked) => {
                let (mut total, mut found, mut rank) = (0.0, 0usize, 0usize);
                for group in ranked.chunk_by(|a, b| a.0 == b.0).rev() {
                    let relevant = group.iter().filter(|(_, relevant)| *relevant).count();
                    found += relevant;
                    rank += group.len();
                    total += relevant as f64 * (found as f64 / rank as f64);
                }
                total / found as f64
            }
        })
    })
}

/// How many scores are equal to a padding: of the integers, the highest is.
fn count_highest<S: Score>(scores: &[S]) -> usize {
    scores.iter().filter(|score| **score == S::PADDING).count()
}

/// A row of at most so many relevant labels is not sorted: these are compared with the others.
const FEW: usize = 48;

/// The labels of one row.
enum Sample<'a, S: Score> {
    /// The scores of the few relevant labels and of the others, the latter with some paddings behind.
    Split { relevant: &'a [S], others: &'a [[S; 8]], padding: usize },
    /// All by ascending key of the score, and whether they are relevant.
    Ranked(&'a [(S::Key, bool)]),
}

dispatched! {
    /// Over all pairs: how many of the others lie below a relevant score, and how many do not lie above.
    fn count_pairs<S: Score>(relevant: &[S], others: &[[S; 8]]) -> (u64, u64) {
        let (mut below, mut up_to) = ([S::Key::from(0); 8], [S::Key::from(0); 8]);
        for own in relevant {
            for chunk in others {
                for i in 0..8 {
                    below[i] += S::Key::from(u32::from(chunk[i] < *own));
                }
                for i in 0..8 {
                    up_to[i] += S::Key::from(u32::from(chunk[i] <= *own));
                }
            }
        }
        (below.into_iter().map(Key::bits).sum(), up_to.into_iter().map(Key::bits).sum())
    }
}

dispatched! {
    /// Σ over the relevant scores of the share of relevant ones among those no lower.
    fn sum_precisions<S: Score>(relevant: &[S], others: &[[S; 8]], columns: usize) -> f64 {
        let mut total = 0.0;
        for own in relevant {
            let mut lanes = [S::Key::from(0); 8];
            for chunk in others {
                for i in 0..8 {
                    lanes[i] += S::Key::from(u32::from(chunk[i] < *own));
                }
            }
            let lower = relevant.iter().filter(|score| *score < own).count();
            let below = lower + lanes.into_iter().map(|lane| lane.bits() as usize).sum::<usize>();
            total += (relevant.len() - lower) as f64 / (columns - below) as f64;
        }
        total
    }
}

/// The area under the ROC curve of each row up to the false positive rate `max_fpr`, by the trapezoidal rule; NaN where
/// all labels are relevant, or none.
pub fn partial_roc_auc_by_row(
    y_true: &[u8],
    y_score: Scores<'_>,
    columns: usize,
    max_fpr: f64,
    stop: &Stop,
) -> Result<Vec<f64>> {
    with_scores!(y_score, y_score => {
        each_ranked_sample(y_true, y_score, columns, 0.0, stop, |ranked| {
            let positives = ranked.iter().filter(|(_, relevant)| *relevant).count();
            let negatives = ranked.len() - positives;
            if positives == 0 || negatives == 0 {
                return f64::NAN;
            }
            let (mut tps, mut fps, mut area, mut x, mut y) = (0usize, 0usize, 0.0, 0.0, 0.0);
            for group in ranked.chunk_by(|a, b| a.0 == b.0).rev() {
                let relevant = group.iter().filter(|(_, relevant)| *relevant).count();
                tps += relevant;
                fps += group.len() - relevant;
                let (right, top) = (fps as f64 / negatives as f64, tps as f64 / positives as f64);
                if right > max_fpr {
                    let cut = y + (top - y) / (right - x) * (max_fpr - x);
                    return area + (max_fpr - x) * (y + cut) / 2.0;
                }
                area += (right - x) * (y + top) / 2.0;
                (x, y) = (right, top);
            }
            area
        })
    })
}

/// How many labels of each row score no lower than its lowest relevant one; 0 where none is relevant.
pub fn coverage_by_row(y_true: &[u8], y_score: Scores<'_>, columns: usize, stop: &Stop) -> Result<Vec<i64>> {
    check_length("y_score", y_score.len(), y_true.len())?;
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    with_scores!(y_score, y_score => {
        by_rows(rows, columns, 0, stop, |first, results| {
            for (row, result) in (first..).zip(results) {
                let span = row * columns..(row + 1) * columns;
                let (marks, scores) = (&y_true[span.clone()], &y_score[span]);
                let relevant = scores.iter().zip(marks).filter(|(_, mark)| **mark != 0);
                let lowest = relevant.map(|(score, _)| score.key()).min();
                *result = lowest.map_or(0, |lowest| scores.iter().filter(|s| s.key() >= lowest).count() as i64);
            }
            Ok(())
        })
    })
}

/// The labels of a row, split where few of them are relevant, else ranked.
fn each_sample<S: Score, R: Clone + Send + Sync>(
    y_true: &[u8],
    y_score: &[S],
    columns: usize,
    blank: R,
    stop: &Stop,
    finish: impl Fn(Sample<'_, S>) -> R + Sync,
) -> Result<Vec<R>> {
    check_length("y_score", y_score.len(), y_true.len())?;
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    by_rows(rows, columns, blank, stop, |first, results| {
        let mut ranked = Vec::with_capacity(columns);
        let (mut relevant, mut others) = (vec![S::PADDING; columns + 1], vec![S::PADDING; columns + 8]);
        for (row, result) in (first..).zip(results) {
            let span = row * columns..(row + 1) * columns;
            let (marks, scores) = (&y_true[span.clone()], &y_score[span]);
            let (mut i, mut j) = (0, 0);
            for (mark, score) in marks.iter().zip(scores) {
                // Both are written and one is kept: there is nothing to predict.
                (relevant[i], others[j]) = (*score, *score);
                i += usize::from(*mark != 0);
                j += usize::from(*mark == 0);
            }
            *result = finish(if i <= FEW {
                let padding = j.next_multiple_of(8) - j;
                others[j..j + padding].fill(S::PADDING);
                Sample::Split { relevant: &relevant[..i], others: others[..j + padding].as_chunks().0, padding }
            } else {
                Sample::Ranked(rank_sample(marks, scores, &mut ranked))
            });
        }
        Ok(())
    })
}

/// Calls `finish` with the (key of the score, relevant) of each row, ascending.
fn each_ranked_sample<S: Score, R: Clone + Send + Sync>(
    y_true: &[u8],
    y_score: &[S],
    columns: usize,
    blank: R,
    stop: &Stop,
    finish: impl Fn(&[(S::Key, bool)]) -> R + Sync,
) -> Result<Vec<R>> {
    check_length("y_score", y_score.len(), y_true.len())?;
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    by_rows(rows, columns, blank, stop, |first, results| {
        let mut ranked = Vec::with_capacity(columns);
        for (row, result) in (first..).zip(results) {
            let span = row * columns..(row + 1) * columns;
            *result = finish(rank_sample(&y_true[span.clone()], &y_score[span], &mut ranked));
        }
        Ok(())
    })
}

fn rank_sample<'a, S: Score>(marks: &[u8], scores: &[S], ranked: &'a mut Vec<(S::Key, bool)>) -> &'a [(S::Key, bool)] {
    ranked.clear();
    ranked.extend(scores.iter().zip(marks).map(|(s, mark)| (s.key(), *mark != 0)));
    ranked.sort_unstable();
    ranked
}

/// How many classes rank before the true one in each row: those of a higher score, and later ones of an equal score.
///
/// `classes` holds every label, one per column.
pub fn class_ranks(y_true: Labels<'_>, classes: Labels<'_>, y_score: Scores<'_>, stop: &Stop) -> Result<Vec<i64>> {
    let columns = classes.len();
    check_length("y_score", y_score.len(), y_true.len() * columns)?;
    let (_, classes) = label_set(classes, stop)?;
    let encoder = Encoder::new(&classes);
    with_scores!(y_score, y_score => {
        by_rows(y_true.len(), columns, 0, stop, |first, results| {
            let mut keys = vec![0u64; results.len()];
            let mut codes = vec![0u32; results.len()];
            y_true.keys(first, &mut keys);
            encoder.encode(&keys, &mut codes);
            for ((row, result), &code) in (first..).zip(results).zip(&codes) {
                if code == u32::MAX {
                    return Err(Error::UnknownLabel);
                }
                let scores = &y_score[row * columns..(row + 1) * columns];
                let (own, column) = (scores[code as usize].key(), code as usize);
                let before = scores[..column].iter().filter(|s| s.key() > own).count();
                *result = (before + scores[column + 1..].iter().filter(|s| s.key() >= own).count()) as i64;
            }
            Ok(())
        })
    })
}

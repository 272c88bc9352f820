//! Graded relevance, query by query: discounted cumulative gain and its normalised form (Järvelin and Kekäläinen 2002).
//!
//! Queries are independent, so each is ranked in a buffer of its own thread; a query's result never depends on another's
//! and the bits cannot depend on the number of threads.

use rayon::prelude::*;

use crate::error::{Result, check_length};
use crate::fold::Stop;
use crate::scalar::{Score, Scores};
use crate::with_scores;

/// Elements handed to a thread at a time; fewer in all than this stay on the calling thread.
const TASK: usize = 1 << 14;

/// Discounted cumulative gain of each row of `discount.len()`-wide matrices.
///
/// Ties share the mean of the discounts of the ranks they take (McSherry and Najork 2008); with `ignore_ties` the later
/// column ranks first.
pub fn dcg(y_true: &[f64], y_score: Scores<'_>, discount: &[f64], ignore_ties: bool, stop: &Stop) -> Result<Vec<f64>> {
    with_scores!(y_score, y_score => {
        each_row(y_true, y_score, discount, stop, |gains, ranked| gain(gains, ranked, discount, ignore_ties))
    })
}

/// [`dcg`] over that of the ideal ranking; 0 where the latter is 0.
pub fn ndcg(y_true: &[f64], y_score: Scores<'_>, discount: &[f64], ignore_ties: bool, stop: &Stop) -> Result<Vec<f64>> {
    with_scores!(y_score, y_score => {
        each_row(y_true, y_score, discount, stop, |gains, ranked| {
            let reached = gain(gains, ranked, discount, ignore_ties);
            let mut ideal = gains.to_vec();
            ideal.sort_unstable_by(|a, b| b.total_cmp(a));
            let ideal: f64 = ideal.iter().zip(discount).map(|(gain, discount)| gain * discount).sum();
            if ideal == 0.0 { 0.0 } else { reached / ideal }
        })
    })
}

/// Calls `finish` with the gains of each row and its columns ranked by ascending (score, column).
fn each_row<S: Score>(
    y_true: &[f64],
    y_score: &[S],
    discount: &[f64],
    stop: &Stop,
    finish: impl Fn(&[f64], &[(S::Key, u32)]) -> f64 + Sync,
) -> Result<Vec<f64>> {
    check_length("y_score", y_score.len(), y_true.len())?;
    let columns = discount.len();
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    let mut results = vec![0.0; rows];
    let task = (TASK / columns.max(1)).max(1);
    let run = |(i, results): (usize, &mut [f64])| -> Result<()> {
        stop.check()?;
        let mut ranked: Vec<(S::Key, u32)> = Vec::with_capacity(columns);
        for (row, result) in results.iter_mut().enumerate() {
            let start = (i * task + row) * columns;
            let scores = &y_score[start..start + columns];
            ranked.clear();
            ranked.extend(scores.iter().zip(0..).map(|(score, column)| (score.key(), column)));
            ranked.sort_unstable();
            *result = finish(&y_true[start..start + columns], &ranked);
        }
        Ok(())
    };
    if y_true.len() <= TASK {
        results.chunks_mut(task).enumerate().try_for_each(run)?;
    } else {
        results.par_chunks_mut(task).enumerate().try_for_each(run)?;
    }
    Ok(results)
}

/// The gain of one row, from the highest score down.
fn gain<K: Ord + Copy>(gains: &[f64], ranked: &[(K, u32)], discount: &[f64], ignore_ties: bool) -> f64 {
    if ignore_ties {
        return ranked.iter().rev().zip(discount).map(|((_, column), d)| gains[*column as usize] * d).sum();
    }
    let (mut total, mut rank) = (0.0, 0);
    for group in ranked.chunk_by(|a, b| a.0 == b.0).rev() {
        let gain: f64 = group.iter().map(|(_, column)| gains[*column as usize]).sum();
        let share: f64 = discount[rank..rank + group.len()].iter().sum();
        total += gain / group.len() as f64 * share;
        rank += group.len();
    }
    total
}

//! Discounted cumulative gain: graded documents, ranked for each query (Järvelin and Kekäläinen 2002).
//!
//! Queries are independent, so a query's result never depends on another's and the bits cannot depend on the number of
//! threads. Queries of up to [`Network::MAX`] documents are ranked [`LANES`] at a time by a sorting network. Floats are
//! sorted by minima and maxima, so what is sorted is the score with the column in its lowest bits, and where two such
//! agree in all others the query is ranked by the scores themselves, alone. That is what longer queries are, and a few
//! left over: by a sort of packed keys, half as many bytes as a column beside its score; or, where only the first few
//! ranks count, by keeping the best columns so far.
//!
//! Processor time of a whole call per document, 10^5 queries of 100: by networks 17 ns, by packed keys 34. Comparing all
//! with all was slower than the latter by half.

use crate::dispatched;
use crate::error::{Result, check_length};
use crate::fold::Stop;
use crate::kernels::ranking::by_rows;
use crate::order::{LANES, Network};
use crate::scalar::{Key, Score, Scores};
use crate::with_scores;

/// Discounted cumulative gain of each row of `discount.len()`-wide matrices.
///
/// Ties share the mean of the discounts of the ranks they take (McSherry and Najork 2008); with `ignore_ties` the later
/// column ranks first.
pub fn dcg(y_true: &[f64], y_score: Scores<'_>, discount: &[f64], ignore_ties: bool, stop: &Stop) -> Result<Vec<f64>> {
    with_scores!(y_score, y_score => gains(y_true, y_score, Rule { discount, ignore_ties, normalised: false }, stop))
}

/// [`dcg`] over that of the ideal ranking; 0 where the latter is 0.
pub fn ndcg(y_true: &[f64], y_score: Scores<'_>, discount: &[f64], ignore_ties: bool, stop: &Stop) -> Result<Vec<f64>> {
    with_scores!(y_score, y_score => gains(y_true, y_score, Rule { discount, ignore_ties, normalised: true }, stop))
}

/// What is computed of each row.
#[derive(Clone, Copy)]
struct Rule<'a> {
    discount: &'a [f64],
    ignore_ties: bool,
    normalised: bool,
}

fn gains<S: Score>(y_true: &[f64], y_score: &[S], rule: Rule<'_>, stop: &Stop) -> Result<Vec<f64>> {
    check_length("y_score", y_score.len(), y_true.len())?;
    let columns = rule.discount.len();
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    let top = ranks(rule.discount);
    let networks = (rows >= LANES && columns <= Network::MAX)
        .then(|| [Network::new(columns, columns.min(top + 1)), Network::new(columns, top)]);
    by_rows(rows, columns, 0.0, stop, |first, results| {
        let (mut by_score, mut by_gain) = (Ranking::new(), Ranking::new());
        let mut lanes = vec![[0.0; LANES]; if networks.is_some() { columns } else { 0 }];
        let row =
            |row: usize| (&y_true[row * columns..(row + 1) * columns], &y_score[row * columns..(row + 1) * columns]);
        for (block, results) in results.chunks_mut(LANES).enumerate() {
            let first = first + block * LANES;
            match &networks {
                Some(networks) if results.len() == LANES => {
                    let rows = std::array::from_fn(|lane| row(first + lane));
                    let (mut totals, tied) = rank_block(&rows, rule.discount, top, &networks[0], &mut lanes);
                    for lane in (0..LANES).filter(|lane| tied[*lane]) {
                        let (gains, scores) = rows[lane];
                        if top + 1 >= columns {
                            by_score.adopt(scores, &lanes, lane);
                            totals[lane] = by_score.gain(gains, rule);
                        } else {
                            totals[lane] = by_score.rank_and_gain(gains, scores, rule);
                        }
                    }
                    let mut ideals = [1.0; LANES];
                    if rule.normalised {
                        ideals = ideal_block(&rows, &rule.discount[..top], &networks[1], &mut lanes);
                    }
                    for lane in 0..LANES {
                        results[lane] = if ideals[lane] == 0.0 { 0.0 } else { totals[lane] / ideals[lane] };
                    }
                }
                _ => {
                    for (result, row) in results.iter_mut().zip((first..).map(row)) {
                        let ideal = if rule.normalised { ideal(row.0, rule.discount, &mut by_gain) } else { 1.0 };
                        *result = if ideal == 0.0 { 0.0 } else { by_score.rank_and_gain(row.0, row.1, rule) / ideal };
                    }
                }
            }
        }
        Ok(())
    })
}

/// The gains and the scores of some rows.
type Block<'a, S> = [(&'a [f64], &'a [S]); LANES];

/// The bits that hold one of so many columns.
fn low_bits(columns: usize) -> u64 {
    (columns.next_power_of_two() - 1) as u64
}

/// The gain of each row from the highest score down, and whether it has to be ranked in another way: two of its best
/// scores are equal, or nearly so.
fn rank_block<S: Score>(
    rows: &Block<'_, S>,
    discount: &[f64],
    top: usize,
    network: &Network,
    lanes: &mut [[f64; LANES]],
) -> ([f64; LANES], [bool; LANES]) {
    let low = low_bits(lanes.len());
    pack_scores(rows, low, lanes);
    network.sort(lanes);
    let tied = ties(&lanes[..lanes.len().min(top + 1)], low);
    let mut total = [0.0; LANES];
    for (packed, discount) in lanes[..top].iter().zip(discount) {
        for lane in 0..LANES {
            total[lane] += rows[lane].0[(packed[lane].to_bits() & low) as usize] * discount;
        }
    }
    (total, tied)
}

/// The gain of each row in descending order of the gains.
fn ideal_block<S: Score>(
    rows: &Block<'_, S>,
    discount: &[f64],
    network: &Network,
    lanes: &mut [[f64; LANES]],
) -> [f64; LANES] {
    for lane in 0..LANES {
        for (values, gain) in lanes.iter_mut().zip(rows[lane].0) {
            values[lane] = *gain;
        }
    }
    network.sort(lanes);
    let mut total = [0.0; LANES];
    for (gains, discount) in lanes.iter().zip(discount) {
        for lane in 0..LANES {
            total[lane] += gains[lane] * discount;
        }
    }
    total
}

dispatched! {
    /// The scores of each row, with the column in the lowest bits.
    fn pack_scores<S: Score>(rows: &Block<'_, S>, low: u64, lanes: &mut [[f64; LANES]]) {
        for lane in 0..LANES {
            for ((column, values), score) in (0u64..).zip(lanes.iter_mut()).zip(rows[lane].1) {
                // Adding 0.0 folds -0.0.
                values[lane] = f64::from_bits((score.widen() + 0.0).to_bits() & !low | column);
            }
        }
    }
}

dispatched! {
    /// Whether two neighbours of a lane differ in the lowest bits alone.
    fn ties(lanes: &[[f64; LANES]], low: u64) -> [bool; LANES] {
        let mut equal = [0u64; LANES];
        for pair in lanes.windows(2) {
            for lane in 0..LANES {
                equal[lane] |= u64::from((pair[0][lane].to_bits() ^ pair[1][lane].to_bits()) & !low == 0);
            }
        }
        equal.map(|equal| equal != 0)
    }
}

/// Ranks columns by ascending (score, column).
struct Ranking<S: Score> {
    packed: Vec<u64>,
    ranked: Vec<(S::Key, u32)>,
    scores: Vec<S>,
}

impl<S: Score> Ranking<S> {
    fn new() -> Self {
        Ranking { packed: Vec::new(), ranked: Vec::new(), scores: Vec::new() }
    }

    /// By a sort.
    fn rank(&mut self, scores: &[S]) {
        // The column replaces the lowest bits of the key, or stands behind a narrow key.
        let shift = u64::BITS - 8 * size_of::<S::Key>() as u32;
        let columns = (1u64 << shift).max(scores.len().next_power_of_two() as u64) - 1;
        self.packed.clear();
        let keys = scores.iter().zip(0u64..).map(|(score, column)| score.key().bits() << shift & !columns | column);
        self.packed.extend(keys);
        self.packed.sort_unstable();
        self.unpack(scores, columns);
    }

    /// From what a network has sorted.
    fn adopt(&mut self, scores: &[S], lanes: &[[f64; LANES]], lane: usize) {
        self.packed.clear();
        self.packed.extend(lanes.iter().rev().map(|values| values[lane].to_bits()));
        self.unpack(scores, low_bits(lanes.len()));
    }

    fn unpack(&mut self, scores: &[S], columns: u64) {
        self.ranked.clear();
        let ranked = self.packed.iter().map(|packed| (packed & columns) as u32);
        self.ranked.extend(ranked.map(|column| (scores[column as usize].key(), column)));
        // What differs in those bits alone was ranked by column.
        let (mut start, mut end) = (0, 0);
        while start < self.packed.len() {
            while end < self.packed.len() && (self.packed[end] ^ self.packed[start]) & !columns == 0 {
                end += 1;
            }
            if end - start > 1 {
                self.ranked[start..end].sort_unstable();
            }
            start = end;
        }
    }
}

/// Up to so many ranks, the best columns are found by insertion.
const TOP: usize = 16;

/// How many ranks count at all.
fn ranks(discount: &[f64]) -> usize {
    discount.iter().rposition(|d| *d != 0.0).map_or(0, |last| last + 1)
}

/// The gain of a row in descending order of the gains; which of equal ones comes first makes no difference.
fn ideal(gains: &[f64], discount: &[f64], ranking: &mut Ranking<f64>) -> f64 {
    let top = ranks(discount);
    if top <= TOP {
        let best = ranking.top(gains, top, |lowest, key| lowest < key);
        return best.iter().rev().zip(discount).map(|((_, column), d)| gains[*column as usize] * d).sum();
    }
    let sorted = &mut ranking.scores;
    sorted.clear();
    sorted.extend_from_slice(gains);
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    sorted.iter().zip(discount).map(|(gain, d)| gain * d).sum()
}

impl<S: Score> Ranking<S> {
    /// The gain of one row, from the highest score down.
    fn rank_and_gain(&mut self, gains: &[f64], scores: &[S], rule: Rule<'_>) -> f64 {
        let top = ranks(rule.discount);
        if rule.ignore_ties && top <= TOP {
            self.top(scores, top, |lowest, key| lowest <= key);
        } else {
            self.rank(scores);
        }
        self.gain(gains, rule)
    }

    /// The gain of the row that was ranked.
    fn gain(&self, gains: &[f64], Rule { discount, ignore_ties, .. }: Rule<'_>) -> f64 {
        if ignore_ties {
            let columns = self.ranked.iter().rev().map(|(_, column)| *column as usize);
            return columns.zip(discount).map(|(column, d)| gains[column] * d).sum();
        }
        let (mut total, mut rank) = (0.0, 0);
        for group in self.ranked.chunk_by(|a, b| a.0 == b.0).rev() {
            let gain: f64 = group.iter().map(|(_, column)| gains[*column as usize]).sum();
            let share: f64 = discount[rank..rank + group.len()].iter().sum();
            total += gain / group.len() as f64 * share;
            rank += group.len();
        }
        total
    }

    /// The columns of the highest scores, the lowest of them first; whether a later column goes before one is asked of
    /// their keys.
    fn top(&mut self, scores: &[S], top: usize, before: impl Fn(S::Key, S::Key) -> bool) -> &[(S::Key, u32)] {
        let best = &mut self.ranked;
        let mut columns = scores.iter().map(|score| score.key()).zip(0..);
        best.clear();
        best.extend(columns.by_ref().take(top));
        best.sort_unstable();
        for (key, column) in columns {
            // The lowest makes room for the new one, which moves up to its place.
            if best.first().is_some_and(|lowest| before(lowest.0, key)) {
                best[0] = (key, column);
                let above = best.iter().skip(1).take_while(|other| before(other.0, key)).count();
                best[..=above].rotate_left(1);
            }
        }
        best
    }
}

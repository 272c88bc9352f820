//! Rankings of the documents of each query, from flat arrays: relevance, score, and the query of each row.
//!
//! Documents of equal score have no order, so a metric is its mean over all orders that they may take; each has a closed
//! form (McSherry and Najork 2008). What it takes is known of the tied scores that relevant documents have
//! ([`Tie`]): a query's relevant documents are put in order, and of the others only those above and beside them
//! are counted. That is by comparing with all of them where few relevant ones count (2 ns a document of which one in
//! ten is relevant), else by putting the others in order, too.
//!
//! A score of minus infinity stands for a document that was not retrieved: it has no rank, but a relevant one is among
//! those that could have been found. For the area under the ROC curve alone it is the lowest score.
//!
//! Queries are independent, so the bits do not depend on the number of threads; nor do they on the order of the rows,
//! since what is added up is in order of score, then of relevance.

use std::cmp::Ordering;

use rayon::prelude::*;

use crate::dispatched;
use crate::error::{Result, check_length};
use crate::fold::{CHUNK, Stop, Sum};
use crate::kernels::labels::Labels;
use crate::kernels::ranking::TASK;
use crate::order::{Members, members};
use crate::scalar::{Key, Score, Scores};
use crate::with_scores;

/// What is computed of each query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Discounted cumulative gain over that of the best ranking; a gain is the relevance itself.
    LinearGain,
    /// The same, with gains of 2^relevance - 1 (Burges et al. 2005).
    ExponentialGain,
    /// The share of relevant documents among the first k.
    Precision,
    /// The share of the first k among relevant documents.
    Recall,
    /// Mean over the relevant documents of the precision at the rank of each, 0 for those beyond k.
    AveragePrecision,
    /// One over the rank of the first relevant document, 0 where that is beyond k.
    ReciprocalRank,
    /// Whether there is a relevant document among the first k.
    Hit,
    /// The precision, and the recall, of as many documents as are relevant.
    RPrecision,
    /// The area under the ROC curve.
    Area,
}

impl From<u8> for Metric {
    /// The contract's number of a metric.
    fn from(number: u8) -> Metric {
        match number {
            0 => Metric::LinearGain,
            1 => Metric::ExponentialGain,
            2 => Metric::Precision,
            3 => Metric::Recall,
            4 => Metric::AveragePrecision,
            5 => Metric::ReciprocalRank,
            6 => Metric::Hit,
            7 => Metric::RPrecision,
            _ => Metric::Area,
        }
    }
}

/// Documents, each of a query.
#[derive(Debug, Clone, Copy)]
pub struct Documents<'a> {
    /// How relevant they are: not at all from 0 down.
    pub relevance: Labels<'a>,
    /// By what they are ranked, the highest first.
    pub scores: Scores<'a>,
    /// The queries, told apart by integers.
    pub group: Labels<'a>,
}

/// A metric of each query, in order of first appearance. Undefined ones are 0, areas NaN.
pub fn by_query(metric: Metric, documents: Documents<'_>, k: Option<usize>, stop: &Stop) -> Result<Vec<f64>> {
    let Documents { relevance, scores, group } = documents;
    check_length("scores", scores.len(), relevance.len())?;
    check_length("group", group.len(), relevance.len())?;
    let members = members(group, stop)?;
    with_scores!(scores, scores => each_query(metric, relevance, scores, &members, k, stop))
}

fn each_query<S: Score>(
    metric: Metric,
    relevance: Labels<'_>,
    scores: &[S],
    members: &Members,
    k: Option<usize>,
    stop: &Stop,
) -> Result<Vec<f64>> {
    let Members { starts, rows } = members;
    let queries = starts.len() - 1;
    let rule = Rule { metric, k, discount: discounts(metric, starts, k) };
    let fill = |(first, results): (usize, &mut [f64])| -> Result<()> {
        stop.check()?;
        let mut desk = Desk::new();
        let span = starts[first]..starts[first + results.len()];
        let mut own = Vec::new();
        match rows {
            None => {
                desk.grades.resize(span.len(), 0.0);
                relevance.amounts(span.start, &mut desk.grades);
            }
            Some(rows) => {
                let rows = &rows[span.clone()];
                relevance.amounts_of(rows, &mut desk.grades);
                own.extend(rows.iter().map(|row| scores[*row as usize]));
            }
        }
        let scores = if rows.is_some() { &own } else { &scores[span.clone()] };
        let grades = std::mem::take(&mut desk.grades);
        for (result, bounds) in results.iter_mut().zip(starts[first..].windows(2)) {
            let rows = bounds[0] - span.start..bounds[1] - span.start;
            *result = desk.judge(&grades[rows.clone()], &scores[rows], &rule);
        }
        Ok(())
    };
    let mut results = vec![0.0; queries];
    if scores.len() <= TASK {
        fill((0, &mut results))?;
        return Ok(results);
    }
    let (mut shares, mut rest, mut first) = (Vec::new(), results.as_mut_slice(), 0);
    while first < queries {
        let next = starts.partition_point(|start| *start < starts[first] + SHARE).clamp(first + 1, queries);
        let share;
        (share, rest) = rest.split_at_mut(next - first);
        shares.push((first, share));
        first = next;
    }
    shares.into_par_iter().with_max_len(1).try_for_each(fill)?;
    Ok(results)
}

/// What is asked of every query.
struct Rule {
    metric: Metric,
    k: Option<usize>,
    /// Of each rank that may count; empty where none is asked for.
    discount: Vec<f64>,
}

/// 1 / log2(rank + 1) from the first rank on.
fn discounts(metric: Metric, starts: &[usize], k: Option<usize>) -> Vec<f64> {
    if !matches!(metric, Metric::LinearGain | Metric::ExponentialGain) {
        return Vec::new();
    }
    let longest = starts.windows(2).map(|bounds| bounds[1] - bounds[0]).max().unwrap_or(0);
    let ranks = longest.min(k.unwrap_or(usize::MAX));
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    if ranks <= CHUNK { (0..ranks).map(discount).collect() } else { (0..ranks).into_par_iter().map(discount).collect() }
}

/// Documents of one score, of which some are relevant.
#[derive(Debug, Clone, Copy)]
struct Tie {
    /// Documents before them.
    start: usize,
    /// Relevant ones before them.
    found: usize,
    size: usize,
    relevant: usize,
    gain: f64,
}

impl Tie {
    fn new<S>(same: &[(S, f64)], above: usize, beside: usize, found: usize, exponential: bool) -> Tie {
        let mut total = Sum::default();
        same.iter().for_each(|own| total.add(gain(own.1, exponential)));
        let (start, size) = (above + found, beside + same.len());
        Tie { start, found, size, relevant: same.len(), gain: total.value() }
    }

    /// How many of them are among the first `cut`.
    fn within(&self, cut: usize) -> usize {
        cut.saturating_sub(self.start).min(self.size)
    }

    /// How many relevant ones are among the first `cut`, on average.
    fn hits(&self, cut: usize) -> f64 {
        (self.relevant * self.within(cut)) as f64 / self.size as f64
    }

    /// The share of orders in which a relevant one is among the first `cut`.
    fn hit(&self, cut: usize) -> f64 {
        let within = self.within(cut);
        // The relevant ones all beyond the cut, or all within it others: whichever is the shorter product.
        let (few, many) = (within.min(self.relevant), within.max(self.relevant));
        if few + many > self.size {
            return 1.0;
        }
        let missed = |i: usize| (self.size - many - i) as f64 / (self.size - i) as f64;
        1.0 - (0..few).map(missed).product::<f64>()
    }

    /// The mean of one over the rank of the first relevant one, 0 beyond the cut.
    fn reciprocal(&self, cut: usize) -> f64 {
        let (mut total, mut none) = (Sum::default(), 1.0);
        for i in 0..(self.size - self.relevant + 1).min(self.within(cut)) {
            let left = (self.size - i) as f64;
            total.add(none * self.relevant as f64 / left / (self.start + i + 1) as f64);
            none *= (self.size - i - self.relevant) as f64 / left;
        }
        total.value()
    }

    /// Adds the mean over the orders of Σ over the relevant ones of the precision at their ranks, 0 beyond the cut.
    fn add_precisions(&self, cut: usize, total: &mut Sum) {
        let here = self.relevant as f64 / self.size as f64;
        let between = if self.size > 1 { (self.relevant - 1) as f64 / (self.size - 1) as f64 } else { 0.0 };
        for i in 0..self.within(cut) {
            let found = (self.found + 1) as f64 + i as f64 * between;
            total.add(here * (found / (self.start + i + 1) as f64));
        }
    }
}

/// Rows handed to a thread at a time, in whole queries: what they are decoded to stays in a nearby cache.
const SHARE: usize = 1 << 12;

/// Where so few scores count, they are compared with all others.
const FEW: usize = 48;

/// Those that are compared are filled up to a multiple of this, a few vectors.
const PAD: usize = 16;

/// More than this are put in order by all threads.
const MANY: usize = 1 << 16;

/// Room to rank the documents of a query.
struct Desk<S> {
    grades: Vec<f64>,
    /// Those that were retrieved, relevant and not.
    relevant: Vec<(S, f64)>,
    others: Vec<S>,
    /// The grades of relevant ones that were not.
    missed: Vec<f64>,
    /// All positive grades.
    ideal: Vec<f64>,
    /// Scores that are put in order, with their places.
    packed: Vec<u64>,
    ordered: Vec<(S, f64)>,
    ties: Vec<Tie>,
}

impl<S: Score> Desk<S> {
    fn new() -> Self {
        Desk {
            grades: Vec::new(),
            relevant: Vec::new(),
            others: Vec::new(),
            missed: Vec::new(),
            ideal: Vec::new(),
            packed: Vec::new(),
            ordered: Vec::new(),
            ties: Vec::new(),
        }
    }

    /// The metric of a query.
    fn judge(&mut self, grades: &[f64], scores: &[S], rule: &Rule) -> f64 {
        let [found, others, relevant] = self.split(grades, scores, rule.metric == Metric::Area);
        let (ranked, cut) = (found + others, rule.k.unwrap_or(usize::MAX));
        if rule.metric == Metric::Area && others == 0 {
            return f64::NAN;
        }
        if found == 0 {
            return if rule.metric == Metric::Area { f64::NAN } else { 0.0 };
        }
        match rule.metric {
            Metric::LinearGain | Metric::ExponentialGain => {
                let exponential = rule.metric == Metric::ExponentialGain;
                // Before relevant documents that cannot count are left out.
                self.ideal.clear();
                self.ideal.extend(self.relevant[..found].iter().map(|own| own.1).chain(self.missed.iter().copied()));
                self.place(found, others, cut, exponential);
                let mut reached = Sum::default();
                for tie in &self.ties {
                    let discount = &rule.discount[tie.start..tie.start + tie.within(cut)];
                    let share =
                        if tie.size == 1 { discount[0] } else { discount.iter().sum::<f64>() / tie.size as f64 };
                    reached.add(tie.gain * share);
                }
                reached.value() / ideal(&mut self.ideal, &rule.discount, exponential)
            }
            Metric::Precision => {
                let hits = if cut >= ranked { found as f64 } else { self.hits(found, others, cut) };
                hits / rule.k.unwrap_or(ranked) as f64
            }
            Metric::Recall => {
                let hits = if cut >= ranked { found as f64 } else { self.hits(found, others, cut) };
                hits / relevant as f64
            }
            Metric::RPrecision => self.hits(found, others, relevant) / relevant as f64,
            Metric::AveragePrecision => {
                self.place(found, others, cut, false);
                let mut total = Sum::default();
                self.ties.iter().for_each(|tie| tie.add_precisions(cut, &mut total));
                total.value() / relevant as f64
            }
            Metric::ReciprocalRank => self.first(found, others, cut).map_or(0.0, |tie| tie.reciprocal(cut)),
            Metric::Hit if cut >= ranked => 1.0,
            Metric::Hit => self.first(found, others, cut).map_or(0.0, |tie| tie.hit(cut)),
            Metric::Area => {
                self.place(found, others, usize::MAX, false);
                let twice = |tie: &Tie| {
                    let above = tie.start - tie.found;
                    tie.relevant as u128 * (2 * (others - above) - (tie.size - tie.relevant)) as u128
                };
                self.ties.iter().map(twice).sum::<u128>() as f64 / (2 * found as u128 * others as u128) as f64
            }
        }
    }

    /// Tells relevant documents from others; how many of the former were retrieved, of the latter, and how many of the
    /// former there are.
    fn split(&mut self, grades: &[f64], scores: &[S], all_ranked: bool) -> [usize; 3] {
        let room = grades.len();
        if self.others.len() < room + PAD {
            self.relevant.resize(room + 1, (S::default(), 0.0));
            self.others.resize(room + PAD, S::PADDING);
        }
        self.missed.clear();
        let [found, others] = split(grades, scores, all_ranked, &mut self.relevant, &mut self.others, &mut self.missed);
        [found, others, found + self.missed.len()]
    }

    /// How many relevant documents are among the first `cut`, on average.
    fn hits(&mut self, found: usize, others: usize, cut: usize) -> f64 {
        self.place(found, others, cut, false);
        let mut total = Sum::default();
        self.ties.iter().for_each(|tie| total.add(tie.hits(cut)));
        total.value()
    }

    /// The tie that the first relevant document is in, if that begins among the first `cut`.
    fn first(&mut self, found: usize, others: usize, cut: usize) -> Option<Tie> {
        let own = &self.relevant[..found];
        let highest = own.iter().map(|own| own.0).reduce(|a, b| if b > a { b } else { a })?;
        let relevant = own.iter().filter(|own| own.0 == highest).count();
        self.relevant[0].0 = highest;
        self.place(1, others, cut, false);
        self.ties.first().map(|tie| Tie { size: tie.size + relevant - 1, relevant, ..*tie })
    }

    /// Finds the ties with relevant documents that begin among the first `cut`, from the highest score down.
    fn place(&mut self, found: usize, others: usize, cut: usize, exponential: bool) {
        self.ties.clear();
        let mut own = &mut self.relevant[..found];
        if cut < found / 2 {
            // The lowest score that may count; with it, all that are equal to it.
            let lowest = own.select_nth_unstable_by(cut - 1, descending).1.0;
            let mut kept = cut;
            for i in cut..found {
                if own[i].0 == lowest {
                    own.swap(i, kept);
                    kept += 1;
                }
            }
            own = &mut own[..kept];
        }
        sort_relevant(own, &mut self.packed, &mut self.ordered);
        if own.len().min(cut) <= FEW {
            let padding = others.next_multiple_of(PAD) - others;
            self.others[others..others + padding].fill(S::PADDING);
            count_ties(own, &self.others[..others + padding], padding, cut, exponential, &mut self.ties);
            return;
        }
        let others = &mut self.others[..others];
        sort(others, |a, b| b.key().cmp(&a.key()));
        let mut up_to = 0;
        for same in own.chunk_by(|a, b| a.0 == b.0) {
            let (start, score) = (up_to, same[0].0);
            let above = start + others[start..].iter().take_while(|other| **other > score).count();
            up_to = above + others[above..].iter().take_while(|other| **other == score).count();
            let found = self.ties.last().map_or(0, |tie: &Tie| tie.found + tie.relevant);
            if above + found >= cut {
                return;
            }
            self.ties.push(Tie::new(same, above, up_to - above, found, exponential));
        }
    }
}

dispatched! {
    /// Writes relevant documents and others to the beginning of their places; how many there are of each.
    fn split<S: Score>(
        grades: &[f64],
        scores: &[S],
        all_ranked: bool,
        relevant: &mut [(S, f64)],
        others: &mut [S],
        missed: &mut Vec<f64>,
    ) -> [usize; 2] {
        let (mut i, mut j) = (0, 0);
        for (grade, score) in grades.iter().zip(scores) {
            if score.is_unranked() && !all_ranked {
                if *grade > 0.0 {
                    missed.push(*grade);
                }
                continue;
            }
            // Both are written and one is kept: there is nothing to predict.
            (relevant[i], others[j]) = ((*score, *grade), *score);
            i += usize::from(*grade > 0.0);
            j += usize::from(*grade <= 0.0);
        }
        [i, j]
    }
}

/// The order of relevant documents: by score, then by relevance, so that sums do not depend on how rows were ordered.
fn descending<S: Score>(a: &(S, f64), b: &(S, f64)) -> Ordering {
    b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then_with(|| b.1.total_cmp(&a.1))
}

fn sort<T: Send>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering + Sync) {
    if items.len() <= MANY { items.sort_unstable_by(order) } else { items.par_sort_unstable_by(order) }
}

/// Shorter ones are put in order as they are.
const SHORT: usize = 20;

/// [`sort`] by [`descending`]: numbers that hold the score and, in their lowest bits, the place are sorted faster than
/// pairs. Where two agree in all other bits, the pairs are looked at.
fn sort_relevant<S: Score>(own: &mut [(S, f64)], packed: &mut Vec<u64>, ordered: &mut Vec<(S, f64)>) {
    if own.len() <= SHORT || own.len() > MANY {
        return sort(own, descending);
    }
    // The place replaces the lowest bits of the key, or stands behind a narrow key.
    let shift = u64::BITS - 8 * size_of::<S::Key>() as u32;
    let places = (1u64 << shift).max(own.len().next_power_of_two() as u64) - 1;
    packed.clear();
    packed.extend(own.iter().zip(0u64..).map(|((score, _), place)| !(score.key().bits() << shift) & !places | place));
    packed.sort_unstable();
    ordered.clear();
    ordered.extend(packed.iter().map(|packed| own[(packed & places) as usize]));
    own.copy_from_slice(ordered);
    let mut start = 0;
    for same in packed.chunk_by(|a, b| (a ^ b) & !places == 0) {
        if same.len() > 1 {
            own[start..start + same.len()].sort_unstable_by(descending);
        }
        start += same.len();
    }
}

dispatched! {
    /// The ties of ordered relevant documents with the others, which have some paddings behind, down to the first that
    /// begins at `cut` or beyond.
    fn count_ties<S: Score>(
        own: &[(S, f64)],
        others: &[S],
        padding: usize,
        cut: usize,
        exponential: bool,
        ties: &mut Vec<Tie>,
    ) {
        let (all, mut found) = (others.len() - padding, 0);
        for same in own.chunk_by(|a, b| a.0 == b.0) {
            let score = same[0].0;
            let (mut below, mut up_to) = (0, 0);
            // So that counts of 32 bits do not overflow.
            for others in others.chunks(MANY) {
                // Sums without lanes of ours: of these, the compiler made worse ones.
                let (mut lower, mut no_higher) = (S::Key::from(0), S::Key::from(0));
                for other in others {
                    lower += S::Key::from(u32::from(*other < score));
                    no_higher += S::Key::from(u32::from(*other <= score));
                }
                below += lower.bits() as usize;
                up_to += no_higher.bits() as usize;
            }
            // Of the integers, the highest is equal to a padding.
            up_to -= if score == S::PADDING { padding } else { 0 };
            if all - up_to + found >= cut {
                return;
            }
            ties.push(Tie::new(same, all - up_to, up_to - below, found, exponential));
            found += same.len();
        }
    }
}

/// The gain of a positive grade.
fn gain(grade: f64, exponential: bool) -> f64 {
    if !exponential {
        grade
    } else if grade < 64.0 && grade.fract() == 0.0 {
        ((1u64 << grade as u32) - 1) as f64
    } else {
        // Without a difference of nearly equal numbers where the grade is near 0.
        (grade * std::f64::consts::LN_2).exp_m1()
    }
}

/// Grades up to this are counted rather than sorted.
const LEVELS: usize = 16;

/// The gain of the best ranking, of positive grades.
fn ideal(grades: &mut [f64], discount: &[f64], exponential: bool) -> f64 {
    let mut total = Sum::default();
    let mut counts = [0usize; LEVELS];
    let whole = grades.iter().all(|grade| {
        let level = *grade as usize;
        counts[level.min(LEVELS - 1)] += 1;
        level < LEVELS && level as f64 == *grade
    });
    if whole {
        let mut discount = discount.iter();
        for (level, count) in counts.iter().enumerate().rev() {
            let gain = gain(level as f64, exponential);
            discount.by_ref().take(*count).for_each(|discount| total.add(gain * discount));
        }
        return total.value();
    }
    let mut best = grades;
    if discount.len() < best.len() / 2 {
        best = best.select_nth_unstable_by(discount.len(), |a, b| b.total_cmp(a)).0;
    }
    sort(best, |a, b| b.total_cmp(a));
    best.iter().zip(discount).for_each(|(grade, discount)| total.add(gain(*grade, exponential) * discount));
    total.value()
}

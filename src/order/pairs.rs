//! How the two classes of a bucket lie among one another, without sorting both.

use rayon::prelude::*;

use super::buckets::{Bucket, spread};
use super::dealer::{Dealer, MAX_PARTS};
use super::sorted::{extremes, sort_few};
use super::{Indexed, Item, Weighted};
use crate::dispatched;
use crate::error::Result;
use crate::fold::{Stop, Sum, lane_sum};
use crate::scalar::{Key, Score};

/// Values that a probe is compared with.
const WINDOW: usize = 8;

/// Probes whose bins are found at a time.
pub const PROBES: usize = 1024;

/// A bucket with more probes than this shares them among threads, in this many tasks.
const LARGE: usize = 1 << 17;
const TASKS: usize = 16;

/// The items of one class of a bucket, in bins of ascending scores, for the other class to be ranked among.
///
/// There are as many bins as items, so that a bin holds [`WINDOW`] of them at most, unless scores repeat or crowd. A
/// probe's bin says how many values lie in lower ones; the probe is compared with the next [`WINDOW`] values, those of
/// its bin and, because they lie higher and fail every comparison, some of the bins behind. There is no branch to
/// mispredict, nothing is written, and the values and where their bins start stay in the caches closest by.
///
/// Where scores repeat, each distinct one is kept once, with the number of items below it; where distinct ones crowd in
/// few bins, a probe's bin is searched by bisection.
pub struct Ranker<I: Item> {
    raw: Vec<I>,
    /// The items, bin by bin.
    binned: Vec<I>,
    /// Their scores, or the distinct ones of these, and as many paddings as a window may reach beyond them.
    values: Vec<I::Score>,
    /// How many are no padding.
    len: usize,
    /// How many items lie below each distinct score, and how many there are.
    below: Vec<u64>,
    /// Which bin a score belongs to, and where each begins, and the last one ends.
    dealer: Dealer,
    starts: Vec<u32>,
    /// Whether a bin holds more than a window.
    crowded: bool,
    /// Whether `values` holds distinct ones.
    distinct: bool,
    parts: Vec<u16>,
    counts: Vec<[u32; 2]>,
}

impl<I: Item> Default for Ranker<I> {
    fn default() -> Self {
        Ranker {
            raw: Vec::new(),
            binned: Vec::new(),
            values: Vec::new(),
            len: 0,
            below: Vec::new(),
            dealer: Dealer::Key { low: 0, shift: 0, last: 0 },
            starts: Vec::new(),
            crowded: false,
            distinct: false,
            parts: Vec::new(),
            counts: Vec::new(),
        }
    }
}

impl<S: Score> Ranker<S> {
    /// 2·wins + ties over the pairs of a positive and a negative of a bucket.
    pub fn twice_area(&mut self, bucket: &Bucket<'_, S>, stop: &Stop) -> Result<u128> {
        let [positives, negatives] = bucket.size();
        if positives == 0 || negatives == 0 {
            return Ok(0);
        }
        // The smaller class is binned, the larger one ranked among it.
        let binned = usize::from(negatives < positives);
        self.take(bucket.runs(binned));
        let visit = |total: &mut u128, probes: &[S], work: &mut Probing<S>| {
            *total += u128::from(self.twice_wins(probes, work));
        };
        let total = each_run(bucket, 1 - binned, stop, || 0, visit, |a, b| *a += b)?;
        Ok(if binned == 1 { total } else { 2 * positives as u128 * negatives as u128 - total })
    }

    /// Takes scores, at least one, for others to be ranked among.
    pub fn take<'a>(&mut self, runs: impl Iterator<Item = &'a [S]>) {
        self.bin(runs);
        self.settle();
    }

    /// 2·wins + ties of at most [`PROBES`] probes over the scores that were taken.
    pub fn twice_wins(&self, probes: &[S], work: &mut Probing<S>) -> u64 {
        if self.distinct {
            let mut sum = 0;
            self.rank(probes, work, |i, up_to| {
                sum += self.below[up_to] + self.below[self.lower(up_to, probes[i])];
            });
            sum
        } else {
            let parts = &mut work.parts[..probes.len()];
            self.dealer.deal(probes, parts);
            sum_ranks(probes, parts, &self.starts, &self.values)
        }
    }

    /// Visits the distinct scores of the positives of a bucket, highest first: how many positives have the score, and how
    /// many negatives lie at or above it that do not lie at or above the score before.
    pub fn descend_positives(
        &mut self,
        bucket: &Bucket<'_, S>,
        stop: &Stop,
        mut visit: impl FnMut(u64, u64),
    ) -> Result<()> {
        if bucket.size()[0] == 0 {
            return Ok(());
        }
        self.bin(bucket.runs(0));
        self.sort();
        let new = || vec![0u64; self.len + 1];
        let count = |reached: &mut Vec<u64>, probes: &[S], work: &mut Probing<S>| {
            self.rank(probes, work, |_, up_to| reached[up_to] += 1);
        };
        let merge = |a: &mut Vec<u64>, b: Vec<u64>| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        let reached = each_run(bucket, 1, stop, new, count, merge)?;
        for i in (0..self.len).rev() {
            visit(self.below[i + 1] - self.below[i], reached[i + 1]);
        }
        Ok(())
    }
}

impl<S: Score> Ranker<Weighted<S>> {
    /// The sum, over the pairs of a positive and a negative of a bucket, of the product of their weights, twice where the
    /// positive wins, once where they tie.
    pub fn twice_weighted_area(&mut self, bucket: &Bucket<'_, Weighted<S>>, stop: &Stop) -> Result<Sum> {
        let [positives, negatives] = bucket.size();
        if positives == 0 || negatives == 0 {
            return Ok(Sum::default());
        }
        let binned = usize::from(negatives < positives);
        self.bin(bucket.runs(binned));
        self.sort();
        // For each number of distinct scores: what the negatives of these weigh, or the positives of all others.
        let mut reached = vec![0.0; self.len + 1];
        let mut sum = Sum::default();
        for step in 0..self.len {
            let i = if binned == 1 { step } else { self.len - 1 - step };
            for item in &self.binned[self.below[i] as usize..self.below[i + 1] as usize] {
                sum.add(item.tag);
            }
            reached[if binned == 1 { i + 1 } else { i }] = sum.value();
        }
        let visit = |total: &mut Sum, probes: &[Weighted<S>], work: &mut Probing<S>| {
            let (mut scores, mut terms) = (std::mem::take(&mut work.scores), std::mem::take(&mut work.terms));
            scores.clear();
            scores.extend(probes.iter().map(|item| item.score));
            terms.clear();
            self.rank(&scores, work, |i, up_to| {
                terms.push(probes[i].tag * (reached[up_to] + reached[self.lower(up_to, scores[i])]));
            });
            total.add(lane_sum(0..probes.len(), |i| terms[i]));
            (work.scores, work.terms) = (scores, terms);
        };
        each_run(bucket, 1 - binned, stop, Sum::default, visit, |a, b| a.merge(b))
    }
}

impl<S: Score> Ranker<Indexed<S>> {
    /// Of each item of a class, in the order in which they lie: `place` of how many items of the other class of the bucket
    /// score lower, and how many do not score higher.
    pub(super) fn among(
        &mut self,
        bucket: &Bucket<'_, Indexed<S>>,
        class: usize,
        stop: &Stop,
        place: impl Fn(u64, u64) -> u64 + Sync + Send,
    ) -> Result<Vec<u64>> {
        let size = bucket.size();
        if size[1 - class] == 0 || size[class] == 0 {
            return Ok(vec![place(0, 0); size[class]]);
        }
        self.bin(bucket.runs(1 - class));
        self.settle();
        let visit = |places: &mut Vec<u64>, probes: &[Indexed<S>], work: &mut Probing<S>| {
            let mut scores = std::mem::take(&mut work.scores);
            scores.clear();
            scores.extend(probes.iter().map(|item| item.score));
            if self.distinct {
                self.rank(&scores, work, |i, up_to| {
                    places.push(place(self.below[self.lower(up_to, scores[i])], self.below[up_to]));
                });
            } else {
                let (parts, ranks) = (&mut work.parts[..scores.len()], &mut work.both[..scores.len()]);
                self.dealer.deal(&scores, parts);
                write_both(&scores, parts, &self.starts, &self.values, ranks);
                places.extend(ranks.iter().map(|[lower, up_to]| place(u64::from(*lower), u64::from(*up_to))));
            }
            work.scores = scores;
        };
        let new = || Vec::with_capacity(size[class].min(LARGE));
        each_run(bucket, class, stop, new, visit, |places, more| places.extend(more))
    }
}

/// The weights of both classes of a bucket.
pub fn class_weights<S: Score>(bucket: &Bucket<'_, Weighted<S>>, stop: &Stop) -> Result<[Sum; 2]> {
    let weigh = |sum: &mut Sum, items: &[Weighted<S>], _: &mut Probing<S>| {
        sum.add(lane_sum(0..items.len(), |i| items[i].tag));
    };
    let weight = |class| each_run(bucket, class, stop, Sum::default, weigh, |a, b| a.merge(b));
    Ok([weight(0)?, weight(1)?])
}

impl<I: Item> Ranker<I> {
    /// Deals items, at least one, to bins.
    fn bin<'a>(&mut self, runs: impl Iterator<Item = &'a [I]>)
    where
        I: 'a,
    {
        self.raw.clear();
        runs.for_each(|run| self.raw.extend_from_slice(run));
        let rows = self.raw.len();
        let (low, high) = extremes(&self.raw);
        // More rows than 32 bits count are left in one bin.
        let bins = if rows < u32::MAX as usize { rows.next_power_of_two().min(MAX_PARTS) } else { 1 };
        self.dealer = Dealer::between(low, high, bins, false);
        self.values.clear();
        self.values.reserve(rows + WINDOW);
        self.values.extend(self.raw.iter().map(Item::score));
        self.starts.clear();
        self.starts.push(0);
        if bins == 1 || low.key() == high.key() {
            std::mem::swap(&mut self.raw, &mut self.binned);
            self.starts.push(rows.min(u32::MAX as usize) as u32);
            self.dealer = Dealer::between(low, high, 1, false);
        } else {
            self.parts.resize(rows, 0);
            self.dealer.deal(&self.values, &mut self.parts);
            self.counts.resize(bins, [0; 2]);
            self.binned.clear();
            self.binned.reserve(rows);
            let room = &mut self.binned.spare_capacity_mut()[..rows];
            spread(&self.parts, &mut self.counts, room, |i| self.raw[i]);
            // SAFETY: `spread` has filled as many.
            unsafe { self.binned.set_len(rows) };
            self.starts.extend(self.counts.iter().map(|count| count[1]));
            self.values.iter_mut().zip(&self.binned).for_each(|(value, item)| *value = item.score());
        }
        self.pad();
    }

    /// Whether the values are distinct ones: where equal ones or paddings would be miscounted, or bins are crowded.
    fn settle(&mut self) {
        self.distinct = !I::Score::PADDING_IS_ABOVE || self.crowded;
        if self.distinct {
            self.sort();
        }
    }

    /// Ends the values with paddings.
    fn pad(&mut self) {
        self.len = self.values.len();
        self.values.extend([I::Score::PADDING; WINDOW]);
        self.crowded = self.starts.windows(2).any(|bin| bin[1] - bin[0] > WINDOW as u32);
    }

    /// Sorts the items, keeps each distinct score once, and bins these.
    fn sort(&mut self) {
        let last = self.starts.len() - 1;
        for bin in 0..last {
            let end = if bin + 1 == last { self.binned.len() } else { self.starts[bin + 1] as usize };
            sort_few(&mut self.binned[self.starts[bin] as usize..end]);
        }
        self.below.clear();
        self.values.clear();
        let mut latest = None;
        for (i, item) in self.binned.iter().enumerate() {
            let key = item.score().key();
            if latest.replace(key) != Some(key) {
                self.below.push(i as u64);
                self.values.push(item.score());
            }
        }
        self.below.push(self.binned.len() as u64);
        let kept = self.values.len();
        let (low, high) = (self.values[0], self.values[kept - 1]);
        let bins = kept.next_power_of_two().min(MAX_PARTS);
        for by_key in [false, true] {
            self.values.truncate(kept);
            self.dealer = Dealer::between(low, high, bins, by_key);
            self.parts.resize(kept, 0);
            self.dealer.deal(&self.values, &mut self.parts);
            self.starts.clear();
            self.starts.resize(bins + 1, 0);
            for part in &self.parts {
                self.starts[usize::from(*part) + 1] += 1;
            }
            let mut end = 0;
            for start in &mut self.starts {
                end += *start;
                *start = end;
            }
            self.pad();
            if !self.crowded {
                break;
            }
        }
    }

    /// Visits how many distinct scores do not lie above each probe.
    #[inline]
    fn rank(&self, probes: &[I::Score], work: &mut Probing<I::Score>, mut visit: impl FnMut(usize, usize)) {
        let (parts, ranks) = (&mut work.parts[..probes.len()], &mut work.ranks[..probes.len()]);
        self.dealer.deal(probes, parts);
        let values = &self.values[..self.len];
        write_ranks(probes, parts, &self.starts, &self.values, ranks);
        if self.crowded {
            // Most bins are not; those that are have more values than a window shows.
            for (i, (probe, part)) in probes.iter().zip(&*parts).enumerate() {
                let part = usize::from(*part);
                let (start, end) = (self.starts[part] as usize, self.starts[part + 1] as usize);
                visit(
                    i,
                    if end - start > WINDOW {
                        start + values[start..end].partition_point(|value| value <= probe)
                    } else {
                        (ranks[i] as usize).min(self.len)
                    },
                );
            }
            return;
        }
        for (i, rank) in ranks.iter().enumerate() {
            // A padding may have been counted.
            visit(i, (*rank as usize).min(self.len));
        }
    }

    /// How many distinct scores lie below a probe above which `up_to` do not lie.
    #[inline]
    fn lower(&self, up_to: usize, probe: I::Score) -> usize {
        up_to - usize::from(up_to > 0 && self.values[up_to - 1] == probe)
    }
}

/// The window of values from the start of a bin.
///
/// # Safety
/// The start of every bin has [`WINDOW`] values or paddings behind it, and every part is one of a bin.
#[inline(always)]
unsafe fn window<'a, S>(part: u16, starts: &[u32], values: &'a [S]) -> (u32, &'a [S; WINDOW]) {
    // SAFETY: see above.
    unsafe {
        let start = *starts.get_unchecked(usize::from(part));
        (start, &*values.as_ptr().add(start as usize).cast())
    }
}

dispatched! {
    /// The sum over the probes of the number of values below them and the number of values not above them.
    fn sum_ranks<S: Score>(probes: &[S], parts: &[u16], starts: &[u32], values: &[S]) -> u64 {
        let mut lanes = [S::Key::from(0); WINDOW];
        let mut total = 0;
        for (probe, part) in probes.iter().zip(parts) {
            // SAFETY: the parts come from the dealer that the bins were made with, the values from `pad`.
            let (start, window) = unsafe { window(*part, starts, values) };
            total += 2 * u64::from(start);
            for i in 0..WINDOW {
                lanes[i] += S::Key::from(u32::from(window[i] < *probe)) + S::Key::from(u32::from(window[i] <= *probe));
            }
        }
        total + lanes.into_iter().map(Key::bits).sum::<u64>()
    }
}

dispatched! {
    /// The number of values not above each probe; paddings may count.
    fn write_ranks<S: Score>(probes: &[S], parts: &[u16], starts: &[u32], values: &[S], ranks: &mut [u32]) {
        for ((probe, part), rank) in probes.iter().zip(parts).zip(ranks) {
            // SAFETY: the parts come from the dealer that the bins were made with, the values from `pad`.
            let (start, window) = unsafe { window(*part, starts, values) };
            let mut up_to = S::Key::from(0);
            for value in *window {
                up_to += S::Key::from(u32::from(value <= *probe));
            }
            *rank = start + up_to.bits() as u32;
        }
    }
}

dispatched! {
    /// The number of values below each probe, and of those not above it.
    fn write_both<S: Score>(probes: &[S], parts: &[u16], starts: &[u32], values: &[S], both: &mut [[u32; 2]]) {
        for ((probe, part), both) in probes.iter().zip(parts).zip(both) {
            // SAFETY: the parts come from the dealer that the bins were made with, the values from `pad`.
            let (start, window) = unsafe { window(*part, starts, values) };
            let (mut lower, mut up_to) = (S::Key::from(0), S::Key::from(0));
            for value in *window {
                lower += S::Key::from(u32::from(value < *probe));
                up_to += S::Key::from(u32::from(value <= *probe));
            }
            *both = [start + lower.bits() as u32, start + up_to.bits() as u32];
        }
    }
}

/// The memory of a thread that ranks probes.
pub struct Probing<S> {
    parts: Vec<u16>,
    ranks: Vec<u32>,
    both: Vec<[u32; 2]>,
    scores: Vec<S>,
    terms: Vec<f64>,
}

impl<S> Probing<S> {
    /// For so many probes at a time.
    pub fn new(room: usize) -> Self {
        Probing {
            parts: vec![0; room],
            ranks: vec![0; room],
            both: vec![[0; 2]; room],
            scores: Vec::new(),
            terms: Vec::with_capacity(room),
        }
    }
}

/// Folds the items of one class of a bucket, in pieces of [`PROBES`] that span the runs: a tile's run alone, some dozens of
/// items, is too short for wide vectors. In parallel where they are many, merged in their order.
fn each_run<I: Item, T: Send>(
    bucket: &Bucket<'_, I>,
    class: usize,
    stop: &Stop,
    new: impl Fn() -> T + Sync + Send,
    visit: impl Fn(&mut T, &[I], &mut Probing<I::Score>) + Sync + Send,
    merge: impl Fn(&mut T, T),
) -> Result<T> {
    let room = bucket.size()[class].min(PROBES);
    let fold = |runs: &mut dyn Iterator<Item = &[I]>| -> Result<T> {
        let (mut state, mut piece) = (new(), Vec::with_capacity(room));
        let mut work = Probing::new(room);
        for mut run in runs {
            while !run.is_empty() {
                let (fitting, rest) = run.split_at(run.len().min(PROBES - piece.len()));
                piece.extend_from_slice(fitting);
                if piece.len() == PROBES {
                    stop.check()?;
                    visit(&mut state, &piece, &mut work);
                    piece.clear();
                }
                run = rest;
            }
        }
        if !piece.is_empty() {
            visit(&mut state, &piece, &mut work);
        }
        Ok(state)
    };
    if bucket.size()[class] <= LARGE {
        return fold(&mut bucket.runs(class));
    }
    let runs: Vec<&[I]> = bucket.runs(class).collect();
    let tasks = runs.par_chunks(runs.len().div_ceil(TASKS)).with_max_len(1);
    let states = tasks.map(|runs| fold(&mut runs.iter().copied())).collect::<Result<Vec<T>>>()?;
    let mut total = new();
    states.into_iter().for_each(|state| merge(&mut total, state));
    Ok(total)
}

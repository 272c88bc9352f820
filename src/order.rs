//! The only ordering code: rows scattered to score ranges by class, each range sorted in cache.
//!
//! A score becomes an unsigned integer of the same order. The range of scores is cut into buckets; one pass counts how
//! many positives and negatives fall in each, a second moves every key to its bucket and class. A bucket is then sorted
//! by whoever visits it, and only keys move, never indices: ordering two classes' keys and walking them side by side
//! replaces the argsort of the rows and the gathers after it. Buckets are independent, so they are visited in parallel
//! and their partial results merged from the highest scores down.
//!
//! Rows are moved in their own order within a bucket and class, and weighted ones are sorted stably, so sums over ties
//! run in row order whatever the number of threads.

use std::mem::MaybeUninit;
use std::ops::Range;

use rayon::prelude::*;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{CHUNK, MAX_CHUNKS, Stop, Sum, chunk_len, fold};
use crate::kernels::labels::Labels;
use crate::scalar::{Key, Score};

/// What is ordered: a key, alone or with a weight.
pub trait Item: Copy + Send + Sync {
    /// The type of the key.
    type Key: Key;
    /// The key.
    fn key(&self) -> Self::Key;
    /// Sorts by key; items of equal keys keep their order if they can be told apart.
    fn sort(items: &mut [Self]);
}

impl<K: Key> Item for K {
    type Key = K;
    #[inline]
    fn key(&self) -> K {
        *self
    }
    fn sort(items: &mut [K]) {
        items.sort_unstable();
    }
}

/// A key with the weight of its row.
#[derive(Debug, Clone, Copy)]
pub struct Weighted<K> {
    /// The key.
    pub key: K,
    /// The weight.
    pub weight: f64,
}

impl<K: Key> Item for Weighted<K> {
    type Key = K;
    #[inline]
    fn key(&self) -> K {
        self.key
    }
    fn sort(items: &mut [Self]) {
        items.sort_by_key(|item| item.key);
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

/// Rows whose labels are decoded at a time.
const STEP: usize = 1024;

/// Rows per bucket aimed at: two classes of 8-byte keys then take a quarter of a 64 KiB cache.
const BUCKET_ROWS: usize = 1 << 11;

/// The scatter keeps a cache line per bucket and class at hand. At 10^7 rows, 2^8, 2^9, 2^10 and 2^11 buckets took 250,
/// 225, 235 and 255 ms of processor time, ordering included: fewer lines are moved faster, shorter buckets sorted faster.
const MAX_BUCKETS: usize = 1 << 9;

/// The scatter keeps a histogram per stripe of rows, so there are few stripes.
const MAX_STRIPES: usize = 64;

/// Rows looked at to choose how scores are dealt.
const SAMPLE: usize = 1 << 12;

/// How scores are dealt to buckets: by equal steps of their value, or of their key.
///
/// Steps of value even out what spreads over a range (logits, probabilities); steps of key, which follow the exponent of
/// a float, what spreads over orders of magnitude (probabilities of rare classes). A sample of the rows says which is
/// more even. Both are monotone, so a bad choice costs time, never correctness. Steps of key over the range between the
/// extremes were tried first: normally distributed scores straddle zero, so that all exponents lie in the range in use,
/// and nine tenths of the rows fell in 6 of 2,048 buckets.
#[derive(Clone, Copy)]
enum Dealer {
    Value { low: f64, scale: f64, last: usize },
    Key { low: u64, shift: u32, last: usize },
}

impl Dealer {
    fn new<S: Score>(scores: &[S], buckets: usize) -> Self {
        let last = buckets - 1;
        let sampled = SAMPLE.min(scores.len());
        if last == 0 || sampled == 0 {
            return Dealer::Key { low: 0, shift: u64::BITS - 1, last: 0 };
        }
        let mut sample: Vec<S> = (0..sampled).map(|i| scores[i * (scores.len() / sampled)]).collect();
        sample.sort_unstable_by_key(|score| score.key());
        // The outermost values say more of outliers than of the range; the end buckets take whatever lies beyond.
        let margin = sampled / 512;
        let (low, high) = (sample[margin], sample[sampled - 1 - margin]);
        let width = high.widen() - low.widen();
        let scale = if width > 0.0 && width.is_finite() { buckets as f64 / width } else { 0.0 };
        let (low, low_key) = (low.widen(), low.key().bits());
        let used = u64::BITS - (high.key().bits() - low_key).leading_zeros();
        let shift = used.saturating_sub(buckets.trailing_zeros()).min(u64::BITS - 1);
        let candidates = [Dealer::Value { low, scale, last }, Dealer::Key { low: low_key, shift, last }];
        let unevenness = candidates.map(|dealer| {
            let runs = sample.chunk_by(|a, b| dealer.bucket(*a) == dealer.bucket(*b));
            runs.map(|run| run.len() * run.len()).sum::<usize>()
        });
        candidates[usize::from(unevenness[1] < unevenness[0])]
    }

    /// The bucket of a score. Whatever is not a number goes to 0.
    #[inline]
    fn bucket<S: Score>(self, score: S) -> usize {
        let mut slot = [0];
        self.slots(&[score], &[1], &mut slot);
        usize::from(slot[0] / 2)
    }

    /// Writes twice the bucket of each score, plus 1 for a negative.
    #[inline]
    fn slots<S: Score>(self, scores: &[S], positive: &[u8], slots: &mut [u16]) {
        match self {
            Dealer::Value { low, scale, last } => slots_by_value(scores, positive, slots, low, scale, last as f64),
            Dealer::Key { low, shift, last } => slots_by_key(scores, positive, slots, low, shift, last as u64),
        }
    }
}

dispatched! {
    fn slots_by_value<S: Score>(scores: &[S], positive: &[u8], slots: &mut [u16], low: f64, scale: f64, last: f64) {
        for ((slot, score), positive) in slots.iter_mut().zip(scores).zip(positive) {
            let step = (score.widen() - low) * scale;
            let step = if step < last { step } else { last };
            let step = if step > 0.0 { step } else { 0.0 };
            // SAFETY: two comparisons ago it became a number between 0 and `last`, which fits 16 bits.
            let bucket = unsafe { step.to_int_unchecked::<i32>() } as u16;
            *slot = 2 * bucket + u16::from(*positive ^ 1);
        }
    }
}

dispatched! {
    fn slots_by_key<S: Score>(scores: &[S], positive: &[u8], slots: &mut [u16], low: u64, shift: u32, last: u64) {
        for ((slot, score), positive) in slots.iter_mut().zip(scores).zip(positive) {
            let bucket = (score.key().bits().saturating_sub(low) >> shift).min(last) as u16;
            *slot = 2 * bucket + u16::from(*positive ^ 1);
        }
    }
}

/// Rows on their way to their buckets.
struct Source<'a, S, F> {
    rows: BinaryRows<'a, S>,
    item: F,
    dealer: Dealer,
}

impl<S: Score, F> Source<'_, S, F> {
    /// Visits every row that takes part with its slot (bucket and class) and its item.
    fn each<I>(&self, range: Range<usize>, stop: &Stop, mut visit: impl FnMut(usize, I)) -> Result<()>
    where
        F: Fn(usize, S::Key) -> Option<I>,
    {
        let (mut positive, mut slots) = ([0u8; STEP], [0u16; STEP]);
        for start in range.clone().step_by(STEP) {
            stop.check()?;
            let scores = &self.rows.y_score[start..range.end.min(start + STEP)];
            self.rows.y_true.is_equal(self.rows.positive, start, &mut positive[..scores.len()]);
            self.dealer.slots(scores, &positive[..scores.len()], &mut slots[..scores.len()]);
            for (i, (score, slot)) in scores.iter().zip(&slots).enumerate() {
                if let Some(item) = (self.item)(start + i, score.key()) {
                    visit(usize::from(*slot), item);
                }
            }
        }
        Ok(())
    }
}

/// A pointer that the stripes of one scatter share.
struct Target<T>(*mut T);
// SAFETY: the stripes write to disjoint positions, which `scatter` computes from exact counts.
unsafe impl<T: Send> Sync for Target<T> {}

/// Rows dealt to buckets of descending score; within a bucket the positives lie before the negatives.
pub struct Buckets<I> {
    items: Vec<I>,
    /// Lengths of both classes in each bucket, highest scores first.
    sizes: Vec<[usize; 2]>,
}

/// One bucket: the items of both classes, unsorted until [`Bucket::sort`].
pub struct Bucket<'a, I> {
    /// The positives.
    pub positives: &'a mut [I],
    /// The negatives.
    pub negatives: &'a mut [I],
}

/// Deals rows to buckets. `item` makes a row's item from its index and key, or none to leave the row out.
pub fn scatter<S: Score, I: Item<Key = S::Key>>(
    rows: BinaryRows<'_, S>,
    item: impl Fn(usize, S::Key) -> Option<I> + Sync,
    stop: &Stop,
) -> Result<Buckets<I>> {
    let n = rows.y_score.len();
    check_length("y_score", n, rows.y_true.len())?;
    let buckets = (n / BUCKET_ROWS).next_power_of_two().min(MAX_BUCKETS);
    let dealer = Dealer::new(rows.y_score, buckets);
    let source = Source { rows, item, dealer };
    let stripe = chunk_len(n, MAX_STRIPES);
    let stripes: Vec<Range<usize>> = (0..n).step_by(stripe).map(|start| start..n.min(start + stripe)).collect();
    let histogram = |range: &Range<usize>| -> Result<Vec<usize>> {
        let mut counts = vec![0usize; 2 * buckets];
        source.each(range.clone(), stop, |slot, _| counts[slot] += 1)?;
        Ok(counts)
    };
    let mut offsets: Vec<Vec<usize>> = each_stripe(&stripes, histogram)?;

    // Counts become places: where each stripe's part of each slot begins. It ends where the next stripe's begins, or the
    // slot ends.
    let mut sizes = vec![[0usize; 2]; buckets];
    let mut slot_ends = vec![0usize; 2 * buckets];
    let mut next = 0;
    for (place, size) in sizes.iter_mut().enumerate() {
        for (class, count) in size.iter_mut().enumerate() {
            let slot = 2 * (buckets - 1 - place) + class;
            let start = next;
            for stripe in &mut offsets {
                next += std::mem::replace(&mut stripe[slot], next);
            }
            *count = next - start;
            slot_ends[slot] = next;
        }
    }

    let mut items: Vec<I> = Vec::with_capacity(next);
    advise_huge_pages(&mut items);
    let target = Target(items.as_mut_ptr());
    let jobs: Vec<(Range<usize>, usize)> = stripes.into_iter().zip(0..).collect();
    each_stripe(&jobs, |(range, stripe)| {
        let ends = offsets.get(stripe + 1).unwrap_or(&slot_ends);
        let mut writer = Writer::new(&target, &offsets[*stripe], ends);
        source.each(range.clone(), stop, |slot, item| writer.push(slot, item))?;
        writer.finish()
    })?;
    // SAFETY: `next` items fit the capacity, and every stripe has filled its part of every slot, or failed.
    unsafe { items.set_len(next) };
    Ok(Buckets { items, sizes })
}

/// Moves items to their slots a cache line at a time: a write to one of thousands of slots costs a miss in the
/// translation buffer, a write to the line that is gathered for it does not.
struct Writer<'a, I> {
    target: &'a Target<I>,
    starts: &'a [usize],
    ends: &'a [usize],
    next: Vec<usize>,
    lines: Vec<MaybeUninit<I>>,
    overrun: bool,
}

impl<'a, I: Item> Writer<'a, I> {
    /// Items of a cache line.
    const LINE: usize = if size_of::<I>() < 32 { 64 / size_of::<I>() } else { 2 };

    fn new(target: &'a Target<I>, starts: &'a [usize], ends: &'a [usize]) -> Self {
        let lines = vec![MaybeUninit::uninit(); starts.len() * Self::LINE];
        Writer { target, starts, ends, next: starts.to_vec(), lines, overrun: false }
    }

    #[inline]
    fn push(&mut self, slot: usize, item: I) {
        let next = &mut self.next[slot];
        self.lines[slot * Self::LINE + *next % Self::LINE].write(item);
        *next += 1;
        if next.is_multiple_of(Self::LINE) {
            let end = *next;
            self.write(slot, end);
        }
    }

    /// Writes the line of a slot that ends before `end`.
    #[inline]
    fn write(&mut self, slot: usize, end: usize) {
        if end > self.ends[slot] {
            self.overrun = true;
            return;
        }
        let line = (end - 1) / Self::LINE * Self::LINE;
        let start = line.max(self.starts[slot]);
        let from = &self.lines[slot * Self::LINE + (start - line)..slot * Self::LINE + (end - line)];
        // SAFETY: `start..end` lies between the start and the end of this stripe's part of the slot, which nobody else
        // writes to, and `push` has filled the line from `start` on.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr().cast(), self.target.0.add(start), from.len()) };
    }

    /// Writes what is left, and makes sure that every part is full: it is not where the input was changed by another
    /// thread between the two passes.
    fn finish(mut self) -> Result<()> {
        for slot in 0..self.next.len() {
            let end = self.next[slot];
            if !end.is_multiple_of(Self::LINE) && end > self.starts[slot] {
                self.write(slot, end);
            }
        }
        if self.overrun || self.next != self.ends { Err(Error::Changed) } else { Ok(()) }
    }
}

/// Asks for large pages: thousands of slots then share few entries of the translation buffer, and fresh memory is
/// cleared 2 MiB at a time.
fn advise_huge_pages<T>(memory: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        const HUGE: usize = 1 << 21;
        let start = (memory.as_mut_ptr() as usize).next_multiple_of(HUGE);
        let end = (memory.as_mut_ptr() as usize + memory.capacity() * size_of::<T>()) / HUGE * HUGE;
        if end > start {
            // SAFETY: advice on whole pages inside an allocation that this function's caller owns; contents do not
            // change, and a refusal does not matter.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// Maps every stripe, in parallel where there is more than one.
fn each_stripe<J: Sync, T: Send>(jobs: &[J], run: impl Fn(&J) -> Result<T> + Sync + Send) -> Result<Vec<T>> {
    if jobs.len() <= 1 { jobs.iter().map(run).collect() } else { jobs.par_iter().with_max_len(1).map(run).collect() }
}

impl<I: Item> Buckets<I> {
    /// How many positives and negatives lie in each bucket, highest scores first.
    pub fn sizes(&self) -> &[[usize; 2]] {
        &self.sizes
    }

    /// Visits every bucket with its payload, in parallel; results in order of descending score.
    pub fn map<T: Send, P: Send>(
        &mut self,
        payloads: impl IntoIterator<Item = T>,
        stop: &Stop,
        visit: impl Fn(Bucket<'_, I>, T) -> Result<P> + Sync + Send,
    ) -> Result<Vec<P>> {
        let len = self.items.len();
        let mut rest = self.items.as_mut_slice();
        let mut jobs = Vec::with_capacity(self.sizes.len());
        for (size, payload) in self.sizes.iter().zip(payloads) {
            let (positives, tail) = std::mem::take(&mut rest).split_at_mut(size[0]);
            let (negatives, tail) = tail.split_at_mut(size[1]);
            rest = tail;
            jobs.push((Bucket { positives, negatives }, payload));
        }
        let run = |(bucket, payload)| {
            stop.check()?;
            visit(bucket, payload)
        };
        if jobs.len() <= 1 || len <= CHUNK {
            jobs.into_iter().map(run).collect()
        } else {
            jobs.into_par_iter().map(run).collect()
        }
    }
}

impl<I: Item> Bucket<'_, I> {
    /// Sorts both classes by ascending key.
    pub fn sort(&mut self, stop: &Stop) -> Result<()> {
        sort(self.positives, stop)?;
        sort(self.negatives, stop)
    }

    /// Walks the groups of equal keys of a sorted bucket, highest first.
    #[inline]
    pub fn descend(&self, mut visit: impl FnMut(I::Key, &[I], &[I])) {
        let (positives, negatives) = (&*self.positives, &*self.negatives);
        let (mut i, mut j) = (positives.len(), negatives.len());
        while i > 0 || j > 0 {
            let key = match (i, j) {
                (0, j) => negatives[j - 1].key(),
                (i, 0) => positives[i - 1].key(),
                (i, j) => positives[i - 1].key().max(negatives[j - 1].key()),
            };
            let (above, beyond) = (i, j);
            while i > 0 && positives[i - 1].key() == key {
                i -= 1;
            }
            while j > 0 && negatives[j - 1].key() == key {
                j -= 1;
            }
            visit(key, &positives[i..above], &negatives[j..beyond]);
        }
    }
}

/// Longest run that is left to the standard library's sort. A radix partition to runs of 2 to 8 keys with insertion sort
/// behind it was tried in its place: no faster for keys of 8 bytes (11 ns each, both), a quarter faster for weighted ones.
const SMALL: usize = 1 << 15;

/// Parts of a run that is longer.
const PARTS: usize = 1 << 8;

/// Sorts by key, stably where items can be told apart. Long runs (skewed scores) are first dealt to parts of equal key
/// range, so that the standard sort works in cache, a stop is noticed, and idle threads take parts over.
fn sort<I: Item>(items: &mut [I], stop: &Stop) -> Result<()> {
    stop.check()?;
    if items.len() <= SMALL {
        I::sort(items);
        return Ok(());
    }
    let keys = items.iter().map(|item| item.key().bits());
    let (low, high) = keys.fold((u64::MAX, 0), |(low, high), key| (low.min(key), high.max(key)));
    if low == high {
        return Ok(());
    }
    // The highest bits in which the keys differ: a range of at most 2^64 over 2^8 parts.
    let shift = (u64::BITS - (high - low).leading_zeros()).saturating_sub(PARTS.trailing_zeros());
    let part = |item: &I| ((item.key().bits() - low) >> shift) as usize;
    let mut part_sizes = [0usize; PARTS];
    for item in items.iter() {
        part_sizes[part(item)] += 1;
    }
    let mut start = 0;
    let mut next = part_sizes.map(|size| {
        start += size;
        start - size
    });
    let unordered = items.to_vec();
    for item in unordered {
        let slot = &mut next[part(&item)];
        items[*slot] = item;
        *slot += 1;
    }
    let mut parts = Vec::with_capacity(PARTS);
    let mut rest = items;
    for size in part_sizes {
        let (items, tail) = rest.split_at_mut(size);
        rest = tail;
        parts.push(items);
    }
    parts.into_par_iter().try_for_each(|items| sort(items, stop))
}

/// Which value of a column is asked for, in terms of its distribution.
///
/// With the values in ascending order and their weights (1 each, where there are none) added up along them, it is the
/// first value at which the sum reaches `share` of the total; the mean of that value and the next one of nonzero weight
/// where the sum exceeds that share by no more than `slack`. This is definition 2 of Hyndman and Fan (1996).
#[derive(Debug, Clone, Copy)]
pub struct Quantile {
    /// The share of the weight, from 0 to 1.
    pub share: f64,
    /// What counts as no excess.
    pub slack: f64,
}

impl Quantile {
    fn target(self, total: f64) -> f64 {
        let target = self.share * total;
        // No share at all is reached by the first row that weighs anything.
        if target == 0.0 { f64::from_bits(1) } else { target }
    }
}

/// Rows that are ordered at the end of a selection, at most; more are first narrowed to those near the quantile.
const NEAR: usize = 1 << 12;

/// Parts that a range of keys is cut into per pass.
const BINS: usize = 1 << 11;

/// Rows looked at to guess where a quantile lies, and how far from it, in shares of the weight, the guess reaches to
/// both sides: three standard deviations of the median of so many rows.
const GUESS: usize = 1 << 10;
const MARGIN: f64 = 0.05;

/// The rows whose keys lie between two bounds, among which the quantile is.
#[derive(Clone, Copy)]
struct Part {
    low: u64,
    high: u64,
    rows: usize,
    /// What the rows of lower keys weigh.
    below: Sum,
    /// What the rows below and those of the part weigh.
    end: f64,
}

/// A column of numbers with an optional weight for each.
struct Column<'a, F> {
    rows: usize,
    value: F,
    weights: Option<&'a [f64]>,
}

/// A quantile of `rows` values, none of them NaN.
///
/// Linear time: a sample tells where the quantile should lie, one pass counts (and weighs) what falls into each of some
/// two thousand parts of that range, and a second one picks the few rows of the part that holds it. A range that the
/// sample got wrong, or that is crowded, is cut again, each time to a two thousandth of its keys, so that six passes are
/// the most there can be. Scratch memory does not grow with the number of rows. Weights of which some are negative add
/// up to no distribution; then all rows are ordered, and the sums searched by bisection for what it may find there.
pub fn quantile(
    rows: usize,
    value: impl Fn(usize) -> f64 + Sync,
    weights: Option<&[f64]>,
    wanted: Quantile,
    stop: &Stop,
) -> Result<f64> {
    let column = Column { rows, value, weights };
    if rows == 0 {
        return Ok(f64::NAN);
    }
    let (total, distribution) = column.total(stop)?;
    let target = wanted.target(total);
    let mut part = Part { low: 0, high: u64::MAX, rows, below: Sum::default(), end: total };
    if distribution && rows > NEAR {
        let mut guess = column.guess(wanted.share);
        while part.rows > NEAR && part.low < part.high {
            part = column.narrow(part, guess.take().unwrap_or((part.low, part.high)), target, stop)?;
        }
    }
    if part.low == part.high {
        let next = column.pick(part.high, |_, _| None::<()>, stop)?.1;
        let value = f64::from_key(part.low);
        return Ok(if part.end - target > wanted.slack { value } else { midpoint(part.low, next) });
    }
    let inside = part.low..=part.high;
    if weights.is_some() {
        let item = |i, key| inside.contains(&key).then(|| Weighted { key, weight: column.weight(i) });
        let (items, next) = column.pick(part.high, item, stop)?;
        let whole = part.rows == rows;
        let target = |end: f64| if whole { wanted.target(end) } else { target };
        return weighted_quantile(items, part.below.value(), next, target, wanted.slack);
    }
    let (mut keys, next) = column.pick(part.high, |_, key| inside.contains(&key).then_some(key), stop)?;
    let place = (target.ceil().max(1.0) as usize).min(rows) - 1;
    let excess = (place + 1) as f64 - target;
    let nth = place.checked_sub(part.below.value() as usize).filter(|nth| *nth < keys.len()).ok_or(Error::Changed)?;
    let (_, &mut key, above) = keys.select_nth_unstable(nth);
    let next = above.iter().min().copied().or(next);
    Ok(if excess > wanted.slack { f64::from_key(key) } else { midpoint(key, next) })
}

/// The mean of a value and the next one; the value itself where there is none.
fn midpoint(key: u64, next: Option<u64>) -> f64 {
    let value = f64::from_key(key);
    next.map_or(value, |next| (value + f64::from_key(next)) / 2.0)
}

/// Searches the sums of the weights of all rows near a quantile.
fn weighted_quantile(
    mut items: Vec<Weighted<u64>>,
    below: f64,
    next: Option<u64>,
    target: impl Fn(f64) -> f64,
    slack: f64,
) -> Result<f64> {
    Weighted::sort(&mut items);
    let mut sum = below;
    let sums: Vec<f64> = items
        .iter()
        .map(|item| {
            sum += item.weight;
            sum
        })
        .collect();
    let Some(last) = sums.len().checked_sub(1) else { return Err(Error::Changed) };
    let target = target(sums[last]);
    let at = bisect(&sums, |sum| sum < target).min(last);
    if sums[at] - target > slack {
        return Ok(f64::from_key(items[at].key));
    }
    // The next row, or, where that weighs nothing, the next one that does.
    let after = match items.get(at + 1) {
        Some(item) if item.weight != 0.0 => Some(item.key),
        Some(_) => items.get(bisect(&sums, |sum| sum <= sums[at])).map(|item| item.key).or(next),
        None => next,
    };
    Ok(midpoint(items[at].key, after))
}

/// The first place that is not `before`, by halving the interval. `partition_point` would do where `sums` ascend; where
/// they do not, what is found depends on the places looked at.
fn bisect(sums: &[f64], before: impl Fn(f64) -> bool) -> usize {
    let (mut low, mut high) = (0, sums.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if before(sums[middle]) { low = middle + 1 } else { high = middle }
    }
    low
}

impl<F: Fn(usize) -> f64 + Sync> Column<'_, F> {
    #[inline]
    fn key(&self, i: usize) -> u64 {
        (self.value)(i).key()
    }

    #[inline]
    fn weight(&self, i: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[i])
    }

    /// What all rows weigh, and whether no weight is negative.
    fn total(&self, stop: &Stop) -> Result<(f64, bool)> {
        let Some(weights) = self.weights else { return Ok((self.rows as f64, true)) };
        check_length("sample_weight", weights.len(), self.rows)?;
        let update = |(sum, low): &mut (Sum, f64), rows: Range<usize>| {
            for weight in &weights[rows] {
                sum.add(*weight);
                *low = low.min(*weight);
            }
        };
        let merge = |a: &mut (Sum, f64), b: (Sum, f64)| {
            a.0.merge(b.0);
            a.1 = a.1.min(b.1);
        };
        let (sum, low) = fold(self.rows, MAX_CHUNKS, stop, || (Sum::default(), 0.0), update, merge)?;
        Ok((sum.value(), low >= 0.0))
    }

    /// Keys between which a sample has the quantile.
    fn guess(&self, share: f64) -> Option<(u64, u64)> {
        let step = self.rows / GUESS;
        let mut sample: Vec<Weighted<u64>> =
            (0..GUESS).map(|i| i * step).map(|i| Weighted { key: self.key(i), weight: self.weight(i) }).collect();
        Weighted::sort(&mut sample);
        let total: f64 = sample.iter().map(|item| item.weight).sum();
        let reach = |share: f64| {
            let mut sum = 0.0;
            let reached = |item: &&Weighted<u64>| {
                sum += item.weight;
                sum >= share * total
            };
            sample.iter().find(reached).map(|item| item.key)
        };
        let low = if share > MARGIN { reach(share - MARGIN) } else { Some(0) };
        let high = if share < 1.0 - MARGIN { reach(share + MARGIN) } else { Some(u64::MAX) };
        Some((low?, high?)).filter(|(low, high)| low <= high)
    }

    /// The piece of a part that holds the quantile: of the range between `low` and `high`, cut into bins, or what lies
    /// to either side of it.
    fn narrow(&self, part: Part, (low, high): (u64, u64), target: f64, stop: &Stop) -> Result<Part> {
        let bits = u64::BITS - (high - low).leading_zeros();
        let shift = bits.saturating_sub(BINS.trailing_zeros());
        let bin = |key: u64| {
            let inner = 1 + ((key.saturating_sub(low) >> shift) as usize).min(BINS - 1);
            if key < low {
                0
            } else if key > high {
                BINS + 1
            } else {
                inner
            }
        };
        let new = || (vec![0usize; BINS + 2], vec![Sum::default(); if self.weights.is_some() { BINS + 2 } else { 0 }]);
        type Bins = (Vec<usize>, Vec<Sum>);
        let update = |(counts, sums): &mut Bins, rows: Range<usize>| {
            for i in rows {
                let key = self.key(i);
                if part.low <= key && key <= part.high {
                    let bin = bin(key);
                    counts[bin] += 1;
                    if let Some(weights) = self.weights {
                        sums[bin].add(weights[i]);
                    }
                }
            }
        };
        let merge = |a: &mut Bins, b: Bins| {
            a.0.iter_mut().zip(b.0).for_each(|(a, b)| *a += b);
            a.1.iter_mut().zip(b.1).for_each(|(a, b)| a.merge(b));
        };
        let (counts, sums) = fold(self.rows, MAX_STRIPES, stop, new, update, merge)?;
        let mut found = None;
        let mut below = part.below;
        for (bin, &rows) in counts.iter().enumerate().filter(|(_, rows)| **rows > 0) {
            let mut end = below;
            match sums.get(bin) {
                Some(sum) => end.merge(*sum),
                None => end.add(rows as f64),
            }
            let (low, high) = match bin {
                0 => (part.low, low - 1),
                bin if bin == BINS + 1 => (high + 1, part.high),
                bin => {
                    let start = low + ((bin as u64 - 1) << shift);
                    (start, high.min(start + ((1 << shift) - 1)))
                }
            };
            found = Some(Part { low, high, rows, below, end: end.value() });
            if end.value() >= target {
                break;
            }
            below = end;
        }
        found.ok_or(Error::Changed)
    }

    /// What `item` makes of the rows, in their order, and the lowest key above `high` that weighs anything.
    fn pick<I: Send>(
        &self,
        high: u64,
        item: impl Fn(usize, u64) -> Option<I> + Sync,
        stop: &Stop,
    ) -> Result<(Vec<I>, Option<u64>)> {
        type Picked<I> = (Vec<I>, Option<u64>);
        let lower = |a: Option<u64>, b: u64| Some(a.map_or(b, |a| a.min(b)));
        let update = |(items, next): &mut Picked<I>, rows: Range<usize>| {
            for i in rows {
                let key = self.key(i);
                if key > high {
                    if next.is_none_or(|next| key < next) && self.weight(i) != 0.0 {
                        *next = Some(key);
                    }
                } else {
                    items.extend(item(i, key));
                }
            }
        };
        let merge = |a: &mut Picked<I>, b: Picked<I>| {
            a.0.extend(b.0);
            a.1 = b.1.map_or(a.1, |b| lower(a.1, b));
        };
        fold(self.rows, MAX_CHUNKS, stop, || (Vec::new(), None), update, merge)
    }
}

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

use std::ops::Range;

use rayon::prelude::*;

use crate::error::{Result, check_length};
use crate::fold::{CHUNK, Stop, chunk_len};
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

/// More buckets than this and the scatter's write positions no longer fit the second-level cache.
const MAX_BUCKETS: usize = 1 << 11;

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

    /// The bucket of a score. A cast from float saturates, and takes what is not a number to 0.
    #[inline]
    fn bucket<S: Score>(self, score: S) -> usize {
        match self {
            Dealer::Value { low, scale, last } => (((score.widen() - low) * scale) as usize).min(last),
            Dealer::Key { low, shift, last } => ((score.key().bits().saturating_sub(low) >> shift) as usize).min(last),
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
        let mut positive = [0u8; STEP];
        for start in range.clone().step_by(STEP) {
            stop.check()?;
            let scores = &self.rows.y_score[start..range.end.min(start + STEP)];
            let positive = &mut positive[..scores.len()];
            self.rows.y_true.is_equal(self.rows.positive, start, positive);
            for (i, (score, positive)) in scores.iter().zip(positive).enumerate() {
                let key = score.key();
                if let Some(item) = (self.item)(start + i, key) {
                    visit(2 * self.dealer.bucket(*score) + usize::from(*positive == 0), item);
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

    let mut sizes = vec![[0usize; 2]; buckets];
    let mut next = 0;
    for (place, size) in sizes.iter_mut().enumerate() {
        let bucket = buckets - 1 - place;
        for class in 0..2 {
            let start = next;
            for stripe in &mut offsets {
                let slot = &mut stripe[2 * bucket + class];
                next += std::mem::replace(slot, next);
            }
            size[class] = next - start;
        }
    }

    let mut items: Vec<I> = Vec::with_capacity(next);
    let target = Target(items.as_mut_ptr());
    let jobs: Vec<(Range<usize>, Vec<usize>)> = stripes.into_iter().zip(offsets).collect();
    each_stripe(&jobs, |(range, offsets)| {
        let target = &target;
        let mut offsets = offsets.clone();
        source.each(range.clone(), stop, |slot, item| {
            // SAFETY: the histogram pass counted exactly the rows that this pass visits, so every offset lies in the
            // part of the allocation that belongs to this stripe, bucket and class alone.
            unsafe { target.0.add(offsets[slot]).write(item) };
            offsets[slot] += 1;
        })
    })?;
    // SAFETY: `next` items fit the capacity, and each was written by exactly one stripe above.
    unsafe { items.set_len(next) };
    Ok(Buckets { items, sizes })
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

/// Longest run that is left to the standard library's sort.
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

//! Sorting a bucket in cache.

use super::Item;
use super::buckets::spread;
use super::dealer::{Dealer, MAX_PARTS};
use crate::dispatched;
use crate::scalar::Score;

/// Items of a part aimed at.
const PART: usize = 8;

/// Runs of at most this many items are not dealt to parts.
const FEW: usize = 64;

/// The memory of a thread that sorts buckets.
pub struct Sorter<I> {
    raw: Vec<I>,
    sorted: [Vec<I>; 2],
    parts: Vec<u16>,
    counts: Vec<[u32; 2]>,
}

impl<I> Default for Sorter<I> {
    fn default() -> Self {
        Sorter { raw: Vec::new(), sorted: [Vec::new(), Vec::new()], parts: Vec::new(), counts: Vec::new() }
    }
}

/// Both classes of a bucket in ascending order.
#[derive(Clone, Copy)]
pub struct Sorted<'a, I> {
    /// The positives.
    pub positives: &'a [I],
    /// The negatives.
    pub negatives: &'a [I],
}

impl<I: Item> Sorter<I> {
    pub(super) fn sort<'a>(
        &mut self,
        positives: impl Iterator<Item = &'a [I]>,
        negatives: impl Iterator<Item = &'a [I]>,
        size: [usize; 2],
    ) -> Sorted<'_, I>
    where
        I: 'a,
    {
        self.sort_class(0, positives, size[0]);
        self.sort_class(1, negatives, size[1]);
        Sorted { positives: &self.sorted[0], negatives: &self.sorted[1] }
    }

    fn sort_class<'a>(&mut self, class: usize, runs: impl Iterator<Item = &'a [I]>, rows: usize)
    where
        I: 'a,
    {
        let out = &mut self.sorted[class];
        out.clear();
        out.reserve(rows);
        if rows <= FEW {
            runs.for_each(|run| out.extend_from_slice(run));
            I::sort(out);
            return;
        }
        self.raw.clear();
        runs.for_each(|run| self.raw.extend_from_slice(run));
        let (low, high) = extremes(&self.raw);
        if low.key() == high.key() || rows > u32::MAX as usize {
            out.extend_from_slice(&self.raw);
            if low.key() != high.key() {
                I::sort(out);
            }
            return;
        }
        let parts = (rows / PART).next_power_of_two().min(MAX_PARTS);
        let dealer = Dealer::between(low, high, parts, false);
        self.parts.resize(rows, 0);
        deal(dealer, &self.raw, &mut self.parts);
        self.counts.resize(parts, [0; 2]);
        spread(&self.parts, &mut self.counts, &mut out.spare_capacity_mut()[..rows], |i| self.raw[i]);
        // SAFETY: `spread` has filled as many items.
        unsafe { out.set_len(rows) };
        let mut start = 0;
        for count in &self.counts {
            let end = count[1] as usize;
            if end - start > 1 {
                sort_few(&mut out[start..end]);
            }
            start = end;
        }
    }
}

/// Sorts what fell in one part, usually a handful, by insertion; stable.
#[inline]
pub(super) fn sort_few<I: Item>(items: &mut [I]) {
    if items.len() > 24 {
        I::sort(items);
        return;
    }
    for i in 1..items.len() {
        let item = items[i];
        let mut j = i;
        while j > 0 && items[j - 1].score() > item.score() {
            items[j] = items[j - 1];
            j -= 1;
        }
        items[j] = item;
    }
}

dispatched! {
    fn deal_items<I: Item>(items: &[I], scores: &mut [I::Score]) {
        for (score, item) in scores.iter_mut().zip(items) {
            *score = item.score();
        }
    }
}

/// Writes the part of each item.
fn deal<I: Item>(dealer: Dealer, items: &[I], parts: &mut [u16]) {
    let mut scores = [items[0].score(); 256];
    for (items, parts) in items.chunks(256).zip(parts.chunks_mut(256)) {
        deal_items(items, &mut scores[..items.len()]);
        dealer.deal(&scores[..items.len()], parts);
    }
}

dispatched! {
    /// The lowest and the highest score of at least one item.
    pub(super) fn extremes<I: Item>(items: &[I]) -> (I::Score, I::Score) {
        let first = items[0].score();
        let (mut low, mut high) = ([first; 8], [first; 8]);
        let (whole, rest) = items.as_chunks::<8>();
        for items in whole {
            for i in 0..8 {
                low[i] = if items[i].score() < low[i] { items[i].score() } else { low[i] };
            }
            for i in 0..8 {
                high[i] = if items[i].score() > high[i] { items[i].score() } else { high[i] };
            }
        }
        let scores = rest.iter().map(Item::score);
        (
            scores.clone().chain(low).fold(first, |a, b| if b < a { b } else { a }),
            scores.chain(high).fold(first, |a, b| if b > a { b } else { a }),
        )
    }
}

impl<I: Item> Sorted<'_, I> {
    /// Walks the groups of equal scores, highest first.
    #[inline]
    pub fn descend(&self, mut visit: impl FnMut(I::Score, &[I], &[I])) {
        let (positives, negatives) = (self.positives, self.negatives);
        let key = |items: &[I], end: usize| end.checked_sub(1).map(|last| items[last].score().key());
        let (mut i, mut j) = (positives.len(), negatives.len());
        while let Some(top) = key(positives, i).max(key(negatives, j)) {
            let (above, beyond) = (i, j);
            while key(positives, i) == Some(top) {
                i -= 1;
            }
            while key(negatives, j) == Some(top) {
                j -= 1;
            }
            visit(I::Score::from_key(top), &positives[i..above], &negatives[j..beyond]);
        }
    }
}

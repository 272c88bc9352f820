//! Dealing rows to buckets of descending score, a tile at a time.

use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;

use super::dealer::Dealer;
use super::scratch::Scratch;
use super::{BinaryRows, Indexed, Item, Sorted, Sorter, Tagged, Weighted};
use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{CHUNK, Stop};
use crate::scalar::Score;

/// Rows whose labels are decoded at a time.
const STEP: usize = 1024;

/// Rows per bucket aimed at.
const BUCKET_ROWS: usize = 1 << 11;

/// Buckets at most.
const MAX_BUCKETS: usize = 1 << 9;

/// Rows looked at to choose how scores are dealt.
const SAMPLE: usize = 1 << 12;

/// A bucket of more rows than this, and of [`SKEW`] times its share, is dealt again.
const LARGE: usize = 1 << 17;
const SKEW: usize = 4;

/// How often at most.
const MAX_DEPTH: usize = 4;

/// Rows of a tile that fall in one bucket, aimed at where a bucket is dealt again.
const RUN: usize = 32;

/// Rows of a tile: it fills half a second-level cache of 512 KiB, and places in it take 16 bits.
pub(super) const fn tile_rows<I>() -> usize {
    let rows = (1 << 18) / size_of::<I>();
    if rows < 1 << 15 { rows } else { 1 << 15 }
}

/// Tiles that were dealt in the same way. Within a tile lie, for each bucket from the lowest scores up, its positives
/// and its negatives.
struct Level {
    /// Where each tile begins.
    tiles: Vec<usize>,
    /// Slots of a tile: two per bucket, and one for rows that are left out.
    slots: usize,
    /// Where each slot of each tile begins, counted from the tile's begin.
    starts: Vec<u16>,
}

impl Level {
    /// The items of consecutive slots of a tile.
    #[inline]
    fn span(&self, tile: usize, slots: Range<usize>) -> Range<usize> {
        let (base, starts) = (self.tiles[tile], &self.starts[tile * self.slots..(tile + 1) * self.slots]);
        base + usize::from(starts[slots.start])..base + usize::from(starts[slots.end])
    }

    /// How many items the two slots of each bucket hold over all tiles.
    fn sizes(&self) -> Vec<[usize; 2]> {
        let mut sizes = vec![[0; 2]; self.slots / 2];
        for starts in self.starts.chunks_exact(self.slots) {
            for (size, start) in sizes.as_flattened_mut().iter_mut().zip(starts.windows(2)) {
                *size += usize::from(start[1] - start[0]);
            }
        }
        sizes
    }
}

/// Where a bucket lies: in every tile of a level.
#[derive(Clone, Copy)]
struct Place {
    level: usize,
    bucket: usize,
    size: [usize; 2],
}

impl Place {
    fn rows(&self) -> usize {
        self.size[0] + self.size[1]
    }
}

/// Rows dealt to buckets of descending score, by class.
pub struct Buckets<I: Item> {
    items: Scratch<I>,
    len: usize,
    levels: Vec<Level>,
    /// Highest scores first.
    places: Vec<Place>,
}

/// What threads need to work with, one at a time: rayon's own `map_init` makes one anew for every job.
struct Tools<W>(Mutex<Vec<W>>);

impl<W> Tools<W> {
    fn new() -> Self {
        Tools(Mutex::new(Vec::new()))
    }

    /// Does a job with tools that lie idle, or new ones.
    fn lend<T>(&self, new: impl FnOnce() -> W, job: impl FnOnce(&mut W) -> T) -> T {
        let idle = self.0.lock().ok().and_then(|mut idle| idle.pop());
        let mut tools = idle.unwrap_or_else(new);
        let result = job(&mut tools);
        if let Ok(mut idle) = self.0.lock() {
            idle.push(tools);
        }
        result
    }
}

/// A pointer that threads share.
pub(super) struct Target<T>(pub(super) *mut T);
// SAFETY: who writes through it says why nobody else reads or writes the same place.
unsafe impl<T: Send> Sync for Target<T> {}

/// What a thread needs to deal a tile.
struct Dealing<I> {
    positive: Vec<u8>,
    slots: Vec<u16>,
    counts: Vec<[u32; 2]>,
    stage: Vec<MaybeUninit<I>>,
}

impl<I: Item> Dealing<I> {
    fn new(rows: usize, slots: usize) -> Self {
        let rows = rows.min(tile_rows::<I>());
        Dealing {
            positive: vec![0; rows.min(STEP)],
            slots: vec![0; rows],
            counts: vec![[0; 2]; slots],
            stage: vec![MaybeUninit::uninit(); rows],
        }
    }

    /// Orders the items of a tile by the slots that the first `rows` entries of `self.slots` hold; where each begins.
    fn deal(&mut self, rows: usize, item: impl Fn(usize) -> I, starts: &mut [u16], to: *mut I) {
        let stage = &mut self.stage[..rows];
        spread(&self.slots[..rows], &mut self.counts, stage, item);
        let mut end = 0;
        for (start, count) in starts.iter_mut().zip(&self.counts) {
            *start = end as u16;
            end = count[1];
        }
        // SAFETY: the caller owns `rows` items there; `spread` has filled as many.
        unsafe { std::ptr::copy_nonoverlapping(stage.as_ptr().cast(), to, rows) };
    }
}

/// A stable counting sort: item `i` goes to the end of slot `slots[i]`. Leaves in `counts` where each slot's items of
/// the first half of the rows end, and those of the second half, which lie behind.
///
/// The halves are counted and moved side by side: a counter that was just written takes several cycles to be read, and
/// neighbouring rows of ordered input need the same one.
pub(super) fn spread<I: Copy>(
    slots: &[u16],
    counts: &mut [[u32; 2]],
    out: &mut [MaybeUninit<I>],
    item: impl Fn(usize) -> I,
) {
    assert!(out.len() >= slots.len());
    counts.fill([0; 2]);
    let half = slots.len() / 2;
    let (first, second) = slots.split_at(half);
    for (a, b) in first.iter().zip(second) {
        counts[usize::from(*a)][0] += 1;
        counts[usize::from(*b)][1] += 1;
    }
    if let Some(b) = second.get(half) {
        counts[usize::from(*b)][1] += 1;
    }
    let mut end = 0;
    for count in counts.as_flattened_mut() {
        end += std::mem::replace(count, end);
    }
    let mut place = |i: usize, half: usize| {
        // SAFETY: `i` is a row, its slot was a legal index while counting, and the places of a slot's items add up to
        // the number of rows at most, which `out` holds.
        unsafe {
            let next = counts.get_unchecked_mut(usize::from(*slots.get_unchecked(i))).get_unchecked_mut(half);
            out.get_unchecked_mut(*next as usize).write(item(i));
            *next += 1;
        }
    };
    for i in 0..half {
        place(i, 0);
        place(half + i, 1);
    }
    if 2 * half < slots.len() {
        place(2 * half, 1);
    }
}

dispatched! {
    /// Parts become slots.
    fn split_by_class(slots: &mut [u16], positive: &[u8]) {
        for (slot, positive) in slots.iter_mut().zip(positive) {
            *slot = 2 * *slot + u16::from(*positive ^ 1);
        }
    }
}

dispatched! {
    /// Rows of weight zero are left out.
    fn leave_out(slots: &mut [u16], weights: &[f64], last: u16) {
        for (slot, weight) in slots.iter_mut().zip(weights) {
            *slot = if *weight == 0.0 { last } else { *slot };
        }
    }
}

/// Deals rows to buckets.
pub fn scatter<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Buckets<S>> {
    deal(rows, None, |i| rows.y_score[i], stop)
}

/// Deals weighted rows to buckets; rows of weight zero are left out.
pub fn scatter_weighted<S: Score>(
    rows: BinaryRows<'_, S>,
    weights: &[f64],
    stop: &Stop,
) -> Result<Buckets<Weighted<S>>> {
    check_length("sample_weight", weights.len(), rows.y_score.len())?;
    deal(rows, Some(weights), |i| Tagged { score: rows.y_score[i], tag: weights[i] }, stop)
}

/// Deals rows to buckets with their numbers, which take 32 bits.
pub fn scatter_indexed<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<Buckets<Indexed<S>>> {
    if rows.y_score.len() > u32::MAX as usize {
        return Err(Error::TooLong);
    }
    deal(rows, None, |i| Tagged { score: rows.y_score[i], tag: i as u32 }, stop)
}

fn deal<S: Score, I: Item<Score = S>>(
    rows: BinaryRows<'_, S>,
    weights: Option<&[f64]>,
    item: impl Fn(usize) -> I + Sync,
    stop: &Stop,
) -> Result<Buckets<I>> {
    let scores = rows.y_score;
    let n = scores.len();
    check_length("y_score", n, rows.y_true.len())?;
    let buckets = (n / BUCKET_ROWS).next_power_of_two().min(MAX_BUCKETS);
    let sampled = if buckets > 1 { SAMPLE.min(n) } else { 0 };
    let mut sample: Vec<S> = (0..sampled).map(|i| scores[i * (n / sampled)]).collect();
    let dealer = Dealer::for_sample(&mut sample, buckets);
    let slots = 2 * dealer.map_or(1, Dealer::parts) + 1;

    let mut items: Scratch<I> = Scratch::new(n);
    let target = Target(items.as_mut_ptr());
    let tile = tile_rows::<I>();
    let tiles: Vec<usize> = (0..n).step_by(tile).collect();
    let mut starts = vec![0u16; tiles.len() * slots];
    let run = |work: &mut Dealing<I>, (start, starts): (&usize, &mut [u16])| -> Result<()> {
        stop.check()?;
        let range = *start..n.min(start + tile);
        for begin in range.clone().step_by(STEP) {
            let scores = &scores[begin..range.end.min(begin + STEP)];
            let slots = &mut work.slots[begin - range.start..][..scores.len()];
            let positive = &mut work.positive[..scores.len()];
            rows.y_true.is_equal(rows.positive, begin, positive);
            match dealer {
                Some(dealer) => dealer.deal(scores, slots),
                None => slots.fill(0),
            }
            split_by_class(slots, positive);
            if let Some(weights) = weights {
                leave_out(slots, &weights[begin..begin + scores.len()], work.counts.len() as u16 - 1);
            }
        }
        // SAFETY: the rows of this tile have this part of `items`, and nobody else has it.
        let to = unsafe { { &target }.0.add(range.start) };
        work.deal(range.len(), |i| item(range.start + i), starts, to);
        Ok(())
    };
    let jobs = tiles.iter().zip(starts.chunks_mut(slots));
    if n <= CHUNK {
        let mut work = Dealing::new(n, slots);
        jobs.into_iter().try_for_each(|job| run(&mut work, job))?;
    } else {
        let jobs: Vec<_> = jobs.collect();
        let tools = Tools::new();
        let run = |job| tools.lend(|| Dealing::new(n, slots), |work| run(work, job));
        jobs.into_par_iter().with_max_len(1).map(run).collect::<Result<()>>()?;
    }
    let level = Level { tiles, slots, starts };
    let mut dealt = Buckets { items, len: n, levels: Vec::new(), places: Vec::new() };
    dealt.add_level(level, 0, stop)?;
    Ok(dealt)
}

impl<I: Item> Buckets<I> {
    /// Adds the buckets of a level; those that hold far more than their share are dealt again, into further ones.
    fn add_level(&mut self, level: Level, depth: usize, stop: &Stop) -> Result<()> {
        let sizes = level.sizes();
        let number = self.levels.len();
        let rows: usize = sizes.as_flattened().iter().sum();
        let limit = LARGE.max(SKEW * rows / sizes.len());
        self.levels.push(level);
        for (bucket, size) in sizes.into_iter().enumerate().rev() {
            let place = Place { level: number, bucket, size };
            if place.rows() > limit
                && depth < MAX_DEPTH
                && let Some(level) = self.deal_again(place, stop)?
            {
                self.add_level(level, depth + 1, stop)?;
                continue;
            }
            self.places.push(place);
        }
        Ok(())
    }

    /// Deals the items of a bucket to the tiles that they lie in; none where a sample holds a single score.
    fn deal_again(&mut self, place: Place, stop: &Stop) -> Result<Option<Level>> {
        let level = &self.levels[place.level];
        let both = 2 * place.bucket..2 * place.bucket + 2;
        let spans = (0..level.tiles.len()).map(|tile| (tile, level.span(tile, both.clone())));
        let runs: Vec<(usize, Range<usize>)> = spans.filter(|(_, span)| !span.is_empty()).collect();
        let bucket = Bucket { buckets: self, place };
        let step = place.rows().div_ceil(SAMPLE);
        let mut sample: Vec<I::Score> = Vec::with_capacity(SAMPLE);
        let mut seen = 0;
        for run in [0, 1].into_iter().flat_map(|class| bucket.runs(class)) {
            let skip = (step - seen % step) % step;
            sample.extend(run.iter().skip(skip).step_by(step).map(Item::score));
            seen += run.len();
        }
        let buckets = (place.rows() / runs.len() / RUN).next_power_of_two().clamp(2, MAX_BUCKETS);
        let Some(dealer) = Dealer::for_sample(&mut sample, buckets) else { return Ok(None) };
        let slots = 2 * dealer.parts() + 1;
        let mut starts = vec![0u16; runs.len() * slots];
        let target = Target(self.items.as_mut_ptr());
        let deal = |work: &mut Dealing<I>, ((tile, span), starts): (&(usize, Range<usize>), &mut [u16])| {
            stop.check()?;
            // SAFETY: the run was written when it was first dealt; only this call has this run of this bucket.
            let (to, items) = unsafe {
                let to = { &target }.0.add(span.start);
                (to, std::slice::from_raw_parts(to.cast_const(), span.len()))
            };
            let positives = level.span(*tile, both.start..both.start + 1).len();
            let mut scores = Vec::with_capacity(STEP);
            for (chunk, items) in items.chunks(STEP).enumerate() {
                scores.clear();
                scores.extend(items.iter().map(Item::score));
                let slots = &mut work.slots[chunk * STEP..][..items.len()];
                dealer.deal(&scores, slots);
                for (i, (slot, positive)) in slots.iter_mut().zip(&mut work.positive).enumerate() {
                    *positive = u8::from(chunk * STEP + i < positives);
                    *slot = 2 * *slot + u16::from(*positive ^ 1);
                }
            }
            work.deal(items.len(), |i| items[i], starts, to);
            Ok(())
        };
        let jobs: Vec<_> = runs.iter().zip(starts.chunks_mut(slots)).collect();
        let tools = Tools::new();
        let deal = |job| tools.lend(|| Dealing::new(usize::MAX, slots), |work| deal(work, job));
        jobs.into_par_iter().map(deal).collect::<Result<()>>()?;
        Ok(Some(Level { tiles: runs.into_iter().map(|(_, span)| span.start).collect(), slots, starts }))
    }

    /// The items as they lie: those of a tile's rows within the tile.
    pub(super) fn items(&self) -> &[I] {
        // SAFETY: `deal` has filled every tile, or failed.
        unsafe { self.items.as_slice() }
    }

    /// How many positives and negatives lie in each bucket, highest scores first.
    pub fn sizes(&self) -> impl Iterator<Item = [usize; 2]> {
        self.places.iter().map(|place| place.size)
    }

    /// How many positives and negatives lie before each bucket, in higher ones, and how many there are.
    pub fn before(&self) -> (Vec<[u64; 2]>, [u64; 2]) {
        let mut total = [0u64; 2];
        let before = self.places.iter().map(|place| {
            let before = total;
            total = [0, 1].map(|class| total[class] + place.size[class] as u64);
            before
        });
        (before.collect(), total)
    }

    /// Visits every bucket with its payload, in parallel; results in order of descending score. Each thread has some
    /// `W` of its own to work with.
    pub fn map<T: Send, P: Send, W: Default + Send>(
        &self,
        payloads: impl IntoIterator<Item = T>,
        stop: &Stop,
        visit: impl Fn(Bucket<'_, I>, T, &mut W) -> Result<P> + Sync + Send,
    ) -> Result<Vec<P>> {
        let jobs = self.places.iter().map(|place| Bucket { buckets: self, place: *place }).zip(payloads);
        let run = |work: &mut W, (bucket, payload)| {
            stop.check()?;
            visit(bucket, payload, work)
        };
        if self.places.len() <= 1 || self.len <= CHUNK {
            let mut work = W::default();
            jobs.map(|job| run(&mut work, job)).collect()
        } else {
            let jobs: Vec<_> = jobs.collect();
            let tools = Tools::new();
            jobs.into_par_iter().with_max_len(1).map(|job| tools.lend(W::default, |work| run(work, job))).collect()
        }
    }
}

/// One bucket: a run of each class in every tile.
pub struct Bucket<'a, I: Item> {
    buckets: &'a Buckets<I>,
    place: Place,
}

impl<'a, I: Item> Bucket<'a, I> {
    /// How many positives and negatives it holds.
    pub fn size(&self) -> [usize; 2] {
        self.place.size
    }

    /// Where the rows of a class lie, in all tiles.
    pub(super) fn spans(&self, class: usize) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, I> {
        let level = &self.buckets.levels[self.place.level];
        let slot = 2 * self.place.bucket + class;
        (0..level.tiles.len()).map(move |tile| level.span(tile, slot..slot + 1)).filter(|span| !span.is_empty())
    }

    /// The positives (0) or the negatives (1), in the order of their rows.
    pub fn runs(&self, class: usize) -> impl Iterator<Item = &'a [I]> + Clone + use<'a, I> {
        let items = self.buckets.items();
        self.spans(class).map(move |span| &items[span])
    }

    /// Both classes in ascending order, in the memory of `sorter`.
    pub fn sorted<'b>(&self, sorter: &'b mut Sorter<I>) -> Sorted<'b, I> {
        sorter.sort(self.runs(0), self.runs(1), self.place.size)
    }
}

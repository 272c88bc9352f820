//! Which values an array holds: the scans that validation needs, and the numbering of labels.
//!
//! A label travels as its order-preserving 64-bit key. Distinct labels are found with a byte per value in a window of
//! 2^16 around the first label (any usual class index; one store per row, no dependency between rows), and with a hash
//! set where labels spread wider. A bit per value took 1.4 times as long: consecutive rows hit the same word, and each
//! has to wait for the store before.

use std::hash::Hash;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::dispatched;
use crate::error::Result;
use crate::fold::{BLOCK, MAX_CHUNKS, Stop, fold};
use crate::scalar::{Label, Score, Scores, Status};
use crate::with_scores;

/// A slice of labels of any supported type.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Labels<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    F32(&'a [f32]),
    F64(&'a [f64]),
}

/// Distinct labels of any supported type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum LabelVec {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

macro_rules! with_labels {
    ($view:expr, $slice:ident => $body:expr) => {
        $crate::with_slice!($view, Labels { U8, U16, U32, U64, I8, I16, I32, I64, F32, F64 }, $slice => $body)
    };
}

fn key_of<L: Label>(_: &[L], value: i128) -> Option<u64> {
    L::key_of(value)
}

fn decode<L: Label>(_: &[L], keys: &[u64]) -> Vec<L> {
    keys.iter().map(|&key| L::from_key(key)).collect()
}

dispatched! {
    fn write_keys<L: Label>(labels: &[L], out: &mut [u64]) {
        for (slot, label) in out.iter_mut().zip(labels) {
            *slot = label.key();
        }
    }
}

dispatched! {
    fn write_amounts<L: Label>(labels: &[L], out: &mut [f64]) {
        for (slot, label) in out.iter_mut().zip(labels) {
            *slot = label.amount();
        }
    }
}

dispatched! {
    fn write_matches<L: Label, M: From<bool>>(labels: &[L], key: u64, out: &mut [M]) {
        for (slot, label) in out.iter_mut().zip(labels) {
            *slot = M::from(label.key() == key);
        }
    }
}

/// The number of a label among a few.
pub trait Number: Copy + Default {
    /// The low bits.
    fn low(bits: u64) -> Self;
}

impl Number for u8 {
    #[inline]
    fn low(bits: u64) -> u8 {
        bits as u8
    }
}

impl Number for u32 {
    #[inline]
    fn low(bits: u64) -> u32 {
        bits as u32
    }
}

dispatched! {
    /// Writes offsets from `base`; false where one is not below `size`, a power of two, or a value is no label.
    fn write_offsets<L: Label, N: Number>(labels: &[L], base: u64, size: usize, out: &mut [N]) -> bool {
        let mask = size as u64 - 1;
        let (mut wide, mut clean) = (0u64, true);
        for (slot, label) in out.iter_mut().zip(labels) {
            let (key, whole) = label.near_key();
            let offset = key.wrapping_sub(base);
            clean &= whole;
            wide |= offset;
            *slot = N::low(offset & mask);
        }
        clean & (wide & !mask == 0)
    }
}

dispatched! {
    /// A bit for each offset from `base` that occurs; false where one is not below 64, or a value is no label.
    fn offsets_seen<L: Label>(labels: &[L], base: u64) -> (u64, bool) {
        let (mut seen, mut wide, mut clean) = (0u64, 0u64, true);
        for label in labels {
            let (key, whole) = label.near_key();
            let offset = key.wrapping_sub(base);
            clean &= whole;
            wide |= offset;
            seen |= 1 << (offset & 63);
        }
        (seen, clean & (wide < 64))
    }
}

/// A stretch of keys, a power of two of them, in which all labels of an array are expected.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    base: u64,
    /// How many keys.
    pub size: usize,
}

impl Window {
    /// Rows looked at, in runs.
    const RUNS: usize = 64;
    const RUN: usize = 32;

    /// The smallest window: labels that the sample missed are often near the others.
    pub const LEAST: usize = 1 << 4;

    /// A window around a sample of the labels; none where they are too far apart for it to be of use.
    pub fn guess(y: Labels<'_>) -> Option<Window> {
        let (mut low, mut high) = (u64::MAX, 0);
        Self::sample(y, |key| (low, high) = (low.min(key), high.max(key)));
        let span = usize::try_from(high.checked_sub(low)?).ok().filter(|span| *span < WINDOW)?;
        let size = (span + 1).next_power_of_two().max(Self::LEAST);
        // Most of the room to spare goes to larger labels: classes are counted upwards.
        Some(Window { base: low.saturating_sub((size - 1 - span) as u64 / 4), size })
    }

    /// Visits the keys of a sample, the same one for the same number of rows.
    fn sample(y: Labels<'_>, mut visit: impl FnMut(u64)) {
        let mut keys = [0u64; Self::RUN];
        let run = Self::RUN.min(y.len());
        for i in 0..Self::RUNS {
            y.keys((y.len() - run) / (Self::RUNS - 1) * i, &mut keys[..run]);
            keys[..run].iter().for_each(|key| visit(*key));
        }
    }

    /// The offsets that a sample has.
    pub fn sampled(&self, y: Labels<'_>) -> Vec<bool> {
        let mut seen = vec![false; self.size];
        Self::sample(y, |key| seen[(key - self.base) as usize] = true);
        seen
    }

    /// The keys of the offsets that were seen, in order, and the position of each offset among them.
    pub fn keys_of(&self, seen: &[bool]) -> (Vec<u64>, Vec<u32>) {
        let (mut keys, mut positions) = (Vec::new(), Vec::new());
        for (offset, seen) in seen.iter().enumerate() {
            positions.push(keys.len() as u32);
            if *seen {
                keys.push(self.base + offset as u64);
            }
        }
        (keys, positions)
    }
}

impl Labels<'_> {
    /// The number of labels.
    pub fn len(&self) -> usize {
        with_labels!(self, s => s.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of an integer value, none where these labels cannot hold it.
    pub fn key_of(&self, value: i128) -> Option<u64> {
        with_labels!(self, s => key_of(s, value))
    }

    /// The labels of `keys`, in the type of this view.
    pub fn decode(&self, keys: &[u64]) -> LabelVec {
        match self {
            Labels::U8(s) => LabelVec::U8(decode(s, keys)),
            Labels::U16(s) => LabelVec::U16(decode(s, keys)),
            Labels::U32(s) => LabelVec::U32(decode(s, keys)),
            Labels::U64(s) => LabelVec::U64(decode(s, keys)),
            Labels::I8(s) => LabelVec::I8(decode(s, keys)),
            Labels::I16(s) => LabelVec::I16(decode(s, keys)),
            Labels::I32(s) => LabelVec::I32(decode(s, keys)),
            Labels::I64(s) => LabelVec::I64(decode(s, keys)),
            Labels::F32(s) => LabelVec::F32(decode(s, keys)),
            Labels::F64(s) => LabelVec::F64(decode(s, keys)),
        }
    }

    /// Writes the keys of consecutive rows, the first of them `start`.
    #[inline]
    pub fn keys(&self, start: usize, out: &mut [u64]) {
        with_labels!(self, s => write_keys(&s[start..], out))
    }

    /// Writes the values of consecutive rows, the first of them `start`, as floats; of any floats, whole or not.
    pub fn amounts(&self, start: usize, out: &mut [f64]) {
        with_labels!(self, s => write_amounts(&s[start..], out))
    }

    /// The values of some rows, as floats.
    pub fn amounts_of(&self, rows: &[u32], out: &mut Vec<f64>) {
        out.clear();
        with_labels!(self, s => out.extend(rows.iter().map(|row| s[*row as usize].amount())));
    }

    /// Writes the offsets of consecutive rows in a window; false where one is not in it, or no label.
    #[inline]
    pub fn offsets<N: Number>(&self, window: Window, start: usize, out: &mut [N]) -> bool {
        with_labels!(self, s => write_offsets(&s[start..start + out.len()], window.base, window.size, out))
    }

    /// Writes 1 where consecutive rows hold the label of `key`, else 0; no key, no ones. Marks as wide as what they are
    /// used with spare vectors the narrowing.
    #[inline]
    pub fn is_equal<M: From<bool> + Clone>(&self, key: Option<u64>, start: usize, out: &mut [M]) {
        let Some(key) = key else {
            out.fill(M::from(false));
            return;
        };
        with_labels!(self, s => write_matches(&s[start..], key, out))
    }
}

dispatched! {
    /// Whether all values are finite, and the extremes of those that are.
    fn extremes<S: Score>(x: &[S]) -> (bool, f64, f64) {
        // A finite number times 0 is 0, any other NaN: one sum tells, where asking each value what it is took three times
        // as long.
        const LANES: usize = 16;
        let (mut odd, mut low, mut high) = ([0.0; LANES], [f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let mut visit = |lane: usize, value: f64| {
            odd[lane] += value * 0.0;
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] { value } else { high[lane] };
        };
        let (whole, rest) = x.as_chunks::<LANES>();
        for values in whole {
            for (lane, value) in values.iter().enumerate() {
                visit(lane, value.widen());
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            visit(lane, value.widen());
        }
        if odd.into_iter().sum::<f64>() == 0.0 {
            let (low, high) = (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max));
            return (true, low, high);
        }
        let finite = x.iter().map(|value| value.widen()).filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        (false, low, high)
    }
}

/// The status, minimum and maximum of scores or weights; the extremes leave out what is not finite.
pub fn scan(x: Scores<'_>, stop: &Stop) -> Result<(Status, f64, f64)> {
    fn typed<S: Score>(x: &[S], stop: &Stop) -> Result<(Status, f64, f64)> {
        let new = || (Status::Clean, f64::INFINITY, f64::NEG_INFINITY);
        let update = |state: &mut (Status, f64, f64), rows: Range<usize>| {
            let (clean, low, high) = extremes(&x[rows.clone()]);
            state.1 = state.1.min(low);
            state.2 = state.2.max(high);
            if !clean {
                state.0 = x[rows].iter().map(|value| value.status()).fold(state.0, Status::max);
            }
        };
        fold(x.len(), MAX_CHUNKS, stop, new, update, |a, b| *a = (a.0.max(b.0), a.1.min(b.1), a.2.max(b.2)))
    }
    with_scores!(x, s => typed(s, stop))
}

/// Width of the window in which labels are found by their offset.
const WINDOW: usize = 1 << 16;

/// Each chunk owns a window of 64 KiB, so there are few.
const WINDOW_CHUNKS: usize = 32;

/// The distinct keys of one chunk of rows.
struct Distinct {
    base: u64,
    seen: Vec<u8>,
    others: FxHashSet<u64>,
    status: Status,
}

impl Distinct {
    fn new(base: u64) -> Self {
        Distinct { base, seen: vec![0; WINDOW], others: FxHashSet::default(), status: Status::Clean }
    }

    #[inline]
    fn update<L: Label>(&mut self, labels: &[L]) {
        for label in labels {
            let status = label.status();
            if status != Status::Clean {
                self.status = self.status.max(status);
                continue;
            }
            let key = label.key();
            let offset = key.wrapping_sub(self.base);
            if offset < WINDOW as u64 {
                self.seen[offset as usize] = 1;
            } else {
                self.others.insert(key);
            }
        }
    }

    fn merge(&mut self, later: Distinct) {
        self.status = self.status.max(later.status);
        for (a, b) in self.seen.iter_mut().zip(&later.seen) {
            *a |= b;
        }
        self.others.extend(later.others);
    }

    fn finish(self) -> Vec<u64> {
        let window = self.seen.iter().enumerate().filter(|(_, seen)| **seen != 0);
        let mut keys: Vec<u64> = window.map(|(offset, _)| self.base + offset as u64).collect();
        keys.extend(self.others);
        keys.sort_unstable();
        keys
    }
}

/// Up to this many rows, sorting the keys costs less than clearing and reading a window (some 15 µs).
const FEW: usize = 1 << 9;

/// The status of `y` and its sorted distinct keys; no keys unless the status is clean.
pub fn label_set(y: Labels<'_>, stop: &Stop) -> Result<(Status, Vec<u64>)> {
    if y.len() <= FEW {
        return Ok(with_labels!(y, s => label_set_of_few(s)));
    }
    if let Some(keys) = few_labels(y, stop)? {
        return Ok((Status::Clean, keys));
    }
    let mut first = [0u64];
    y.keys(0, &mut first);
    let base = first[0].saturating_sub(WINDOW as u64 / 2).min(u64::MAX - WINDOW as u64);
    let update = |state: &mut Distinct, rows: Range<usize>| with_labels!(y, s => state.update(&s[rows]));
    let distinct = fold(y.len(), WINDOW_CHUNKS, stop, || Distinct::new(base), update, Distinct::merge)?;
    let status = distinct.status;
    Ok((status, if status == Status::Clean { distinct.finish() } else { Vec::new() }))
}

/// [`label_set`] of labels close together, a bit for each; none where there are others.
fn few_labels(y: Labels<'_>, stop: &Stop) -> Result<Option<Vec<u64>>> {
    let Some(window) = Window::guess(y).filter(|window| window.size <= 64) else { return Ok(None) };
    let update = |state: &mut (u64, bool), rows: Range<usize>| {
        if state.1 {
            let (seen, inside) = with_labels!(y, s => offsets_seen(&s[rows], window.base));
            *state = (state.0 | seen, inside);
        }
    };
    let (seen, inside) = fold(y.len(), MAX_CHUNKS, stop, || (0, true), update, |a, b| *a = (a.0 | b.0, a.1 & b.1))?;
    let keys = (0..64).filter(|offset| seen >> offset & 1 == 1).map(|offset| window.base + offset);
    Ok(inside.then(|| keys.collect()))
}

/// [`label_set`] by sorting.
fn label_set_of_few<L: Label>(labels: &[L]) -> (Status, Vec<u64>) {
    let status = labels.iter().map(|label| label.status()).max().unwrap_or_default();
    if status != Status::Clean {
        return (status, Vec::new());
    }
    let mut keys: Vec<u64> = Vec::with_capacity(8);
    for label in labels {
        let key = label.key();
        if !keys[..keys.len().min(8)].contains(&key) {
            keys.push(key);
        }
    }
    keys.sort_unstable();
    keys.dedup();
    (status, keys)
}

/// Maps keys to their positions in a sorted list of distinct keys.
pub enum Encoder {
    /// Keys close together: a table over their range.
    Table {
        /// The smallest key.
        base: u64,
        /// The position of each offset from it, or `u32::MAX`.
        positions: Vec<u32>,
    },
    /// Keys far apart.
    Hash(FxHashMap<u64, u32>),
}

impl Encoder {
    /// An encoder for sorted distinct keys.
    pub fn new(keys: &[u64]) -> Self {
        let base = keys.first().copied().unwrap_or(0);
        let span = keys.last().map_or(0, |last| last - base);
        if span < WINDOW as u64 {
            let mut positions = vec![u32::MAX; span as usize + 1];
            for (position, key) in keys.iter().enumerate() {
                positions[(key - base) as usize] = position as u32;
            }
            Encoder::Table { base, positions }
        } else {
            Encoder::Hash(keys.iter().enumerate().map(|(position, &key)| (key, position as u32)).collect())
        }
    }

    /// Writes the positions of `keys`; `u32::MAX` for a key that the encoder was not made from.
    #[inline]
    pub fn encode(&self, keys: &[u64], out: &mut [u32]) {
        match self {
            Encoder::Table { base, positions } => {
                for (slot, key) in out.iter_mut().zip(keys) {
                    let offset = usize::try_from(key.wrapping_sub(*base)).unwrap_or(usize::MAX);
                    *slot = positions.get(offset).copied().unwrap_or(u32::MAX);
                }
            }
            Encoder::Hash(positions) => {
                for (slot, key) in out.iter_mut().zip(keys) {
                    *slot = positions.get(key).copied().unwrap_or(u32::MAX);
                }
            }
        }
    }
}

/// Distinct values, numbered in order of first appearance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factors {
    /// The first row of each number.
    pub first_rows: Vec<i64>,
    /// The number of each row.
    pub codes: Vec<u32>,
}

/// Numbers the distinct rows of a row-major byte matrix of `rows` rows and `width` columns.
pub fn factorize(bytes: &[u8], rows: usize, width: usize, stop: &Stop) -> Result<Factors> {
    number(rows, |i| &bytes[i * width..(i + 1) * width], stop)
}

/// Numbers the distinct objects of an array by identity: words are often few objects that many rows refer to.
pub fn factorize_objects(addresses: &[usize], stop: &Stop) -> Result<Factors> {
    number(addresses.len(), |i| addresses[i], stop)
}

/// Numbers the distinct keys of `rows` rows.
fn number<K: Hash + Eq + Copy + Send>(rows: usize, key: impl Fn(usize) -> K + Sync, stop: &Stop) -> Result<Factors> {
    struct Seen<K> {
        first: Vec<usize>,
        numbers: FxHashMap<K, u32>,
        codes: Vec<u32>,
        // Where each later chunk's codes begin, and its numbers in terms of this state's.
        renumber: Vec<(usize, Vec<u32>)>,
    }
    impl<K: Hash + Eq + Copy> Seen<K> {
        fn number(&mut self, key: K, i: usize) -> u32 {
            let next = self.first.len() as u32;
            let number = *self.numbers.entry(key).or_insert(next);
            if number == next {
                self.first.push(i);
            }
            number
        }
    }
    let new = || Seen { first: Vec::new(), numbers: FxHashMap::default(), codes: Vec::new(), renumber: Vec::new() };
    let update = |state: &mut Seen<K>, range: Range<usize>| {
        for i in range {
            let number = state.number(key(i), i);
            state.codes.push(number);
        }
    };
    let merge = |a: &mut Seen<K>, b: Seen<K>| {
        let numbers: Vec<u32> = b.first.iter().map(|&i| a.number(key(i), i)).collect();
        a.renumber.push((a.codes.len(), numbers));
        a.codes.extend_from_slice(&b.codes);
    };
    let mut seen = fold(rows, WINDOW_CHUNKS, stop, new, update, merge)?;
    for (i, (start, numbers)) in seen.renumber.iter().enumerate() {
        let end = seen.renumber.get(i + 1).map_or(seen.codes.len(), |next| next.0);
        for block in seen.codes[*start..end].chunks_mut(BLOCK) {
            stop.check()?;
            for code in block {
                *code = numbers[*code as usize];
            }
        }
    }
    Ok(Factors { first_rows: seen.first.iter().map(|&i| i as i64).collect(), codes: seen.codes })
}

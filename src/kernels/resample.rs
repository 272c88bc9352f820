//! Resampling: what metrics are of the rows drawn ([`crate::draws`]).
//!
//! A bootstrap replicate is one count per unit. What depends on the order of scores is ordered once, beforehand
//! ([`crate::kernels::placements::rank_order`]); each replicate then is one walk down that order with integer sums.

use rayon::prelude::*;

use crate::dispatched;
use crate::draws::{LOOK, SIGNS, Scheme, Stream};
use crate::error::{Error, Result, check_length};
use crate::fold::{CHUNK, Stop, Sum};

/// Precisions are rounded to a multiple of 1 / `SCALE`, so that their sum is one of integers.
const SCALE: f64 = (1u64 << 52) as f64;

/// Maps replicates in parallel, each thread with a scratch memory of its own; `work` is what one costs, in rows.
fn replicates<S: Send, T: Send>(
    first: u64,
    count: usize,
    work: usize,
    scratch: impl Fn() -> S + Sync + Send,
    run: impl Fn(&mut S, u64) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let together = (CHUNK / work.max(1)).max(1);
    if count <= together {
        let mut scratch = scratch();
        return (0..count as u64).map(|i| run(&mut scratch, first + i)).collect();
    }
    let indices = (0..count).into_par_iter().with_min_len(together);
    indices.map_init(scratch, |scratch, i| run(scratch, first + i as u64)).collect()
}

/// What a replicate draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// As many positives among the positives, and negatives among the negatives, as there are.
    Classes,
    /// So many units, among as many.
    Units(usize),
}

/// A ranking of rows, ready to be walked.
#[derive(Debug, Clone, Copy)]
pub struct Ranking<'a> {
    /// Whose count each positive has, highest score first: a unit, or a place among the positives; by default its own.
    pub positives: Option<&'a [u32]>,
    /// The same of the negatives.
    pub negatives: Option<&'a [u32]>,
    /// For each distinct score of a positive, highest first: how many positives score at least as high, how many
    /// negatives higher, and how many negatives at least as high.
    pub groups: &'a [[u32; 3]],
}

/// What is computed of a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranked {
    /// The area under the ROC curve.
    Area,
    /// Average precision.
    Precision,
    /// The area, and its standard error after DeLong et al. (1988).
    AreaError,
}

impl From<u8> for Ranked {
    /// By the number that the contract has for it.
    fn from(number: u8) -> Self {
        match number {
            0 => Ranked::Area,
            1 => Ranked::Precision,
            _ => Ranked::AreaError,
        }
    }
}

impl Ranked {
    /// How many numbers that is.
    pub fn width(self) -> usize {
        1 + usize::from(self == Ranked::AreaError)
    }
}

/// The memory of one thread.
struct Scratch {
    counts: [Vec<u8>; 2],
    sums: Vec<u32>,
}

/// Replicates `first` to `first + count` of a metric of each ranking of the same rows: shape (count, rankings, width).
/// One without a positive or without a negative is NaN.
#[allow(clippy::too_many_arguments)]
pub fn rank_bootstrap(
    what: Ranked,
    rankings: &[Ranking<'_>],
    sizes: [usize; 2],
    drawn: Drawn,
    scheme: Scheme,
    first: u64,
    count: usize,
    stop: &Stop,
) -> Result<Vec<f64>> {
    let [positives, negatives] = sizes;
    if positives + negatives > u32::MAX as usize {
        return Err(Error::TooLong);
    }
    let drawn_from = match drawn {
        Drawn::Classes => sizes,
        Drawn::Units(units) => [units, 0],
    };
    for ranking in rankings {
        check_ranking(ranking, sizes, drawn_from, drawn)?;
    }
    let scratch = || Scratch { counts: drawn_from.map(|n| vec![0u8; n]), sums: vec![0u32; negatives + 1] };
    let run = |scratch: &mut Scratch, replicate: u64| {
        for (part, counts) in scratch.counts.iter_mut().enumerate() {
            scheme.draw(counts, part as u64, replicate, stop)?;
        }
        let of_negatives = usize::from(drawn == Drawn::Classes);
        let mut values = Vec::with_capacity(rankings.len() * what.width());
        for ranking in rankings {
            let Scratch { counts, sums } = &mut *scratch;
            running_sums(&counts[of_negatives], ranking.negatives, sums);
            let up = Counts { counts: &counts[0], places: ranking.positives };
            match what {
                Ranked::Area => values.push(area(&up, sums, ranking.groups)),
                Ranked::Precision => values.push(precision(&up, sums, ranking.groups)),
                Ranked::AreaError => values.extend(area_error(&up, sums, ranking.groups)),
            }
        }
        Ok(values)
    };
    let work = rankings.len() * (positives + negatives);
    Ok(replicates(first, count, work, scratch, run)?.concat())
}

/// Refuses indices that lead out of their arrays.
fn check_ranking(ranking: &Ranking<'_>, sizes: [usize; 2], drawn_from: [usize; 2], drawn: Drawn) -> Result<()> {
    let bounds = if drawn == Drawn::Classes { drawn_from } else { [drawn_from[0]; 2] };
    for (places, (size, bound)) in [ranking.positives, ranking.negatives].into_iter().zip(sizes.into_iter().zip(bounds))
    {
        match places {
            Some(places) => {
                check_length("places", places.len(), size)?;
                if places.iter().any(|place| *place as usize >= bound) {
                    return Err(Error::Changed);
                }
            }
            None => check_length("counts", size, bound)?,
        }
    }
    let ordered = ranking.groups.is_sorted_by(|a, b| a[0] <= b[0] && a[2] <= b[1]);
    let inside = |group: &[u32; 3]| group[1] <= group[2] && group[2] as usize <= sizes[1];
    let last = ranking.groups.last().map_or(0, |group| group[0] as usize);
    if ordered && ranking.groups.iter().all(inside) && last == sizes[0] { Ok(()) } else { Err(Error::Changed) }
}

/// `sums[j]`: how often the first j negatives were drawn.
fn running_sums(counts: &[u8], places: Option<&[u32]>, sums: &mut [u32]) {
    let mut sum = 0;
    match places {
        None => {
            for (slot, count) in sums[1..].iter_mut().zip(counts) {
                sum += u32::from(*count);
                *slot = sum;
            }
        }
        Some(places) => {
            for (slot, place) in sums[1..].iter_mut().zip(places) {
                sum += u32::from(counts[*place as usize]);
                *slot = sum;
            }
        }
    }
}

/// How often each positive was drawn.
struct Counts<'a> {
    counts: &'a [u8],
    places: Option<&'a [u32]>,
}

impl Counts<'_> {
    /// Visits the groups with the number of positives drawn in each.
    #[inline]
    fn each(&self, groups: &[[u32; 3]], mut visit: impl FnMut(u64, &[u32; 3])) {
        // Where no positives tie, there is nothing to add up.
        let positives = self.places.map_or(self.counts.len(), <[u32]>::len);
        if groups.len() == positives {
            match self.places {
                None => self.counts.iter().zip(groups).for_each(|(drawn, group)| visit(u64::from(*drawn), group)),
                Some(places) => places
                    .iter()
                    .zip(groups)
                    .for_each(|(place, group)| visit(u64::from(self.counts[*place as usize]), group)),
            }
            return;
        }
        let mut start = 0;
        for group in groups {
            let end = group[0] as usize;
            let drawn: u32 = match self.places {
                None => self.counts[start..end].iter().map(|count| u32::from(*count)).sum(),
                Some(places) => places[start..end].iter().map(|place| u32::from(self.counts[*place as usize])).sum(),
            };
            visit(u64::from(drawn), group);
            start = end;
        }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// The area: each positive beats the negatives that score lower, and half of those that score the same.
fn area(up: &Counts<'_>, sums: &[u32], groups: &[[u32; 3]]) -> f64 {
    let negatives = u64::from(sums[sums.len() - 1]);
    let (mut positives, mut twice) = (0, 0);
    up.each(groups, |drawn, [_, above, reached]| {
        let sums = u64::from(sums[*above as usize]) + u64::from(sums[*reached as usize]);
        positives += drawn;
        twice += drawn * (2 * negatives - sums);
    });
    ratio(twice, 2 * positives * negatives)
}

/// Average precision, in the integers of `curves::average_precision`.
fn precision(up: &Counts<'_>, sums: &[u32], groups: &[[u32; 3]]) -> f64 {
    let (mut positives, mut total) = (0u64, 0u128);
    up.each(groups, |drawn, [_, _, reached]| {
        positives += drawn;
        if drawn > 0 {
            let all = positives + u64::from(sums[*reached as usize]);
            let units = (positives as f64 / all as f64 * SCALE).round_ties_even() as u64;
            total += u128::from(drawn) * u128::from(units);
        }
    });
    if positives == 0 { f64::NAN } else { total as f64 / SCALE / positives as f64 }
}

/// The area and its standard error; the latter NaN where a class was drawn less than twice.
fn area_error(up: &Counts<'_>, sums: &[u32], groups: &[[u32; 3]]) -> [f64; 2] {
    let negatives = u64::from(sums[sums.len() - 1]);
    let (mut positives, mut twice, mut squares) = (0u64, 0u64, [0u128; 2]);
    let mut passed = 0;
    let square = |x: u64| u128::from(x) * u128::from(x);
    up.each(groups, |drawn, [_, above, reached]| {
        let (above, reached) = (u64::from(sums[*above as usize]), u64::from(sums[*reached as usize]));
        let placement = 2 * negatives - above - reached;
        twice += drawn * placement;
        squares[0] += u128::from(drawn) * square(placement);
        squares[1] += u128::from(above - passed) * square(2 * positives);
        squares[1] += u128::from(reached - above) * square(2 * positives + drawn);
        positives += drawn;
        passed = reached;
    });
    squares[1] += u128::from(negatives - passed) * square(2 * positives);
    let share = |own: u64, other: u64, squares: u128| {
        // n·Σc² - (Σc)² ≤ 4·n²·m² < 2^128
        let spread = (u128::from(own) * squares - square(twice)) as f64;
        let (own, other) = (own as f64, other as f64);
        spread / (own * own * (own - 1.0)) / (4.0 * other * other)
    };
    let error = if positives < 2 || negatives < 2 {
        f64::NAN
    } else {
        (share(positives, negatives, squares[0]) + share(negatives, positives, squares[1])).sqrt()
    };
    [ratio(twice, 2 * positives * negatives), error]
}

/// Numbers that belong to units and are added up in columns.
#[derive(Debug, Clone, Copy)]
pub struct Entries<'a> {
    /// The numbers.
    pub values: &'a [f64],
    /// The unit and the column of each; without them, `width` numbers for each unit in turn.
    pub places: Option<(&'a [u32], &'a [u32])>,
    /// The number of columns.
    pub width: usize,
    /// The number of units.
    pub units: usize,
}

/// Entries that are added up before the sum is compensated.
const STEP: usize = 1 << 10;

/// Sums of the columns over the units drawn, for replicates `first` to `first + count`: shape (count, width).
pub fn bootstrap_sums(entries: Entries<'_>, scheme: Scheme, first: u64, count: usize, stop: &Stop) -> Result<Vec<f64>> {
    let Entries { values, places, width, units } = entries;
    match places {
        None => check_length("values", values.len(), units * width)?,
        Some((of_units, columns)) => {
            check_length("units", of_units.len(), values.len())?;
            check_length("columns", columns.len(), values.len())?;
            let inside = |indices: &[u32], bound: usize| indices.iter().all(|index| (*index as usize) < bound);
            if !inside(of_units, units) || !inside(columns, width) {
                return Err(Error::Changed);
            }
        }
    }
    let run = |(counts, part): &mut (Vec<u8>, Vec<f64>), replicate: u64| {
        scheme.draw(counts, 0, replicate, stop)?;
        let mut sums = vec![Sum::default(); width];
        let mut flush = |part: &mut [f64]| {
            for (sum, part) in sums.iter_mut().zip(part) {
                sum.add(std::mem::take(part));
            }
        };
        match places {
            None => {
                for (counts, values) in counts.chunks(STEP).zip(values.chunks(STEP * width.max(1))) {
                    add_counted(counts, values, part);
                    flush(part);
                }
            }
            Some((of_units, columns)) => {
                for start in (0..values.len()).step_by(STEP) {
                    for i in start..values.len().min(start + STEP) {
                        part[columns[i] as usize] += f64::from(counts[of_units[i] as usize]) * values[i];
                    }
                    flush(part);
                }
            }
        }
        Ok(sums.into_iter().map(Sum::value).collect::<Vec<f64>>())
    };
    let scratch = || (vec![0u8; units], vec![0.0; width]);
    Ok(replicates(first, count, units + values.len(), scratch, run)?.concat())
}

dispatched! {
    /// Adds rows of numbers, each times its count, to the sums of the columns. Columns are few, as a rule, so that eight
    /// rows at a time keep the additions of one column from waiting for one another.
    fn add_counted(counts: &[u8], values: &[f64], sums: &mut [f64]) {
        let width = sums.len();
        let (eights, rest) = counts.as_chunks::<8>();
        let (whole, remainder) = values.split_at(8 * eights.len() * width);
        for (column, sum) in sums.iter_mut().enumerate() {
            let mut lanes = [0.0f64; 8];
            for (counts, rows) in eights.iter().zip(whole.chunks_exact(8 * width)) {
                for (lane, (slot, count)) in lanes.iter_mut().zip(counts).enumerate() {
                    *slot += f64::from(*count) * rows[lane * width + column];
                }
            }
            for (lane, count) in rest.iter().enumerate() {
                lanes[lane] += f64::from(*count) * remainder[lane * width + column];
            }
            *sum += ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
        }
    }
}

dispatched! {
    /// Adds values to eight lanes, each with the sign that a bit of its word says: 1 for minus.
    fn add_signed(values: &[f64], words: &[u64], lanes: &mut [f64; 8]) {
        for (values, word) in values.chunks(64).zip(words) {
            let mut word = *word;
            for eight in values.chunks(8) {
                for (lane, (slot, value)) in lanes.iter_mut().zip(eight).enumerate() {
                    *slot += f64::from_bits(value.to_bits() ^ ((word >> lane) << 63));
                }
                word >>= 8;
            }
        }
    }
}

/// Sums of the values under random signs, for replicates `first` to `first + count`. The sign of value 64·w + j is bit j of
/// number w.
pub fn sign_flip_sums(values: &[f64], seed: u64, first: u64, count: usize, stop: &Stop) -> Result<Vec<f64>> {
    let run = |words: &mut Vec<u64>, replicate: u64| {
        let mut stream = Stream::new(seed, 0, SIGNS, replicate);
        let mut sum = Sum::default();
        for (i, values) in values.chunks(STEP).enumerate() {
            if i % (LOOK / STEP) == 0 {
                stop.check()?;
            }
            words.clear();
            words.extend((0..values.len().div_ceil(64)).map(|_| stream.number()));
            let mut lanes = [0.0; 8];
            add_signed(values, words, &mut lanes);
            sum.add(((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])));
        }
        Ok(sum.value())
    };
    replicates(first, count, values.len(), Vec::new, run)
}

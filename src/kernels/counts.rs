//! The contingency table of two label arrays, from which every metric of predicted classes follows.
//!
//! One design was weighed against another: encode both arrays to class indices first and count those, or decode small
//! blocks on the way to the counters. The first writes and reads n more bytes per array and needs n bytes of scratch;
//! the second keeps a block of 1,024 rows in the first-level cache and needs none, so it stayed.
//!
//! Labels are nearly always small whole numbers, so which ones there are is guessed from a sample and the arrays are
//! read once: a row counts in the cell of its labels' offsets in two windows, and whatever falls outside of them, NaN
//! included, sends the call back to look at all labels first. (A separate look at each array took as long as the counting.)

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::FxHashMap;

use crate::dispatched;
use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold};
use crate::kernels::labels::{Encoder, Labels, Window, label_set};
use crate::scalar::Status;

/// Rows decoded at a time: two key buffers and two index buffers of this length fit the first-level cache.
const STEP: usize = 1024;

/// Tables up to this many cells are counted in an array, larger ones in a hash map.
const DENSE_CELLS: usize = 1 << 20;

/// How much all chunks' tables may take together.
const TABLE_BYTES: usize = 1 << 26;

/// How much they take if that leaves 64 chunks.
const SMALL_TABLE_BYTES: usize = 1 << 21;

/// Small tables are kept four times over and rows dealt to them in turn: consecutive rows that fall in one cell then do
/// not wait for each other's store (2.5 times faster on a table of 4 cells).
const WAYS: usize = 4;
const WAYS_CELLS: usize = 1 << 10;

/// The largest table of two windows: 128 KiB, so that those of all chunks together stay within [`TABLE_BYTES`] and
/// clearing them costs nothing beside the counting.
const WINDOW_CELLS: usize = 1 << 14;

/// Fewer rows than this have their labels looked for first, by sorting: a table of two windows would be larger.
const WINDOW_ROWS: usize = 1 << 9;

/// Cells of two of the smallest windows, whose numbers fit a byte.
const BYTE_CELLS: usize = Window::LEAST * Window::LEAST;

/// Up to this many cells are counted by comparing 64 rows at a time with each of them: 0.03 ns a row and cell, against
/// 1 ns for an increment.
const LIKELY: usize = 16;

/// A contingency table: its two label sets and the cells that occur, in row-major order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contingency {
    /// What the scan of the true labels found.
    pub true_status: Status,
    /// Sorted distinct keys of the true labels.
    pub true_keys: Vec<u64>,
    /// What the scan of the predicted labels found.
    pub pred_status: Status,
    /// Sorted distinct keys of the predicted labels.
    pub pred_keys: Vec<u64>,
    /// Position of each cell's true label.
    pub rows: Vec<u32>,
    /// Position of each cell's predicted label.
    pub columns: Vec<u32>,
    /// How many samples fall in each cell.
    pub counts: Vec<i64>,
    /// The sum of their weights, where there are weights.
    pub weights: Option<Vec<f64>>,
}

/// Counts how often each pair of labels occurs.
pub fn contingency(
    y_true: Labels<'_>,
    y_pred: Labels<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<Contingency> {
    check_length("y_pred", y_pred.len(), y_true.len())?;
    if let Some(weights) = sample_weight {
        check_length("sample_weight", weights.len(), y_true.len())?;
    }
    match windowed(y_true, y_pred, sample_weight, stop)? {
        Some(table) => Ok(table),
        None => numbered(y_true, y_pred, sample_weight, stop),
    }
}

/// The table in one pass, by windows guessed from a sample; none where a label falls outside, or they would be too wide.
fn windowed(
    y_true: Labels<'_>,
    y_pred: Labels<'_>,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<Option<Contingency>> {
    if y_true.len() < WINDOW_ROWS {
        return Ok(None);
    }
    let (Some(t), Some(p)) = (Window::guess(y_true), Window::guess(y_pred)) else { return Ok(None) };
    if t.size * p.size > WINDOW_CELLS {
        return Ok(None);
    }
    let columns = p.size;
    let cells = if t.size * p.size == BYTE_CELLS && sample_weight.is_none() {
        count_bytes((y_true, t), (y_pred, p), stop)?
    } else {
        let sides = Sides {
            y_true: Side { labels: y_true, numbers: Numbers::Window(t) },
            y_pred: Side { labels: y_pred, numbers: Numbers::Window(p) },
            columns,
            outside: AtomicBool::new(false),
        };
        let cells = sides.cells(t.size * columns, sample_weight, stop)?;
        (!sides.outside.into_inner()).then_some(cells)
    };
    let Some(cells) = cells else { return Ok(None) };
    let (mut rows_seen, mut columns_seen) = (vec![false; t.size], vec![false; columns]);
    for (cell, _) in &cells {
        rows_seen[*cell as usize / columns] = true;
        columns_seen[*cell as usize % columns] = true;
    }
    let (true_keys, true_positions) = t.keys_of(&rows_seen);
    let (pred_keys, pred_positions) = p.keys_of(&columns_seen);
    let width = pred_keys.len() as u64;
    let place = |cell: u64| {
        let (row, column) = (cell as usize / columns, cell as usize % columns);
        u64::from(true_positions[row]) * width + u64::from(pred_positions[column])
    };
    let mut table = Contingency { true_keys, pred_keys, ..Contingency::default() };
    table.fill(cells.into_iter().map(|(cell, value)| (place(cell), value)), sample_weight.is_some());
    Ok(Some(table))
}

dispatched! {
    /// How many bytes are `wanted`; at most 2^14 of them.
    fn count_equal(bytes: &[u8], wanted: u8) -> u64 {
        let (whole, rest) = bytes.as_chunks::<64>();
        let mut total = 0;
        for group in whole.chunks(255) {
            // A lane of a byte holds 255 at most.
            let mut lanes = [0u8; 64];
            for chunk in group {
                for (lane, byte) in lanes.iter_mut().zip(chunk) {
                    *lane += u8::from(*byte == wanted);
                }
            }
            total += lanes.iter().map(|lane| u64::from(*lane)).sum::<u64>();
        }
        total + rest.iter().filter(|byte| **byte == wanted).count() as u64
    }
}

/// Adds one to the cell of each byte, four times over like [`WAYS`].
fn count_each(bytes: &[u8], tables: &mut [[u32; BYTE_CELLS]; WAYS]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    for word in whole {
        let word = u64::from_le_bytes(*word);
        for i in 0..8 {
            tables[i % WAYS][(word >> (8 * i)) as usize % BYTE_CELLS] += 1;
        }
    }
    rest.iter().for_each(|byte| tables[0][usize::from(*byte)] += 1);
}

/// Counts the cells of two windows of 16 labels, those that a sample makes likely by comparison; none where a label is
/// outside.
fn count_bytes(
    (y_true, t): (Labels<'_>, Window),
    (y_pred, p): (Labels<'_>, Window),
    stop: &Stop,
) -> Result<Option<Vec<(u64, Filling)>>> {
    let offsets = |seen: Vec<bool>| (0..Window::LEAST as u8).filter(move |offset| seen[usize::from(*offset)]);
    let (rows, columns): (Vec<u8>, Vec<u8>) =
        (offsets(t.sampled(y_true)).collect(), offsets(p.sampled(y_pred)).collect());
    let likely: Vec<u8> = if rows.len() * columns.len() <= LIKELY {
        rows.iter().flat_map(|row| columns.iter().map(move |column| row << 4 | column)).collect()
    } else {
        Vec::new()
    };
    let outside = AtomicBool::new(false);
    let update = |counts: &mut [u64; BYTE_CELLS], rows: Range<usize>| {
        if outside.load(Ordering::Relaxed) {
            return;
        }
        let (mut row, mut column) = ([0u8; STEP], [0u8; STEP]);
        let mut tables = [[0u32; BYTE_CELLS]; WAYS];
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            let (cells, column) = (&mut row[..len], &mut column[..len]);
            if !(y_true.offsets(t, start, cells) & y_pred.offsets(p, start, column)) {
                outside.store(true, Ordering::Relaxed);
                return;
            }
            cells.iter_mut().zip(column).for_each(|(cell, column)| *cell = *cell << 4 | *column);
            let mut left = len as u64;
            let mut found = [0u64; LIKELY];
            for (found, cell) in found.iter_mut().zip(&likely) {
                *found = count_equal(cells, *cell);
                left -= *found;
            }
            if left == 0 {
                found.iter().zip(&likely).for_each(|(found, cell)| counts[usize::from(*cell)] += found);
            } else {
                count_each(cells, &mut tables);
            }
        }
        for table in &tables {
            counts.iter_mut().zip(table).for_each(|(count, found)| *count += u64::from(*found));
        }
    };
    let merge = |a: &mut [u64; BYTE_CELLS], b: [u64; BYTE_CELLS]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    let counts = fold(y_true.len(), MAX_CHUNKS, stop, || [0u64; BYTE_CELLS], update, merge)?;
    let cells = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
    let cells = cells.map(|(cell, count)| (cell as u64, (count, Sum::default()))).collect();
    Ok((!outside.into_inner()).then_some(cells))
}

/// The table in two passes: the first finds all labels.
fn numbered(y_true: Labels<'_>, y_pred: Labels<'_>, sample_weight: Option<&[f64]>, stop: &Stop) -> Result<Contingency> {
    let (true_status, true_keys) = label_set(y_true, stop)?;
    let (pred_status, pred_keys) = label_set(y_pred, stop)?;
    let mut table = Contingency { true_status, true_keys, pred_status, pred_keys, ..Contingency::default() };
    if true_status != Status::Clean || pred_status != Status::Clean {
        table.weights = sample_weight.map(|_| Vec::new());
        return Ok(table);
    }
    let sides = Sides {
        y_true: Side { labels: y_true, numbers: Numbers::Known(Encoder::new(&table.true_keys)) },
        y_pred: Side { labels: y_pred, numbers: Numbers::Known(Encoder::new(&table.pred_keys)) },
        columns: table.pred_keys.len(),
        outside: AtomicBool::new(false),
    };
    let cells = table.true_keys.len().saturating_mul(table.pred_keys.len());
    let cells = sides.cells(cells, sample_weight, stop)?;
    table.fill(cells.into_iter(), sample_weight.is_some());
    Ok(table)
}

/// How many rows fall in a cell, and the sum of their weights, if any.
type Filling = (u64, Sum);

impl Contingency {
    /// Takes over cells in row-major order.
    fn fill(&mut self, cells: impl Iterator<Item = (u64, Filling)>, weighted: bool) {
        let columns = self.pred_keys.len() as u64;
        let mut weights = Vec::new();
        for (cell, (count, sum)) in cells {
            self.rows.push((cell / columns) as u32);
            self.columns.push((cell % columns) as u32);
            self.counts.push(count as i64);
            weights.push(sum.value());
        }
        self.weights = weighted.then_some(weights);
    }
}

/// How the labels of an array are numbered.
enum Numbers {
    Window(Window),
    Known(Encoder),
}

/// An array of labels with the means to number them.
struct Side<'a> {
    labels: Labels<'a>,
    numbers: Numbers,
}

impl Side<'_> {
    /// Writes the numbers of consecutive labels; false where there is one without.
    #[inline]
    fn number(&self, start: usize, keys: &mut [u64], out: &mut [u32]) -> bool {
        match &self.numbers {
            Numbers::Window(window) => self.labels.offsets(*window, start, out),
            Numbers::Known(encoder) => {
                self.labels.keys(start, keys);
                encoder.encode(keys, out);
                true
            }
        }
    }
}

/// Both label arrays, and whether a label was met that has no number.
struct Sides<'a> {
    y_true: Side<'a>,
    y_pred: Side<'a>,
    columns: usize,
    outside: AtomicBool,
}

impl Sides<'_> {
    fn rows(&self) -> usize {
        self.y_true.labels.len()
    }

    /// Calls `visit` with the numbers of consecutive rows, a step at a time, and the first row of the step.
    #[inline]
    fn each_step(&self, rows: Range<usize>, mut visit: impl FnMut(usize, &[u32], &[u32])) {
        let mut keys = [0u64; STEP];
        let (mut row, mut column) = ([0u32; STEP], [0u32; STEP]);
        if self.outside.load(Ordering::Relaxed) {
            return;
        }
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            let inside = self.y_true.number(start, &mut keys[..len], &mut row[..len])
                & self.y_pred.number(start, &mut keys[..len], &mut column[..len]);
            if !inside {
                self.outside.store(true, Ordering::Relaxed);
                return;
            }
            visit(start, &row[..len], &column[..len]);
        }
    }

    #[inline]
    fn cell(&self, row: u32, column: u32) -> u64 {
        u64::from(row) * self.columns as u64 + u64::from(column)
    }

    /// The cells that occur among `cells`, in order.
    fn cells(&self, cells: usize, sample_weight: Option<&[f64]>, stop: &Stop) -> Result<Vec<(u64, Filling)>> {
        match (sample_weight, cells <= DENSE_CELLS) {
            (None, true) => self.count(cells, stop),
            (None, false) => self.count_sparse(stop),
            (Some(weights), true) => self.weigh(cells, weights, stop),
            (Some(weights), false) => self.weigh_sparse(weights, stop),
        }
    }

    fn count(&self, cells: usize, stop: &Stop) -> Result<Vec<(u64, Filling)>> {
        if cells <= WAYS_CELLS { self.count_ways::<WAYS>(cells, stop) } else { self.count_ways::<1>(cells, stop) }
    }

    fn count_ways<const N: usize>(&self, cells: usize, stop: &Stop) -> Result<Vec<(u64, Filling)>> {
        let update = |table: &mut Vec<[u64; N]>, rows: Range<usize>| {
            self.each_step(rows, |_, row, column| {
                for (i, (&row, &column)) in row.iter().zip(column).enumerate() {
                    table[self.cell(row, column) as usize][i % N] += 1;
                }
            });
        };
        let add = |a: &mut [u64; N], b: &[u64; N]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        let merge = |a: &mut Vec<[u64; N]>, b: Vec<[u64; N]>| a.iter_mut().zip(&b).for_each(|(a, b)| add(a, b));
        let bytes = cells * size_of::<[u64; N]>();
        // Counts are the same for any chunks: enough for dozens of threads will do.
        let chunks = (SMALL_TABLE_BYTES / bytes.max(1)).max(64).min(max_chunks(bytes));
        let table = fold(self.rows(), chunks, stop, || vec![[0; N]; cells], update, merge)?;
        let counts = table.into_iter().map(|ways| ways.into_iter().sum::<u64>()).enumerate();
        let occurring = counts.filter(|(_, count)| *count > 0);
        Ok(occurring.map(|(cell, count)| (cell as u64, (count, Sum::default()))).collect())
    }

    fn count_sparse(&self, stop: &Stop) -> Result<Vec<(u64, Filling)>> {
        let update = |table: &mut FxHashMap<u64, u64>, rows: Range<usize>| {
            self.each_step(rows, |_, row, column| {
                for (&row, &column) in row.iter().zip(column) {
                    *table.entry(self.cell(row, column)).or_default() += 1;
                }
            });
        };
        let merge = |a: &mut FxHashMap<u64, u64>, b: FxHashMap<u64, u64>| {
            b.into_iter().for_each(|(cell, count)| *a.entry(cell).or_default() += count);
        };
        let table = fold(self.rows(), SPARSE_CHUNKS, stop, FxHashMap::default, update, merge)?;
        Ok(sorted(table).into_iter().map(|(cell, count)| (cell, (count, Sum::default()))).collect())
    }

    fn weigh(&self, cells: usize, weights: &[f64], stop: &Stop) -> Result<Vec<(u64, Filling)>> {
        let update = |table: &mut Vec<Filling>, rows: Range<usize>| {
            self.each_step(rows, |start, row, column| {
                for ((&row, &column), &weight) in row.iter().zip(column).zip(&weights[start..]) {
                    let slot = &mut table[self.cell(row, column) as usize];
                    slot.0 += 1;
                    slot.1.add(weight);
                }
            });
        };
        let merge = |a: &mut Vec<Filling>, b: Vec<Filling>| a.iter_mut().zip(b).for_each(merge_cell);
        let chunks = max_chunks(cells * size_of::<Filling>());
        let table = fold(self.rows(), chunks, stop, || vec![Filling::default(); cells], update, merge)?;
        Ok(table.into_iter().enumerate().map(|(i, cell)| (i as u64, cell)).filter(|(_, cell)| cell.0 > 0).collect())
    }

    fn weigh_sparse(&self, weights: &[f64], stop: &Stop) -> Result<Vec<(u64, Filling)>> {
        type Table = FxHashMap<u64, Filling>;
        let update = |table: &mut Table, rows: Range<usize>| {
            self.each_step(rows, |start, row, column| {
                for ((&row, &column), &weight) in row.iter().zip(column).zip(&weights[start..]) {
                    let slot = table.entry(self.cell(row, column)).or_default();
                    slot.0 += 1;
                    slot.1.add(weight);
                }
            });
        };
        let merge = |a: &mut Table, b: Table| {
            b.into_iter().for_each(|(cell, later)| merge_cell((a.entry(cell).or_default(), later)));
        };
        Ok(sorted(fold(self.rows(), SPARSE_CHUNKS, stop, Table::default, update, merge)?))
    }
}

/// Chunks of a hash map of cells: each may hold as many cells as it has rows.
const SPARSE_CHUNKS: usize = 16;

/// As many chunks as keep the tables within [`TABLE_BYTES`], a function of the table's size alone.
fn max_chunks(table_bytes: usize) -> usize {
    (TABLE_BYTES / table_bytes.max(1)).clamp(4, MAX_CHUNKS)
}

fn merge_cell((a, b): (&mut Filling, Filling)) {
    a.0 += b.0;
    a.1.merge(b.1);
}

fn sorted<T>(table: FxHashMap<u64, T>) -> Vec<(u64, T)> {
    let mut cells: Vec<(u64, T)> = table.into_iter().collect();
    cells.sort_unstable_by_key(|(cell, _)| *cell);
    cells
}

/// Per-column counts of two indicator matrices: in both, in the predictions, in the truth.
#[derive(Debug, Clone, PartialEq)]
pub enum IndicatorCounts {
    /// Numbers of rows.
    Counts([Vec<i64>; 3]),
    /// Sums of their weights.
    Weights([Vec<f64>; 3]),
}

/// Counts, per column, the rows in which both, the second, and the first of two `columns`-wide matrices are nonzero.
pub fn indicator_counts(
    y_true: &[u8],
    y_pred: &[u8],
    columns: usize,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<IndicatorCounts> {
    check_length("y_pred", y_pred.len(), y_true.len())?;
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    let marks = move |range: Range<usize>| {
        let (from, to) = (range.start * columns, range.end * columns);
        y_true[from..to].chunks_exact(columns).zip(y_pred[from..to].chunks_exact(columns))
    };
    match sample_weight {
        None => {
            let update = |state: &mut [Vec<i64>; 3], range: Range<usize>| {
                let [both, pred, truth] = state;
                for (t, p) in marks(range) {
                    for j in 0..columns {
                        both[j] += i64::from((t[j] != 0) & (p[j] != 0));
                        pred[j] += i64::from(p[j] != 0);
                        truth[j] += i64::from(t[j] != 0);
                    }
                }
            };
            let merge = |a: &mut [Vec<i64>; 3], b: [Vec<i64>; 3]| {
                a.iter_mut().flatten().zip(b.into_iter().flatten()).for_each(|(a, b)| *a += b);
            };
            let new = || [vec![0; columns], vec![0; columns], vec![0; columns]];
            fold(rows, MAX_CHUNKS, stop, new, update, merge).map(IndicatorCounts::Counts)
        }
        Some(weights) => {
            check_length("sample_weight", weights.len(), rows)?;
            let update = |state: &mut [Vec<Sum>; 3], range: Range<usize>| {
                let [both, pred, truth] = state;
                for ((t, p), &weight) in marks(range.clone()).zip(&weights[range]) {
                    for j in 0..columns {
                        if p[j] != 0 {
                            pred[j].add(weight);
                        }
                        if t[j] != 0 {
                            truth[j].add(weight);
                            if p[j] != 0 {
                                both[j].add(weight);
                            }
                        }
                    }
                }
            };
            let merge = |a: &mut [Vec<Sum>; 3], b: [Vec<Sum>; 3]| {
                a.iter_mut().flatten().zip(b.into_iter().flatten()).for_each(|(a, b)| a.merge(b));
            };
            let zero = || vec![Sum::default(); columns];
            let sums = fold(rows, MAX_CHUNKS, stop, || [zero(), zero(), zero()], update, merge)?;
            Ok(IndicatorCounts::Weights(sums.map(|column| column.into_iter().map(Sum::value).collect())))
        }
    }
}

/// Counts, per row of two `columns`-wide matrices, the columns nonzero in both, in the second, in the first, and the
/// columns that differ.
pub fn indicator_counts_by_row(y_true: &[u8], y_pred: &[u8], columns: usize, stop: &Stop) -> Result<[Vec<i64>; 4]> {
    check_length("y_pred", y_pred.len(), y_true.len())?;
    let rows = y_true.len().checked_div(columns).unwrap_or(0);
    let update = |state: &mut [Vec<i64>; 4], range: Range<usize>| {
        for i in range {
            let (t, p) = (&y_true[i * columns..(i + 1) * columns], &y_pred[i * columns..(i + 1) * columns]);
            let mut row = [0i64; 4];
            for (&t, &p) in t.iter().zip(p) {
                row[0] += i64::from((t != 0) & (p != 0));
                row[1] += i64::from(p != 0);
                row[2] += i64::from(t != 0);
                row[3] += i64::from(t != p);
            }
            state.iter_mut().zip(row).for_each(|(column, count)| column.push(count));
        }
    };
    let merge = |a: &mut [Vec<i64>; 4], b: [Vec<i64>; 4]| a.iter_mut().zip(b).for_each(|(a, b)| a.extend(b));
    fold(rows, MAX_CHUNKS, stop, Default::default, update, merge)
}

/// An indicator matrix as compressed rows: the sorted distinct columns of the marks of each row, one row after another.
#[derive(Debug, Clone, Copy)]
pub struct SparseIndicator<'a> {
    /// Where each row begins in `columns`, and where the last one ends.
    pub starts: &'a [i64],
    /// The columns.
    pub columns: &'a [i64],
}

impl<'a> SparseIndicator<'a> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The columns of one row; none where the matrix is not what it should be.
    #[inline]
    fn row(&self, i: usize) -> &'a [i64] {
        self.columns.get(self.starts[i] as usize..self.starts[i + 1] as usize).unwrap_or(&[])
    }

    /// Refuses a matrix whose rows do not follow one another, or that is wider than `width`.
    fn check(&self, name: &'static str, width: usize) -> Result<()> {
        let ends = self.starts.last().copied().unwrap_or(0);
        check_length(name, self.columns.len(), usize::try_from(ends).unwrap_or(usize::MAX))?;
        if !self.starts.is_sorted() || self.starts.first().is_some_and(|first| *first != 0) {
            return Err(Error::Changed);
        }
        match self.columns.iter().find(|column| usize::try_from(**column).map_or(true, |column| column >= width)) {
            Some(column) => Err(Error::Length { name, found: *column as usize, expected: width }),
            None => Ok(()),
        }
    }
}

/// Calls `visit` with each element that two sorted slices share.
#[inline]
fn shared(a: &[i64], b: &[i64], mut visit: impl FnMut(i64)) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            visit(a[i]);
        }
        let (a_first, b_first) = (a[i] <= b[j], b[j] <= a[i]);
        i += usize::from(a_first);
        j += usize::from(b_first);
    }
}

/// [`indicator_counts`] of two sparse matrices of `width` columns: time and memory go by the marks and the columns.
pub fn sparse_indicator_counts(
    y_true: SparseIndicator<'_>,
    y_pred: SparseIndicator<'_>,
    width: usize,
    sample_weight: Option<&[f64]>,
    stop: &Stop,
) -> Result<IndicatorCounts> {
    let rows = y_true.rows();
    check_length("y_pred", y_pred.rows(), rows)?;
    y_true.check("y_true", width)?;
    y_pred.check("y_pred", width)?;
    match sample_weight {
        None => {
            let update = |state: &mut [Vec<i64>; 3], range: Range<usize>| {
                let [both, pred, truth] = state;
                for i in range {
                    let (t, p) = (y_true.row(i), y_pred.row(i));
                    t.iter().for_each(|&column| truth[column as usize] += 1);
                    p.iter().for_each(|&column| pred[column as usize] += 1);
                    shared(t, p, |column| both[column as usize] += 1);
                }
            };
            let merge = |a: &mut [Vec<i64>; 3], b: [Vec<i64>; 3]| {
                a.iter_mut().flatten().zip(b.into_iter().flatten()).for_each(|(a, b)| *a += b);
            };
            let new = || [vec![0; width], vec![0; width], vec![0; width]];
            let chunks = max_chunks(3 * width * size_of::<i64>());
            fold(rows, chunks, stop, new, update, merge).map(IndicatorCounts::Counts)
        }
        Some(weights) => {
            check_length("sample_weight", weights.len(), rows)?;
            let update = |state: &mut [Vec<Sum>; 3], range: Range<usize>| {
                let [both, pred, truth] = state;
                for i in range {
                    let (t, p, weight) = (y_true.row(i), y_pred.row(i), weights[i]);
                    t.iter().for_each(|&column| truth[column as usize].add(weight));
                    p.iter().for_each(|&column| pred[column as usize].add(weight));
                    shared(t, p, |column| both[column as usize].add(weight));
                }
            };
            let merge = |a: &mut [Vec<Sum>; 3], b: [Vec<Sum>; 3]| {
                a.iter_mut().flatten().zip(b.into_iter().flatten()).for_each(|(a, b)| a.merge(b));
            };
            let zero = || vec![Sum::default(); width];
            let chunks = max_chunks(3 * width * size_of::<Sum>());
            let sums = fold(rows, chunks, stop, || [zero(), zero(), zero()], update, merge)?;
            Ok(IndicatorCounts::Weights(sums.map(|column| column.into_iter().map(Sum::value).collect())))
        }
    }
}

/// The marks of each row of two sparse matrices in both, in the second, and in the first.
pub fn sparse_indicator_counts_by_row(
    y_true: SparseIndicator<'_>,
    y_pred: SparseIndicator<'_>,
    stop: &Stop,
) -> Result<[Vec<i64>; 3]> {
    let rows = y_true.rows();
    check_length("y_pred", y_pred.rows(), rows)?;
    y_true.check("y_true", usize::MAX)?;
    y_pred.check("y_pred", usize::MAX)?;
    let update = |state: &mut [Vec<i64>; 3], range: Range<usize>| {
        for i in range {
            let (t, p) = (y_true.row(i), y_pred.row(i));
            let mut both = 0;
            shared(t, p, |_| both += 1);
            state.iter_mut().zip([both, p.len() as i64, t.len() as i64]).for_each(|(side, count)| side.push(count));
        }
    };
    let merge = |a: &mut [Vec<i64>; 3], b: [Vec<i64>; 3]| a.iter_mut().zip(b).for_each(|(a, b)| a.extend(b));
    fold(rows, MAX_CHUNKS, stop, Default::default, update, merge)
}

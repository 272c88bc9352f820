//! The contingency table of two label arrays, from which every metric of predicted classes follows.
//!
//! One design was weighed against another: encode both arrays to class indices first and count those, or decode small
//! blocks on the way to the counters. The first writes and reads n more bytes per array and needs n bytes of scratch;
//! the second keeps a block of 1,024 rows in the first-level cache and needs none, so it stayed.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::error::{Error, Result, check_length};
use crate::fold::{MAX_CHUNKS, Stop, Sum, fold};
use crate::kernels::labels::{Encoder, Labels, label_set};
use crate::scalar::Status;

/// Rows decoded at a time: two key buffers and two index buffers of this length fit the first-level cache.
const STEP: usize = 1024;

/// Tables up to this many cells are counted in an array, larger ones in a hash map.
const DENSE_CELLS: usize = 1 << 20;

/// How much all chunks' tables may take together.
const TABLE_BYTES: usize = 1 << 26;

/// Small tables are kept four times over and rows dealt to them in turn: consecutive rows that fall in one cell then do
/// not wait for each other's store (2.5 times faster on a table of 4 cells).
const WAYS: usize = 4;
const WAYS_CELLS: usize = 1 << 10;

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
    let (true_status, true_keys) = label_set(y_true, stop)?;
    let (pred_status, pred_keys) = label_set(y_pred, stop)?;
    let mut table = Contingency { true_status, true_keys, pred_status, pred_keys, ..Contingency::default() };
    if true_status != Status::Clean || pred_status != Status::Clean {
        table.weights = sample_weight.map(|_| Vec::new());
        return Ok(table);
    }
    let sides = Sides {
        y_true,
        y_pred,
        true_encoder: Encoder::new(&table.true_keys),
        pred_encoder: Encoder::new(&table.pred_keys),
        columns: table.pred_keys.len(),
    };
    let cells = table.true_keys.len().saturating_mul(table.pred_keys.len());
    match sample_weight {
        None => {
            let counted = if cells <= DENSE_CELLS { sides.count(cells, stop)? } else { sides.count_sparse(stop)? };
            for (cell, count) in counted {
                table.push(cell, sides.columns, count);
            }
        }
        Some(weights) => {
            let mut sums = Vec::new();
            let weighed = if cells <= DENSE_CELLS {
                sides.weigh(cells, weights, stop)?
            } else {
                sides.weigh_sparse(weights, stop)?
            };
            for (cell, (count, sum)) in weighed {
                table.push(cell, sides.columns, count);
                sums.push(sum.value());
            }
            table.weights = Some(sums);
        }
    }
    Ok(table)
}

impl Contingency {
    fn push(&mut self, cell: u64, columns: usize, count: u64) {
        self.rows.push((cell / columns as u64) as u32);
        self.columns.push((cell % columns as u64) as u32);
        self.counts.push(count as i64);
    }
}

/// Both label arrays with the means to number their labels.
struct Sides<'a> {
    y_true: Labels<'a>,
    y_pred: Labels<'a>,
    true_encoder: Encoder,
    pred_encoder: Encoder,
    columns: usize,
}

impl Sides<'_> {
    /// Calls `visit` with the cells of consecutive rows, a step at a time, and the first row of the step.
    #[inline]
    fn each_step(&self, rows: Range<usize>, mut visit: impl FnMut(usize, &[u64])) {
        let (mut keys, mut cells) = ([0u64; STEP], [0u64; STEP]);
        let (mut row, mut column) = ([0u32; STEP], [0u32; STEP]);
        for start in rows.clone().step_by(STEP) {
            let len = STEP.min(rows.end - start);
            self.y_true.keys(start, &mut keys[..len]);
            self.true_encoder.encode(&keys[..len], &mut row[..len]);
            self.y_pred.keys(start, &mut keys[..len]);
            self.pred_encoder.encode(&keys[..len], &mut column[..len]);
            for i in 0..len {
                cells[i] = u64::from(row[i]) * self.columns as u64 + u64::from(column[i]);
            }
            visit(start, &cells[..len]);
        }
    }

    fn count(&self, cells: usize, stop: &Stop) -> Result<Vec<(u64, u64)>> {
        let ways = if cells <= WAYS_CELLS { WAYS } else { 1 };
        let update = |table: &mut Vec<u64>, rows: Range<usize>| {
            self.each_step(rows, |_, step| {
                for (i, &cell) in step.iter().enumerate() {
                    table[(i % ways) * cells + cell as usize] += 1;
                }
            });
        };
        let merge = |a: &mut Vec<u64>, b: Vec<u64>| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        let chunks = max_chunks(cells * ways * size_of::<u64>());
        let table = fold(self.y_true.len(), chunks, stop, || vec![0u64; cells * ways], update, merge)?;
        let total = |cell: usize| (0..ways).map(|way| table[way * cells + cell]).sum::<u64>();
        Ok((0..cells).map(|cell| (cell as u64, total(cell))).filter(|(_, count)| *count > 0).collect())
    }

    fn count_sparse(&self, stop: &Stop) -> Result<Vec<(u64, u64)>> {
        let update = |table: &mut FxHashMap<u64, u64>, rows: Range<usize>| {
            self.each_step(rows, |_, step| step.iter().for_each(|&cell| *table.entry(cell).or_default() += 1));
        };
        let merge = |a: &mut FxHashMap<u64, u64>, b: FxHashMap<u64, u64>| {
            b.into_iter().for_each(|(cell, count)| *a.entry(cell).or_default() += count);
        };
        let table = fold(self.y_true.len(), SPARSE_CHUNKS, stop, FxHashMap::default, update, merge)?;
        Ok(sorted(table))
    }

    fn weigh(&self, cells: usize, weights: &[f64], stop: &Stop) -> Result<Vec<(u64, (u64, Sum))>> {
        let update = |table: &mut Vec<(u64, Sum)>, rows: Range<usize>| {
            self.each_step(rows, |start, step| {
                for (&cell, &weight) in step.iter().zip(&weights[start..]) {
                    let slot = &mut table[cell as usize];
                    slot.0 += 1;
                    slot.1.add(weight);
                }
            });
        };
        let merge = |a: &mut Vec<(u64, Sum)>, b: Vec<(u64, Sum)>| a.iter_mut().zip(b).for_each(merge_cell);
        let chunks = max_chunks(cells * size_of::<(u64, Sum)>());
        let table = fold(self.y_true.len(), chunks, stop, || vec![(0, Sum::default()); cells], update, merge)?;
        Ok(table.into_iter().enumerate().map(|(i, cell)| (i as u64, cell)).filter(|(_, cell)| cell.0 > 0).collect())
    }

    fn weigh_sparse(&self, weights: &[f64], stop: &Stop) -> Result<Vec<(u64, (u64, Sum))>> {
        type Table = FxHashMap<u64, (u64, Sum)>;
        let update = |table: &mut Table, rows: Range<usize>| {
            self.each_step(rows, |start, step| {
                for (&cell, &weight) in step.iter().zip(&weights[start..]) {
                    let slot = table.entry(cell).or_default();
                    slot.0 += 1;
                    slot.1.add(weight);
                }
            });
        };
        let merge = |a: &mut Table, b: Table| {
            b.into_iter().for_each(|(cell, later)| merge_cell((a.entry(cell).or_default(), later)));
        };
        Ok(sorted(fold(self.y_true.len(), SPARSE_CHUNKS, stop, Table::default, update, merge)?))
    }
}

/// Chunks of a hash map of cells: each may hold as many cells as it has rows.
const SPARSE_CHUNKS: usize = 16;

/// As many chunks as keep the tables within [`TABLE_BYTES`], a function of the table's size alone.
fn max_chunks(table_bytes: usize) -> usize {
    (TABLE_BYTES / table_bytes.max(1)).clamp(4, MAX_CHUNKS)
}

fn merge_cell((a, b): (&mut (u64, Sum), (u64, Sum))) {
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

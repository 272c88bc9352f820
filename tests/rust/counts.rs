use std::collections::BTreeMap;

use proptest::prelude::*;
use trueval::kernels::counts::{
    Contingency, IndicatorCounts, SparseIndicator, contingency, indicator_counts, indicator_counts_by_row,
    sparse_indicator_counts, sparse_indicator_counts_by_row,
};
use trueval::kernels::labels::Labels;
use trueval::scalar::{Label, Status};

use crate::{GO, MANY, Random, on_any_threads};

/// Cells as (true label, predicted label) to count and weight.
fn cells(table: &Contingency) -> BTreeMap<(i64, i64), (i64, f64)> {
    let label = |keys: &[u64], i: u32| <i64 as Label>::from_key(keys[i as usize]);
    let pair = |i: usize| (label(&table.true_keys, table.rows[i]), label(&table.pred_keys, table.columns[i]));
    let weight = |i: usize| table.weights.as_ref().map_or(0.0, |weights| weights[i]);
    (0..table.rows.len()).map(|i| (pair(i), (table.counts[i], weight(i)))).collect()
}

fn naive(y_true: &[i64], y_pred: &[i64], weights: Option<&[f64]>) -> BTreeMap<(i64, i64), (i64, f64)> {
    let mut cells = BTreeMap::new();
    for i in 0..y_true.len() {
        let cell: &mut (i64, f64) = cells.entry((y_true[i], y_pred[i])).or_default();
        cell.0 += 1;
        cell.1 += weights.map_or(0.0, |weights| weights[i]);
    }
    cells
}

fn check(y_true: &[i64], y_pred: &[i64], weights: Option<&[f64]>) {
    let table = on_any_threads(|| contingency(Labels::I64(y_true), Labels::I64(y_pred), weights, &GO).unwrap());
    assert!(table.rows.iter().zip(&table.columns).is_sorted(), "cells are in row-major order");
    assert_eq!(cells(&table), naive(y_true, y_pred, weights));
}

proptest! {
    #[test]
    fn small_tables(pairs in prop::collection::vec((-2i64..3, -2i64..3, 0u8..4), 0..80)) {
        let y_true: Vec<i64> = pairs.iter().map(|p| p.0).collect();
        let y_pred: Vec<i64> = pairs.iter().map(|p| p.1).collect();
        // Quarters add up exactly in any order.
        let weights: Vec<f64> = pairs.iter().map(|p| f64::from(p.2) / 4.0).collect();
        check(&y_true, &y_pred, None);
        check(&y_true, &y_pred, Some(&weights));
    }
}

#[test]
fn every_size_of_table() {
    // The four-way table, the plain table, the hash map; dense and wide labels.
    for (classes, step) in [(2, 1), (100, 1), (2_000, 1), (2_000, 1 << 40)] {
        let mut random = Random(classes);
        let mut draw = || -> Vec<i64> { (0..MANY).map(|_| random.below(classes) as i64 * step - 5).collect() };
        let (y_true, y_pred) = (draw(), draw());
        let weights: Vec<f64> = (0..MANY).map(|i| (i % 8) as f64 / 8.0).collect();
        check(&y_true, &y_pred, None);
        check(&y_true, &y_pred, Some(&weights));
    }
}

#[test]
fn labels_that_a_sample_misses() {
    // A row in the middle holds what the windows guessed from the others may not: farther, nearer, below, at an end.
    const ROWS: usize = 20_011;
    for classes in [2u64, 5, 20, 100] {
        for odd in [-1, -3, 3, 14, 17, 40, 1 << 20, 1 << 31, i64::MAX, i64::MIN] {
            let mut random = Random(classes);
            let mut draw = || -> Vec<i64> { (0..ROWS).map(|_| random.below(classes) as i64).collect() };
            let (mut y_true, mut y_pred) = (draw(), draw());
            check(&y_true, &y_pred, None);
            y_true[ROWS / 3 + 1] = odd;
            check(&y_true, &y_pred, None);
            y_pred[ROWS / 2 + 1] = odd;
            check(&y_true, &y_pred, None);
        }
    }
}

#[test]
fn sorted_labels() {
    // Runs longer than the sample's steps, and labels of one class but for the last row.
    let rising: Vec<i64> = (0..MANY as i64).map(|i| i * 7 / MANY as i64).collect();
    let mut falling: Vec<i64> = rising.iter().rev().copied().collect();
    check(&rising, &falling, None);
    falling.fill(3);
    falling[MANY - 1] = 4;
    check(&rising, &falling, None);
}

#[test]
fn floats_are_labels_as_integers_are() {
    let mut random = Random(9);
    let y_true: Vec<i64> = (0..MANY).map(|_| random.below(3) as i64 - 1).collect();
    let expected = naive(&y_true, &y_true, None);
    let (mut wide, narrow): (Vec<f64>, Vec<f32>) = y_true.iter().map(|y| (*y as f64, *y as f32)).unzip();
    let table = contingency(Labels::F64(&wide), Labels::F32(&narrow), None, &GO).unwrap();
    assert_eq!(cells(&table), expected);
    // -0.0 is 0; the numbers at the ends of 32 bits are themselves; what is no label is told, wherever it is.
    let last = MANY - 1;
    for (value, status) in [
        (-0.0, Status::Clean),
        (2_147_483_647.0, Status::Clean),
        (2_147_483_648.0, Status::Clean),
        (-2_147_483_649.0, Status::Clean),
        (1e-17, Status::Fractional),
        (0.5, Status::Fractional),
        (1e300, Status::Fractional),
        (f64::INFINITY, Status::Infinite),
        (f64::NAN, Status::Nan),
    ] {
        wide[last] = value;
        let table = contingency(Labels::F64(&wide), Labels::F64(&wide), None, &GO).unwrap();
        assert_eq!(table.true_status, status, "{value}");
        if status == Status::Clean {
            let whole: Vec<i64> = wide.iter().map(|y| *y as i64).collect();
            assert_eq!(cells(&table), naive(&whole, &whole, None), "{value}");
        }
    }
}

#[test]
fn sides_of_different_types() {
    let y_true: Vec<u8> = vec![0, 1, 1];
    let y_pred: Vec<f32> = vec![1.0, 1.0, 0.0];
    let table = contingency(Labels::U8(&y_true), Labels::F32(&y_pred), None, &GO).unwrap();
    assert_eq!((table.rows, table.columns, table.counts), (vec![0, 1, 1], vec![1, 0, 1], vec![1, 1, 1]));
}

#[test]
fn no_cells_where_labels_are_not_labels() {
    let table = contingency(Labels::F64(&[0.5, 1.0]), Labels::F64(&[0.0, f64::NAN]), Some(&[1.0, 1.0]), &GO).unwrap();
    assert_eq!((table.true_status, table.pred_status), (Status::Fractional, Status::Nan));
    assert_eq!((table.rows.len(), table.weights), (0, Some(vec![])));
}

#[test]
fn lengths_must_agree() {
    assert!(contingency(Labels::U8(&[0]), Labels::U8(&[0, 1]), None, &GO).is_err());
    assert!(contingency(Labels::U8(&[0]), Labels::U8(&[1]), Some(&[]), &GO).is_err());
}

proptest! {
    #[test]
    fn indicators(rows in prop::collection::vec((prop::array::uniform3(0u8..3), prop::array::uniform3(0u8..3)), 0..40)) {
        let y_true: Vec<u8> = rows.iter().flat_map(|r| r.0).collect();
        let y_pred: Vec<u8> = rows.iter().flat_map(|r| r.1).collect();
        let weights: Vec<f64> = (0..rows.len()).map(|i| i as f64).collect();
        let column = |j: usize, test: &dyn Fn(u8, u8) -> bool| rows.iter().filter(|r| test(r.0[j], r.1[j])).count();
        let tests: [&dyn Fn(u8, u8) -> bool; 3] =
            [&|t, p| t != 0 && p != 0, &|_, p| p != 0, &|t, _| t != 0];
        let IndicatorCounts::Counts(counts) = indicator_counts(&y_true, &y_pred, 3, None, &GO).unwrap() else {
            unreachable!("unweighted calls count")
        };
        let IndicatorCounts::Weights(sums) = indicator_counts(&y_true, &y_pred, 3, Some(&weights), &GO).unwrap()
        else {
            unreachable!("weighted calls sum")
        };
        for (which, test) in tests.iter().enumerate() {
            for j in 0..3 {
                prop_assert_eq!(counts[which][j], column(j, test) as i64);
                let sum: usize = (0..rows.len()).filter(|&i| test(rows[i].0[j], rows[i].1[j])).sum();
                prop_assert_eq!(sums[which][j], sum as f64);
            }
        }
        let by_row = indicator_counts_by_row(&y_true, &y_pred, 3, &GO).unwrap();
        for (i, (t, p)) in rows.iter().enumerate() {
            let count = |test: &dyn Fn(u8, u8) -> bool| t.iter().zip(p).filter(|(t, p)| test(**t, **p)).count() as i64;
            let expected = [count(tests[0]), count(tests[1]), count(tests[2]), count(&|t, p| t != p)];
            prop_assert_eq!([by_row[0][i], by_row[1][i], by_row[2][i], by_row[3][i]], expected);
        }
    }
}

/// Row starts and columns of the marks of a dense matrix.
fn compressed(dense: &[u8], width: usize) -> (Vec<i64>, Vec<i64>) {
    let (mut starts, mut columns) = (vec![0], Vec::new());
    for row in dense.chunks(width) {
        columns.extend(row.iter().enumerate().filter(|(_, mark)| **mark != 0).map(|(column, _)| column as i64));
        starts.push(columns.len() as i64);
    }
    (starts, columns)
}

#[test]
fn sparse_indicators_count_as_dense_ones() {
    let (width, mut random) = (5, Random(1));
    let mut draw = || -> Vec<u8> { (0..MANY * width).map(|_| u8::from(random.below(4) == 0)).collect() };
    let (y_true, y_pred) = (draw(), draw());
    let weights: Vec<f64> = (0..MANY).map(|i| (i % 8) as f64 / 8.0).collect();
    let (t, p) = (compressed(&y_true, width), compressed(&y_pred, width));
    let sparse = |side: &'static str| match side {
        "true" => SparseIndicator { starts: &t.0, columns: &t.1 },
        _ => SparseIndicator { starts: &p.0, columns: &p.1 },
    };
    for w in [None, Some(&weights[..])] {
        let counts = on_any_threads(|| sparse_indicator_counts(sparse("true"), sparse("pred"), width, w, &GO).unwrap());
        assert_eq!(counts, indicator_counts(&y_true, &y_pred, width, w, &GO).unwrap());
    }
    let by_row = on_any_threads(|| sparse_indicator_counts_by_row(sparse("true"), sparse("pred"), &GO).unwrap());
    assert_eq!(by_row[..], indicator_counts_by_row(&y_true, &y_pred, width, &GO).unwrap()[..3]);
}

#[test]
fn sparse_indicators_that_are_none_are_refused() {
    let good = SparseIndicator { starts: &[0, 1, 2], columns: &[0, 1] };
    for bad in [
        SparseIndicator { starts: &[0, 2], columns: &[0, 1] },
        SparseIndicator { starts: &[0, 1, 3], columns: &[0, 1] },
        SparseIndicator { starts: &[0, 3, 2], columns: &[0, 1] },
        SparseIndicator { starts: &[-1, 1, 2], columns: &[0, 1] },
        SparseIndicator { starts: &[0, 1, 2], columns: &[0, 2] },
        SparseIndicator { starts: &[0, 1, 2], columns: &[-1, 1] },
    ] {
        assert!(sparse_indicator_counts(good, bad, 2, None, &GO).is_err());
        assert!(sparse_indicator_counts(bad, good, 2, None, &GO).is_err());
    }
    assert!(sparse_indicator_counts(good, good, 2, Some(&[1.0]), &GO).is_err());
    assert!(sparse_indicator_counts(good, good, 2, None, &GO).is_ok());
    let wide = SparseIndicator { starts: &[0, 1], columns: &[0] };
    assert!(sparse_indicator_counts_by_row(good, wide, &GO).is_err());
}

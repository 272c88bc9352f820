//! Bindings of [`crate::kernels::counts`].

use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;

use super::arrays::{LabelArray, Weights, array, columns, labels, slice, status_code};
use super::call::run;
use crate::kernels::counts as kernels;
use crate::kernels::counts::{IndicatorCounts, SparseIndicator};

/// Joint counts of two label arrays.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
#[allow(clippy::type_complexity)]
pub fn contingency<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    y_pred: LabelArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<(
    u8,
    Bound<'py, PyAny>,
    u8,
    Bound<'py, PyAny>,
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<i64>>,
    Option<Bound<'py, PyArray1<f64>>>,
)> {
    let (t, p, w) = (y_true.view()?, y_pred.view()?, sample_weight.view()?);
    let table = run(py, t.len(), |stop| kernels::contingency(t, p, w, stop))?;
    Ok((
        status_code(table.true_status),
        labels(py, t.decode(&table.true_keys)),
        status_code(table.pred_status),
        labels(py, p.decode(&table.pred_keys)),
        array(py, table.rows),
        array(py, table.columns),
        array(py, table.counts),
        table.weights.map(|weights| array(py, weights)),
    ))
}

/// Per-column counts of two indicator matrices.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
pub fn indicator_counts<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, u8>,
    y_pred: PyReadonlyArrayDyn<'py, u8>,
    sample_weight: Weights<'py>,
) -> PyResult<[Bound<'py, PyAny>; 3]> {
    let (t, p, width, w) = (slice(&y_true)?, slice(&y_pred)?, columns(&y_true), sample_weight.view()?);
    Ok(indicator_arrays(py, run(py, t.len(), |stop| kernels::indicator_counts(t, p, width, w, stop))?))
}

fn indicator_arrays(py: Python<'_>, counts: IndicatorCounts) -> [Bound<'_, PyAny>; 3] {
    match counts {
        IndicatorCounts::Counts(sums) => sums.map(|column| array(py, column).into_any()),
        IndicatorCounts::Weights(sums) => sums.map(|column| array(py, column).into_any()),
    }
}

/// Per-row counts of two indicator matrices.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, /))]
pub fn indicator_counts_by_row<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, u8>,
    y_pred: PyReadonlyArrayDyn<'py, u8>,
) -> PyResult<[Bound<'py, PyArray1<i64>>; 4]> {
    let (t, p, width) = (slice(&y_true)?, slice(&y_pred)?, columns(&y_true));
    let counts = run(py, t.len(), |stop| kernels::indicator_counts_by_row(t, p, width, stop))?;
    Ok(counts.map(|column| array(py, column)))
}

/// Per-column counts of two sparse indicator matrices.
#[pyfunction]
#[pyo3(signature = (true_starts, true_columns, pred_starts, pred_columns, width, sample_weight, /))]
pub fn sparse_indicator_counts<'py>(
    py: Python<'py>,
    true_starts: PyReadonlyArray1<'py, i64>,
    true_columns: PyReadonlyArray1<'py, i64>,
    pred_starts: PyReadonlyArray1<'py, i64>,
    pred_columns: PyReadonlyArray1<'py, i64>,
    width: usize,
    sample_weight: Weights<'py>,
) -> PyResult<[Bound<'py, PyAny>; 3]> {
    let (t, p) = (sparse(&true_starts, &true_columns)?, sparse(&pred_starts, &pred_columns)?);
    let (marks, w) = (t.columns.len() + p.columns.len(), sample_weight.view()?);
    Ok(indicator_arrays(py, run(py, marks, |stop| kernels::sparse_indicator_counts(t, p, width, w, stop))?))
}

/// Per-row counts of two sparse indicator matrices.
#[pyfunction]
#[pyo3(signature = (true_starts, true_columns, pred_starts, pred_columns, /))]
pub fn sparse_indicator_counts_by_row<'py>(
    py: Python<'py>,
    true_starts: PyReadonlyArray1<'py, i64>,
    true_columns: PyReadonlyArray1<'py, i64>,
    pred_starts: PyReadonlyArray1<'py, i64>,
    pred_columns: PyReadonlyArray1<'py, i64>,
) -> PyResult<[Bound<'py, PyArray1<i64>>; 3]> {
    let (t, p) = (sparse(&true_starts, &true_columns)?, sparse(&pred_starts, &pred_columns)?);
    let marks = t.columns.len() + p.columns.len();
    let counts = run(py, marks, |stop| kernels::sparse_indicator_counts_by_row(t, p, stop))?;
    Ok(counts.map(|column| array(py, column)))
}

fn sparse<'a>(
    starts: &'a PyReadonlyArray1<'_, i64>,
    columns: &'a PyReadonlyArray1<'_, i64>,
) -> PyResult<SparseIndicator<'a>> {
    Ok(SparseIndicator { starts: starts.as_slice()?, columns: columns.as_slice()? })
}

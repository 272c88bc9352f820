//! Bindings of [`crate::kernels::gains`] and [`crate::kernels::ranking`].

use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;

use super::arrays::{LabelArray, ScoreArray, array, columns, slice};
use super::call::run_beyond;
use crate::error::Result;
use crate::fold::Stop;
use crate::kernels::gains;
use crate::kernels::ranking as kernels;

/// Runs a kernel over `elements` elements.
fn run<T: Send>(py: Python<'_>, elements: usize, kernel: impl FnOnce(&Stop) -> Result<T> + Send) -> PyResult<T> {
    run_beyond(kernels::TASK, py, elements, kernel)
}

/// Discounted cumulative gain of each row.
#[pyfunction]
#[pyo3(signature = (y_true, y_score, discount, ignore_ties, /))]
pub fn dcg<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, f64>,
    y_score: ScoreArray<'py>,
    discount: PyReadonlyArray1<'py, f64>,
    ignore_ties: bool,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (t, s, d) = (slice(&y_true)?, y_score.view()?, discount.as_slice()?);
    Ok(array(py, run(py, t.len(), |stop| gains::dcg(t, s, d, ignore_ties, stop))?))
}

/// Normalised discounted cumulative gain of each row.
#[pyfunction]
#[pyo3(signature = (y_true, y_score, discount, ignore_ties, /))]
pub fn ndcg<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, f64>,
    y_score: ScoreArray<'py>,
    discount: PyReadonlyArray1<'py, f64>,
    ignore_ties: bool,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (t, s, d) = (slice(&y_true)?, y_score.view()?, discount.as_slice()?);
    Ok(array(py, run(py, t.len(), |stop| gains::ndcg(t, s, d, ignore_ties, stop))?))
}

/// Relevant labels, wins and ties of each row.
#[pyfunction]
#[pyo3(signature = (y_true, y_score, /))]
pub fn pairs_by_row<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, u8>,
    y_score: ScoreArray<'py>,
) -> PyResult<[Bound<'py, PyArray1<i64>>; 3]> {
    let (t, s, width) = (slice(&y_true)?, y_score.view()?, columns(&y_true));
    let counts = run(py, t.len(), |stop| kernels::pairs_by_row(t, s, width, stop))?;
    Ok(counts.map(|column| array(py, column)))
}

/// Average precision of each row.
#[pyfunction]
#[pyo3(signature = (y_true, y_score, /))]
pub fn average_precision_by_row<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, u8>,
    y_score: ScoreArray<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (t, s, width) = (slice(&y_true)?, y_score.view()?, columns(&y_true));
    Ok(array(py, run(py, t.len(), |stop| kernels::average_precision_by_row(t, s, width, stop))?))
}

/// Area under the ROC curve of each row up to a false positive rate.
#[pyfunction]
#[pyo3(signature = (y_true, y_score, max_fpr, /))]
pub fn partial_roc_auc_by_row<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, u8>,
    y_score: ScoreArray<'py>,
    max_fpr: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (t, s, width) = (slice(&y_true)?, y_score.view()?, columns(&y_true));
    Ok(array(py, run(py, t.len(), |stop| kernels::partial_roc_auc_by_row(t, s, width, max_fpr, stop))?))
}

/// Coverage of each row.
#[pyfunction]
#[pyo3(signature = (y_true, y_score, /))]
pub fn coverage_by_row<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArrayDyn<'py, u8>,
    y_score: ScoreArray<'py>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (t, s, width) = (slice(&y_true)?, y_score.view()?, columns(&y_true));
    Ok(array(py, run(py, t.len(), |stop| kernels::coverage_by_row(t, s, width, stop))?))
}

/// Rank of the true class of each row.
#[pyfunction]
#[pyo3(signature = (y_true, classes, y_score, /))]
pub fn class_ranks<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    classes: LabelArray<'py>,
    y_score: ScoreArray<'py>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (t, c, s) = (y_true.view()?, classes.view()?, y_score.view()?);
    Ok(array(py, run(py, s.len(), |stop| kernels::class_ranks(t, c, s, stop))?))
}

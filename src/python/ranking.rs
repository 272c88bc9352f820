//! Bindings of [`crate::kernels::ranking`].

use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;

use super::arrays::{ScoreArray, array, slice};
use super::call::run;
use crate::kernels::ranking as kernels;

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
    Ok(array(py, run(py, t.len(), |stop| kernels::dcg(t, s, d, ignore_ties, stop))?))
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
    Ok(array(py, run(py, t.len(), |stop| kernels::ndcg(t, s, d, ignore_ties, stop))?))
}

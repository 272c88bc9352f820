//! Bindings of [`crate::kernels::regression`].

use numpy::PyArray1;
use pyo3::prelude::*;

use super::arrays::{FloatArray, Weights, array};
use super::call::run;
use crate::kernels::regression as kernels;
use crate::kernels::regression::Targets;

/// Borrows the arguments of every function here.
fn targets<'a>(
    y_true: &'a FloatArray<'_>,
    y_pred: &'a FloatArray<'_>,
    sample_weight: &'a Weights<'_>,
) -> PyResult<Targets<'a>> {
    Ok(Targets {
        y_true: y_true.view()?,
        y_pred: y_pred.view()?,
        columns: y_true.columns(),
        sample_weight: sample_weight.view()?,
    })
}

/// Mean squared difference per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
pub fn squared_error<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::squared_error(&targets, stop))?))
}

/// Mean absolute difference per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
pub fn absolute_error<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::absolute_error(&targets, stop))?))
}

/// Sums of squared differences and of squared deviations of the truth from its mean, per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
#[allow(clippy::type_complexity)]
pub fn explained_sums<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    let (residual, deviation) = run(py, targets.y_true.len(), |stop| kernels::explained_sums(&targets, stop))?;
    Ok((array(py, residual), array(py, deviation)))
}

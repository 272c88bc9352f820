//! Bindings of [`crate::kernels::regression`].

use numpy::PyArray1;
use pyo3::prelude::*;

use super::arrays::{FloatArray, Weights, array};
use super::call::run;
use crate::kernels::regression as kernels;
use crate::kernels::regression::Targets;
use crate::order::Quantile;

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

/// Sums of squared deviations of the differences and of the truth from their means, per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
#[allow(clippy::type_complexity)]
pub fn explained_variances<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    let (loss, baseline) = run(py, targets.y_true.len(), |stop| kernels::explained_variances(&targets, stop))?;
    Ok((array(py, loss), array(py, baseline)))
}

/// Mean of the absolute difference over the absolute truth, per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, epsilon, /))]
pub fn absolute_percentage_error<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
    epsilon: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::absolute_percentage_error(&targets, epsilon, stop))?))
}

/// Mean squared difference of the logarithms of 1 + y, per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, /))]
pub fn squared_log_error<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::squared_log_error(&targets, stop))?))
}

/// Mean pinball loss per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, alpha, /))]
pub fn pinball_loss<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
    alpha: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::pinball_loss(&targets, alpha, stop))?))
}

/// Mean pinball losses of the predictions and of a quantile of the truth, per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, alpha, share, slack, /))]
#[allow(clippy::type_complexity)]
pub fn explained_pinball<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
    alpha: f64,
    share: f64,
    slack: f64,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    let wanted = Quantile { share, slack };
    let (loss, baseline) =
        run(py, targets.y_true.len(), |stop| kernels::explained_pinball(&targets, alpha, wanted, stop))?;
    Ok((array(py, loss), array(py, baseline)))
}

/// Median absolute difference per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, slack, /))]
pub fn median_absolute_error<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
    slack: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::median_absolute_error(&targets, slack, stop))?))
}

/// Largest absolute difference per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, /))]
pub fn max_error<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &Weights::NONE)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::max_error(&targets, stop))?))
}

/// Mean Tweedie deviance per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, power, /))]
pub fn tweedie_deviance<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
    power: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    Ok(array(py, run(py, targets.y_true.len(), |stop| kernels::tweedie_deviance(&targets, power, stop))?))
}

/// Mean Tweedie deviances of the predictions and of the mean of the truth, per column.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, sample_weight, power, /))]
#[allow(clippy::type_complexity)]
pub fn explained_deviance<'py>(
    py: Python<'py>,
    y_true: FloatArray<'py>,
    y_pred: FloatArray<'py>,
    sample_weight: Weights<'py>,
    power: f64,
) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
    let targets = targets(&y_true, &y_pred, &sample_weight)?;
    let (loss, baseline) = run(py, targets.y_true.len(), |stop| kernels::explained_deviance(&targets, power, stop))?;
    Ok((array(py, loss), array(py, baseline)))
}

//! Bindings of [`crate::kernels::losses`].

use pyo3::prelude::*;

use super::arrays::{FloatArray, LabelArray, Weights};
use super::call::run;
use crate::kernels::losses as kernels;
use crate::kernels::losses::Probabilities;

/// Sum of the log losses, and how many rows do not add up to 1.
#[pyfunction]
#[pyo3(signature = (y_true, classes, y_proba, sample_weight, low, high, tolerance, /))]
#[allow(clippy::too_many_arguments)]
pub fn log_loss<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    classes: LabelArray<'py>,
    y_proba: FloatArray<'py>,
    sample_weight: Weights<'py>,
    low: f64,
    high: f64,
    tolerance: f64,
) -> PyResult<(f64, u64)> {
    let (t, c, w) = (y_true.view()?, classes.view()?, sample_weight.view()?);
    let proba = Probabilities { values: y_proba.view()?, columns: y_proba.columns(), low, high, tolerance };
    run(py, t.len(), |stop| kernels::log_loss(t, c, proba, w, stop))
}

/// Sum of the squared distances to the one-hot truth, and how many rows do not add up to 1.
#[pyfunction]
#[pyo3(signature = (y_true, classes, y_proba, sample_weight, tolerance, /))]
pub fn brier<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    classes: LabelArray<'py>,
    y_proba: FloatArray<'py>,
    sample_weight: Weights<'py>,
    tolerance: f64,
) -> PyResult<(f64, u64)> {
    let (t, c, w) = (y_true.view()?, classes.view()?, sample_weight.view()?);
    let proba = Probabilities { values: y_proba.view()?, columns: y_proba.columns(), low: 0.0, high: 1.0, tolerance };
    run(py, t.len(), |stop| kernels::brier(t, c, proba, w, stop))
}

/// Sum of the squared differences between the truth and the probability of one label.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_proba, sample_weight, /))]
pub fn brier_binary<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_proba: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<f64> {
    let (t, p, w) = (y_true.view()?, y_proba.view()?, sample_weight.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    run(py, t.len(), |stop| kernels::brier_binary(t, positive, p, w, stop))
}

/// Sum of the hinge losses of decision values, one per class.
#[pyfunction]
#[pyo3(signature = (y_true, classes, pred_decision, sample_weight, /))]
pub fn hinge<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    classes: LabelArray<'py>,
    pred_decision: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<f64> {
    let (t, c, d, w) = (y_true.view()?, classes.view()?, pred_decision.view()?, sample_weight.view()?);
    run(py, t.len(), |stop| kernels::hinge(t, c, d, w, stop))
}

/// Sum of the hinge losses of decision values for one label.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, pred_decision, sample_weight, /))]
pub fn hinge_binary<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    pred_decision: FloatArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<f64> {
    let (t, d, w) = (y_true.view()?, pred_decision.view()?, sample_weight.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    run(py, t.len(), |stop| kernels::hinge_binary(t, positive, d, w, stop))
}

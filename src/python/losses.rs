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
    run(py, proba.values.len(), |stop| kernels::log_loss(t, c, proba, w, stop))
}

//! Bindings of [`crate::kernels::logits`].

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::arrays::{LogitArray, array};
use super::call::run_beyond;
use crate::kernels::logits as kernels;
use crate::kernels::logits::Halves;

/// The loss of each row.
#[pyfunction]
#[pyo3(signature = (y_true, logits, brain, ignored, /))]
pub fn cross_entropy<'py>(
    py: Python<'py>,
    y_true: PyReadonlyArray1<'py, i64>,
    logits: LogitArray<'py>,
    brain: bool,
    ignored: Option<i64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (y, view, columns) = (y_true.as_slice()?, logits.view()?, logits.columns());
    let halves = if brain { Halves::Brain } else { Halves::Half };
    let losses = run_beyond(kernels::FEW, py, view.len(), |stop| {
        kernels::cross_entropy(y, view, halves, columns, ignored, stop)
    })?;
    Ok(array(py, losses))
}

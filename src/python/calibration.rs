//! Bindings of [`crate::kernels::calibration`].

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::arrays::{FloatArray, LabelArray, Weights, array};
use super::call::run;
use crate::kernels::calibration as kernels;
use crate::kernels::calibration::Bins;

type Arrays<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

fn arrays(py: Python<'_>, bins: Bins) -> Arrays<'_> {
    (array(py, bins.total), array(py, bins.observed), array(py, bins.forecast))
}

/// Rows by the bin of the probability of one label.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_proba, sample_weight, edges, /))]
pub fn reliability<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_proba: FloatArray<'py>,
    sample_weight: Weights<'py>,
    edges: PyReadonlyArray1<'py, f64>,
) -> PyResult<Arrays<'py>> {
    let (t, p, w, e) = (y_true.view()?, y_proba.view()?, sample_weight.view()?, edges.as_slice()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    Ok(arrays(py, run(py, t.len(), |stop| kernels::reliability(t, positive, p, w, e, stop))?))
}

/// Rows by the bin of their highest probability.
#[pyfunction]
#[pyo3(signature = (y_true, classes, y_proba, sample_weight, edges, /))]
pub fn top_reliability<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    classes: LabelArray<'py>,
    y_proba: FloatArray<'py>,
    sample_weight: Weights<'py>,
    edges: PyReadonlyArray1<'py, f64>,
) -> PyResult<Arrays<'py>> {
    let (t, c, p, w) = (y_true.view()?, classes.view()?, y_proba.view()?, sample_weight.view()?);
    let e = edges.as_slice()?;
    Ok(arrays(py, run(py, t.len(), |stop| kernels::top_reliability(t, c, p, w, e, stop))?))
}

//! Bindings of [`crate::kernels::curves`] and [`crate::kernels::multiclass`].

use numpy::PyReadonlyArray1;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use super::arrays::{LabelArray, ScoreArray, Weights, scores, tally};
use super::call::run;
use crate::kernels::curves as kernels;
use crate::kernels::curves::{Area, PrecisionSum};
use crate::kernels::multiclass;

/// False and true positives at or above each distinct score.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, sample_weight, /))]
pub fn binary_curve<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: ScoreArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<[Bound<'py, PyAny>; 3]> {
    let (t, s, w) = (y_true.view()?, y_score.view()?, sample_weight.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    let curve = run(py, s.len(), |stop| kernels::binary_curve(t, positive, s, w, stop))?;
    Ok([tally(py, curve.fps), tally(py, curve.tps), scores(py, curve.thresholds)])
}

/// Positives, negatives and twice the area under the ROC curve.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, sample_weight, /))]
pub fn roc_auc<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: ScoreArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let (t, s, w) = (y_true.view()?, y_score.view()?, sample_weight.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    match run(py, s.len(), |stop| kernels::roc_auc(t, positive, s, w, stop))? {
        Area::Counts(p) => (p.positives, p.negatives, p.twice_area).into_bound_py_any(py),
        Area::Weights(p) => (p.positives.value(), p.negatives.value(), p.twice_area.value()).into_bound_py_any(py),
    }
}

/// Average precision times the positives, and the positives.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, sample_weight, /))]
pub fn average_precision<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: ScoreArray<'py>,
    sample_weight: Weights<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let (t, s, w) = (y_true.view()?, y_score.view()?, sample_weight.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    match run(py, s.len(), |stop| kernels::average_precision(t, positive, s, w, stop))? {
        PrecisionSum::Counts(sum, positives) => (sum, positives).into_bound_py_any(py),
        PrecisionSum::Weights(sum, positives) => (sum, positives).into_bound_py_any(py),
    }
}

/// Positives, negatives and twice the area under the ROC curve, of scores of 16 bits.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, /))]
pub fn roc_auc_of_halves<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: PyReadonlyArray1<'py, u16>,
) -> PyResult<(u64, u64, u128)> {
    let (t, s) = (y_true.view()?, y_score.as_slice()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    let p = run(py, s.len(), |stop| kernels::roc_auc_of_halves(t, positive, s, stop))?;
    Ok((p.positives, p.negatives, p.twice_area))
}

/// Average precision times the positives, and the positives, of scores of 16 bits.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, /))]
pub fn average_precision_of_halves<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: PyReadonlyArray1<'py, u16>,
) -> PyResult<(f64, u64)> {
    let (t, s) = (y_true.view()?, y_score.as_slice()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    run(py, s.len(), |stop| kernels::average_precision_of_halves(t, positive, s, stop))
}

/// Rows of each class, and how they lie among those of each other class, or of the rest, in its own column.
#[pyfunction]
#[pyo3(signature = (y_true, classes, y_score, with_each, /))]
pub fn class_pairs<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    classes: Vec<i128>,
    y_score: ScoreArray<'py>,
    with_each: bool,
) -> PyResult<(Vec<u64>, Vec<Vec<u128>>)> {
    let (t, s) = (y_true.view()?, y_score.view()?);
    let keys: Vec<Option<u64>> = classes.into_iter().map(|label| t.key_of(label)).collect();
    let pairs = run(py, s.len(), |stop| multiclass::class_pairs(t, &keys, s, with_each, stop))?;
    Ok((pairs.rows, pairs.twice_areas))
}

/// Monotonicity of x and the area under y over x.
#[pyfunction]
#[pyo3(signature = (x, y, /))]
pub fn trapezoid<'py>(
    py: Python<'py>,
    x: PyReadonlyArray1<'py, f64>,
    y: PyReadonlyArray1<'py, f64>,
) -> PyResult<(bool, bool, f64)> {
    let (x, y) = (x.as_slice()?, y.as_slice()?);
    run(py, x.len(), |stop| kernels::trapezoid(x, y, stop))
}

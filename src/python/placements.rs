//! Bindings of [`crate::kernels::placements`].

use numpy::PyArray1;
use pyo3::prelude::*;

use super::arrays::{LabelArray, ScoreArray, array};
use super::call::run;
use crate::kernels::placements as kernels;
use crate::kernels::placements::Products;

/// Positives, negatives, twice the area, and the sums of the squared placements of both classes.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, /))]
pub fn auc_moments<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: ScoreArray<'py>,
) -> PyResult<(u64, u64, u128, u128, u128)> {
    let (t, s) = (y_true.view()?, y_score.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    let moments = run(py, s.len(), |stop| kernels::auc_moments(t, positive, s, stop))?;
    let [up, down] = moments.squares;
    Ok((moments.positives, moments.negatives, moments.twice_area, up, down))
}

/// The placement of every row, and the number of positives.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, /))]
pub fn placements<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: ScoreArray<'py>,
) -> PyResult<(Bound<'py, PyArray1<u64>>, usize)> {
    let (t, s) = (y_true.view()?, y_score.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    let (placed, positives) = run(py, s.len(), |stop| kernels::placements(t, positive, s, stop))?;
    Ok((array(py, placed), positives))
}

/// Positives, negatives, and the sums and products of the placements in two rankings, over both classes.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, base, tuned, /))]
pub fn auc_covariance<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    base: ScoreArray<'py>,
    tuned: ScoreArray<'py>,
) -> PyResult<(usize, usize, Products, Products)> {
    let (t, a, b) = (y_true.view()?, base.view()?, tuned.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    let found = run(py, a.len(), |stop| kernels::auc_covariance(t, positive, a, b, stop))?;
    Ok((found.sizes[0], found.sizes[1], found.products[0], found.products[1]))
}

/// The rows of both classes by descending score, and the groups of equal scores.
#[pyfunction]
#[pyo3(signature = (y_true, pos_label, y_score, /))]
pub fn rank_order<'py>(
    py: Python<'py>,
    y_true: LabelArray<'py>,
    pos_label: Option<i128>,
    y_score: ScoreArray<'py>,
) -> PyResult<[Bound<'py, PyArray1<u32>>; 3]> {
    let (t, s) = (y_true.view()?, y_score.view()?);
    let positive = pos_label.and_then(|label| t.key_of(label));
    let order = run(py, s.len(), |stop| kernels::rank_order(t, positive, s, stop))?;
    Ok([order.positives, order.negatives, order.groups.into_flattened()].map(|column| array(py, column)))
}

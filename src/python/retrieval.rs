//! Bindings of [`crate::kernels::retrieval`].

use numpy::PyArray1;
use pyo3::prelude::*;

use super::arrays::{LabelArray, ScoreArray, array};
use super::call::run_beyond;
use crate::kernels::ranking::TASK;
use crate::kernels::retrieval as kernels;
use crate::kernels::retrieval::Documents;

/// A metric of each query.
#[pyfunction]
#[pyo3(signature = (metric, relevance, scores, group, k, /))]
pub fn by_query<'py>(
    py: Python<'py>,
    metric: u8,
    relevance: LabelArray<'py>,
    scores: ScoreArray<'py>,
    group: LabelArray<'py>,
    k: Option<usize>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let documents = Documents { relevance: relevance.view()?, scores: scores.view()?, group: group.view()? };
    let run = |stop: &_| kernels::by_query(metric.into(), documents, k, stop);
    Ok(array(py, run_beyond(TASK, py, documents.scores.len(), run)?))
}

//! Bindings of [`crate::kernels::labels`].

use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::arrays::{LabelArray, ScoreArray, addresses, array, columns, labels, slice, status_code};
use super::call::run;
use crate::kernels::labels as kernels;

/// Status, minimum and maximum of scores or weights.
#[pyfunction]
#[pyo3(signature = (x, /))]
pub fn scan(py: Python<'_>, x: ScoreArray<'_>) -> PyResult<(u8, f64, f64)> {
    let x = x.view()?;
    let (status, low, high) = run(py, x.len(), |stop| kernels::scan(x, stop))?;
    Ok((status_code(status), low, high))
}

/// Status and sorted distinct labels.
#[pyfunction]
#[pyo3(signature = (y, /))]
pub fn label_set<'py>(py: Python<'py>, y: LabelArray<'py>) -> PyResult<(u8, Bound<'py, PyAny>)> {
    let y = y.view()?;
    let (status, keys) = run(py, y.len(), |stop| kernels::label_set(y, stop))?;
    Ok((status_code(status), labels(py, y.decode(&keys))))
}

/// First row and number of the distinct rows of a byte matrix.
#[pyfunction]
#[pyo3(signature = (rows, /))]
#[allow(clippy::type_complexity)]
pub fn factorize<'py>(
    py: Python<'py>,
    rows: PyReadonlyArrayDyn<'py, u8>,
) -> PyResult<(Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<u32>>)> {
    let (bytes, n, width) = (slice(&rows)?, rows.shape().first().copied().unwrap_or(0), columns(&rows));
    let factors = run(py, n, |stop| kernels::factorize(bytes, n, width, stop))?;
    Ok((array(py, factors.first_rows), array(py, factors.codes)))
}

/// First row and number of the distinct objects of an array, by identity.
#[pyfunction]
#[pyo3(signature = (y, /))]
#[allow(clippy::type_complexity)]
pub fn factorize_objects<'py>(
    py: Python<'py>,
    y: PyReadonlyArray1<'py, Py<PyAny>>,
) -> PyResult<(Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<u32>>)> {
    let addresses = addresses(&y)?;
    let factors = run(py, addresses.len(), |stop| kernels::factorize_objects(addresses, stop))?;
    Ok((array(py, factors.first_rows), array(py, factors.codes)))
}

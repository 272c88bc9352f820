//! Bindings of [`crate::kernels::resample`].

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::arrays::array;
use super::call::run;
use crate::draws::Scheme;
use crate::kernels::resample as kernels;
use crate::kernels::resample::{Drawn, Entries, Ranked, Ranking};

type Indices<'py> = PyReadonlyArray1<'py, u32>;
type RankingArrays<'py> = (Option<Indices<'py>>, Option<Indices<'py>>, Indices<'py>);

fn indices<'a>(array: Option<&'a Indices<'_>>) -> PyResult<Option<&'a [u32]>> {
    Ok(array.map(|array| array.as_slice()).transpose()?)
}

fn ranking<'a>((positives, negatives, groups): &'a RankingArrays<'_>) -> PyResult<Ranking<'a>> {
    let (positives, negatives) = (indices(positives.as_ref())?, indices(negatives.as_ref())?);
    Ok(Ranking { positives, negatives, groups: groups.as_slice()?.as_chunks().0 })
}

/// Bootstrap replicates of a metric of rankings.
#[pyfunction]
#[pyo3(signature = (what, rankings, positives, negatives, units, poisson, seed, first, count, /))]
#[allow(clippy::too_many_arguments)]
pub fn rank_bootstrap<'py>(
    py: Python<'py>,
    what: u8,
    rankings: Vec<RankingArrays<'py>>,
    positives: usize,
    negatives: usize,
    units: Option<usize>,
    poisson: bool,
    seed: u64,
    first: u64,
    count: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (what, drawn) = (Ranked::from(what), units.map_or(Drawn::Classes, Drawn::Units));
    let views = rankings.iter().map(ranking).collect::<PyResult<Vec<_>>>()?;
    let (sizes, scheme) = ([positives, negatives], Scheme { seed, poisson });
    let work = (positives + negatives).saturating_mul(count);
    let run_all = |stop: &_| kernels::rank_bootstrap(what, &views, sizes, drawn, scheme, first, count, stop);
    Ok(array(py, run(py, work, run_all)?))
}

/// Bootstrap replicates of the sums of columns.
#[pyfunction]
#[pyo3(signature = (values, units, columns, width, n_units, poisson, seed, first, count, /))]
#[allow(clippy::too_many_arguments)]
pub fn bootstrap_sums<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    units: Option<Indices<'py>>,
    columns: Option<Indices<'py>>,
    width: usize,
    n_units: usize,
    poisson: bool,
    seed: u64,
    first: u64,
    count: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let places = indices(units.as_ref())?.zip(indices(columns.as_ref())?);
    let entries = Entries { values: values.as_slice()?, places, width, units: n_units };
    let (work, scheme) = ((entries.values.len() + n_units).saturating_mul(count), Scheme { seed, poisson });
    Ok(array(py, run(py, work, |stop| kernels::bootstrap_sums(entries, scheme, first, count, stop))?))
}

/// Sums under random signs.
#[pyfunction]
#[pyo3(signature = (values, seed, first, count, /))]
pub fn sign_flip_sums<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    seed: u64,
    first: u64,
    count: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = values.as_slice()?;
    let work = values.len().saturating_mul(count);
    Ok(array(py, run(py, work, |stop| kernels::sign_flip_sums(values, seed, first, count, stop))?))
}

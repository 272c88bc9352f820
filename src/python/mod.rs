//! The extension module `trueval._core`: the functions of `_core.pyi`, each a borrow, a kernel call and a conversion.

mod arrays;
mod calibration;
mod call;
mod counts;
mod curves;
mod labels;
mod logits;
mod losses;
mod placements;
mod ranking;
mod regression;
mod resample;
mod retrieval;
mod threads;

use pyo3::prelude::*;

/// Native kernels of trueval; the contract is `_core.pyi`.
#[pymodule(name = "_core", gil_used = false)]
mod core_module {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::calibration::{reliability, top_reliability};
    #[pymodule_export]
    use super::counts::{
        contingency, indicator_counts, indicator_counts_by_row, sparse_indicator_counts, sparse_indicator_counts_by_row,
    };
    #[pymodule_export]
    use super::curves::{
        average_precision, average_precision_of_halves, binary_curve, class_pairs, roc_auc, roc_auc_of_halves,
        trapezoid,
    };
    #[pymodule_export]
    use super::labels::{factorize, factorize_objects, label_set, scan};
    #[pymodule_export]
    use super::logits::cross_entropy;
    #[pymodule_export]
    use super::losses::{brier, brier_binary, hinge, hinge_binary, log_loss};
    #[pymodule_export]
    use super::placements::{auc_covariance, auc_moments, placements, rank_order};
    #[pymodule_export]
    use super::ranking::{
        average_precision_by_row, class_ranks, coverage_by_row, dcg, ndcg, pairs_by_row, partial_roc_auc_by_row,
    };
    #[pymodule_export]
    use super::regression::{
        absolute_error, absolute_percentage_error, explained_deviance, explained_pinball, explained_sums,
        explained_variances, max_error, median_absolute_error, pinball_loss, squared_error, squared_log_error,
        tweedie_deviance,
    };
    #[pymodule_export]
    use super::resample::{bootstrap_sums, rank_bootstrap, sign_flip_sums};
    #[pymodule_export]
    use super::retrieval::by_query;

    #[pymodule_export]
    use super::threads::{get_num_threads, set_num_threads};

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::threads::watch_forks()
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

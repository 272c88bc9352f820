//! Exact evaluation metrics over plain slices.
//!
//! The crate has two halves. [`kernels`] computes: it sees slices, knows nothing of Python, and every kernel is
//! *update → merge → finish* over fixed-length chunks ([`fold`]), with one module for everything that orders
//! ([`order`]). `python` (feature `python`) turns NumPy arrays into those slices and the results back into arrays; it
//! computes nothing.
//!
//! Whatever a kernel returns has the same bits for any number of threads: counts are integers, and floating-point sums
//! are compensated within chunks whose boundaries depend on the data alone, then merged in the order of the chunks.

pub mod draws;
pub mod error;
pub mod fold;
pub mod kernels;
pub mod math;
pub mod order;
pub mod scalar;
pub mod simd;

#[cfg(feature = "python")]
mod python;

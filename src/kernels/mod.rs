//! What is computed, one module per family; the bindings, the reference and the benches carry the same names.

pub mod calibration;
pub mod counts;
pub mod curves;
pub mod gains;
pub mod labels;
pub mod logits;
pub mod losses;
pub mod multiclass;
pub mod placements;
pub mod ranking;
pub mod regression;
pub mod resample;
pub mod retrieval;

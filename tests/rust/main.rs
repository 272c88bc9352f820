//! The kernels against definitions spelled out naively, without a Python interpreter.
#![allow(clippy::unwrap_used)] // a test may fail

mod calibration;
mod counts;
mod curves;
mod fold;
mod gains;
mod labels;
mod logits;
mod losses;
mod multiclass;
mod order;
mod placements;
mod ranking;
mod regression;
mod resample;
mod retrieval;

use trueval::fold::Stop;

/// A token that nobody uses.
static GO: Stop = Stop::new();

/// Rows past every threshold from which kernels run in parallel, and no multiple of a block.
const MANY: usize = 300_007;

/// A reproducible stream of 64-bit numbers (SplitMix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform on [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Runs a computation on pools of 1, 2 and 7 threads and returns the one result they must share.
fn on_any_threads<T: PartialEq + std::fmt::Debug + Send>(run: impl Fn() -> T + Sync) -> T {
    let [one, two, seven] = [1, 2, 7].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&run)
    });
    assert_eq!(one, two);
    assert_eq!(one, seven);
    one
}

//! The kernels alone, without Python: `cargo bench`.

use divan::{Bencher, black_box, counter::ItemsCount};
use trueval::fold::Stop;
use trueval::kernels::labels::Labels;
use trueval::kernels::regression::Targets;
use trueval::kernels::{counts, curves, gains, ranking, regression};
use trueval::scalar::{Floats, Label, Scores};

static GO: Stop = Stop::new();

const ROWS: [usize; 2] = [100, 1_000_000];

/// A reproducible stream of numbers on [0, 1) (SplitMix64, Steele et al. 2014).
fn uniform(n: usize) -> Vec<f64> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n).map(|_| next()).collect()
}

/// One positive in ten.
fn labels(scores: &[f64]) -> Vec<i64> {
    scores.iter().map(|s| i64::from((s * 1e6) as i64 % 10 == 0)).collect()
}

fn rows(bencher: Bencher<'_, '_>, n: usize, run: impl Fn()) {
    bencher.counter(ItemsCount::new(n)).bench_local(run);
}

#[divan::bench(args = ROWS)]
fn roc_auc(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let y = labels(&scores);
    let positive = Some(Label::key(1i64));
    rows(bencher, n, || {
        let _ = black_box(curves::roc_auc(Labels::I64(&y), positive, Scores::F64(&scores), None, &GO));
    });
}

#[divan::bench(args = ROWS)]
fn average_precision(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let y = labels(&scores);
    let positive = Some(Label::key(1i64));
    rows(bencher, n, || {
        let _ = black_box(curves::average_precision(Labels::I64(&y), positive, Scores::F64(&scores), None, &GO));
    });
}

#[divan::bench(args = ROWS)]
fn roc_auc_weighted(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let y = labels(&scores);
    let positive = Some(Label::key(1i64));
    rows(bencher, n, || {
        let _ = black_box(curves::roc_auc(Labels::I64(&y), positive, Scores::F64(&scores), Some(&scores), &GO));
    });
}

#[divan::bench(args = ROWS)]
fn binary_curve(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let y = labels(&scores);
    let positive = Some(Label::key(1i64));
    rows(bencher, n, || {
        let _ = black_box(curves::binary_curve(Labels::I64(&y), positive, Scores::F64(&scores), None, &GO));
    });
}

#[divan::bench(args = ROWS)]
fn label_pairs(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let marks: Vec<u8> = labels(&scores).into_iter().map(|mark| mark as u8).collect();
    rows(bencher, n, || {
        let _ = black_box(ranking::pairs_by_row(&marks, Scores::F64(&scores), 20, &GO));
    });
}

#[divan::bench(args = ROWS)]
fn contingency(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let y = labels(&scores);
    let predicted: Vec<i64> = scores.iter().map(|s| i64::from(*s > 0.5)).collect();
    rows(bencher, n, || {
        let _ = black_box(counts::contingency(Labels::I64(&y), Labels::I64(&predicted), None, &GO));
    });
}

#[divan::bench(args = ROWS)]
fn squared_error(bencher: Bencher<'_, '_>, n: usize) {
    let (t, p) = (uniform(n), vec![0.5; n]);
    let targets = Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 1, sample_weight: None };
    rows(bencher, n, || {
        let _ = black_box(regression::squared_error(&targets, &GO));
    });
}

#[divan::bench(args = ROWS)]
fn ndcg(bencher: Bencher<'_, '_>, n: usize) {
    let scores = uniform(n);
    let graded: Vec<f64> = scores.iter().map(|s| (s * 1e4) as u64 as f64 % 4.0).collect();
    let discount: Vec<f64> = (0..100).map(|rank| 1.0 / (f64::from(rank) + 2.0).log2()).collect();
    rows(bencher, n, || {
        let _ = black_box(gains::ndcg(&graded, Scores::F64(&scores), &discount, false, &GO));
    });
}

fn main() {
    divan::main();
}

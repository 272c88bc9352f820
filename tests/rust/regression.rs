use trueval::kernels::regression::{Targets, absolute_error, explained_sums, squared_error};
use trueval::scalar::Floats;

use crate::{GO, MANY, Random, on_any_threads};

/// Values that are multiples of 1/8, so that sums of their squares are exact in any order.
fn draw(seed: u64, n: usize) -> Vec<f64> {
    let mut random = Random(seed);
    (0..n).map(|_| random.below(64) as f64 / 8.0 - 4.0).collect()
}

#[test]
fn errors_are_exact_where_sums_are() {
    for columns in [1, 3] {
        let (t, p) = (draw(1, MANY * columns), draw(2, MANY * columns));
        let weights: Vec<f64> = (0..MANY).map(|i| (i % 5) as f64 / 4.0).collect();
        let (t32, p32): (Vec<f32>, Vec<f32>) =
            (t.iter().map(|&x| x as f32).collect(), p.iter().map(|&x| x as f32).collect());
        for sample_weight in [None, Some(weights.as_slice())] {
            let weight = |i: usize| sample_weight.map_or(1.0, |weights| weights[i]);
            let total: f64 = (0..MANY).map(weight).sum();
            let mean = |term: &dyn Fn(f64) -> f64| -> Vec<f64> {
                let column = |j: usize| (0..MANY).map(move |i| i * columns + j).enumerate();
                (0..columns)
                    .map(|j| column(j).map(|(i, at)| weight(i) * term(t[at] - p[at])).sum::<f64>() / total)
                    .collect()
            };
            for (y_true, y_pred) in [(Floats::F64(&t), Floats::F64(&p)), (Floats::F32(&t32), Floats::F32(&p32))] {
                let targets = Targets { y_true, y_pred, columns, sample_weight };
                assert_eq!(on_any_threads(|| squared_error(&targets, &GO).unwrap()), mean(&|d| d * d));
                assert_eq!(on_any_threads(|| absolute_error(&targets, &GO).unwrap()), mean(&f64::abs));
            }
        }
    }
}

#[test]
fn deviations_are_about_the_weighted_mean() {
    let (t, p) = ([1e9 + 1.0, 1e9 + 2.0, 1e9 + 6.0], [1e9; 3]);
    let weights = [1.0, 2.0, 1.0];
    let targets =
        Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 1, sample_weight: Some(&weights) };
    // Mean 2.75 above 1e9; the deviations are -1.75, -0.75, 3.25.
    assert_eq!(explained_sums(&targets, &GO).unwrap(), (vec![45.0], vec![14.75]));
}

#[test]
fn a_constant_does_not_deviate() {
    let (t, p) = ([0.1; 3], [0.2, 0.3, 0.4]);
    let targets = Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 1, sample_weight: None };
    assert_eq!(explained_sums(&targets, &GO).unwrap().1, [0.0]);
    let none = Targets { y_true: Floats::F64(&[]), y_pred: Floats::F64(&[]), ..targets };
    assert_eq!(explained_sums(&none, &GO).unwrap().1, [0.0]);
}

#[test]
fn mixed_widths_are_refused() {
    let targets = Targets { y_true: Floats::F64(&[1.0]), y_pred: Floats::F32(&[1.0]), columns: 1, sample_weight: None };
    assert!(squared_error(&targets, &GO).is_err());
}

#[test]
fn no_rows_have_no_mean() {
    let targets = Targets { y_true: Floats::F64(&[]), y_pred: Floats::F64(&[]), columns: 1, sample_weight: None };
    assert!(squared_error(&targets, &GO).unwrap()[0].is_nan());
}

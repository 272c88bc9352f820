use trueval::kernels::regression::{
    Targets, absolute_error, absolute_percentage_error, explained_deviance, explained_pinball, explained_sums,
    explained_variances, max_error, median_absolute_error, pinball_loss, squared_error, squared_log_error,
    tweedie_deviance,
};
use trueval::order::Quantile;
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

fn near(found: &[f64], expected: f64) {
    assert!(found.len() == 1 && (found[0] - expected).abs() <= 1e-12 * expected.abs(), "{found:?}, not {expected}");
}

#[test]
fn terms_are_those_of_the_formulas() {
    let (t, p) = ([1.0, 2.0, 4.0, 5.0], [2.0, 2.0, 1.0, 4.0]);
    let targets = Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 1, sample_weight: None };
    let average = |term: &dyn Fn(f64, f64) -> f64| t.iter().zip(p).map(|(t, p)| term(*t, p)).sum::<f64>() / 4.0;
    near(&absolute_percentage_error(&targets, 1.5, &GO).unwrap(), average(&|t, p| (t - p).abs() / t.max(1.5)));
    near(&squared_log_error(&targets, &GO).unwrap(), average(&|t, p| ((1.0 + t) / (1.0 + p)).ln().powi(2)));
    near(&pinball_loss(&targets, 0.25, &GO).unwrap(), average(&|t, p| (0.25 * (t - p)).max(-0.75 * (t - p))));
    assert_eq!(max_error(&targets, &GO).unwrap(), [3.0]);
    assert_eq!(median_absolute_error(&targets, 0.0, &GO).unwrap(), [1.0]);
    let quantile = Quantile { share: 0.5, slack: 0.0 };
    let (loss, baseline) = explained_pinball(&targets, 0.5, quantile, &GO).unwrap();
    near(&loss, average(&|t, p| (t - p).abs() / 2.0));
    near(&baseline, average(&|t, _| (t - 3.0).abs() / 2.0));
    let (residual, deviation) = explained_variances(&targets, &GO).unwrap();
    // The differences are -1, 0, 3, 1 about 3/4, the truths about 3.
    assert_eq!((residual, deviation), (vec![8.75], vec![10.0]));
    for power in [-1.0, 0.0, 1.0, 1.5, 1.7, 2.0, 3.0] {
        // Twice the integral of (t - u) / u^power from p to t, by the midpoint rule.
        let unit = |t: f64, p: f64| {
            let steps = 40_000;
            let width = (t - p) / f64::from(steps);
            let at = |i: i32| p + (f64::from(i) + 0.5) * width;
            2.0 * (0..steps).map(|i| (t - at(i)) / at(i).powf(power) * width).sum::<f64>()
        };
        let (loss, baseline) = explained_deviance(&targets, power, &GO).unwrap();
        assert_eq!(loss, tweedie_deviance(&targets, power, &GO).unwrap());
        assert!((loss[0] - average(&|t, p| unit(t, p))).abs() < 1e-7 * loss[0], "power {power}");
        assert!((baseline[0] - average(&|t, _| unit(t, 3.0))).abs() < 1e-7 * baseline[0], "power {power}");
    }
}

#[test]
fn columns_are_apart() {
    let (t, p) = (draw(3, MANY * 3), draw(4, MANY * 3));
    let targets = Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 3, sample_weight: None };
    let column = |y: &[f64], j: usize| -> Vec<f64> { y.iter().skip(j).step_by(3).copied().collect() };
    for j in 0..3 {
        let (t, p) = (column(&t, j), column(&p, j));
        let single = Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 1, sample_weight: None };
        assert_eq!(max_error(&targets, &GO).unwrap()[j], max_error(&single, &GO).unwrap()[0]);
        let median = |targets: &Targets<'_>| on_any_threads(|| median_absolute_error(targets, 0.0, &GO).unwrap());
        assert_eq!(median(&targets)[j], median(&single)[0]);
    }
}

/// Sums of squared deviations where one pass would do, and where it would not: against integers.
#[test]
fn deviations_wherever_the_mean_is() {
    let mut random = Random(8);
    let noise: Vec<i64> = (0..MANY).map(|_| random.below(1000) as i64).collect();
    let step = MANY.div_ceil(1 << 8);
    type Shape = fn(usize, i64, usize) -> i64;
    let shapes: [Shape; 6] = [
        |_, noise, _| noise,
        |_, noise, _| noise + 1_000_000_000,
        // The first row lies far off; so does every row that is looked at beforehand; all others do.
        |i, noise, _| if i == 0 { 1 << 30 } else { noise },
        |i, noise, step| if i % step == 0 { 1 << 30 } else { noise },
        |i, noise, step| if i % step == 0 { noise } else { noise + (1 << 30) },
        |i, _, _| i as i64,
    ];
    for shape in shapes {
        let whole: Vec<i64> = noise.iter().enumerate().map(|(i, noise)| shape(i, *noise, step)).collect();
        let t: Vec<f64> = whole.iter().map(|value| *value as f64).collect();
        let p: Vec<f64> = t.iter().map(|t| t + 2.0).collect();
        let (n, sum) = (MANY as i128, whole.iter().map(|value| i128::from(*value)).sum::<i128>());
        let squares: i128 = whole.iter().map(|value| i128::from(*value).pow(2)).sum();
        let expected = (n * squares - sum * sum) as f64 / n as f64;
        let targets = Targets { y_true: Floats::F64(&t), y_pred: Floats::F64(&p), columns: 1, sample_weight: None };
        let (residual, deviation) = on_any_threads(|| explained_sums(&targets, &GO).unwrap());
        assert_eq!(residual, [4.0 * MANY as f64]);
        // A few roundings of sums of positive terms, taken eight apart within a block.
        assert!((deviation[0] - expected).abs() <= 1e-13 * expected, "{} {expected}", deviation[0]);
    }
}

use trueval::error::Error;
use trueval::kernels::labels::Labels;
use trueval::kernels::losses::{Probabilities, brier, brier_binary, hinge, hinge_binary, log_loss};
use trueval::math::ln_normal;
use trueval::scalar::Floats;

use crate::{GO, MANY, Random, on_any_threads};

fn proba(values: &[f64], columns: usize) -> Probabilities<'_> {
    Probabilities { values: Floats::F64(values), columns, low: 1e-3, high: 1.0 - 1e-3, tolerance: 1e-8 }
}

#[test]
fn logarithms_are_within_an_ulp() {
    let mut random = Random(11);
    let near_one = (0..2000).flat_map(|i| [1.0 - f64::from(i) * f64::EPSILON, 1.0 + f64::from(i) * f64::EPSILON]);
    let ends = [f64::MIN_POSITIVE, f64::MAX, 0.5f64.sqrt(), 2f64.sqrt(), f64::EPSILON, 1.0, 2.0];
    let drawn = (0..MANY).flat_map(|_| {
        let exponent = random.below(2045) + 1;
        let mantissa = random.below(1 << 52);
        [f64::from_bits(exponent << 52 | mantissa), f64::from_bits(1022 << 52 | mantissa)]
    });
    for x in near_one.chain(ends).chain(drawn.collect::<Vec<_>>()) {
        let (ours, theirs) = (ln_normal(x), x.ln());
        let ulp = f64::from_bits(theirs.abs().to_bits() + 1) - theirs.abs();
        assert!((ours - theirs).abs() <= ulp, "ln {x:e}: {ours:e} against {theirs:e}");
    }
}

#[test]
fn the_loss_of_each_row_is_that_of_its_own_class() {
    let classes = [10i64, 20, 30];
    let values = [0.2, 0.3, 0.5, 1.0, 0.0, 0.0, 0.4, 0.4, 0.4];
    let y = [30i64, 20, 10];
    let (loss, off) = log_loss(Labels::I64(&y), Labels::I64(&classes), proba(&values, 3), None, &GO).unwrap();
    let expected = -(0.5f64.ln() + 1e-3f64.ln() + 0.4f64.ln());
    assert!((loss - expected).abs() < 1e-15 * 10.0, "two roundings of a sum near 8.5");
    assert_eq!(off, 1);
    let weighted = log_loss(Labels::I64(&y), Labels::I64(&classes), proba(&values, 3), Some(&[2.0, 0.0, 0.0]), &GO);
    assert_eq!(weighted.unwrap().0, -2.0 * 0.5f64.ln());
}

#[test]
fn one_column_is_the_probability_of_the_second_class() {
    let mut random = Random(6);
    let y: Vec<u8> = (0..MANY).map(|_| random.below(2) as u8).collect();
    let p: Vec<f64> = (0..MANY).map(|_| random.unit()).collect();
    let both: Vec<f64> = p.iter().flat_map(|&p| [1.0 - p, p]).collect();
    let classes = Labels::U8(&[0, 1]);
    let one = on_any_threads(|| log_loss(Labels::U8(&y), classes, proba(&p, 1), None, &GO).unwrap());
    let two = on_any_threads(|| log_loss(Labels::U8(&y), classes, proba(&both, 2), None, &GO).unwrap());
    assert_eq!(one, two);
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let classes = Labels::U8(&[0, 1]);
    assert_eq!(log_loss(Labels::U8(&[2]), classes, proba(&[0.5], 1), None, &GO), Err(Error::UnknownLabel));
    assert!(log_loss(Labels::U8(&[0]), classes, proba(&[0.2, 0.3, 0.5], 3), None, &GO).is_err());
    assert!(log_loss(Labels::U8(&[0, 1]), classes, proba(&[0.2; 3], 1), None, &GO).is_err());
}

/// Labels of `classes` classes and a value per class and row.
fn drawn(classes: u64) -> (Vec<i64>, Vec<f64>, Vec<f64>) {
    let mut random = Random(classes);
    let y = (0..MANY).map(|_| 10 * random.below(classes) as i64).collect();
    let values = (0..MANY * classes as usize).map(|_| 3.0 * random.unit() - 1.0).collect();
    (y, values, (0..MANY).map(|i| (i % 4) as f64 / 4.0).collect())
}

/// Whether a sum of `MANY` terms is what it should be, but for its last digits.
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-10 * expected.abs(), "{found} against {expected}");
}

#[test]
fn every_class_has_its_share_of_the_brier_score() {
    for classes in [2usize, 3, 9] {
        let (y, values, weights) = drawn(classes as u64);
        let names: Vec<i64> = (0..classes as i64).map(|c| 10 * c).collect();
        let term = |i: usize| -> f64 {
            let row = &values[i * classes..(i + 1) * classes];
            row.iter().zip(&names).map(|(p, &c)| (p - if y[i] == c { 1.0 } else { 0.0 }).powi(2)).sum()
        };
        let (y, names) = (Labels::I64(&y), Labels::I64(&names));
        let run = |w| on_any_threads(|| brier(y, names, proba(&values, classes), w, &GO).unwrap());
        let off = values.chunks(classes).filter(|row| (row.iter().sum::<f64>() - 1.0).abs() > 1e-8).count();
        assert_eq!(run(None).1, off as u64);
        near(run(None).0, (0..MANY).map(term).sum());
        near(run(Some(&weights)).0, (0..MANY).map(|i| weights[i] * term(i)).sum());
    }
}

#[test]
fn one_label_has_its_share_of_the_brier_score() {
    let (y, values, weights) = drawn(2);
    let (p, labels) = (&values[..MANY], Labels::I64(&y));
    let binary =
        |positive, w| on_any_threads(|| brier_binary(labels, labels.key_of(positive), Floats::F64(p), w, &GO).unwrap());
    let both: Vec<f64> = p.iter().flat_map(|&p| [1.0 - p, p]).collect();
    let two = brier(labels, Labels::I64(&[0, 10]), proba(&both, 2), None, &GO).unwrap().0;
    near(2.0 * binary(10, None), two);
    let misses: f64 = (0..MANY).map(|i| weights[i] * p[i] * p[i]).sum();
    near(binary(7, Some(&weights)), misses);
}

#[test]
fn one_row_of_probabilities_stands_for_all() {
    let (y, _, weights) = drawn(3);
    let (row, all) = ([0.2, 0.3, 0.5], [0.2, 0.3, 0.5].repeat(MANY));
    let (y, classes) = (Labels::I64(&y), Labels::I64(&[0, 10, 20]));
    for w in [None, Some(&weights[..])] {
        assert_eq!(brier(y, classes, proba(&row, 3), w, &GO), brier(y, classes, proba(&all, 3), w, &GO));
        assert_eq!(log_loss(y, classes, proba(&row, 3), w, &GO), log_loss(y, classes, proba(&all, 3), w, &GO));
        let one = |values| brier_binary(y, y.key_of(10), Floats::F64(values), w, &GO);
        assert_eq!(one(&row[..1]), one(&[0.2].repeat(MANY)));
    }
}

#[test]
fn the_margin_is_over_the_best_other_class() {
    let (y, values, weights) = drawn(3);
    let term = |i: usize| -> f64 {
        let (row, own) = (&values[3 * i..3 * i + 3], (y[i] / 10) as usize);
        let other = (0..3).filter(|&j| j != own).map(|j| row[j]).fold(f64::NEG_INFINITY, f64::max);
        (1.0 - (row[own] - other)).max(0.0)
    };
    let (labels, classes) = (Labels::I64(&y), Labels::I64(&[0, 10, 20]));
    let run = |w| on_any_threads(|| hinge(labels, classes, Floats::F64(&values), w, &GO).unwrap());
    near(run(None), (0..MANY).map(term).sum());
    near(run(Some(&weights)), (0..MANY).map(|i| weights[i] * term(i)).sum());
}

#[test]
fn the_margin_of_one_label_has_its_sign() {
    let decision = [-2.0f32, 0.5, -0.25, 4.0];
    let y = Labels::U8(&[0, 1, 1, 1]);
    let run = |positive, w| hinge_binary(y, y.key_of(positive), Floats::F32(&decision), w, &GO).unwrap();
    assert_eq!(run(1, None), 0.5 + 1.25);
    assert_eq!(run(9, None), 1.5 + 0.75 + 5.0);
    assert_eq!(run(1, Some(&[1.0, 2.0, 4.0, 8.0])), 2.0 * 0.5 + 4.0 * 1.25);
    let (y, values, _) = drawn(2);
    let labels = Labels::I64(&y);
    let term = |i: usize| (1.0 - if y[i] == 10 { values[i] } else { -values[i] }).max(0.0);
    let run = || hinge_binary(labels, labels.key_of(10), Floats::F64(&values[..MANY]), None, &GO).unwrap();
    near(on_any_threads(run), (0..MANY).map(term).sum());
}

#[test]
fn losses_refuse_arguments_that_do_not_fit() {
    let (y, classes) = (Labels::U8(&[0, 1]), Labels::U8(&[0, 1]));
    let (short, whole) = (Floats::F64(&[0.5; 3]), Floats::F64(&[0.5; 4]));
    assert!(brier(y, classes, proba(&[0.5; 6], 2), None, &GO).is_err());
    assert!(brier(y, classes, proba(&[0.5; 6], 3), None, &GO).is_err());
    assert!(brier(y, Labels::U8(&[1, 1]), proba(&[0.5; 4], 2), None, &GO).is_err());
    assert!(brier(y, classes, proba(&[0.5; 4], 2), Some(&[1.0]), &GO).is_err());
    assert_eq!(brier(y, Labels::U8(&[0, 2]), proba(&[0.5; 4], 2), None, &GO), Err(Error::UnknownLabel));
    assert!(brier_binary(y, None, short, None, &GO).is_err());
    assert!(brier_binary(y, None, Floats::F64(&[0.5; 2]), Some(&[1.0]), &GO).is_err());
    assert!(hinge(y, classes, short, None, &GO).is_err());
    assert_eq!(hinge(y, Labels::U8(&[0, 2]), whole, None, &GO), Err(Error::UnknownLabel));
    assert!(hinge_binary(y, None, short, None, &GO).is_err());
}

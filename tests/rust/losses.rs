use trueval::error::Error;
use trueval::kernels::labels::Labels;
use trueval::kernels::losses::{Probabilities, log_loss};
use trueval::scalar::Floats;

use crate::{GO, MANY, Random, on_any_threads};

fn proba(values: &[f64], columns: usize) -> Probabilities<'_> {
    Probabilities { values: Floats::F64(values), columns, low: 1e-3, high: 1.0 - 1e-3, tolerance: 1e-8 }
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
    assert!(log_loss(Labels::U8(&[0, 1]), classes, proba(&[0.2], 1), None, &GO).is_err());
}

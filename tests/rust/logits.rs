use trueval::error::Error;
use trueval::kernels::logits::{Halves, Logits, cross_entropy};
use trueval::math::exp_not_positive;

use crate::{GO, Random, on_any_threads};

fn plain(y: &[i64], logits: &[f64], columns: usize) -> Vec<f64> {
    let row = |i: usize| &logits[i * columns..(i + 1) * columns];
    let one = |(i, &class): (usize, &i64)| row(i).iter().map(|x| x.exp()).sum::<f64>().ln() - row(i)[class as usize];
    y.iter().enumerate().map(one).collect()
}

#[test]
fn exponentials_are_within_an_ulp() {
    let mut random = Random(3);
    let drawn = (0..200_000).map(|_| -708.0 * random.unit() * random.unit());
    let ends = [0.0, -0.0, -f64::MIN_POSITIVE, -f64::EPSILON, -0.5, -1.0, -707.999, -708.0];
    for x in ends.into_iter().chain(drawn.collect::<Vec<_>>()) {
        let (ours, theirs) = (exp_not_positive(x), x.exp());
        let ulp = f64::from_bits(theirs.to_bits() + 1) - theirs;
        assert!((ours - theirs).abs() <= ulp, "exp {x:e}: {ours:e} against {theirs:e}");
    }
    assert_eq!(exp_not_positive(f64::NEG_INFINITY), exp_not_positive(-708.0));
    assert!(exp_not_positive(f64::NAN).is_nan());
}

#[test]
fn losses_are_those_of_the_definition() {
    let mut random = Random(4);
    // Rows shorter than a vector, about as long as the buffer, and longer.
    for columns in [1, 2, 3, 7, 8, 9, 100, 1023, 1024, 1025, 3000] {
        let rows = 40_000 / columns + 3;
        let logits: Vec<f64> = (0..rows * columns).map(|_| 8.0 * (random.unit() - 0.5)).collect();
        let y: Vec<i64> = (0..rows).map(|_| random.below(columns as u64) as i64).collect();
        let ours =
            on_any_threads(|| cross_entropy(&y, Logits::F64(&logits), Halves::Half, columns, None, &GO).unwrap());
        for (ours, naive) in ours.iter().zip(plain(&y, &logits, columns)) {
            // The naive sum loses up to half an ulp of itself with each of its terms.
            assert!((ours - naive).abs() <= 1e-12, "{columns} columns: {ours} against {naive}");
        }
    }
}

#[test]
fn halves_are_the_floats_that_they_stand_for() {
    let as_half = |bits: u16| {
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
        let size = match exponent {
            0 => fraction * 2f64.powi(-24),
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
        };
        if bits >> 15 == 1 { -size } else { size }
    };
    let brain = |bits: u16| f64::from(f32::from_bits(u32::from(bits) << 16));
    for (halves, widen) in [(Halves::Half, &as_half as &dyn Fn(u16) -> f64), (Halves::Brain, &brain)] {
        // Each of them beside a 0, whose loss tells what it is.
        let bits: Vec<u16> = (0..=u16::MAX).flat_map(|bits| [bits, 0]).collect();
        let wide: Vec<f64> = bits.iter().map(|&bits| widen(bits)).collect();
        let y = vec![0i64; bits.len() / 2];
        let ours = cross_entropy(&y, Logits::U16(&bits), halves, 2, None, &GO).unwrap();
        let theirs = cross_entropy(&y, Logits::F64(&wide), halves, 2, None, &GO).unwrap();
        for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            assert!(ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan()), "{halves:?} {i:#x}");
        }
    }
}

#[test]
fn rows_that_are_ignored_and_classes_without_a_column() {
    for columns in [4, 2000] {
        let mut logits = vec![0.0f32; 3 * columns];
        logits[columns..2 * columns].fill(f32::NAN);
        let loss = |y: &[i64]| cross_entropy(y, Logits::F32(&logits), Halves::Half, columns, Some(-100), &GO);
        let found = loss(&[0, -100, 3]).unwrap();
        assert_eq!(found[1], 0.0);
        assert!((found[0] - (columns as f64).ln()).abs() < 1e-14, "one rounding of a logarithm below 8");
        assert!(loss(&[0, 1, 3]).unwrap()[1].is_nan());
        assert_eq!(loss(&[0, 0, columns as i64]), Err(Error::UnknownLabel));
        assert_eq!(loss(&[0, 0, -1]), Err(Error::UnknownLabel));
        assert!(loss(&[0, 0]).is_err());
    }
}

#[test]
fn infinite_logits() {
    let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
    let loss = |row: &[f64]| cross_entropy(&[0], Logits::F64(row), Halves::Half, row.len(), None, &GO).unwrap()[0];
    assert_eq!(loss(&[0.0, low, low]), 0.0);
    assert_eq!(loss(&[low, 0.0]), high);
    assert!(loss(&[low, low]).is_nan());
    assert!(loss(&[0.0, high]).is_nan());
    assert_eq!(loss(&[1e308, -1e308]), 0.0);
}

use std::cmp::Ordering;

use proptest::prelude::*;
use trueval::kernels::curves::{
    Area, Pairs, PrecisionSum, Tally, average_precision, average_precision_of_halves, binary_curve, roc_auc,
    roc_auc_of_halves, trapezoid,
};
use trueval::kernels::labels::Labels;
use trueval::scalar::{Label, ScoreVec, Scores};

use crate::{GO, MANY, Random, on_any_threads};

fn positive() -> Option<u64> {
    Some(Label::key(1u8))
}

fn pairs(y: &[u8], scores: Scores<'_>) -> Pairs {
    match roc_auc(Labels::U8(y), positive(), scores, None, &GO).unwrap() {
        Area::Counts(pairs) => pairs,
        other => unreachable!("{other:?}"),
    }
}

/// 2·wins + ties, pair by pair.
fn naive_twice_area(y: &[u8], scores: &[f64]) -> u128 {
    let mut total = 0;
    for (i, up) in scores.iter().enumerate().filter(|(i, _)| y[*i] == 1) {
        for (j, down) in scores.iter().enumerate().filter(|(j, _)| y[*j] == 0) {
            assert_ne!(i, j);
            total += match up.partial_cmp(down).unwrap() {
                Ordering::Greater => 2,
                Ordering::Equal => 1,
                Ordering::Less => 0,
            };
        }
    }
    total
}

/// (score, weight of negatives, weight of positives) at or above each distinct score, highest first.
fn naive_curve(y: &[u8], scores: &[f64], weights: &[f64]) -> Vec<(f64, f64, f64)> {
    let taking_part = |i: &usize| weights[*i] != 0.0;
    let mut distinct: Vec<f64> = (0..y.len()).filter(taking_part).map(|i| scores[i] + 0.0).collect();
    distinct.sort_by(|a, b| b.total_cmp(a));
    distinct.dedup();
    let reached = |at: f64, class: u8| -> f64 {
        (0..y.len()).filter(|&i| scores[i] >= at && y[i] == class).map(|i| weights[i]).sum()
    };
    distinct.into_iter().map(|at| (at, reached(at, 0), reached(at, 1))).collect()
}

fn check(y: &[u8], scores: &[f64], weights: &[f64]) {
    let ones = vec![1.0; y.len()];
    for weights in [None, Some(weights)] {
        let expected = naive_curve(y, scores, weights.unwrap_or(&ones));
        let curve = binary_curve(Labels::U8(y), positive(), Scores::F64(scores), weights, &GO).unwrap();
        let column = |part: fn(&(f64, f64, f64)) -> f64| expected.iter().map(part).collect::<Vec<f64>>();
        assert_eq!(curve.thresholds, ScoreVec::F64(column(|c| c.0)));
        let floats = |tally: Tally| match tally {
            Tally::Counts(counts) => counts.into_iter().map(|count| count as f64).collect(),
            Tally::Weights(weights) => weights,
        };
        assert_eq!(floats(curve.fps), column(|c| c.1));
        assert_eq!(floats(curve.tps), column(|c| c.2));

        // The step definition of average precision: precision at each score, times the positives gained there.
        let mut before = 0.0;
        let mut sum = 0.0;
        for (_, fps, tps) in &expected {
            sum += (tps - before) * if tps + fps == 0.0 { 0.0 } else { tps / (tps + fps) };
            before = *tps;
        }
        let (found, positives) =
            match average_precision(Labels::U8(y), positive(), Scores::F64(scores), weights, &GO).unwrap() {
                PrecisionSum::Counts(sum, positives) => (sum, positives as f64),
                PrecisionSum::Weights(sum, positives) => (sum, positives),
            };
        assert_eq!(positives, before);
        // Dozens of additions of terms of size 1 here, against one rounding there.
        assert!((found - sum).abs() <= 1e-13 * positives.max(1.0), "{found} {sum}");

        // The area under the same steps: negatives gained, times the positives above and half of those beside.
        let (mut area, mut last) = (0.0, (0.0, 0.0));
        for (_, fps, tps) in &expected {
            area += (fps - last.0) * (tps + last.1);
            last = (*fps, *tps);
        }
        let found = match roc_auc(Labels::U8(y), positive(), Scores::F64(scores), weights, &GO).unwrap() {
            Area::Counts(pairs) => pairs.twice_area as f64,
            Area::Weights(pairs) => pairs.twice_area.value(),
        };
        assert_eq!(found, area, "multiples of 1/16 are added without rounding");
    }
    assert_eq!(pairs(y, Scores::F64(scores)).twice_area, naive_twice_area(y, scores));
}

proptest! {
    #[test]
    fn small_rankings(
        rows in prop::collection::vec((0u8..2, prop_oneof![(-3i8..4).prop_map(f64::from), any::<f64>()], 0u8..4), 0..60),
    ) {
        let y: Vec<u8> = rows.iter().map(|r| r.0).collect();
        let scores: Vec<f64> = rows.iter().map(|r| if r.1.is_finite() { r.1 } else { 0.0 }).collect();
        let weights: Vec<f64> = rows.iter().map(|r| f64::from(r.2) / 4.0).collect();
        check(&y, &scores, &weights);
    }
}

/// Scores that have upset orderings before.
fn hostile(n: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut random = Random(3);
    let mut smooth: Vec<f64> = (0..n).map(|_| (0..6).map(|_| random.unit()).sum::<f64>() - 3.0).collect();
    let with =
        |f: &dyn Fn(usize, f64) -> f64| -> Vec<f64> { smooth.iter().enumerate().map(|(i, x)| f(i, *x)).collect() };
    let mut cases = vec![
        ("constant", with(&|_, _| 0.5)),
        ("two values", with(&|_, x| f64::from(x > 1.0))),
        ("eight values", with(&|i, _| (i % 8) as f64 - 4.0)),
        ("nine values", with(&|i, _| (i % 9) as f64)),
        ("two values and a stranger", with(&|i, x| if i == n - 1 { 0.5 } else { f64::from(x > 1.0) })),
        ("both zeros and another", with(&|i, _| [0.0, -0.0, -1.0][i % 3])),
        ("rounded", with(&|_, x| (x * 1e3).round() / 1e3)),
        ("outlier", with(&|i, x| if i == 5 { 1e300 } else { x })),
        ("two outliers", with(&|i, x| [1e300, -1e300].get(i).copied().unwrap_or(x))),
        ("denormal", with(&|_, x| x * 1e-310)),
        (
            "signed zeros",
            with(&|i, x| {
                if i % 3 == 0 {
                    -0.0
                } else if i % 3 == 1 {
                    0.0
                } else {
                    x
                }
            }),
        ),
        ("orders of magnitude", with(&|_, x| 10f64.powf(40.0 * x))),
        ("one crowded bucket", with(&|i, x| if i % 1000 == 0 { x } else { 0.25 + x * 1e-12 })),
        // Half of the rows in a bucket that is dealt again, and in one that cannot be.
        ("crowd", with(&|i, x| if i % 2 == 0 { x } else { 0.25 + x * 1e-12 })),
        ("crowd within a crowd", with(&|i, x| if i % 9 == 0 { x } else { 0.25 + 1e-9 * 10f64.powf(9.0 * x) })),
        ("mostly tied", with(&|i, x| if i % 2 == 0 { x } else { 0.25 })),
        ("smooth", smooth.clone()),
    ];
    smooth.sort_by(f64::total_cmp);
    cases.push(("sorted", smooth.clone()));
    smooth.reverse();
    cases.push(("reversed", smooth));
    cases
}

/// Twice the area, and the sum of precisions, of rows with whole weights, by a plain sort that takes no score apart.
fn by_sorting(y: &[u8], scores: &[f64], weights: &[u64]) -> (u128, f64) {
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|&i, &j| scores[j].partial_cmp(&scores[i]).unwrap());
    let (mut tps, mut fps, mut area, mut precision) = (0u128, 0u128, 0u128, 0.0);
    for group in order.chunk_by(|&i, &j| scores[i] == scores[j]) {
        let weigh = |class| group.iter().filter(|&&i| y[i] == class).map(|&i| u128::from(weights[i])).sum::<u128>();
        let (up, down) = (weigh(1), weigh(0));
        area += (2 * tps + up) * down;
        (tps, fps) = (tps + up, fps + down);
        precision += if up > 0 { up as f64 * (tps as f64 / (tps + fps) as f64) } else { 0.0 };
    }
    (area, precision)
}

#[test]
fn hostile_scores_past_every_threshold() {
    let weights: Vec<u64> = (0..MANY as u64).map(|i| i * i % 17).collect();
    let sixteenths: Vec<f64> = weights.iter().map(|&w| w as f64 / 16.0).collect();
    let near = |found: f64, expected: f64| (found - expected).abs() <= 1e-11 * expected;
    for (name, scores) in hostile(MANY) {
        // The rarer class is the one that the other is ranked among: each in turn.
        for rare in [1, 0] {
            let y: Vec<u8> = (0..MANY).map(|i| if i % 7 == 0 { rare } else { 1 - rare }).collect();
            let (labels, scores) = (Labels::U8(&y), Scores::F64(&scores));
            let Scores::F64(values) = scores else { unreachable!("made so") };
            let (area, precision) = by_sorting(&y, values, &vec![1; MANY]);
            let found = on_any_threads(|| pairs(&y, scores));
            assert_eq!(found.twice_area, area, "{name}");
            let found = on_any_threads(|| average_precision(labels, positive(), scores, None, &GO).unwrap());
            let PrecisionSum::Counts(sum, _) = found else { unreachable!("unweighted calls count") };
            assert!(near(sum, precision), "{name}: {sum} {precision}");

            // Sums of sixteenths are exact.
            let (area, precision) = by_sorting(&y, values, &weights);
            let found = on_any_threads(|| roc_auc(labels, positive(), scores, Some(&sixteenths), &GO).unwrap());
            let Area::Weights(weighted) = found else { unreachable!("weighted calls weigh") };
            assert_eq!(weighted.twice_area.value(), area as f64 / 256.0, "{name}");
            let run = || average_precision(labels, positive(), scores, Some(&sixteenths), &GO).unwrap();
            let PrecisionSum::Weights(sum, _) = on_any_threads(run) else { unreachable!("weighted calls weigh") };
            assert!(near(sum, precision / 16.0), "{name}: {sum} {precision}");
        }

        let y: Vec<u8> = (0..MANY).map(|i| u8::from(i % 7 == 0)).collect();
        let mut distinct: Vec<f64> = scores.iter().map(|score| score + 0.0).collect();
        distinct.sort_by(|a, b| b.total_cmp(a));
        distinct.dedup();
        for weights in [None, Some(vec![0.5; MANY])] {
            let run =
                || binary_curve(Labels::U8(&y), positive(), Scores::F64(&scores), weights.as_deref(), &GO).unwrap();
            let curve = on_any_threads(run);
            assert_eq!(curve.thresholds, ScoreVec::F64(distinct.clone()), "{name}");
            let ends = |tally: Tally| match tally {
                Tally::Counts(counts) => (counts.is_sorted(), counts.len(), counts.last().map(|last| *last as f64)),
                Tally::Weights(sums) => (sums.is_sorted(), sums.len(), sums.last().map(|last| 2.0 * last)),
            };
            let positives = y.iter().filter(|y| **y == 1).count();
            assert_eq!(ends(curve.tps), (true, distinct.len(), Some(positives as f64)), "{name}");
            assert_eq!(ends(curve.fps), (true, distinct.len(), Some((MANY - positives) as f64)), "{name}");
        }
    }
}

#[test]
fn the_highest_integers_are_no_paddings() {
    let mut random = Random(8);
    let y: Vec<u8> = (0..MANY).map(|_| random.below(2) as u8).collect();
    let places: Vec<u64> = (0..MANY).map(|_| random.below(50)).collect();
    let floats: Vec<f64> = places.iter().map(|&place| -(place as f64)).collect();
    let signed: Vec<i64> = places.iter().map(|&place| i64::MAX - place as i64).collect();
    let unsigned: Vec<u64> = places.iter().map(|&place| u64::MAX - place).collect();
    let expected = pairs(&y, Scores::F64(&floats));
    assert_eq!(pairs(&y, Scores::I64(&signed)), expected);
    assert_eq!(pairs(&y, Scores::U64(&unsigned)), expected);
    let precision = |scores| average_precision(Labels::U8(&y), positive(), scores, None, &GO).unwrap();
    assert_eq!(precision(Scores::I64(&signed)), precision(Scores::F64(&floats)));
}

#[test]
fn halves_are_ranked_as_the_floats_they_are() {
    // IEEE 754: sign, 5 bits of exponent, 10 of fraction.
    let widen = |bits: u16| {
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
        let size = if exponent == 0 { fraction * 2f32.powi(-14) } else { (1.0 + fraction) * 2f32.powi(exponent - 15) };
        if bits >> 15 == 1 { -size } else { size }
    };
    let mut random = Random(12);
    for n in [0, 1, 1000, MANY] {
        let y: Vec<u8> = (0..n).map(|_| random.below(2) as u8).collect();
        let any = |random: &mut Random| random.next() as u16;
        let finite = |bits: u16| if bits >> 10 & 31 == 31 { bits & 0x83FF } else { bits };
        let halves: Vec<u16> = (0..n).map(|_| finite(any(&mut random))).collect();
        let floats: Vec<f32> = halves.iter().map(|bits| widen(*bits)).collect();
        let labels = Labels::U8(&y);
        let found = on_any_threads(|| roc_auc_of_halves(labels, positive(), &halves, &GO).unwrap());
        assert_eq!(found, pairs(&y, Scores::F32(&floats)));
        let found = on_any_threads(|| average_precision_of_halves(labels, positive(), &halves, &GO).unwrap());
        let expected = average_precision(labels, positive(), Scores::F32(&floats), None, &GO).unwrap();
        assert_eq!(PrecisionSum::Counts(found.0, found.1), expected);
    }
    assert!(roc_auc_of_halves(Labels::U8(&[0, 1]), positive(), &[0], &GO).is_err());
}

#[test]
fn every_type_of_score_and_label() {
    let mut random = Random(4);
    let scores: Vec<i64> = (0..5000).map(|_| random.below(1000) as i64).collect();
    let y: Vec<u8> = (0..5000).map(|_| random.below(2) as u8).collect();
    let expected = pairs(&y, Scores::I64(&scores));
    let f64s: Vec<f64> = scores.iter().map(|&x| x as f64).collect();
    let f32s: Vec<f32> = scores.iter().map(|&x| x as f32).collect();
    let u64s: Vec<u64> = scores.iter().map(|&x| x as u64).collect();
    for scores in [Scores::F64(&f64s), Scores::F32(&f32s), Scores::U64(&u64s)] {
        assert_eq!(pairs(&y, scores), expected);
    }
    let labels: Vec<f32> = y.iter().map(|&y| f32::from(y)).collect();
    let key = Labels::F32(&labels).key_of(1);
    let area = roc_auc(Labels::F32(&labels), key, Scores::I64(&scores), None, &GO).unwrap();
    assert_eq!(area, Area::Counts(expected));
    // Neighbours that a double cannot tell apart.
    let big = [1i64 << 62, (1 << 62) + 1];
    assert_eq!(pairs(&[0, 1], Scores::I64(&big)).twice_area, 2);
}

#[test]
fn no_positive_label_means_no_positives() {
    let area = roc_auc(Labels::U8(&[0, 1]), None, Scores::F64(&[0.1, 0.2]), None, &GO).unwrap();
    assert_eq!(area, Area::Counts(Pairs { positives: 0, negatives: 2, twice_area: 0 }));
}

#[test]
fn pair_counts_pass_64_bits() {
    let half = Pairs { positives: 1 << 33, negatives: 1 << 33, twice_area: 0 };
    let mut total = half;
    total.merge(half);
    assert_eq!(total.twice_area, 1 << 67);
}

#[test]
fn trapezoids() {
    assert_eq!(trapezoid(&[0.0, 1.0, 3.0], &[0.0, 2.0, 4.0], &GO).unwrap(), (true, false, 7.0));
    assert_eq!(trapezoid(&[3.0, 1.0], &[1.0, 1.0], &GO).unwrap(), (false, true, -2.0));
    assert_eq!(trapezoid(&[0.0, 1.0, 0.5], &[1.0; 3], &GO).unwrap(), (false, false, 0.5));
}

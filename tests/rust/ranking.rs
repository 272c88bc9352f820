use proptest::prelude::*;
use trueval::error::Error;
use trueval::kernels::labels::Labels;
use trueval::kernels::ranking::{
    average_precision_by_row, class_ranks, coverage_by_row, pairs_by_row, partial_roc_auc_by_row,
};
use trueval::scalar::Scores;

use crate::{GO, Random, on_any_threads};

/// Many relevant labels are sorted, few compared.
#[test]
fn labels_are_ranked_alike_in_every_way() {
    let mut random = Random(6);
    for columns in [255, 256, 257, 600] {
        let scores: Vec<i64> = (0..columns).map(|_| i64::MAX - random.below(columns as u64) as i64).collect();
        let floats: Vec<f64> = scores.iter().map(|&score| -((i64::MAX - score) as f64)).collect();
        for view in [Scores::I64(&scores), Scores::F64(&floats)] {
            for rare in [2, 5, 50] {
                let marks: Vec<u8> = (0..columns).map(|i| u8::from(i % rare == 0)).collect();
                let (relevant, others) = split(&marks, &floats);
                let [number, wins, ties] = pairs_by_row(&marks, view, columns, &GO).unwrap();
                let count = |compare: fn(&f64, &f64) -> bool| {
                    relevant.iter().map(|r| others.iter().filter(|o| compare(r, o)).count() as i64).sum::<i64>()
                };
                assert_eq!((number[0], wins[0], ties[0]), (relevant.len() as i64, count(f64::gt), count(f64::eq)));
                let at_least = |scores: &[f64], bound: f64| scores.iter().filter(|s| **s >= bound).count() as f64;
                let sum = relevant.iter().map(|&r| at_least(&relevant, r) / at_least(&floats, r)).sum::<f64>();
                let found = average_precision_by_row(&marks, view, columns, &GO).unwrap()[0];
                // Hundreds of quotients below 1, added in another order.
                assert!((found - sum / relevant.len() as f64).abs() < 1e-13);
            }
        }
    }
}

/// Marks and scores of one row, with ties.
fn marked() -> impl Strategy<Value = (Vec<u8>, Vec<f64>)> {
    prop::collection::vec((0u8..2, -2i8..3), 1..9)
        .prop_map(|row| row.iter().map(|&(mark, score)| (mark, f64::from(score))).unzip())
}

/// The scores of the labels that are relevant, and of those that are not.
fn split(marks: &[u8], scores: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let of = |wanted| scores.iter().zip(marks).filter(move |(_, m)| (**m != 0) == wanted).map(|(s, _)| *s).collect();
    (of(true), of(false))
}

proptest! {
    #[test]
    fn labels_of_a_row((marks, scores) in marked()) {
        let (relevant, others) = split(&marks, &scores);
        let view = Scores::F64(&scores);
        let columns = marks.len();

        let count = |compare: fn(&f64, &f64) -> bool| {
            relevant.iter().map(|r| others.iter().filter(|o| compare(r, o)).count() as i64).sum::<i64>()
        };
        let [number, wins, ties] = pairs_by_row(&marks, view, columns, &GO).unwrap();
        prop_assert_eq!((number[0], wins[0], ties[0]), (relevant.len() as i64, count(f64::gt), count(f64::eq)));

        let lowest = relevant.iter().copied().fold(f64::INFINITY, f64::min);
        let covered = if relevant.is_empty() { 0 } else { scores.iter().filter(|s| **s >= lowest).count() };
        prop_assert_eq!(coverage_by_row(&marks, view, columns, &GO).unwrap(), [covered as i64]);

        let at_least = |scores: &[f64], bound: f64| scores.iter().filter(|s| **s >= bound).count() as f64;
        let precision = relevant.iter().map(|&r| at_least(&relevant, r) / at_least(&scores, r)).sum::<f64>();
        let found = average_precision_by_row(&marks, view, columns, &GO).unwrap()[0];
        // At most 8 quotients below 1 are added.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-14 || (a.is_nan() && b.is_nan());
        prop_assert!(near(found, precision / relevant.len() as f64));

        // The whole area is the share of pairs that are won, ties by half; a part of it is no more than the whole.
        let pairs = (relevant.len() * others.len()) as f64;
        let area = |max_fpr| partial_roc_auc_by_row(&marks, view, columns, max_fpr, &GO).unwrap()[0];
        prop_assert!(near(area(1.0), (wins[0] as f64 + ties[0] as f64 / 2.0) / pairs));
        prop_assert!(pairs == 0.0 || area(0.5) <= area(1.0) && area(0.5) <= 0.5);
    }

    #[test]
    fn rank_of_a_class((_, scores) in marked(), own in 0usize..9) {
        let own = own % scores.len();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(b.cmp(&a)));
        let rank = order.iter().position(|&column| column == own).unwrap() as i64;
        let classes: Vec<i64> = (0..scores.len() as i64).map(|class| class * 5 - 10).collect();
        let found = class_ranks(Labels::I64(&[classes[own]]), Labels::I64(&classes), Scores::F64(&scores), &GO);
        prop_assert_eq!(found.unwrap(), [rank]);
    }
}

#[test]
fn half_of_a_curve() {
    // Up to (0, 1/2), along a tie to (1/2, 1), along to (1, 1).
    let (marks, scores) = ([1, 1, 0, 0], [4.0, 3.0, 3.0, 1.0]);
    let area = |max_fpr| partial_roc_auc_by_row(&marks, Scores::F64(&scores), 4, max_fpr, &GO).unwrap();
    assert_eq!(area(0.25), [0.25 * (0.5 + 0.75) / 2.0]);
    assert_eq!(area(0.5), [0.375]);
    assert_eq!(area(1.0), [0.875]);
}

#[test]
fn samples_do_not_touch_each_other() {
    let (rows, columns) = (3_001, 23);
    let mut random = Random(6);
    let marks: Vec<u8> = (0..rows * columns).map(|_| random.below(2) as u8).collect();
    let scores: Vec<f64> = (0..rows * columns).map(|_| random.below(10) as f64).collect();
    let labels: Vec<u8> = (0..rows).map(|_| random.below(columns as u64) as u8).collect();
    let classes: Vec<u8> = (0..columns as u8).collect();
    let all = on_any_threads(|| {
        let view = Scores::F64(&scores);
        (
            pairs_by_row(&marks, view, columns, &GO).unwrap(),
            coverage_by_row(&marks, view, columns, &GO).unwrap(),
            average_precision_by_row(&marks, view, columns, &GO).unwrap(),
            class_ranks(Labels::U8(&labels), Labels::U8(&classes), view, &GO).unwrap(),
        )
    });
    for i in [0, 1, 711, 712, 3_000] {
        let row = i * columns..(i + 1) * columns;
        let (marks, view) = (&marks[row.clone()], Scores::F64(&scores[row]));
        let [relevant, wins, ties] = pairs_by_row(marks, view, columns, &GO).unwrap();
        assert_eq!((relevant[0], wins[0], ties[0]), (all.0[0][i], all.0[1][i], all.0[2][i]));
        assert_eq!(coverage_by_row(marks, view, columns, &GO).unwrap(), [all.1[i]]);
        assert_eq!(average_precision_by_row(marks, view, columns, &GO).unwrap(), [all.2[i]]);
        let ranks = class_ranks(Labels::U8(&labels[i..=i]), Labels::U8(&classes), view, &GO).unwrap();
        assert_eq!(ranks, [all.3[i]]);
    }
}

#[test]
fn a_class_that_has_no_column() {
    let found = class_ranks(Labels::U8(&[7]), Labels::U8(&[0, 1]), Scores::F64(&[0.1, 0.2]), &GO);
    assert_eq!(found, Err(Error::UnknownLabel));
}

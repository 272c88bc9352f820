use proptest::prelude::*;
use trueval::error::Error;
use trueval::kernels::labels::Labels;
use trueval::kernels::ranking::{
    average_precision_by_row, class_ranks, coverage_by_row, dcg, ndcg, pairs_by_row, partial_roc_auc_by_row,
};
use trueval::scalar::Scores;

use crate::{GO, Random, on_any_threads};

fn discount(columns: usize) -> Vec<f64> {
    (0..columns).map(|rank| 1.0 / (rank as f64 + 2.0).log2()).collect()
}

/// The mean gain over every order of the columns in which scores do not increase.
fn naive(gains: &[f64], scores: &[f64], discount: &[f64]) -> f64 {
    fn orders(rest: &[usize], scores: &[f64], order: &mut Vec<usize>, visit: &mut dyn FnMut(&[usize])) {
        if rest.is_empty() {
            return visit(order);
        }
        let top = rest.iter().map(|&i| scores[i]).fold(f64::NEG_INFINITY, f64::max);
        for &next in rest.iter().filter(|&&i| scores[i] == top) {
            order.push(next);
            let rest: Vec<usize> = rest.iter().copied().filter(|&i| i != next).collect();
            orders(&rest, scores, order, visit);
            order.pop();
        }
    }
    let (mut total, mut count) = (0.0, 0.0);
    let all: Vec<usize> = (0..gains.len()).collect();
    orders(&all, scores, &mut Vec::new(), &mut |order| {
        total += order.iter().zip(discount).map(|(&i, d)| gains[i] * d).sum::<f64>();
        count += 1.0;
    });
    total / count
}

proptest! {
    #[test]
    fn ties_average_over_their_orders(rows in prop::collection::vec((0u8..4, 0i8..3), 1..6)) {
        let gains: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
        let scores: Vec<f64> = rows.iter().map(|r| f64::from(r.1)).collect();
        let discount = discount(rows.len());
        let found = dcg(&gains, Scores::F64(&scores), &discount, false, &GO).unwrap();
        // At most 120 additions of numbers below 12.
        prop_assert!((found[0] - naive(&gains, &scores, &discount)).abs() < 1e-12);
        let ideal = naive(&gains, &gains, &discount);
        let normalised = ndcg(&gains, Scores::F64(&scores), &discount, false, &GO).unwrap()[0];
        let expected = if ideal == 0.0 { 0.0 } else { found[0] / ideal };
        prop_assert!((normalised - expected).abs() < 1e-12);
    }
}

#[test]
fn the_later_column_of_a_tie_comes_first() {
    let found = dcg(&[1.0, 2.0, 4.0], Scores::F64(&[0.5, 0.5, 0.1]), &[1.0, 0.1, 0.01], true, &GO).unwrap();
    assert_eq!(found, [2.0 + 0.1 + 0.04]);
}

#[test]
fn queries_do_not_touch_each_other() {
    let (rows, columns) = (3_001, 23);
    let mut random = Random(5);
    let gains: Vec<f64> = (0..rows * columns).map(|_| random.below(4) as f64).collect();
    let scores: Vec<f64> = (0..rows * columns).map(|_| random.below(10) as f64).collect();
    let discount = discount(columns);
    for ignore_ties in [false, true] {
        let all = on_any_threads(|| ndcg(&gains, Scores::F64(&scores), &discount, ignore_ties, &GO).unwrap());
        for (i, found) in all.iter().enumerate() {
            let row = i * columns..(i + 1) * columns;
            let alone = ndcg(&gains[row.clone()], Scores::F64(&scores[row]), &discount, ignore_ties, &GO).unwrap();
            assert_eq!(alone, [*found]);
        }
    }
}

/// Few ranks are found by insertion, many by sorting; many relevant labels are sorted, few compared.
#[test]
fn rows_are_ranked_alike_in_every_way() {
    let mut random = Random(6);
    for columns in [255, 256, 257, 600] {
        let scores: Vec<i64> = (0..columns).map(|_| i64::MAX - random.below(columns as u64) as i64).collect();
        let floats: Vec<f64> = scores.iter().map(|&score| -((i64::MAX - score) as f64)).collect();
        let gains: Vec<f64> = (0..columns).map(|_| random.below(4) as f64).collect();
        let discount = discount(columns);
        let mut order: Vec<usize> = (0..columns).collect();
        order.sort_by(|&a, &b| scores[b].cmp(&scores[a]).then(b.cmp(&a)));
        let expected: f64 = order.iter().zip(&discount).map(|(&i, d)| gains[i] * d).sum();
        for view in [Scores::I64(&scores), Scores::F64(&floats)] {
            assert_eq!(dcg(&gains, view, &discount, true, &GO).unwrap(), [expected]);
            for top in [1, 10, 16, 17] {
                let cut: Vec<f64> = (0..columns).map(|rank| if rank < top { discount[rank] } else { 0.0 }).collect();
                let expected: f64 = order.iter().zip(&cut).map(|(&i, d)| gains[i] * d).sum();
                assert_eq!(dcg(&gains, view, &cut, true, &GO).unwrap(), [expected]);
            }
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

#[test]
fn empty_matrices() {
    assert_eq!(dcg(&[], Scores::F64(&[]), &[], false, &GO).unwrap(), [0.0; 0]);
    assert_eq!(ndcg(&[], Scores::F64(&[]), &[1.0], false, &GO).unwrap(), [0.0; 0]);
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

use proptest::prelude::*;
use trueval::kernels::ranking::{dcg, ndcg};
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

#[test]
fn empty_matrices() {
    assert_eq!(dcg(&[], Scores::F64(&[]), &[], false, &GO).unwrap(), [0.0; 0]);
    assert_eq!(ndcg(&[], Scores::F64(&[]), &[1.0], false, &GO).unwrap(), [0.0; 0]);
}

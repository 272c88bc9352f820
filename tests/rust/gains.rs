use proptest::prelude::*;
use trueval::kernels::gains::{dcg, ndcg};
use trueval::order::{LANES, Network};
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

/// Few ranks are found by insertion, many by sorting.
#[test]
fn a_row_is_ranked_alike_in_every_way() {
    let mut random = Random(6);
    for columns in [255, 256, 257, 600] {
        let scores: Vec<i64> = (0..columns).map(|_| i64::MAX - random.below(columns as u64) as i64).collect();
        let floats: Vec<f64> = scores.iter().map(|&score| -((i64::MAX - score) as f64)).collect();
        let gains: Vec<f64> = (0..columns).map(|_| random.below(4) as f64).collect();
        let discount = discount(columns);
        let mut order: Vec<usize> = (0..columns).collect();
        order.sort_by(|&a, &b| scores[b].cmp(&scores[a]).then(b.cmp(&a)));
        for view in [Scores::I64(&scores), Scores::F64(&floats)] {
            for top in [1, 10, 16, 17, columns] {
                let cut = cut(&discount, top);
                let expected: f64 = order.iter().zip(&cut).map(|(&i, d)| gains[i] * d).sum();
                assert_eq!(dcg(&gains, view, &cut, true, &GO).unwrap(), [expected]);
            }
        }
    }
}

/// Only the first ranks count.
fn cut(discount: &[f64], top: usize) -> Vec<f64> {
    discount.iter().enumerate().map(|(rank, d)| if rank < top { *d } else { 0.0 }).collect()
}

/// Several rows are ranked by a network, a single one is not.
#[test]
fn rows_side_by_side_and_alone() {
    let mut random = Random(8);
    let rows = 2 * LANES + 3;
    for columns in [1, 2, 3, 5, 7, 8, 9, 31, 64, 65, 100, 127, 300, 511, 512, 513] {
        let n = rows * columns;
        let gains: Vec<f64> = (0..n).map(|_| random.below(1000) as f64 - 500.0).collect();
        let near = |base: f64, i: u64| f64::from_bits(base.to_bits() + i);
        let mut forms: Vec<Vec<f64>> = vec![
            (0..n).map(|_| random.unit() - 0.5).collect(),
            (0..n).map(|_| near(0.7, random.below(300))).collect(),
            (0..n).map(|_| near(-0.7, random.below(1 << 40))).collect(),
            (0..n).map(|_| [0.0, -0.0, 5e-324, -5e-324, f64::MAX, f64::MIN][random.below(6) as usize]).collect(),
            vec![1.5; n],
        ];
        // Ties in some rows alone.
        let mut some = forms[0].clone();
        some.iter_mut().take(4 * columns).for_each(|score| *score = score.round());
        forms.push(some);
        let integers: Vec<i64> = (0..n).map(|_| i64::MIN + random.below(2000) as i64).collect();
        let words: Vec<u64> = (0..n).map(|_| u64::MAX - random.below(2000)).collect();
        let narrow: Vec<f32> = forms[0].iter().map(|score| *score as f32).collect();
        let mut views: Vec<Scores<'_>> = forms.iter().map(|scores| Scores::F64(scores)).collect();
        views.extend([Scores::I64(&integers), Scores::U64(&words), Scores::F32(&narrow)]);
        for (view, top, ignore_ties) in views
            .iter()
            .flat_map(|view| [1, 10, 17, columns].map(|top| (view, top)))
            .flat_map(|(view, top)| [false, true].map(|ignore| (*view, top, ignore)))
        {
            let discount = cut(&discount(columns), top);
            let all = dcg(&gains, view, &discount, ignore_ties, &GO).unwrap();
            let normalised = ndcg(&gains, view, &discount, ignore_ties, &GO).unwrap();
            for (row, together) in all.into_iter().zip(normalised).enumerate() {
                let span = row * columns..(row + 1) * columns;
                let scores = match view {
                    Scores::F64(scores) => Scores::F64(&scores[span.clone()]),
                    Scores::F32(scores) => Scores::F32(&scores[span.clone()]),
                    Scores::I64(scores) => Scores::I64(&scores[span.clone()]),
                    Scores::U64(scores) => Scores::U64(&scores[span.clone()]),
                };
                assert_eq!(dcg(&gains[span.clone()], scores, &discount, ignore_ties, &GO).unwrap(), [together.0]);
                assert_eq!(ndcg(&gains[span], scores, &discount, ignore_ties, &GO).unwrap(), [together.1]);
            }
        }
    }
}

/// A network that sorts zeros and ones sorts anything (Knuth 1998, 5.3.4, theorem Z).
#[test]
fn networks_sort() {
    for places in 1..=14usize {
        for wanted in 0..=places {
            let network = Network::new(places, wanted);
            for block in (0..1u32 << places).step_by(LANES) {
                let bit = |place: usize, lane: usize| f64::from((block + lane as u32) >> place & 1);
                let mut values: Vec<[f64; LANES]> =
                    (0..places).map(|place| std::array::from_fn(|lane| bit(place, lane))).collect();
                network.sort(&mut values);
                for lane in 0..LANES {
                    let ones = (0..places).filter(|&place| bit(place, lane) == 1.0).count();
                    let sorted = (0..wanted).map(|place| f64::from(u8::from(place < ones)));
                    assert!(sorted.eq(values[..wanted].iter().map(|value| value[lane])));
                }
            }
        }
    }
}

#[test]
fn empty_matrices() {
    assert_eq!(dcg(&[], Scores::F64(&[]), &[], false, &GO).unwrap(), [0.0; 0]);
    assert_eq!(ndcg(&[], Scores::F64(&[]), &[1.0], false, &GO).unwrap(), [0.0; 0]);
}

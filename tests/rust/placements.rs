use proptest::prelude::*;
use trueval::kernels::labels::Labels;
use trueval::kernels::placements::{Covariance, auc_covariance, auc_moments, placements, rank_order};
use trueval::scalar::{Label, Scores};

use crate::{GO, MANY, Random, on_any_threads};

fn positive() -> Option<u64> {
    Some(Label::key(1u8))
}

/// Twice the rows of the other class that each row is on the right side of, plus its ties, pair by pair.
fn naive(y: &[u8], scores: &[f64]) -> Vec<u64> {
    let place = |(mark, score): (&u8, &f64)| {
        let others = y.iter().zip(scores).filter(|(other, _)| *other != mark);
        others
            .map(|(_, other)| {
                2 * u64::from(if *mark == 1 { other < score } else { other > score }) + u64::from(other == score)
            })
            .sum()
    };
    y.iter().zip(scores).map(place).collect()
}

fn sums(y: &[u8], class: u8, a: &[u64], b: &[u64]) -> [u128; 5] {
    let mut total = [0; 5];
    for ((mark, a), b) in y.iter().zip(a).zip(b) {
        if *mark == class {
            let (a, b) = (u128::from(*a), u128::from(*b));
            for (slot, term) in total.iter_mut().zip([a, b, a * a, a * b, b * b]) {
                *slot += term;
            }
        }
    }
    total
}

fn check(y: &[u8], base: &[f64], tuned: &[f64]) {
    let (a, b) = (naive(y, base), naive(y, tuned));
    let up = y.iter().filter(|mark| **mark == 1).count();
    let labels = Labels::U8(y);
    assert_eq!(placements(labels, positive(), Scores::F64(base), &GO).unwrap(), (a.clone(), up));
    let products = [sums(y, 1, &a, &b), sums(y, 0, &a, &b)];
    let found = auc_covariance(labels, positive(), Scores::F64(base), Scores::F64(tuned), &GO).unwrap();
    assert_eq!(found, Covariance { sizes: [up, y.len() - up], products });
    let moments = auc_moments(labels, positive(), Scores::F64(base), &GO).unwrap();
    assert_eq!((moments.positives, moments.negatives), (up as u64, (y.len() - up) as u64));
    assert_eq!(moments.twice_area, products[0][0]);
    assert_eq!(moments.squares, [products[0][2], products[1][2]]);
}

proptest! {
    #[test]
    fn sums_of_placements(rows in prop::collection::vec((0u8..2, -3i8..4, -3i8..4), 1..60)) {
        let y: Vec<u8> = rows.iter().map(|row| row.0).collect();
        let base: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let tuned: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        check(&y, &base, &tuned);
    }

    #[test]
    fn rows_by_rank(rows in prop::collection::vec((0u8..2, -3i8..4), 1..60)) {
        let y: Vec<u8> = rows.iter().map(|row| row.0).collect();
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let order = rank_order(Labels::U8(&y), positive(), Scores::F64(&scores), &GO).unwrap();
        let mut ranked: Vec<u32> = (0..rows.len() as u32).collect();
        ranked.sort_by_key(|row| -rows[*row as usize].1);
        let of_class = |class| ranked.iter().copied().filter(|row| y[*row as usize] == class).collect::<Vec<u32>>();
        prop_assert_eq!(&order.positives, &of_class(1));
        prop_assert_eq!(&order.negatives, &of_class(0));
        let mut groups = Vec::new();
        for score in (-3i8..4).rev().filter(|score| rows.contains(&(1, *score))) {
            let count = |class: u8, least: i8| rows.iter().filter(|row| row.0 == class && row.1 >= least).count() as u32;
            groups.push([count(1, score), count(0, score + 1), count(0, score)]);
        }
        prop_assert_eq!(order.groups, groups);
    }
}

#[test]
fn many_rows_on_any_threads() {
    let mut random = Random(5);
    let y: Vec<u8> = (0..MANY).map(|_| random.below(2) as u8).collect();
    for distinct in [3, 1 << 40] {
        let scores: Vec<f64> = (0..MANY).map(|_| random.below(distinct) as f64).collect();
        let (base, tuned) = (Scores::F64(&scores), Scores::F64(&scores));
        let labels = Labels::U8(&y);
        let moments = on_any_threads(|| auc_moments(labels, positive(), base, &GO).unwrap());
        let covariance = on_any_threads(|| auc_covariance(labels, positive(), base, tuned, &GO).unwrap());
        let order = on_any_threads(|| rank_order(labels, positive(), base, &GO).unwrap());
        assert_eq!(moments.squares, covariance.products.map(|sums| sums[3]));
        assert_eq!(moments.twice_area, covariance.products[1][1]);
        // The placements follow from the order as well: a group's positives are above the negatives that follow it.
        let negatives = order.negatives.len() as u128;
        let mut before = 0;
        let area: u128 = order
            .groups
            .iter()
            .map(|[end, above, reached]| {
                let size = u128::from(end - before);
                before = *end;
                size * (2 * negatives - u128::from(*above) - u128::from(*reached))
            })
            .sum();
        assert_eq!(area, moments.twice_area);
    }
}

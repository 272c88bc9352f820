use proptest::prelude::*;
use trueval::kernels::labels::Labels;
use trueval::kernels::retrieval::{Documents, Metric, by_query};
use trueval::order::{Members, members};
use trueval::scalar::Scores;

use crate::{GO, MANY, Random, on_any_threads};

/// The rows of each group, in order of first appearance.
fn naive_members(group: &[i64]) -> Vec<Vec<u32>> {
    let mut found: Vec<(i64, Vec<u32>)> = Vec::new();
    for (row, id) in (0..).zip(group) {
        match found.iter_mut().find(|(known, _)| known == id) {
            Some((_, rows)) => rows.push(row),
            None => found.push((*id, vec![row])),
        }
    }
    found.into_iter().map(|(_, rows)| rows).collect()
}

fn listed(found: &Members) -> Vec<Vec<u32>> {
    let n = *found.starts.last().unwrap() as u32;
    let rows = found.rows.clone().unwrap_or_else(|| (0..n).collect());
    found.starts.windows(2).map(|bounds| rows[bounds[0]..bounds[1]].to_vec()).collect()
}

proptest! {
    #[test]
    fn rows_are_listed_by_group(group in prop::collection::vec((-3i64..4, 1usize..40), 0..200), far in any::<bool>()) {
        let spread = |id: i64| if far { id.wrapping_mul(0x1234_5678_9ABC_DEF1) } else { id };
        let group: Vec<i64> = group.into_iter().flat_map(|(id, run)| std::iter::repeat_n(spread(id), run)).collect();
        prop_assert_eq!(listed(&members(Labels::I64(&group), &GO).unwrap()), naive_members(&group));
    }
}

#[test]
fn groups_that_lie_together_are_not_moved() {
    for group in [vec![5u8, 5, 2, 2, 2, 9], vec![1, 2, 3], vec![3, 2, 2], vec![7], vec![]] {
        assert_eq!(members(Labels::U8(&group), &GO).unwrap().rows, None, "{group:?}");
    }
    let found = members(Labels::U8(&[1, 2, 1]), &GO).unwrap();
    assert_eq!(found, Members { starts: vec![0, 2, 3], rows: Some(vec![0, 2, 1]) });
}

#[test]
fn many_rows_are_listed_alike_by_any_number_of_threads() {
    let mut random = Random(3);
    for (groups, factor) in [(1000, 1), (1000, i64::MAX / 1000), (MANY as u64, 1), (3, 1)] {
        let group: Vec<i64> = (0..MANY).map(|_| random.below(groups) as i64 * factor).collect();
        let found = on_any_threads(|| members(Labels::I64(&group), &GO).unwrap());
        let rows = found.rows.unwrap();
        let mut seen = std::collections::HashSet::new();
        let mut last_first = None;
        for bounds in found.starts.windows(2) {
            let rows = &rows[bounds[0]..bounds[1]];
            assert!(rows.is_sorted_by(|a, b| a < b));
            assert!(rows.iter().all(|row| group[*row as usize] == group[rows[0] as usize]));
            assert!(seen.insert(group[rows[0] as usize]));
            assert!(last_first < Some(rows[0]), "groups come in order of first appearance");
            last_first = Some(rows[0]);
        }
        assert_eq!(rows.len(), MANY);
    }
}

/// The precision at each relevant rank, added up in the order of the scores, which are distinct.
fn naive_average_precision(relevance: &[i64], scores: &[f64], k: usize) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let (mut total, mut found) = (0.0, 0);
    for (rank, row) in order.into_iter().enumerate() {
        if relevance[row] > 0 {
            found += 1;
            total += if rank < k { f64::from(found) / (rank + 1) as f64 } else { 0.0 };
        }
    }
    if found == 0 { 0.0 } else { total / f64::from(found) }
}

#[test]
fn average_precision_of_few_and_of_many_relevant_documents() {
    let mut random = Random(11);
    for (queries, length) in [(300, 7), (40, 60), (9, 700), (1, 200_000)] {
        for share in [0.02, 0.3, 0.9] {
            let n = queries * length;
            let relevance: Vec<i64> = (0..n).map(|_| i64::from(random.unit() < share)).collect();
            let scores: Vec<f64> = (0..n).map(|_| random.unit()).collect();
            let group: Vec<u32> = (0..n).map(|row| (row % queries) as u32).collect();
            let documents = Documents {
                relevance: Labels::I64(&relevance),
                scores: Scores::F64(&scores),
                group: Labels::U32(&group),
            };
            for k in [None, Some(1), Some(10), Some(100)] {
                let found = on_any_threads(|| by_query(Metric::AveragePrecision, documents, k, &GO).unwrap());
                for (query, found) in found.into_iter().enumerate() {
                    let own = |of: &dyn Fn(usize) -> f64| (query..n).step_by(queries).map(of).collect::<Vec<f64>>();
                    let relevance: Vec<i64> = own(&|row| relevance[row] as f64).into_iter().map(|r| r as i64).collect();
                    let expected = naive_average_precision(&relevance, &own(&|row| scores[row]), k.unwrap_or(n));
                    // Plain sums of 2·10^5 numbers below 1.
                    assert!((found - expected).abs() < 1e-11, "{queries} {length} {share} {k:?}: {found} {expected}");
                }
            }
        }
    }
}

#[test]
fn the_highest_integers_do_not_tie_with_what_fills_up() {
    let documents = Documents {
        relevance: Labels::U8(&[1, 0, 0]),
        scores: Scores::I64(&[i64::MAX, i64::MAX, i64::MIN]),
        group: Labels::U8(&[0, 0, 0]),
    };
    let value = |metric| by_query(metric, documents, None, &GO).unwrap();
    assert_eq!(value(Metric::ReciprocalRank), [0.75]);
    assert_eq!(value(Metric::Area), [0.75]);
    assert_eq!(value(Metric::AveragePrecision), [0.75]);
}

#[test]
fn no_rows_and_arguments_that_disagree() {
    let none = Documents { relevance: Labels::U8(&[]), scores: Scores::F32(&[]), group: Labels::U8(&[]) };
    assert_eq!(by_query(Metric::LinearGain, none, None, &GO), Ok(vec![]));
    let uneven = Documents { scores: Scores::F32(&[1.0]), ..none };
    assert!(by_query(Metric::LinearGain, uneven, None, &GO).is_err());
    let uneven = Documents { group: Labels::U8(&[1]), ..none };
    assert!(by_query(Metric::LinearGain, uneven, None, &GO).is_err());
}

use std::sync::atomic::{AtomicUsize, Ordering};

use trueval::error::Error;
use trueval::kernels::labels::Labels;
use trueval::order::{BinaryRows, scatter};
use trueval::scalar::{Label, Score};

use crate::{GO, MANY, Random};

#[test]
fn every_row_lies_in_the_bucket_of_its_score() {
    let mut random = Random(9);
    let scores: Vec<f64> = (0..MANY).map(|_| random.unit()).collect();
    let y: Vec<u8> = (0..MANY).map(|_| random.below(2) as u8).collect();
    let rows = BinaryRows { y_true: Labels::U8(&y), positive: Some(Label::key(1u8)), y_score: &scores };
    let mut buckets = scatter(rows, |_, key| Some(key), &GO).unwrap();
    assert!(buckets.sizes().len() > 1);
    let dealt = buckets
        .map(std::iter::repeat(()), &GO, |bucket, ()| Ok((bucket.positives.to_vec(), bucket.negatives.to_vec())))
        .unwrap();
    for pair in dealt.windows(2) {
        let lowest = pair[0].0.iter().chain(&pair[0].1).min();
        let highest = pair[1].0.iter().chain(&pair[1].1).max();
        assert!(lowest > highest, "buckets descend and do not overlap");
    }
    let sorted = |class: u8, keys: Vec<u64>| {
        let mut expected: Vec<u64> = (0..MANY).filter(|i| y[*i] == class).map(|i| Score::key(scores[i])).collect();
        let mut keys = keys;
        expected.sort_unstable();
        keys.sort_unstable();
        assert_eq!(keys, expected);
    };
    sorted(1, dealt.iter().flat_map(|bucket| bucket.0.clone()).collect());
    sorted(0, dealt.iter().flat_map(|bucket| bucket.1.clone()).collect());
}

#[test]
fn an_input_that_changes_underneath_is_noticed() {
    let (y, scores) = (vec![0u8; MANY], (0..MANY).map(|i| i as f64).collect::<Vec<f64>>());
    let rows = BinaryRows { y_true: Labels::U8(&y), positive: None, y_score: &scores };
    // As if another thread wrote: rows that the first pass counted are gone in the second, or new ones have come.
    for gone_at_first in [false, true] {
        let visits = AtomicUsize::new(0);
        let item = |i: usize, key: u64| {
            let first_pass = visits.fetch_add(1, Ordering::Relaxed) < MANY;
            (!i.is_multiple_of(1000) || first_pass != gone_at_first).then_some(key)
        };
        assert_eq!(scatter(rows, item, &GO).err(), Some(Error::Changed));
    }
}

use trueval::kernels::labels::Labels;
use trueval::order::{BinaryRows, Quantile, quantile, scatter};
use trueval::scalar::{Label, Score};

use crate::{GO, MANY, Random, on_any_threads};

#[test]
fn every_row_lies_in_the_bucket_of_its_score() {
    let mut random = Random(9);
    let scores: Vec<f64> = (0..MANY).map(|_| random.unit()).collect();
    let y: Vec<u8> = (0..MANY).map(|_| random.below(2) as u8).collect();
    let rows = BinaryRows { y_true: Labels::U8(&y), positive: Some(Label::key(1u8)), y_score: &scores };
    let buckets = scatter(rows, &GO).unwrap();
    assert!(buckets.sizes().count() > 1);
    let dealt = buckets
        .map(std::iter::repeat(()), &GO, |bucket, (), _: &mut ()| {
            let keys = |class| bucket.runs(class).flatten().map(|score| Score::key(*score)).collect::<Vec<u64>>();
            Ok((keys(0), keys(1)))
        })
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

/// The values of some rows.
fn read(values: &[f64]) -> impl Fn(usize, &mut [f64]) + Sync {
    |start, out| out.copy_from_slice(&values[start..start + out.len()])
}

/// The definition: values in order, their weights added up, the first that reaches the share, and the next.
fn sorted_quantile(values: &[f64], weights: Option<&[f64]>, share: f64) -> f64 {
    let mut rows: Vec<(f64, f64)> =
        values.iter().enumerate().map(|(i, &value)| (value, weights.map_or(1.0, |w| w[i]))).collect();
    rows.retain(|row| row.1 != 0.0);
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let target = share * rows.iter().map(|row| row.1).sum::<f64>();
    let mut sum = 0.0;
    for (i, row) in rows.iter().enumerate() {
        sum += row.1;
        if sum >= target && sum > 0.0 {
            let next = rows.get(i + 1).map_or(row.0, |next| next.0);
            return if sum == target { (row.0 + next) / 2.0 } else { row.0 };
        }
    }
    f64::NAN
}

#[test]
fn quantiles_are_those_of_the_sorted_values() {
    let mut random = Random(3);
    let spread: Vec<f64> = (0..MANY).map(|_| (random.unit() - 0.5) * 10f64.powi(random.below(40) as i32)).collect();
    let shapes: [Vec<f64>; 5] = [
        (0..MANY).map(|_| random.unit() + random.unit()).collect(),
        (0..MANY).map(|_| random.below(5) as f64).collect(),
        vec![0.1; MANY],
        // A sample at equal steps sees none but the high values.
        (0..MANY).map(|i| if i % (MANY / 1024) == 0 { 1e9 } else { i as f64 }).collect(),
        spread,
    ];
    let weights: Vec<f64> = (0..MANY).map(|_| random.below(4) as f64 / 4.0).collect();
    for values in &shapes {
        for n in [1, 2, 3, 4096, 4097, 5000, MANY - 1, MANY] {
            for weights in [None, Some(&weights[..n])] {
                if n < 4 && weights.is_some() {
                    continue;
                }
                for share in [0.0, 0.25, 0.3, 0.5, 0.999, 1.0] {
                    let wanted = Quantile { share, slack: 0.0 };
                    let found = on_any_threads(|| quantile(n, read(values), weights, wanted, &GO).unwrap());
                    assert_eq!(found, sorted_quantile(&values[..n], weights, share), "{n} rows, share {share}");
                }
            }
        }
    }
    let wanted = Quantile { share: 0.5, slack: 0.0 };
    assert!(quantile(0, read(&[]), None, wanted, &GO).unwrap().is_nan());
    assert!(quantile(3, read(&[1.0; 3]), Some(&[1.0]), wanted, &GO).is_err());
}

#[test]
fn negative_weights_are_bisected_as_they_are() {
    let weights: Vec<f64> = (0..5000).map(|i| if i % 7 == 0 { -1.0 } else { 1.0 }).collect();
    let wanted = Quantile { share: 0.5, slack: 0.0 };
    let values: Vec<f64> = (0..5000).map(f64::from).collect();
    let found = quantile(5000, read(&values), Some(&weights), wanted, &GO).unwrap();
    let sum: f64 = weights[..=found as usize].iter().sum();
    assert!((sum - weights.iter().sum::<f64>() / 2.0).abs() <= 1.0);
}

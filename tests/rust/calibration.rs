use trueval::error::Error;
use trueval::kernels::calibration::{reliability, top_reliability};
use trueval::kernels::labels::Labels;
use trueval::scalar::Floats;

use crate::{GO, MANY, Random, on_any_threads};

#[test]
fn each_row_is_in_the_bin_above_the_edges_below_it() {
    let mut random = Random(8);
    for bins in [1usize, 2, 15, 33, 34, 200] {
        let edges: Vec<f64> = (1..bins).map(|i| i as f64 / bins as f64).collect();
        let mut p: Vec<f64> = (0..MANY).map(|_| random.unit()).collect();
        p[..edges.len()].copy_from_slice(&edges);
        let y: Vec<i64> = (0..MANY).map(|_| random.below(3) as i64 - 1).collect();
        let weights: Vec<f64> = (0..MANY).map(|_| random.below(4) as f64).collect();
        let labels = Labels::I64(&y);
        let key = labels.key_of(1);
        for weight in [None, Some(&weights[..])] {
            let found = on_any_threads(|| reliability(labels, key, Floats::F64(&p), weight, &edges, &GO).unwrap());
            let (mut total, mut observed, mut forecast) = (vec![0.0; bins], vec![0.0; bins], vec![0.0; bins]);
            for i in 0..p.len() {
                let bin = (0..edges.len()).filter(|&edge| edges[edge] < p[i]).count();
                let amount = weight.map_or(1.0, |weight| weight[i]);
                total[bin] += amount;
                observed[bin] += if y[i] == 1 { amount } else { 0.0 };
                forecast[bin] += amount * p[i];
            }
            assert_eq!((&found.total, &found.observed), (&total, &observed));
            for (ours, naive) in found.forecast.iter().zip(forecast) {
                assert!((ours - naive).abs() <= 1e-10 * naive, "a plain sum of so many terms");
            }
        }
    }
}

#[test]
fn the_first_of_equal_probabilities_is_the_highest() {
    let p = [0.5, 0.5, 0.0, 0.2, 0.4, 0.4, 0.1, 0.1, 0.8];
    let y = [7u8, 9, 9];
    let classes = Labels::U8(&[5, 7, 9]);
    let found = top_reliability(Labels::U8(&y), classes, Floats::F64(&p), None, &[0.45], &GO).unwrap();
    assert_eq!(found.total, [1.0, 2.0]);
    assert_eq!(found.observed, [0.0, 1.0]);
    assert_eq!(found.forecast, [0.4, 1.3]);
    let unknown = top_reliability(Labels::U8(&[1, 9, 9]), classes, Floats::F64(&p), None, &[], &GO);
    assert_eq!(unknown, Err(Error::UnknownLabel));
    assert!(top_reliability(Labels::U8(&y), classes, Floats::F64(&p[1..]), None, &[], &GO).is_err());
    assert!(reliability(Labels::U8(&y), None, Floats::F64(&p), None, &[], &GO).is_err());
    assert!(reliability(Labels::U8(&y), None, Floats::F64(&p[..3]), Some(&[1.0]), &[], &GO).is_err());
}

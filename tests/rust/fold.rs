use trueval::error::Error;
use trueval::fold::{BLOCK, CHUNK, MAX_CHUNKS, Stop, Sum, chunk_len, fold};

use crate::{GO, MANY, Random, on_any_threads};

#[test]
fn every_row_is_visited_once_and_in_order() {
    for rows in [0, 1, BLOCK, CHUNK, CHUNK + 1, MANY] {
        let seen = on_any_threads(|| {
            fold(rows, MAX_CHUNKS, &GO, Vec::new, |s: &mut Vec<usize>, r| s.extend(r), |a, b| a.extend(b)).unwrap()
        });
        assert!(seen.into_iter().eq(0..rows));
    }
}

#[test]
fn chunks_depend_on_rows_alone_and_stay_few() {
    for rows in [1, CHUNK, 10 * CHUNK + 1, 1_000_000_000] {
        assert!(rows.div_ceil(chunk_len(rows, 32)) <= 32);
        assert_eq!(chunk_len(rows, 32) % BLOCK, 0);
    }
}

#[test]
fn a_stop_ends_the_fold() {
    let stop = Stop::new();
    stop.request();
    assert_eq!(fold(1, 1, &stop, || (), |(), _| (), |(), ()| ()), Err(Error::Interrupted));
    let stop = Stop::new();
    let visit = |_: &mut (), range: std::ops::Range<usize>| {
        if range.start == 0 {
            stop.request();
        }
    };
    assert_eq!(fold(MANY, MAX_CHUNKS, &stop, || (), visit, |(), ()| ()), Err(Error::Interrupted));
}

#[test]
fn sums_are_compensated() {
    let mut sum = Sum::default();
    for x in [1e100, 1.0, -1e100, 1.0] {
        sum.add(x);
    }
    assert_eq!(sum.value(), 2.0);

    let mut random = Random(1);
    let terms: Vec<i64> = (0..100_000).map(|_| random.next() as i64 >> 12).collect();
    let exact: i128 = terms.iter().map(|&x| i128::from(x)).sum();
    let (mut left, mut right) = (Sum::default(), Sum::default());
    terms[..30_000].iter().for_each(|&x| left.add(x as f64));
    terms[30_000..].iter().for_each(|&x| right.add(x as f64));
    left.merge(right);
    assert_eq!(left.value(), exact as f64);
}

#[test]
fn a_sum_past_the_largest_float_is_infinite() {
    let mut sum = Sum::default();
    sum.add(f64::MAX);
    sum.add(f64::MAX);
    sum.add(1.0);
    assert_eq!(sum.value(), f64::INFINITY);
}

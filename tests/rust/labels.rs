use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;
use trueval::kernels::labels::{Encoder, LabelVec, Labels, factorize, factorize_objects, label_set, scan};
use trueval::scalar::{Label, Score, Scores, Status};

use crate::{GO, MANY, Random, on_any_threads};

fn decoded(y: &[i64]) -> Vec<i64> {
    let (status, keys) = label_set(Labels::I64(y), &GO).unwrap();
    assert_eq!(status, Status::Clean);
    match Labels::I64(y).decode(&keys) {
        LabelVec::I64(labels) => labels,
        other => unreachable!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn distinct_labels_are_found(y in prop::collection::vec(prop_oneof![any::<i64>(), -3i64..3], 0..50)) {
        let expected: Vec<i64> = y.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        prop_assert_eq!(decoded(&y), expected);
    }

    #[test]
    fn float_keys_keep_the_order(a in any::<f64>(), b in any::<f64>()) {
        prop_assume!(!a.is_nan() && !b.is_nan());
        prop_assert_eq!(a.partial_cmp(&b), Some(Score::key(a).cmp(&Score::key(b))));
        prop_assert_eq!(<f64 as Score>::from_key(Score::key(a)), a);
        let (c, d) = (a as f32, b as f32);
        prop_assert_eq!(c.partial_cmp(&d), Some(Score::key(c).cmp(&Score::key(d))));
        prop_assert_eq!(<f32 as Score>::from_key(Score::key(c)), c);
    }

    #[test]
    fn integer_keys_keep_the_order(a in any::<i64>(), b in any::<i64>()) {
        prop_assert_eq!(a.cmp(&b), Score::key(a).cmp(&Score::key(b)));
        prop_assert_eq!(a.cmp(&b), Label::key(a).cmp(&Label::key(b)));
        prop_assert_eq!((a as i8).cmp(&(b as i8)), Label::key(a as i8).cmp(&Label::key(b as i8)));
        prop_assert_eq!(<i8 as Label>::from_key(Label::key(a as i8)), a as i8);
        prop_assert_eq!(<u64 as Label>::from_key(Label::key(a as u64)), a as u64);
    }

    #[test]
    fn rows_are_numbered_by_first_appearance(rows in prop::collection::vec(prop::array::uniform3(0u8..3), 0..60)) {
        let bytes: Vec<u8> = rows.iter().flatten().copied().collect();
        let factors = factorize(&bytes, rows.len(), 3, &GO).unwrap();
        let mut numbers = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let next = numbers.len() as u32;
            let number = *numbers.entry(row).or_insert_with(|| next);
            prop_assert_eq!(factors.codes[i], number);
            prop_assert_eq!(&rows[factors.first_rows[number as usize] as usize], row);
        }
        prop_assert_eq!(factors.first_rows.len(), numbers.len());
        prop_assert!(factors.first_rows.is_sorted());
    }
}

#[test]
fn wide_labels_are_found_in_parallel() {
    let mut random = Random(7);
    let y: Vec<i64> = (0..MANY).map(|_| (random.below(70_000) as i64 - 35_000) * 1_000_003).collect();
    let expected: Vec<i64> = y.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(on_any_threads(|| decoded(&y)), expected);
}

#[test]
fn rows_are_numbered_in_parallel() {
    let mut random = Random(8);
    let bytes: Vec<u8> = (0..2 * MANY).map(|_| random.below(40) as u8).collect();
    let factors = on_any_threads(|| factorize(&bytes, MANY, 2, &GO).unwrap());
    let rows: Vec<&[u8]> = bytes.chunks(2).collect();
    assert!(factors.first_rows.is_sorted());
    assert_eq!(factors.first_rows.len(), rows.iter().collect::<BTreeSet<_>>().len());
    for (row, code) in rows.iter().zip(&factors.codes) {
        assert_eq!(rows[factors.first_rows[*code as usize] as usize], *row);
    }
}

#[test]
fn objects_are_numbered_as_the_bytes_of_their_addresses() {
    let mut random = Random(9);
    for rows in [0, 1, 1000, MANY] {
        let addresses: Vec<usize> = (0..rows).map(|_| 16 * random.below(3000) as usize).collect();
        let bytes: Vec<u8> = addresses.iter().flat_map(|address| address.to_le_bytes()).collect();
        let expected = factorize(&bytes, rows, 8, &GO).unwrap();
        assert_eq!(on_any_threads(|| factorize_objects(&addresses, &GO).unwrap()), expected);
    }
}

#[test]
fn float_labels_are_integers_of_64_bits() {
    let status = |x: f64| x.status_as_label();
    for label in [0.0, -0.0, 1.0, -7.0, 9_007_199_254_740_993.0, -9_223_372_036_854_775_808.0] {
        assert_eq!(status(label), Status::Clean, "{label}");
    }
    for label in [0.5, 1e300, 9_223_372_036_854_775_808.0, f64::MIN_POSITIVE] {
        assert_eq!(status(label), Status::Fractional, "{label}");
    }
    assert_eq!(status(f64::NAN), Status::Nan);
    assert_eq!(status(f64::NEG_INFINITY), Status::Infinite);
    let (status, keys) = label_set(Labels::F64(&[-0.0, 0.0, 1.0]), &GO).unwrap();
    assert_eq!((status, keys.len()), (Status::Clean, 2));
}

trait StatusAsLabel {
    fn status_as_label(self) -> Status;
}

impl StatusAsLabel for f64 {
    fn status_as_label(self) -> Status {
        Label::status(self)
    }
}

#[test]
fn the_gravest_status_is_reported() {
    let set = |y: &[f64]| label_set(Labels::F64(y), &GO).unwrap();
    assert_eq!(set(&[0.5, 1.0]), (Status::Fractional, vec![]));
    assert_eq!(set(&[0.5, f64::INFINITY]), (Status::Infinite, vec![]));
    assert_eq!(set(&[f64::NAN, 0.5, f64::INFINITY]), (Status::Nan, vec![]));
    assert_eq!(scan(Scores::F64(&[1.0, f64::NAN, -2.0]), &GO).unwrap(), (Status::Nan, -2.0, 1.0));
    assert_eq!(scan(Scores::F64(&[]), &GO).unwrap(), (Status::Clean, f64::INFINITY, f64::NEG_INFINITY));
}

#[test]
fn labels_at_the_ends_of_their_type() {
    assert_eq!(decoded(&[i64::MAX, i64::MIN, 0]), [i64::MIN, 0, i64::MAX]);
    let y = [u64::MAX, 0, u64::MAX - 1];
    let (_, keys) = label_set(Labels::U64(&y), &GO).unwrap();
    assert_eq!(Labels::U64(&y).decode(&keys), LabelVec::U64(vec![0, u64::MAX - 1, u64::MAX]));
    assert_eq!(Labels::U8(&[]).key_of(256), None);
    assert_eq!(Labels::F32(&[]).key_of(16_777_217), None);
}

#[test]
fn encoders_know_what_they_were_made_from() {
    for keys in [vec![3, 5, 6], vec![3, 5, 1 << 40], vec![u64::MAX], vec![]] {
        let encoder = Encoder::new(&keys);
        let mut probe = keys.clone();
        probe.extend([4, 0, u64::MAX - 1]);
        let mut codes = vec![0; probe.len()];
        encoder.encode(&probe, &mut codes);
        let expected: Vec<u32> =
            probe.iter().map(|key| keys.binary_search(key).map_or(u32::MAX, |i| i as u32)).collect();
        assert_eq!(codes, expected);
    }
}

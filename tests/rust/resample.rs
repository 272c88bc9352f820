use trueval::draws::{Scheme, Stream};
use trueval::error::Error;
use trueval::fold::Stop;
use trueval::kernels::labels::Labels;
use trueval::kernels::placements::{RankOrder, rank_order};
use trueval::kernels::resample::{Drawn, Entries, Ranked, Ranking, bootstrap_sums, rank_bootstrap, sign_flip_sums};
use trueval::scalar::{Label, Scores};

use crate::{GO, MANY, Random, on_any_threads};

/// Equal, or both undefined.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

fn plain(seed: u64) -> Scheme {
    Scheme { seed, poisson: false }
}

/// How often each unit is drawn, in wide integers, from the stream itself.
fn counts(mut stream: Stream, units: usize) -> Vec<u64> {
    let mut counts = vec![0; units];
    let mut left = units;
    while left > 0 {
        let number = stream.number();
        for half in [number as u32, (number >> 32) as u32] {
            let product = u64::from(half) * units as u64;
            if left > 0 && product % (1 << 32) >= (1 << 32) % units as u64 {
                counts[(product >> 32) as usize] += 1;
                left -= 1;
            }
        }
    }
    counts
}

/// Area and average precision of rows that count so often, group by group.
fn naive(order: &RankOrder, up: &[u64], down: &[u64]) -> [f64; 2] {
    let all_down: u64 = down.iter().sum();
    let (mut start, mut reached, mut twice, mut precision) = (0, 0, 0, 0.0);
    for [end, above, beside] in &order.groups {
        let drawn: u64 = up[start..*end as usize].iter().sum();
        let (higher, equal): (u64, u64) =
            (down[..*above as usize].iter().sum(), down[*above as usize..*beside as usize].iter().sum());
        reached += drawn;
        twice += drawn * (2 * (all_down - higher - equal) + equal);
        if drawn > 0 {
            precision += drawn as f64 * reached as f64 / (reached + higher + equal) as f64;
        }
        start = *end as usize;
    }
    [twice as f64 / (2 * reached * all_down) as f64, precision / reached as f64]
}

fn ordered(rows: usize, distinct: u64) -> RankOrder {
    let mut random = Random(rows as u64);
    let y: Vec<u8> = (0..rows).map(|_| random.below(3).min(1) as u8).collect();
    let scores: Vec<f64> = (0..rows).map(|_| random.below(distinct) as f64).collect();
    rank_order(Labels::U8(&y), Some(Label::key(1u8)), Scores::F64(&scores), &GO).unwrap()
}

const KNOWN: [u64; 5] =
    [0xDF40_34B8_29E9_FBA4, 0x4B9D_10CD_F8E6_4087, 0x6B8B_857E_506A_AC98, 0x67C7_C945_B1BA_6E52, 0x1535_2DA7_7ECE_E8E6];

#[test]
fn the_numbers_of_numpy() {
    // Philox(key=7, counter=0).random_raw(5)
    let mut stream = Stream::new(7, 0, 0, 0);
    let found: Vec<u64> = (0..5).map(|_| stream.number()).collect();
    assert_eq!(found, KNOWN);
}

#[test]
fn units_are_drawn_alike() {
    // Of 3·2^30 units, a quarter of the halves is left out; of so few, each unit is drawn as often as any other.
    for units in [1, 2, 3, 7, 1000] {
        let entries = |marks: &'static [f64]| Entries { values: marks, places: None, width: 1, units };
        let mut sums = vec![0.0; units];
        for (unit, sum) in sums.iter_mut().enumerate().take(7) {
            let marks: Vec<f64> = (0..units).map(|other| f64::from(u8::from(other == unit))).collect();
            let drawn = bootstrap_sums(entries(marks.leak()), plain(5), 0, 4000, &GO).unwrap();
            *sum = drawn.iter().sum::<f64>() / 4000.0;
        }
        // 4,000 numbers of mean 1 and variance below 1.
        assert!(sums.iter().take(7).all(|mean| (mean - 1.0).abs() < 4.5 / 4000f64.sqrt()), "{units} {sums:?}");
    }
}

#[test]
fn replicates_of_rankings() {
    for (rows, distinct) in [(5, 3), (700, 20), (700, 1 << 40), (2100, 1 << 40)] {
        let order = ordered(rows, distinct);
        let sizes = [order.positives.len(), order.negatives.len()];
        for (drawn, places) in [(Drawn::Classes, false), (Drawn::Units(rows), true)] {
            let own = |list: &Vec<u32>| if places { Some(list.clone()) } else { None };
            let (up, down) = (own(&order.positives), own(&order.negatives));
            let ranking = Ranking { positives: up.as_deref(), negatives: down.as_deref(), groups: &order.groups };
            let run = |what| rank_bootstrap(what, &[ranking], sizes, drawn, plain(11), 4, 3, &GO).unwrap();
            let (areas, precisions, both) = (run(Ranked::Area), run(Ranked::Precision), run(Ranked::AreaError));
            for i in 0..3 {
                let stream = |part| Stream::new(11, part, 0, 4 + i as u64);
                let (up, down) = if places {
                    let all = counts(stream(0), rows);
                    let pick = |list: &[u32]| list.iter().map(|row| all[*row as usize]).collect::<Vec<u64>>();
                    (pick(&order.positives), pick(&order.negatives))
                } else {
                    (counts(stream(0), sizes[0]), counts(stream(1), sizes[1]))
                };
                let [area, precision] = naive(&order, &up, &down);
                assert!(same(areas[i], area) && same(both[2 * i], area), "{} {area}", areas[i]);
                // A sum of up to 2,100 rounded terms here, of integers there.
                assert!((precisions[i] - precision).abs() < 1e-12 || precision.is_nan());
            }
        }
    }
}

#[test]
fn any_threads_and_any_block() {
    let order = ordered(MANY, 1 << 40);
    let sizes = [order.positives.len(), order.negatives.len()];
    let ranking = Ranking { positives: None, negatives: None, groups: &order.groups };
    let run = |first, count| {
        rank_bootstrap(Ranked::Area, &[ranking], sizes, Drawn::Classes, plain(3), first, count, &GO).unwrap()
    };
    let whole = on_any_threads(|| run(10, 6));
    assert_eq!([run(10, 1), run(11, 5)].concat(), whole);
    let mut random = Random(1);
    let values: Vec<f64> = (0..MANY).map(|_| random.unit() - 0.5).collect();
    let entries = Entries { values: &values, places: None, width: 1, units: MANY };
    let sums = on_any_threads(|| bootstrap_sums(entries, plain(3), 10, 6, &GO).unwrap());
    let drawn = counts(Stream::new(3, 0, 0, 12), MANY);
    let naive: f64 = values.iter().zip(drawn).map(|(value, count)| value * count as f64).sum();
    // MANY roundings of sums below 300.
    assert!((sums[2] - naive).abs() < 1e-9);
    let signed = on_any_threads(|| sign_flip_sums(&values, 3, 10, 6, &GO).unwrap());
    assert_eq!(signed[3..], sign_flip_sums(&values, 3, 13, 3, &GO).unwrap()[..]);
    assert!(signed.iter().all(|sum| sum.abs() < 5.0 * (MANY as f64 / 12.0).sqrt()));
}

#[test]
fn poisson_counts() {
    let ones = vec![1.0; MANY];
    let entries = Entries { values: &ones, places: None, width: 1, units: MANY };
    let scheme = Scheme { seed: 9, poisson: true };
    let sums = on_any_threads(|| bootstrap_sums(entries, scheme, 0, 40, &GO).unwrap());
    let mean = sums.iter().sum::<f64>() / 40.0;
    let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / 39.0;
    // The sum of MANY Poisson variables of mean 1 has mean and variance MANY; 40 of them tell these to so much.
    assert!((mean - MANY as f64).abs() < 4.0 * (MANY as f64 / 40.0).sqrt());
    assert!((variance / MANY as f64 - 1.0).abs() < 4.0 * (2.0f64 / 39.0).sqrt());
    // A unit's count does not depend on how many others there are.
    let mark: Vec<f64> = (0..MANY).map(|unit| f64::from(u8::from(unit == 5))).collect();
    let of = |units: usize| {
        let entries = Entries { values: &mark[..units], places: None, width: 1, units };
        bootstrap_sums(entries, scheme, 0, 40, &GO).unwrap()
    };
    assert_eq!(of(6), of(MANY));
}

#[test]
fn stops_when_asked() {
    let stop = Stop::new();
    stop.request();
    let order = ordered(50, 5);
    let ranking = Ranking { positives: None, negatives: None, groups: &order.groups };
    let sizes = [order.positives.len(), order.negatives.len()];
    let ended = rank_bootstrap(Ranked::Area, &[ranking], sizes, Drawn::Classes, plain(3), 0, 2, &stop);
    assert_eq!(ended, Err(Error::Interrupted));
    let values = [1.0; 50];
    assert_eq!(sign_flip_sums(&values, 3, 0, 2, &stop), Err(Error::Interrupted));
    let entries = Entries { values: &values, places: None, width: 1, units: 50 };
    assert_eq!(bootstrap_sums(entries, plain(3), 0, 2, &stop), Err(Error::Interrupted));
}

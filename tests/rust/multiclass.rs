use trueval::error::Error;
use trueval::kernels::curves::{Area, roc_auc};
use trueval::kernels::labels::Labels;
use trueval::kernels::multiclass::class_pairs;
use trueval::scalar::{Label, Scores};

use crate::{GO, Random, on_any_threads};

/// One area each: of the rows of two classes, in the column of the first; or of all rows.
#[test]
fn classes_against_each_other_and_the_rest() {
    let mut random = Random(15);
    for (rows, columns) in [(0, 2), (1, 3), (200, 1), (200, 3), (5_000, 8), (40_000, 9), (70_003, 20)] {
        // The last class has no row, and the classes are in no order.
        let classes: Vec<i64> = (0..columns as i64).map(|class| class * 7 % 23 - 5).collect();
        let keys: Vec<Option<u64>> = classes.iter().map(|class| Some(Label::key(*class))).collect();
        let y: Vec<i64> = (0..rows).map(|_| classes[random.below(columns.max(2) as u64 - 1) as usize]).collect();
        let rounded: Vec<f64> = (0..rows * columns).map(|_| (random.unit() * 50.0).round() - 25.0).collect();
        let smooth: Vec<f64> = (0..rows * columns).map(|_| random.unit()).collect();
        let narrow: Vec<f32> = smooth.iter().map(|score| *score as f32).collect();
        let whole: Vec<i64> = rounded.iter().map(|score| i64::MAX - 25 - *score as i64).collect();
        for (view, values) in [
            (Scores::F64(&rounded), rounded.clone()),
            (Scores::F64(&smooth), smooth.clone()),
            (Scores::F32(&narrow), narrow.iter().map(|score| f64::from(*score)).collect()),
            (Scores::I64(&whole), rounded.iter().map(|score| -score).collect()),
        ] {
            let run = |with_each| on_any_threads(|| class_pairs(Labels::I64(&y), &keys, view, with_each, &GO).unwrap());
            let (each, rest) = (run(true), run(false));
            assert_eq!(each.rows, rest.rows);
            for (own, label) in classes.iter().enumerate() {
                let column: Vec<f64> = (0..rows).map(|row| values[row * columns + own]).collect();
                let area = |keep: &dyn Fn(i64) -> bool| {
                    let kept: Vec<usize> = (0..rows).filter(|row| keep(y[*row])).collect();
                    let labels: Vec<i64> = kept.iter().map(|row| y[*row]).collect();
                    let scores: Vec<f64> = kept.iter().map(|row| column[*row]).collect();
                    let labels = Labels::I64(&labels);
                    match roc_auc(labels, Some(Label::key(*label)), Scores::F64(&scores), None, &GO).unwrap() {
                        Area::Counts(pairs) => pairs,
                        other => unreachable!("{other:?}"),
                    }
                };
                let all = area(&|_| true);
                assert_eq!((rest.rows[own], rest.twice_areas[own][0]), (all.positives, all.twice_area));
                for (other, opponent) in classes.iter().enumerate() {
                    let pairs = area(&|found| found == *label || found == *opponent);
                    assert_eq!(each.twice_areas[own][other], pairs.twice_area);
                }
            }
        }
    }
}

#[test]
fn a_label_of_no_column() {
    let classes = [Some(Label::key(0u8)), None, Some(Label::key(1u8))];
    let run = |y: &[u8], n| class_pairs(Labels::U8(y), &classes, Scores::F64(&vec![0.5; n]), true, &GO);
    assert_eq!(run(&[0, 2], 6).unwrap_err(), Error::UnknownLabel);
    assert!(run(&[0, 1], 5).is_err());
    assert_eq!(run(&[0, 1], 6).unwrap().rows, [1, 0, 1]);
}

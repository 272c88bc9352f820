//! Where each row lies among those of the other class, in the order of the rows.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use super::buckets::{Target, scatter_indexed, tile_rows};
use super::pairs::Ranker;
use super::scratch::{Scratch, on_large_pages};
use super::{BinaryRows, Indexed};
use crate::error::Result;
use crate::fold::{CHUNK, Stop};
use crate::scalar::Score;

/// Of each positive, twice the number of negatives that score lower plus the number that tie; of each negative, the same
/// of the positives that score higher. And how many positives and negatives there are.
///
/// Each class of a bucket is ranked among the other, so that neither is moved; the places come in the order in which rows
/// were dealt, which differs from theirs within a tile alone, so that they are put back in a nearby cache. Sorting the
/// buckets and writing each place to its row, anywhere in memory, takes two and a half times as long at 10^7 rows.
pub fn places<S: Score>(rows: BinaryRows<'_, S>, stop: &Stop) -> Result<(Vec<u64>, [u64; 2])> {
    let buckets = scatter_indexed(rows, stop)?;
    let (before, total) = buckets.before();
    let mut dealt: Scratch<u64> = Scratch::new(rows.y_score.len());
    let target = Target(dealt.as_mut_ptr());
    buckets.map(before, stop, |bucket, [above, passed], ranker: &mut Ranker<Indexed<S>>| {
        let [up, down] = bucket.size().map(|size| size as u64);
        let below = 2 * (total[1] - passed - down);
        let above = 2 * (above + up);
        let of_class = [
            ranker.among(&bucket, 0, stop, |lower, up_to| below + lower + up_to)?,
            ranker.among(&bucket, 1, stop, |lower, up_to| above - lower - up_to)?,
        ];
        for (class, places) in of_class.iter().enumerate() {
            let mut rest = places.as_slice();
            for span in bucket.spans(class) {
                let run;
                (run, rest) = rest.split_at(span.len());
                // SAFETY: the spans of all buckets and classes are disjoint, and lie within the rows.
                unsafe { std::ptr::copy_nonoverlapping(run.as_ptr(), { &target }.0.add(span.start), run.len()) };
            }
        }
        Ok(())
    })?;
    // SAFETY: every row lies in one of the spans.
    let dealt = unsafe { dealt.as_slice() };
    let items = buckets.items();
    let tile = tile_rows::<Indexed<S>>();
    let mut placed = on_large_pages(Vec::with_capacity(dealt.len()));
    let put_back = |(number, placed): (usize, &mut [MaybeUninit<u64>])| {
        let range = number * tile..number * tile + placed.len();
        for (item, place) in items[range.clone()].iter().zip(&dealt[range.clone()]) {
            placed[item.tag as usize - range.start].write(*place);
        }
    };
    let room = &mut placed.spare_capacity_mut()[..dealt.len()];
    if dealt.len() <= CHUNK {
        room.chunks_mut(tile).enumerate().for_each(put_back);
    } else {
        room.par_chunks_mut(tile).enumerate().for_each(put_back);
    }
    // SAFETY: a tile's items are those of its rows, each of which was written.
    unsafe { placed.set_len(dealt.len()) };
    Ok((placed, total))
}

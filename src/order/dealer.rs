//! How scores are dealt to parts of their range.
//!
//! By equal steps of their value, or of their key. Steps of value even out what spreads over a range (logits,
//! probabilities); steps of key, which follow the exponent of a float, what spreads over orders of magnitude
//! (probabilities of rare classes). Both are monotone, so a bad choice costs time, never correctness. Steps of key over
//! the range between the extremes were tried alone: normally distributed scores straddle zero, so that all exponents
//! lie in the range in use, and nine tenths of the rows fell in 6 of 2,048 buckets.

use crate::dispatched;
use crate::scalar::{Key, Score};

/// Parts that scores can be dealt to at most: their numbers take 16 bits.
pub(super) const MAX_PARTS: usize = 1 << 16;

/// A monotone map from scores to parts, the last of them `last`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dealer {
    Value { low: f64, scale: f64, last: usize },
    Key { low: u64, shift: u32, last: usize },
}

impl Dealer {
    /// Equal steps between two scores; what lies beyond goes to the end parts. `parts` is a power of two.
    pub fn between<S: Score>(low: S, high: S, parts: usize, by_key: bool) -> Self {
        let last = parts.clamp(1, MAX_PARTS) - 1;
        if by_key {
            let (low, high) = (low.key().bits(), high.key().bits());
            let used = u64::BITS - high.saturating_sub(low).leading_zeros();
            let shift = used.saturating_sub(parts.trailing_zeros()).min(u64::BITS - 1);
            Dealer::Key { low, shift, last }
        } else {
            let (low, high) = (low.widen(), high.widen());
            let scale = parts as f64 / (high - low);
            Dealer::Value { low, scale: if scale.is_finite() { scale } else { 0.0 }, last }
        }
    }

    /// The more even way to deal scores like those of a sample; none where it holds a single score.
    pub fn for_sample<S: Score>(sample: &mut [S], parts: usize) -> Option<Self> {
        sample.sort_unstable_by_key(|score| score.key());
        let (first, last) = (sample.first()?.key(), sample.last()?.key());
        if first == last {
            return None;
        }
        // The outermost values say more of outliers than of the range; the end parts take whatever lies beyond.
        let margin = sample.len() / 512;
        let (mut low, mut high) = (sample[margin], sample[sample.len() - 1 - margin]);
        if low.key() == high.key() {
            (low, high) = (sample[0], sample[sample.len() - 1]);
        }
        let candidates = [false, true].map(|by_key| Dealer::between(low, high, parts, by_key));
        let mut dealt = vec![0u16; sample.len()];
        let unevenness = candidates.map(|dealer| {
            dealer.deal(sample, &mut dealt);
            dealt.chunk_by(|a, b| a == b).map(|run| run.len() * run.len()).sum::<usize>()
        });
        Some(candidates[usize::from(unevenness[1] < unevenness[0])])
    }

    /// How many parts there are.
    pub fn parts(self) -> usize {
        let (Dealer::Value { last, .. } | Dealer::Key { last, .. }) = self;
        last + 1
    }

    /// Writes the part of each score. Whatever is not a number goes to any.
    #[inline]
    pub fn deal<S: Score>(self, scores: &[S], parts: &mut [u16]) {
        match self {
            Dealer::Value { low, scale, last } => by_value(scores, parts, low, scale, last as f64),
            Dealer::Key { low, shift, last } => by_key(scores, parts, low, shift, last as u64),
        }
    }
}

dispatched! {
    fn by_value<S: Score>(scores: &[S], parts: &mut [u16], low: f64, scale: f64, last: f64) {
        for (part, score) in parts.iter_mut().zip(scores) {
            let step = (score.widen() - low) * scale;
            let step = if step < last { step } else { last };
            let step = if step > 0.0 { step } else { 0.0 };
            // SAFETY: two comparisons ago it became a number between 0 and `last`, which fits 16 bits.
            *part = unsafe { step.to_int_unchecked::<i32>() } as u16;
        }
    }
}

dispatched! {
    fn by_key<S: Score>(scores: &[S], parts: &mut [u16], low: u64, shift: u32, last: u64) {
        for (part, score) in parts.iter_mut().zip(scores) {
            *part = (score.key().bits().saturating_sub(low) >> shift).min(last) as u16;
        }
    }
}

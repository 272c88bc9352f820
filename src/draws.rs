//! Random numbers, and how often each unit (row or cluster) is drawn.
//!
//! Replicate i is a function of the seed and i alone. Its random numbers are those of Philox4x64-10 (Salmon et al. 2011)
//! with the key (seed, 0) and a counter whose highest word is i and whose next two name the purpose and the part, so that
//! no replicate waits for another and any block of them can be had by itself, on any thread.

use crate::error::{Error, Result};
use crate::fold::Stop;

/// What a stream of random numbers is for: a word of the counter.
const DRAWS: u64 = 0;
pub(crate) const SIGNS: u64 = 1;
const POISSON: u64 = 6;

/// One block of Philox4x64-10.
#[inline]
fn philox(mut counter: [u64; 4], mut key: [u64; 2]) -> [u64; 4] {
    for _ in 0..10 {
        let low = u128::from(counter[0]) * 0xD2E7_470E_E14C_6C93;
        let high = u128::from(counter[2]) * 0xCA5A_8263_9512_1157;
        counter = [
            (high >> 64) as u64 ^ counter[1] ^ key[0],
            high as u64,
            (low >> 64) as u64 ^ counter[3] ^ key[1],
            low as u64,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9_7F4A_7C15), key[1].wrapping_add(0xBB67_AE85_84CA_A73B)];
    }
    counter
}

/// The random numbers of one replicate, in the order in which NumPy's `Philox(key, counter)` gives them.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u64; 2],
    counter: [u64; 4],
    block: [u64; 4],
    used: usize,
}

impl Stream {
    /// The numbers of a part of a replicate that serve one purpose.
    pub fn new(seed: u64, part: u64, purpose: u64, replicate: u64) -> Self {
        Stream { key: [seed, 0], counter: [0, part, purpose, replicate], block: [0; 4], used: 4 }
    }

    /// The next four numbers; those that [`Stream::number`] left of its four are passed over.
    #[inline]
    fn advance(&mut self) -> [u64; 4] {
        self.counter[0] += 1;
        philox(self.counter, self.key)
    }

    /// The next number.
    #[inline]
    pub fn number(&mut self) -> u64 {
        if self.used == 4 {
            self.block = self.advance();
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }
}

/// Units drawn between two looks at a request to stop: some milliseconds.
pub(crate) const LOOK: usize = 1 << 20;

/// Blocks of random numbers taken before what they draw is counted.
const AHEAD: usize = 1 << 6;

/// Adds as many draws as there are counts, two to a random number, its low half first.
///
/// A half h draws unit ⌊h · units / 2^32⌋, unless the rest of that division is below 2^32 mod units: the halves left then
/// are as many for each unit (Lemire 2019). One draw a number, without that rest, takes half as long again.
///
/// A unit is drawn once on average; that one is drawn more than 255 times, which its byte could not hold, has a
/// probability below 1 / 256!, or 10^-507.
fn draw(counts: &mut [u8], stream: &mut Stream, stop: &Stop) -> Result<()> {
    let Ok(units) = u32::try_from(counts.len()) else { return Err(Error::TooLong) };
    let units = u64::from(units);
    let uneven = if units > 0 { (1u64 << 32) % units } else { 0 };
    let (mut left, mut looked) = (counts.len(), 0);
    // Units are written down before they are counted: a counter that is not in the nearest cache then does not hold up
    // the multiplications, which is a quarter of the time at 10^6 units.
    let mut drawn = [0u32; 8 * AHEAD];
    while left > 0 {
        if looked == 0 {
            stop.check()?;
            looked = LOOK / drawn.len();
        }
        looked -= 1;
        let mut taken = 0;
        for _ in 0..AHEAD.min(left.div_ceil(8)) {
            for number in stream.advance() {
                for half in [number & 0xFFFF_FFFF, number >> 32] {
                    let product = half * units;
                    // Never more than there are halves; the mask says so to the compiler.
                    drawn[taken % (8 * AHEAD)] = (product >> 32) as u32;
                    taken += usize::from(product & 0xFFFF_FFFF >= uneven);
                }
            }
        }
        let taken = taken.min(left);
        for unit in &drawn[..taken] {
            // SAFETY: half < 2^32, so that half · units / 2^32 is below `units`, the length of the slice.
            let slot = unsafe { counts.get_unchecked_mut(*unit as usize) };
            *slot = slot.wrapping_add(1);
        }
        left -= taken;
    }
    Ok(())
}

/// ⌊2^64 · P(X ≤ k)⌋ of a Poisson variable X of mean 1; a count is how many of them a number reaches.
const POISSON_STEPS: [u64; 20] = [
    0x5E2D_58D8_B3BC_DF1A,
    0xBC5A_B1B1_6779_BE35,
    0xEB71_5E1D_C158_2DC2,
    0xFB23_9797_34A2_52F1,
    0xFF10_25F5_9174_DC3D,
    0xFFD9_0F3B_A405_5E19,
    0xFFFA_8B71_FC72_C913,
    0xFFFF_540C_0914_B3C9,
    0xFFFF_ED1F_4AA8_F120,
    0xFFFF_FE21_6E64_1462,
    0xFFFF_FFD4_D85D_3183,
    0xFFFF_FFFC_6DA2_62B4,
    0xFFFF_FFFF_BA12_D178,
    0xFFFF_FFFF_FB07_C64C,
    0xFFFF_FFFF_FFAB_8EA5,
    0xFFFF_FFFF_FFFA_BE22,
    0xFFFF_FFFF_FFFF_B11A,
    0xFFFF_FFFF_FFFF_FBA1,
    0xFFFF_FFFF_FFFF_FFC5,
    0xFFFF_FFFF_FFFF_FFFD,
];

/// Gives each count a Poisson variable of mean 1, made of a number of its own: number u for unit u.
///
/// A unit's count then depends on no other unit, so that parts of the rows can be resampled apart from one another.
fn draw_poisson(counts: &mut [u8], stream: &mut Stream, stop: &Stop) -> Result<()> {
    for counts in counts.chunks_mut(LOOK) {
        stop.check()?;
        for slot in counts {
            let number = stream.number();
            *slot = POISSON_STEPS.iter().take_while(|step| number >= **step).count() as u8;
        }
    }
    Ok(())
}

/// How units are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// The seed of all replicates.
    pub seed: u64,
    /// Whether counts are independent Poisson variables, instead of those of as many draws as there are units.
    pub poisson: bool,
}

impl Scheme {
    /// Draws the counts of one part of a replicate: of a class, or of all units.
    pub(crate) fn draw(self, counts: &mut [u8], part: u64, replicate: u64, stop: &Stop) -> Result<()> {
        if self.poisson {
            return draw_poisson(counts, &mut Stream::new(self.seed, part, POISSON, replicate), stop);
        }
        counts.fill(0);
        draw(counts, &mut Stream::new(self.seed, part, DRAWS, replicate), stop)
    }
}

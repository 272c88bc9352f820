//! Which instructions the processor offers: the only place that asks.
//!
//! The crate is compiled for the baseline of its architecture, so that one wheel runs everywhere. The loops that gain
//! from wider vectors are declared through [`dispatched!`](crate::dispatched), which compiles them once per level and
//! picks one at run time. All levels run the same Rust: no fused multiply-add is ever formed and additions are never
//! reordered, so every level gives the same bits. On aarch64 the baseline has NEON, and there is one level.

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// What every processor of the architecture has.
    Baseline = 1,
    /// AVX2 with BMI and LZCNT: x86-64-v3 without its fused multiply-add.
    Avx2 = 2,
    /// AVX-512 F, BW, DQ, VL: x86-64-v4.
    Avx512 = 3,
}

impl Level {
    /// Every level, the widest last.
    pub const ALL: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];

    /// The level's name, as the environment variable `TRUEVAL_SIMD` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// Whether this processor has it.
    pub fn available(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = || {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            };
            match self {
                Level::Baseline => true,
                Level::Avx2 => avx2(),
                Level::Avx512 => {
                    avx2()
                        && is_x86_feature_detected!("avx512f")
                        && is_x86_feature_detected!("avx512bw")
                        && is_x86_feature_detected!("avx512dq")
                        && is_x86_feature_detected!("avx512vl")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Level::Baseline
        }
    }
}

/// The level in use; 0 until somebody asked.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The level in use: the widest available, or what `TRUEVAL_SIMD` names if the processor has that.
#[inline]
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        1 => Level::Baseline,
        2 => Level::Avx2,
        3 => Level::Avx512,
        _ => choose(),
    }
}

#[cold]
fn choose() -> Level {
    let wanted = std::env::var("TRUEVAL_SIMD").ok();
    let wanted = Level::ALL.into_iter().find(|level| Some(level.name()) == wanted.as_deref() && level.available());
    let widest = Level::ALL.into_iter().rfind(|level| level.available());
    let level = wanted.or(widest).unwrap_or(Level::Baseline);
    LEVEL.store(level as u8, Ordering::Relaxed);
    level
}

/// Declares a function that is compiled once per [`Level`] and runs as the level in use. Its body, and what it calls
/// with `#[inline]`, becomes part of each copy.
#[macro_export]
macro_rules! dispatched {
    ($(#[$meta:meta])* $vis:vis fn $name:ident
        $(<$($generic:ident: $bound:path),+>)? ($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$meta])*
        #[inline]
        $vis fn $name $(<$($generic: $bound),+>)? ($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body $(<$($generic: $bound),+>)? ($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
            fn avx2 $(<$($generic: $bound),+>)? ($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl")]
            fn avx512 $(<$($generic: $bound),+>)? ($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            match $crate::simd::level() {
                // SAFETY: `level` returns only what it found the processor to have.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx2 => unsafe { avx2($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::simd::Level::Avx512 => unsafe { avx512($($arg),*) },
                _ => body($($arg),*),
            }
        }
    };
}

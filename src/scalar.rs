//! The element types: order-preserving integer keys for scores and labels, and views over slices of any of them.

use std::fmt::Debug;
use std::ops::{Add, AddAssign};

/// What a scan may find in an array, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Status {
    /// None of the others.
    #[default]
    Clean,
    /// A value that is not an integer of 64 bits, so not a class label.
    Fractional,
    /// An infinity.
    Infinite,
    /// Not a number.
    Nan,
}

/// An unsigned integer whose order is the order of the scores it stands for.
pub trait Key: Copy + Ord + Send + Sync + Debug + From<u32> + Add<Output = Self> + AddAssign + 'static {
    /// The key as 64 bits, order kept.
    fn bits(self) -> u64;
}

impl Key for u32 {
    #[inline]
    fn bits(self) -> u64 {
        u64::from(self)
    }
}

impl Key for u64 {
    #[inline]
    fn bits(self) -> u64 {
        self
    }
}

/// A score: anything that can be ranked.
pub trait Score: Copy + Default + Send + Sync + PartialOrd + 'static {
    /// The integer that stands for it.
    type Key: Key;
    /// What no score is above, put behind the highest ones.
    const PADDING: Self;
    /// Whether the padding is above every score, or at least compares so: no score is equal to it.
    const PADDING_IS_ABOVE: bool;
    /// The order-preserving key; -0.0 has the key of 0.0.
    fn key(self) -> Self::Key;
    /// The score of a key.
    fn from_key(key: Self::Key) -> Self;
    /// The score as a float, rounded where 64 bits are too many.
    fn widen(self) -> f64;
    /// [`Status::Clean`], [`Status::Infinite`] or [`Status::Nan`].
    fn status(self) -> Status;
    /// Whether it is minus infinity, which stands for what was not ranked at all.
    fn is_unranked(self) -> bool;
    /// Puts scores of this type where any type goes.
    fn pack(scores: Vec<Self>) -> ScoreVec;
}

/// Floats: flip every bit of a negative, else set the sign bit; adding 0.0 first folds -0.0.
macro_rules! float_score {
    ($float:ty, $bits:ty, $sign:expr, $variant:ident) => {
        impl Score for $float {
            type Key = $bits;
            // Neither below nor equal to anything.
            const PADDING: Self = <$float>::NAN;
            const PADDING_IS_ABOVE: bool = true;
            #[inline]
            fn key(self) -> $bits {
                let bits = (self + 0.0).to_bits();
                if bits & $sign != 0 { !bits } else { bits | $sign }
            }
            #[inline]
            fn from_key(key: $bits) -> Self {
                <$float>::from_bits(if key & $sign != 0 { key & !$sign } else { !key })
            }
            #[inline]
            fn widen(self) -> f64 {
                self.into()
            }
            #[inline]
            fn status(self) -> Status {
                if self.is_finite() {
                    Status::Clean
                } else if self.is_nan() {
                    Status::Nan
                } else {
                    Status::Infinite
                }
            }
            #[inline]
            fn is_unranked(self) -> bool {
                self == <$float>::NEG_INFINITY
            }
            fn pack(scores: Vec<Self>) -> ScoreVec {
                ScoreVec::$variant(scores)
            }
        }
    };
}
float_score!(f32, u32, 1u32 << 31, F32);
float_score!(f64, u64, 1u64 << 63, F64);

macro_rules! integer_score {
    ($int:ty, $flip:expr, $variant:ident) => {
        impl Score for $int {
            type Key = u64;
            const PADDING: Self = <$int>::MAX;
            const PADDING_IS_ABOVE: bool = false;
            #[inline]
            fn key(self) -> u64 {
                (self as u64) ^ $flip
            }
            #[inline]
            fn from_key(key: u64) -> Self {
                (key ^ $flip) as $int
            }
            #[inline]
            fn widen(self) -> f64 {
                self as f64
            }
            #[inline]
            fn status(self) -> Status {
                Status::Clean
            }
            #[inline]
            fn is_unranked(self) -> bool {
                false
            }
            fn pack(scores: Vec<Self>) -> ScoreVec {
                ScoreVec::$variant(scores)
            }
        }
    };
}
integer_score!(i64, 1u64 << 63, I64);
integer_score!(u64, 0u64, U64);

/// A class label: an integer of at most 64 bits, possibly stored as a float.
pub trait Label: Copy + Send + Sync + 'static {
    /// The order-preserving key; meaningless unless [`Label::status`] is clean.
    fn key(self) -> u64;
    /// The label of a key.
    fn from_key(key: u64) -> Self;
    /// The key of an integer value, none where the type cannot hold it.
    fn key_of(value: i128) -> Option<u64>;
    /// Whether it is a label at all.
    fn status(self) -> Status;
    /// The value as a float, rounded where 64 bits are too many.
    fn amount(self) -> f64;
    /// The key, and true; or false for what is no label, and for labels of 2^31 and more, which take longer to tell.
    #[inline]
    fn near_key(self) -> (u64, bool) {
        (self.key(), self.status() == Status::Clean)
    }
}

/// Signed keys are offset by 2^63, unsigned ones are themselves.
macro_rules! integer_label {
    ($($int:ty: $flip:expr),*) => {$(
        impl Label for $int {
            #[inline]
            fn key(self) -> u64 {
                (self as u64) ^ $flip
            }
            #[inline]
            fn from_key(key: u64) -> Self {
                (key ^ $flip) as $int
            }
            #[inline]
            fn key_of(value: i128) -> Option<u64> {
                <$int>::try_from(value).ok().map(Label::key)
            }
            #[inline]
            fn status(self) -> Status {
                Status::Clean
            }
            #[inline]
            fn amount(self) -> f64 {
                self as f64
            }
        }
    )*};
}
integer_label!(i8: 1u64 << 63, i16: 1u64 << 63, i32: 1u64 << 63, i64: 1u64 << 63, u8: 0, u16: 0, u32: 0, u64: 0);

macro_rules! float_label {
    ($($float:ty),*) => {$(
        impl Label for $float {
            #[inline]
            fn key(self) -> u64 {
                Label::key(self as i64)
            }
            #[inline]
            fn from_key(key: u64) -> Self {
                <i64 as Label>::from_key(key) as $float
            }
            #[inline]
            fn key_of(value: i128) -> Option<u64> {
                let label = i64::try_from(value).ok()?;
                // A value that the float type rounds is none that an array of it can hold.
                (((label as $float) as i128) == value).then(|| Label::key(label))
            }
            #[inline]
            fn near_key(self) -> (u64, bool) {
                // Conversions to 32 bits come in vectors at every level. The largest may be a saturated one.
                let whole = self as i32;
                (Label::key(whole), (whole as $float == self) & (whole != i32::MAX))
            }
            #[inline]
            fn status(self) -> Status {
                // 2^63 saturates to i64::MAX, which rounds back to 2^63: hence the bound.
                const BOUND: $float = 9_223_372_036_854_775_808.0;
                if (self as i64) as $float == self && self < BOUND {
                    Status::Clean
                } else if self.is_nan() {
                    Status::Nan
                } else if self.is_infinite() {
                    Status::Infinite
                } else {
                    Status::Fractional
                }
            }
            #[inline]
            fn amount(self) -> f64 {
                self.into()
            }
        }
    )*};
}
float_label!(f32, f64);

/// Runs a generic expression over the slice inside a view.
#[macro_export]
macro_rules! with_slice {
    ($view:expr, $kind:ident { $($variant:ident),* }, $slice:ident => $body:expr) => {
        match $view { $($kind::$variant($slice) => $body),* }
    };
}

/// A slice of scores of any supported type.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Scores<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
    I64(&'a [i64]),
    U64(&'a [u64]),
}

/// Distinct scores of any supported type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ScoreVec {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I64(Vec<i64>),
    U64(Vec<u64>),
}

/// Evaluates `$body` with `$slice` bound to the typed slice of a [`Scores`].
#[macro_export]
macro_rules! with_scores {
    ($view:expr, $slice:ident => $body:expr) => {{
        use $crate::scalar::Scores;
        $crate::with_slice!($view, Scores { F32, F64, I64, U64 }, $slice => $body)
    }};
}

impl Scores<'_> {
    /// The number of scores.
    pub fn len(&self) -> usize {
        with_scores!(self, s => s.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A float matrix in row-major order, of either width.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Floats<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
}

/// Evaluates `$body` with `$slice` bound to the typed slice of a [`Floats`].
#[macro_export]
macro_rules! with_floats {
    ($view:expr, $slice:ident => $body:expr) => {{
        use $crate::scalar::Floats;
        $crate::with_slice!($view, Floats { F32, F64 }, $slice => $body)
    }};
}

impl Floats<'_> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        with_floats!(self, s => s.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

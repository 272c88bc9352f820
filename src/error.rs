//! The one error type of the kernels; its `Display` is the message.

use std::fmt;

/// Why a kernel did not finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// Somebody asked the computation to stop ([`crate::fold::Stop`]).
    Interrupted,
    /// Two arguments that describe the same rows have different lengths.
    Length {
        /// What the second argument is called.
        name: &'static str,
        /// Its length.
        found: usize,
        /// The length of the first argument.
        expected: usize,
    },
    /// Two arguments that must be of one type are not.
    Type {
        /// What the second argument is called.
        name: &'static str,
    },
    /// The input was changed while it was read.
    Changed,
    /// More rows than 32 bits can number.
    TooLong,
    /// A label that is not among the classes that were passed.
    UnknownLabel,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Interrupted => write!(f, "the computation was interrupted"),
            Error::Length { name, found, expected } => {
                write!(f, "{name} holds {found} values, expected {expected}")
            }
            Error::Type { name } => write!(f, "{name} is not of the same type as the argument before it"),
            Error::Changed => write!(f, "the input was changed by another thread during the computation"),
            Error::TooLong => write!(f, "there are more than 4294967295 rows"),
            Error::UnknownLabel => write!(f, "y_true holds a label that is not among the classes"),
        }
    }
}

impl std::error::Error for Error {}

/// The result of a kernel.
pub type Result<T> = std::result::Result<T, Error>;

/// Refuses arguments that disagree about the number of rows.
pub fn check_length(name: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::Length { name, found, expected }) }
}

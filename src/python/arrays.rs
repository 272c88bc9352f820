//! The only user of NumPy: which type an array holds is decided here, once, and its memory is borrowed, never copied.

use numpy::{
    Element, IntoPyArray, PyArray1, PyArrayDescrMethods, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArray,
    PyUntypedArrayMethods, dtype,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::kernels::curves::Tally;
use crate::kernels::labels::{LabelVec, Labels};
use crate::kernels::logits::Logits;
use crate::scalar::{Floats, ScoreVec, Scores, Status};

/// The contract's number of a status.
pub fn status_code(status: Status) -> u8 {
    match status {
        Status::Clean => 0,
        Status::Nan => 1,
        Status::Infinite => 2,
        Status::Fractional => 3,
    }
}

/// An array of one of the types in the list, borrowed for the length of a call.
macro_rules! borrowed {
    ($(#[$doc:meta])* $name:ident as $view:ident { $($variant:ident: $type:ty),* }) => {
        $(#[$doc])*
        pub enum $name<'py> { $($variant(PyReadonlyArrayDyn<'py, $type>)),* }

        impl<'py> $name<'py> {
            /// The borrowed memory.
            pub fn view(&self) -> PyResult<$view<'_>> {
                Ok(match self { $($name::$variant(array) => $view::$variant(slice(array)?)),* })
            }
        }

        impl<'a, 'py> FromPyObject<'a, 'py> for $name<'py> {
            type Error = PyErr;

            fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
                let array = object.cast::<PyUntypedArray>()?;
                let found = array.dtype();
                $(if found.is_equiv_to(&dtype::<$type>(object.py())) {
                    return Ok($name::$variant(object.extract()?));
                })*
                Err(PyTypeError::new_err(format!("an array of {found} is not canonical here")))
            }
        }
    };
}

borrowed! {
    /// Labels of any type.
    LabelArray as Labels {
        U8: u8, I64: i64, I32: i32, F64: f64, U16: u16, U32: u32, U64: u64, I8: i8, I16: i16, F32: f32
    }
}
borrowed! {
    /// Scores of any type.
    ScoreArray as Scores { F64: f64, F32: f32, I64: i64, U64: u64 }
}
borrowed! {
    /// Floats of either width.
    FloatArray as Floats { F64: f64, F32: f32 }
}
borrowed! {
    /// Logits: floats of 64, 32 or 16 bits, the last as their bits.
    LogitArray as Logits { F32: f32, F64: f64, U16: u16 }
}

/// The memory of a C-contiguous, aligned array.
pub fn slice<'a, T: Element>(array: &'a PyReadonlyArrayDyn<'_, T>) -> PyResult<&'a [T]> {
    if !array.is_c_contiguous() {
        return Err(PyValueError::new_err("an array is not C-contiguous"));
    }
    Ok(array.as_slice()?)
}

/// Where the objects of an array lie.
pub fn addresses<'a>(array: &'a PyReadonlyArray1<'_, Py<PyAny>>) -> PyResult<&'a [usize]> {
    let objects = array.as_slice()?;
    // SAFETY: `Py` is a transparent non-null pointer, as large and as aligned as usize; it is read as a number and never
    // followed, and the array that holds it stays borrowed for the lifetime of the slice.
    Ok(unsafe { std::slice::from_raw_parts(objects.as_ptr().cast(), objects.len()) })
}

/// Weights, if any.
pub struct Weights<'py>(Option<PyReadonlyArray1<'py, f64>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Weights<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Weights(if object.is_none() { None } else { Some(object.extract()?) }))
    }
}

impl Weights<'_> {
    /// No weights.
    pub const NONE: Self = Weights(None);

    /// The borrowed memory.
    pub fn view(&self) -> PyResult<Option<&[f64]>> {
        Ok(self.0.as_ref().map(|weights| weights.as_slice()).transpose()?)
    }
}

/// A vector's memory becomes the array's.
pub fn array<'py, T: Element>(py: Python<'py>, values: Vec<T>) -> Bound<'py, PyArray1<T>> {
    values.into_pyarray(py)
}

/// The width of a matrix: its second dimension, 1 where it has none.
pub fn columns<'py, T: Element>(array: &PyReadonlyArrayDyn<'py, T>) -> usize {
    array.shape().get(1).copied().unwrap_or(1)
}

impl FloatArray<'_> {
    /// The width of the matrix.
    pub fn columns(&self) -> usize {
        match self {
            FloatArray::F32(array) => columns(array),
            FloatArray::F64(array) => columns(array),
        }
    }
}

impl LogitArray<'_> {
    /// The width of the matrix.
    pub fn columns(&self) -> usize {
        match self {
            LogitArray::F32(array) => columns(array),
            LogitArray::F64(array) => columns(array),
            LogitArray::U16(array) => columns(array),
        }
    }
}

/// Labels as an array of their own type.
pub fn labels(py: Python<'_>, labels: LabelVec) -> Bound<'_, PyAny> {
    match labels {
        LabelVec::U8(v) => array(py, v).into_any(),
        LabelVec::U16(v) => array(py, v).into_any(),
        LabelVec::U32(v) => array(py, v).into_any(),
        LabelVec::U64(v) => array(py, v).into_any(),
        LabelVec::I8(v) => array(py, v).into_any(),
        LabelVec::I16(v) => array(py, v).into_any(),
        LabelVec::I32(v) => array(py, v).into_any(),
        LabelVec::I64(v) => array(py, v).into_any(),
        LabelVec::F32(v) => array(py, v).into_any(),
        LabelVec::F64(v) => array(py, v).into_any(),
    }
}

/// Scores as an array of their own type.
pub fn scores(py: Python<'_>, scores: ScoreVec) -> Bound<'_, PyAny> {
    match scores {
        ScoreVec::F32(v) => array(py, v).into_any(),
        ScoreVec::F64(v) => array(py, v).into_any(),
        ScoreVec::I64(v) => array(py, v).into_any(),
        ScoreVec::U64(v) => array(py, v).into_any(),
    }
}

/// Counts as int64, sums of weights as float64.
pub fn tally(py: Python<'_>, tally: Tally) -> Bound<'_, PyAny> {
    match tally {
        Tally::Counts(v) => array(py, v).into_any(),
        Tally::Weights(v) => array(py, v).into_any(),
    }
}

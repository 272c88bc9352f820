//! How a kernel is run: without the GIL, interruptible, its errors mapped to exceptions.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use super::threads;
use crate::error::{Error, Result};
use crate::fold::{CHUNK, Stop};

/// How often signals are looked for.
const PERIOD: Duration = Duration::from_millis(50);

impl From<Error> for PyErr {
    fn from(error: Error) -> PyErr {
        let message = error.to_string();
        match error {
            Error::Interrupted => PyKeyboardInterrupt::new_err(message),
            Error::Length { .. } | Error::TooLong | Error::UnknownLabel => PyValueError::new_err(message),
            Error::Changed => PyRuntimeError::new_err(message),
            Error::Type { .. } => PyTypeError::new_err(message),
        }
    }
}

/// Runs a kernel over `rows` rows, on the calling thread where no kernel would use more.
pub fn run<T: Send>(py: Python<'_>, rows: usize, kernel: impl FnOnce(&Stop) -> Result<T> + Send) -> PyResult<T> {
    run_beyond(CHUNK, py, rows, kernel)
}

/// [`run`] for a kernel that stays on one thread up to `few` rows. More run in the pool, while this thread listens for
/// signals: neither costs more than rayon's waking of its workers (some 5 to 10 µs).
pub fn run_beyond<T: Send>(
    few: usize,
    py: Python<'_>,
    rows: usize,
    kernel: impl FnOnce(&Stop) -> Result<T> + Send,
) -> PyResult<T> {
    let stop = Stop::new();
    if rows <= few {
        return Ok(py.detach(|| kernel(&stop))?);
    }
    py.detach(|| {
        threads::pool()?.in_place_scope(|scope| {
            let (sender, receiver) = sync_channel(1);
            let (stop, mut signal) = (&stop, Ok(()));
            scope.spawn(move |_| drop(sender.send(kernel(stop))));
            loop {
                match receiver.recv_timeout(PERIOD) {
                    Ok(result) => return signal.and_then(|()| Ok(result?)),
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(PyRuntimeError::new_err("the computing thread ended without a result"));
                    }
                    Err(RecvTimeoutError::Timeout) if signal.is_ok() => {
                        signal = Python::attach(|py| py.check_signals());
                        if signal.is_err() {
                            stop.request();
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        })
    })
}

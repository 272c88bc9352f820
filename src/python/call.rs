//! How a kernel is run: without the GIL, interruptible, its errors mapped to exceptions.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::error::{Error, Result};
use crate::fold::Stop;

/// Fewer rows than this are done before anybody could press Ctrl-C; more are worth the 20 µs of a thread that computes
/// while this one listens for signals.
const LISTEN: usize = 1 << 21;

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

/// Runs a kernel over `rows` rows.
pub fn run<T: Send>(py: Python<'_>, rows: usize, kernel: impl FnOnce(&Stop) -> Result<T> + Send) -> PyResult<T> {
    let stop = Stop::new();
    if rows < LISTEN {
        return Ok(py.detach(|| kernel(&stop))?);
    }
    py.detach(|| {
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(1);
            let (stop, mut signal) = (&stop, Ok(()));
            scope.spawn(move || sender.send(kernel(stop)));
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

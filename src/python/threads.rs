//! The threads that compute: one pool for all calls of a process, made at the first call that is long enough for it.
//!
//! rayon's global pool would do, but for two things: its size is final, and a forked child inherits it without its
//! threads, so that the child's first parallel call waits for ever. Here a child starts with no pool and makes its own.
//! That it is a child it learns from `pthread_atfork`. Comparing process numbers was rejected: it costs a system call
//! each time, and a number can come back (parent and child are both 1 across a namespace). Computing serially in a child
//! was rejected, too: a data loader's only child, say, would lose its cores, and the kernels would have to know of it.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Where a process keeps its pool.
type Slot = Mutex<Option<Arc<ThreadPool>>>;

/// The slot of this process; null until it is needed, and again in a forked child, whose parent's slot may be locked by
/// a thread that is gone.
static SLOT: AtomicPtr<Slot> = AtomicPtr::new(null_mut());

/// How many threads a pool is made of; 0 leaves it to rayon: `RAYON_NUM_THREADS`, else the processors at hand.
static WANTED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn forked() {
    SLOT.store(null_mut(), Ordering::Release);
}

/// Has children of this process begin without a pool.
pub fn watch_forks() -> PyResult<()> {
    #[cfg(unix)]
    // SAFETY: the handler does nothing but store to an atomic, which a child may do whatever its parent was at.
    if unsafe { libc::pthread_atfork(None, None, Some(forked)) } != 0 {
        return Err(PyMemoryError::new_err("no memory to watch for forks"));
    }
    Ok(())
}

fn slot() -> MutexGuard<'static, Option<Arc<ThreadPool>>> {
    let mut found = SLOT.load(Ordering::Acquire);
    if found.is_null() {
        let fresh = Box::into_raw(Box::new(Slot::default()));
        found = match SLOT.compare_exchange(null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => fresh,
            Err(other) => {
                // SAFETY: `fresh` came from `into_raw` above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
    }
    // SAFETY: a pointer in SLOT, or on its way there, came from `into_raw` and is never freed: a child leaves its parent's
    // slot alone, with the pool in it, since a pool without its threads cannot be dropped either.
    unsafe { &*found }.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make(threads: usize) -> PyResult<Arc<ThreadPool>> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("trueval-{i}")).build();
    Ok(Arc::new(pool.map_err(|error| PyRuntimeError::new_err(format!("cannot start {threads} threads: {error}")))?))
}

/// The pool of this process.
pub fn pool() -> PyResult<Arc<ThreadPool>> {
    let mut slot = slot();
    if let Some(pool) = &*slot {
        return Ok(pool.clone());
    }
    let pool = make(WANTED.load(Ordering::Relaxed))?;
    *slot = Some(pool.clone());
    Ok(pool)
}

/// Compute with another number of threads from now on; 0 is rayon's default.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn set_num_threads(py: Python<'_>, n: usize) {
    py.detach(|| {
        let mut slot = slot();
        WANTED.store(n, Ordering::Relaxed);
        // Calls that run keep the old pool until they are done.
        *slot = None;
    });
}

/// The number of threads that calls compute with.
#[pyfunction]
pub fn get_num_threads(py: Python<'_>) -> PyResult<usize> {
    py.detach(|| Ok(pool()?.current_num_threads()))
}

//! Memory for rows on their way, kept for the next call where it is not too much.
//!
//! Fresh pages have to be cleared by the system, which for 80 MB costs a sixth of what an area takes. So the memory of the
//! last call is kept, up to [`KEEP`] bytes in all, but lent back (`MADV_FREE`): the system takes its pages whenever it is
//! short of memory, and gives other ones when they are next written to.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::Mutex;

/// Memory of at most this many bytes is kept: that of 2.5·10^7 rows of 8 bytes, or of half as many with weights.
const KEEP: usize = 192 << 20;

/// Less than this comes from the allocator fast enough.
const SMALL: usize = 1 << 20;

/// The unit of memory: no item needs a stricter alignment.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    _bytes: [MaybeUninit<u8>; 64],
}

/// What was kept.
static KEPT: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Uninitialised memory for `len` values.
pub(super) struct Scratch<T> {
    lines: Vec<Line>,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Copy> Scratch<T> {
    pub fn new(len: usize) -> Self {
        const { assert!(align_of::<T>() <= align_of::<Line>()) };
        let needed = (len * size_of::<T>()).div_ceil(size_of::<Line>());
        let mut lines = Vec::new();
        // A lock that is taken (by another thread, or for ever by one that a fork left behind) is not waited for.
        if needed * size_of::<Line>() >= SMALL
            && let Ok(mut kept) = KEPT.try_lock()
        {
            lines = std::mem::take(&mut *kept);
        }
        if lines.capacity() < needed {
            lines = Vec::with_capacity(needed);
            advise(&mut lines, Advice::HugePages);
        }
        Scratch { lines, len, of: PhantomData }
    }

    /// The memory.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.lines.as_mut_ptr().cast()
    }

    /// The memory as values.
    ///
    /// # Safety
    /// Every value was written.
    pub unsafe fn as_slice(&self) -> &[T] {
        // SAFETY: `new` made room for `len` values, suitably aligned; they were written, says the caller.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        let bytes = self.lines.capacity() * size_of::<Line>();
        if (SMALL..=KEEP).contains(&bytes)
            && let Ok(mut kept) = KEPT.try_lock()
            && kept.capacity() < self.lines.capacity()
        {
            advise(&mut self.lines, Advice::Free);
            *kept = std::mem::take(&mut self.lines);
        }
    }
}

/// Puts memory that was not yet written to on large pages.
pub fn on_large_pages<T>(mut memory: Vec<T>) -> Vec<T> {
    advise(&mut memory, Advice::HugePages);
    memory
}

#[derive(Clone, Copy, PartialEq)]
enum Advice {
    /// Thousands of slots then share few entries of the translation buffer, and memory is cleared 2 MiB at a time.
    HugePages,
    /// The contents are no longer needed.
    Free,
}

/// Advises the system how to treat the whole large pages of an allocation; a refusal does not matter.
fn advise<T>(memory: &mut Vec<T>, advice: Advice) {
    #[cfg(target_os = "linux")]
    {
        const HUGE: usize = 1 << 21;
        let start = (memory.as_mut_ptr() as usize).next_multiple_of(HUGE);
        let end = (memory.as_mut_ptr() as usize + memory.capacity() * size_of::<T>()) / HUGE * HUGE;
        let advice = if advice == Advice::Free { libc::MADV_FREE } else { libc::MADV_HUGEPAGE };
        if end > start {
            // SAFETY: whole pages inside an allocation that this function's caller owns; what they hold is of no use to
            // anybody before it is written.
            unsafe { libc::madvise(start as *mut libc::c_void, end - start, advice) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (memory, advice);
}

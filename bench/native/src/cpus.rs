//! Pinning, as loom does it.

use std::mem::{size_of, zeroed};

/// The first two CPUs that this process may use, if it may use two.
pub fn first_two() -> Option<[usize; 2]> {
    // SAFETY: an all-zero cpu_set_t is the empty set; the kernel fills it in.
    let set = unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) != 0 {
            return None;
        }
        set
    };
    // SAFETY: every index is below the size of the set.
    let mut allowed =
        (0..libc::CPU_SETSIZE as usize).filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) });
    Some([allowed.next()?, allowed.next()?])
}

/// Pins the calling thread; does nothing without a CPU.
pub fn pin_current_thread(cpu: Option<usize>) {
    let Some(cpu) = cpu else { return };
    // SAFETY: an all-zero cpu_set_t is the empty set, and `cpu` came out of such a set.
    let result = unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    };
    assert_eq!(result, 0, "cannot pin a thread to CPU {cpu}");
}

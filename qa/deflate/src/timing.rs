//! CPU time on a shared machine.

/// CPU time of this thread in seconds.
pub fn cpu() -> f64 {
    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    // SAFETY: 3 is the clock of the thread, and the pointer is valid.
    assert_eq!(unsafe { clock_gettime(3, &mut time) }, 0);
    time.seconds as f64 + time.nanoseconds as f64 / 1e9
}

/// Returns the time that a quarter of them do not exceed.
pub fn quartile(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 4]
}

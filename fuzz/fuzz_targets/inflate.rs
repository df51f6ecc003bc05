//! Compressed messages, good and bad, at any cut: the naive twin and zlib agree.
#![no_main]

#[path = "../../tests/laws/mod.rs"]
mod laws;
#[path = "../../tests/scripts/mod.rs"]
mod scripts;
#[path = "../../tests/targets/mod.rs"]
mod targets;
#[path = "../../tests/twin/mod.rs"]
mod twin;
#[path = "../../qa/deflate/src/zlib.rs"]
#[allow(dead_code, reason = "this target only inflates")]
mod zlib;

use libfuzzer_sys::fuzz_target;
use upframe::deflate::InflateViolation::{DistanceTooFar, MemoryTooSmall, TooBig};

fuzz_target!(|data: &[u8]| {
    let mut out = vec![0; 1 << 21];
    for seen in targets::inflate(data) {
        let (want, good, _) = zlib::verdict(&seen.history, &seen.message, &mut out);
        match seen.found.1 {
            Ok(()) => assert!(good && seen.found.0 == want, "zlib makes something else of {seen:02x?}"),
            // Limits of this end. zlib has a window of 15 bits here.
            Err((TooBig | MemoryTooSmall, _)) => {}
            Err((DistanceTooFar, _)) if seen.window < 1 << 15 => {}
            Err(_) => assert!(!good, "zlib accepts {seen:02x?}"),
        }
    }
});

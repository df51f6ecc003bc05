//! Messages are compressed in any way, and read back: by the inflater, by its naive twin, and by zlib.
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

fuzz_target!(|data: &[u8]| {
    let (direction, sent) = targets::deflate_round_trip(data);
    let Some(direction) = direction else { return };
    // With a buffer this short, the window counts.
    let mut zlib = zlib::Inflate::new(direction.window_bits().into());
    for message in sent {
        if !direction.takes_over() {
            zlib.reset();
        }
        let found = zlib.message(&message.packed, 128);
        assert!(found.as_ref() == Some(&message.message), "zlib makes something else of {message:02x?}");
    }
});

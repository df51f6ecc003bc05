//! Compressed messages in frames, good and bad, between others: an end yields what the naive twin does, at any cut.
#![no_main]

#[path = "../../tests/laws/mod.rs"]
mod laws;
#[path = "../../tests/scripts/mod.rs"]
mod scripts;
#[path = "../../tests/targets/mod.rs"]
mod targets;
#[path = "../../tests/twin/mod.rs"]
mod twin;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| targets::deflate_connection(data));

//! Two ends wired together: random calls, cuts, splits, streamed frames, failing entropy and tiny outputs.
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

fuzz_target!(|data: &[u8]| targets::two_ends(data));

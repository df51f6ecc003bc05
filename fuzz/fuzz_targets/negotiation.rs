//! Offers and answers of permessage-deflate as text: both ends do what the naive twin does.
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

fuzz_target!(|data: &[u8]| targets::negotiation(data));

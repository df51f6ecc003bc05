//! Field sections of HTTP/2 and HTTP/3 over any bytes: what is accepted keeps the rules, as in HTTP/1.1.
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

fuzz_target!(|data: &[u8]| targets::extended_connect::run(data));

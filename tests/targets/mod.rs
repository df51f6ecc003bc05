//! What the fuzz targets do with their bytes. A corpus of such bytes is replayed by `cargo test`; properties use the same.
#![allow(dead_code, reason = "each user takes a part")]

pub mod agree;
pub mod connection;
pub mod handshake;
pub mod round_trip;

use super::scripts::{Unstructured, heads, streams};

/// Streams and heads against the naive twin.
pub fn twin(data: &[u8]) {
    let mut u = Unstructured::new(data);
    match u.arbitrary() {
        Ok(false) => drop(streams::case(&mut u).map(|case| agree::streams(&case))),
        Ok(true) => drop(heads::case(&mut u).map(|case| agree::heads(&case))),
        Err(_) => {}
    }
}

/// What one end sends, the other receives.
pub fn round_trip(data: &[u8]) {
    let _ = round_trip::run(&mut Unstructured::new(data));
}

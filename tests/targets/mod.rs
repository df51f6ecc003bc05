//! What the fuzz targets do with their bytes. `cargo test` replays a corpus of such bytes; properties use the same
//! functions.
#![allow(dead_code, reason = "each test uses a part")]

pub mod agree;
pub mod connection;
pub mod extended_connect;
pub mod handshake;
pub mod one_end;
pub mod round_trip;
pub mod said;
pub mod two_ends;

use super::scripts::{Unstructured, heads, streams};

/// Streams and heads, compared with the naive twin.
pub fn twin(data: &[u8]) {
    let mut u = Unstructured::new(data);
    match u.arbitrary() {
        Ok(false) => drop(streams::case(&mut u).map(|case| agree::streams(&case))),
        Ok(true) => drop(heads::case(&mut u).map(|case| agree::heads(&case))),
        Err(_) => {}
    }
}

/// One end receives what the other sends.
pub fn round_trip(data: &[u8]) {
    let _ = round_trip::run(&mut Unstructured::new(data));
}

/// Two ends that are wired together.
pub fn two_ends(data: &[u8]) {
    let _ = two_ends::run(&mut Unstructured::new(data));
}

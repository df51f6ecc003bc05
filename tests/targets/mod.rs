//! What the fuzz targets do with their bytes. `cargo test` replays a corpus of such bytes; properties use the same
//! functions.
#![allow(dead_code, reason = "each test uses a part")]

pub mod agree;
pub mod connection;
pub mod deflate;
pub mod deflate_connection;
pub mod extended_connect;
pub mod handshake;
pub mod inflate;
pub mod negotiation;
pub mod one_end;
pub mod round_trip;
pub mod said;
pub mod two_ends;

use super::scripts::{Unstructured, heads, streams};
use upframe::deflate::Direction;

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

/// Messages of one connection, inflated in many ways. Returns what was inflated.
pub fn inflate(data: &[u8]) -> Vec<inflate::Seen> {
    let mut seen = vec![];
    let _ = inflate::run(&mut Unstructured::new(data), &mut seen);
    seen
}

/// Messages of one connection, compressed in many ways. Returns what was agreed on, and what was sent.
pub fn deflate_round_trip(data: &[u8]) -> (Option<Direction>, Vec<deflate::Sent>) {
    let mut sent = vec![];
    (deflate::run(&mut Unstructured::new(data), &mut sent).ok(), sent)
}

/// Offers and answers of permessage-deflate, compared with the naive twin.
pub fn negotiation(data: &[u8]) {
    let _ = negotiation::run(&mut Unstructured::new(data));
}

/// A connection that receives compressed messages, compared with the naive twin.
pub fn deflate_connection(data: &[u8]) {
    let _ = deflate_connection::run(&mut Unstructured::new(data));
}

//! permessage-deflate, with the tables of microcontrollers and of servers.

use crate::opaque::{byte, bytes, flag, long, sink, word};
use upframe::deflate::{FastTables, Inflater, SmallTables, Tables};

#[inline(never)]
pub fn all() {
    inflate(&mut SmallTables::new());
    inflate(&mut FastTables::new());
}

fn inflate<const L: usize, const D: usize>(tables: &mut Tables<L, D>) {
    let mut inflater = Inflater::new(bytes())
        .with_window_bits(byte())
        .with_context_takeover(flag())
        .with_message_limit(long())
        .with_longest_piece(word());
    while flag() {
        inflater.begin_message();
        let mut input = &*bytes();
        match inflater.inflate(tables, &mut input, flag()) {
            Ok(Some(piece)) => sink((piece.as_bytes(), piece.is_last())),
            Ok(None) => {}
            Err(error) => sink((error, error.violation.section())),
        }
        if flag() {
            inflater.reset();
        }
    }
    sink((Inflater::memory(byte()), inflater.into_memory().len()));
}

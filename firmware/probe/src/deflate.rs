//! permessage-deflate, with the tables of microcontrollers and of servers.

use crate::opaque::{byte, bytes, flag, long, sink, word};
use upframe::connection::{Connection, Event, Receiver, Server, Settings};
use upframe::deflate::{Direction, FastTables, Inflater, MessageInflater, SmallTables, Tables};
use upframe::frame::ReservedBits;
use upframe::message::{MessageReader, Next};

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
    receive(tables);
}

fn receive<const L: usize, const D: usize>(tables: &mut Tables<L, D>) {
    let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    let (mut connection, mut receiver) = (Connection::server(settings), Receiver::<Server>::new(settings));
    let Ok(stage) = MessageInflater::new(Direction::new(byte(), flag()), bytes()) else { return };
    let mut stage = stage.with_message_limit(long()).with_longest_piece(word());
    let (mut messages, buffer) = (MessageReader::new(), bytes());
    while flag() {
        let mut input = bytes();
        if let Some(Event::Extended(mut piece)) = connection.receive(&mut input) {
            sink(connection.inflate(&mut stage, tables, &mut piece));
            sink(receiver.inflate(&mut stage, tables, &mut piece));
            sink(receiver.inflate_message(&mut stage, tables, piece, bytes()));
        }
        if let Next::Message(message) = messages.next(&mut connection, buffer, word()) {
            sink(connection.inflate_message(&mut stage, tables, message.as_extended(buffer), bytes()));
        }
        sink((stage.skip_message(), stage.failure()));
        if flag() {
            stage.reset();
        }
    }
    sink(stage.into_memory().len());
}

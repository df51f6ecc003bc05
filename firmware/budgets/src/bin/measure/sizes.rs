//! The `size_of` of everything that lives as long as a connection or a handshake.

use core::fmt::Write;
use upframe::connection::{Client, Connection, Endpoint, Event, NoEntropy, Receiver, Server, Step, Transmitter};
use upframe::frame::{Decoder, Header};
use upframe::handshake::{ClientHandshake, RequestJudge, ResponseJudge, ServerHandshake};
use upframe::http::{Head, HeadReader};
use upframe::message::MessageAssembler;
use upframe_budgets::console::Console;

/// A source of keys with a word of state.
type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

pub fn print() {
    let line = |name, size: usize| {
        let _ = writeln!(Console, "ram {name}|{size}");
    };
    line("`Connection<Server>`", size_of::<Connection<Server>>());
    line("`Connection<Client<E>>`, `E` one word", size_of::<Connection<Client<Keys>>>());
    line("`Connection<Endpoint<E>>`, `E` one word", size_of::<Connection<Endpoint<Keys>>>());
    line("`Receiver<Server>`", size_of::<Receiver<Server>>());
    line("`Transmitter<Server>`", size_of::<Transmitter<Server>>());
    line("`ServerHandshake`", size_of::<ServerHandshake<'_>>());
    line("`ClientHandshake`", size_of::<ClientHandshake<'_>>());
    line("`RequestJudge`", size_of::<RequestJudge<'_>>());
    line("`ResponseJudge`", size_of::<ResponseJudge<'_>>());
    line("`HeadReader`", size_of::<HeadReader>());
    line("`Head`", size_of::<Head<'_>>());
    line("`MessageAssembler`", size_of::<MessageAssembler<'_>>());
    line("`Decoder`", size_of::<Decoder>());
    line("`Header`", size_of::<Header>());
    line("`Option<Event>`", size_of::<Option<Event<'_>>>());
    line("`Step`", size_of::<Step>());
}

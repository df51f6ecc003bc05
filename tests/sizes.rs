//! What the public types cost. A change here is a change that users of small devices see.

use core::mem::size_of;
use upframe::connection::{
    Client, Connection, Event, Limits, ProtocolError, Receiver, Reply, SendError, Server, ServerSide, Settings, Step,
    Transmitter,
};
type Closure = fn(&mut [u8]) -> Result<(), upframe::connection::NoEntropy>;

#[test]
fn sizes() {
    println!(
        "Receiver {} Transmitter {} Connection {} Event {} Opt {} Step {} Reply {}",
        size_of::<Receiver<ServerSide>>(),
        size_of::<Transmitter<Server>>(),
        size_of::<Connection<Server>>(),
        size_of::<Event>(),
        size_of::<Option<Event>>(),
        size_of::<Step>(),
        size_of::<Reply>()
    );
    println!(
        "{} {} {} {} decoder {}",
        size_of::<Limits>(),
        size_of::<Settings>(),
        size_of::<ProtocolError>(),
        size_of::<SendError>(),
        size_of::<upframe::frame::Decoder>()
    );
    let _ = size_of::<Client<Closure>>();
}

//! The sizes of the public types and what they promise. A change here is visible to users of small devices.

use upframe::connection::{
    Client, Connection, Endpoint, Event, Fragment, Limits, NoEntropy, ProtocolError, Receiver, Reply, SendError,
    Server, Settings, State, Step, Transmitter,
};
use upframe::frame::{Decoder, Header, Mask};
use upframe::message::{MessageAssembler, Prepared};

type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

#[cfg(target_pointer_width = "64")]
#[test]
fn a_connection_takes_384_bytes_which_are_those_of_its_parts() {
    // The current frame: position, bits, key of 4, length and offset of 8.
    assert_eq!(size_of::<Decoder>(), 7 + 4 + 2 * 8 + 5 /* to a multiple of 8 */);
    assert_eq!(size_of::<Limits>(), 8 + 8 + 4 + 2 + 2 /* to a multiple of 8 */);
    // The current message: length, fragments, empty fragments, a cut code point, kind, bits, how much was delivered.
    let message = 8 + 4 + 2 + 5 + 1 + 1 + 1;
    // The payload of one control frame, and its length.
    let control = 125 + 1;
    // Phase, signal, place, violation, close code.
    let event = 1 + 1 + 1 + 1 + 2;
    // What is owed, whether Pongs are automatic, the longest payload of the fast path.
    let rest = 1 + 1 + 2 + 2 /* to a multiple of 8 */;
    let receiver = size_of::<Decoder>() + size_of::<Limits>() + message + control + event + rest;
    assert_eq!((size_of::<Receiver<Server>>(), receiver), (216, 216));
    // The closing handshake, the open message, a cut code point, the frame that is being streamed, its reserved bits.
    let sender = 3 + 2 + 5 + 16 + 1;
    // The control frames that wait: 131 bytes, the position in them, two lengths and opcodes, whether a key is missing.
    let queue = 131 + 2 + 4 + 1;
    assert_eq!((size_of::<Transmitter<Server>>(), sender + queue + 3 /* to a multiple of 8 */), (168, 168));
    assert_eq!(size_of::<Connection<Server>>(), 216 + 168);
    assert!(size_of::<Connection<Server>>() <= 384);
    assert_eq!(size_of::<Connection<Client<Keys>>>(), 384 + size_of::<Keys>());
    assert!(size_of::<Connection<Endpoint<Keys>>>() <= 384 + 2 * size_of::<Keys>());
}

#[cfg(target_pointer_width = "64")]
#[test]
fn what_is_passed_around_is_small() {
    assert!(size_of::<Event>() <= 32);
    assert!(size_of::<Option<Event>>() <= 32);
    assert!(size_of::<Step>() <= 56);
    assert!(size_of::<Fragment>() <= 24);
    assert!(size_of::<ProtocolError>() <= 16);
    assert!(size_of::<SendError>() <= 16);
    assert!(size_of::<Settings>() <= 32);
    assert!(size_of::<Reply>() <= 132);
    assert!(size_of::<Header>() <= 24);
    assert_eq!(size_of::<Mask>(), 4);
}

#[test]
fn types_can_be_sent_shared_and_moved() {
    fn all<T: Send + Sync + Unpin>() {}
    all::<Connection<Server>>();
    all::<Connection<Client<Keys>>>();
    all::<Connection<Endpoint<Keys>>>();
    all::<Receiver<Server>>();
    all::<Receiver<Client>>();
    all::<Receiver<Endpoint>>();
    all::<Transmitter<Client<Keys>>>();
    all::<(Event, Step, Fragment, Reply, State, Settings)>();
    all::<(Decoder, MessageAssembler, Prepared<&mut [u8]>, Prepared<[u8; 16]>)>();
}

#[test]
fn connections_are_made_at_compile_time() {
    fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.fill(1);
        Ok(())
    }
    const SETTINGS: Settings = Settings::new().with_limits(Limits::SMALL_DEVICE);
    const SERVER: Connection<Server> = Connection::server(SETTINGS);
    const CLIENT: Connection<Client<Keys>> = Connection::client(keys, SETTINGS);
    const EITHER: Connection<Endpoint<Keys>> = Connection::endpoint(Endpoint::Client(keys), SETTINGS);
    assert_eq!([SERVER.state(), CLIENT.state(), EITHER.state()], [State::Open; 3]);
}

#[test]
fn debug_output_shows_neither_payloads_nor_keys() {
    let mut server = Connection::server(Settings::new());
    let mut wire = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    let mut input = &mut wire[..];
    let event = server.receive(&mut input).unwrap();
    let mut out = [0; 16];
    let shown =
        format!("{event:?} {server:?} {:?} {:?}", event.as_fragment(), server.send("Hello", &mut out).map(<[u8]>::len));
    assert!(!shown.contains("Hello") && !shown.contains("72, 101"), "{shown}");
    fn keys(bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.fill(0xAB);
        Ok(())
    }
    let client = Connection::client(keys as Keys, Settings::new());
    assert!(!format!("{client:?} {:?}", client.state()).contains("171"));
}

//! The sizes of the public types and what they promise. A change here is visible to users of small devices.

use upframe::connection::{
    Client, Connection, Endpoint, Event, Fragment, Limits, NoEntropy, ProtocolError, Receiver, Reply, SendError,
    Server, Settings, State, Step, Transmitter,
};
use upframe::frame::{Decoder, Header, Mask};
use upframe::message::{MessageAssembler, Prepared};

type Keys = fn(&mut [u8]) -> Result<(), NoEntropy>;

#[test]
fn a_connection_takes_256_bytes_which_are_those_of_its_parts() {
    // The current frame: offset and length of 8, key of 4, position, bits.
    assert_eq!(size_of::<Decoder>(), 2 * 8 + 4 + 7 + 5 /* to a multiple of 8 */);
    assert_eq!(size_of::<Limits>(), 8 + 8 + 4 + 2 + 2 /* to a multiple of 8 */);
    // The current message: length, fragments, empty fragments, a cut code point, kind, bits, how much was delivered.
    let message = 8 + 4 + 2 + 6 + 1 + 1 + 1;
    // The payloads of control frames that come and that wait: four places in them.
    let control = 125 + 4;
    // Phase, signal, place, close code, what is owed, the longest payload of the fast path.
    let rest = 1 + 1 + 1 + 2 + 1 + 2;
    // Whether Pongs are automatic, and the violation, are where the limits have two bytes left.
    let receiver = size_of::<Decoder>() + size_of::<Limits>() + message + control + rest;
    assert_eq!((size_of::<Receiver<Server>>(), receiver), (216, 216));
    // The closing handshake, the open message, a cut code point, the frame that is being streamed, its reserved bits.
    let sender = 3 + 2 + 6 + 16 + 1;
    // The control frames that wait: header and position of the one in progress, opcode, place and length of the other,
    // whether a key is missing.
    let queue = 6 + 2 + 3 + 1;
    assert_eq!(size_of::<Connection<Server>>(), receiver + sender + queue);
    assert_eq!(size_of::<Connection<Server>>(), 256);
    assert_eq!(size_of::<Connection<Client<Keys>>>().next_multiple_of(8), 256 + size_of::<Keys>().next_multiple_of(8));
    assert!(size_of::<Connection<Endpoint<Keys>>>() <= 256 + 8 + size_of::<Keys>().next_multiple_of(8));
    // A transmitter has the room for control frames, too, and what is owed.
    let transmitter = sender + queue + control + 1;
    assert_eq!((size_of::<Transmitter<Server>>(), transmitter.next_multiple_of(8)), (176, 176));
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

/// A row for each window: what a connection has for what it receives and what it sends, with context takeover.
#[cfg(all(target_pointer_width = "64", not(upframe_small)))]
fn memory_of_windows() -> String {
    use upframe::deflate::{Balanced, Deflater, Direction, Inflater, MessageInflater};
    fn row<const IN: usize, const OUT: usize>(bits: u8) -> String {
        let direction = Direction::new(bits, true);
        assert_eq!((Inflater::memory(bits), direction.window()), (IN, OUT));
        assert!(MessageInflater::new(direction, [0; IN]).is_ok());
        let (received, sent) = (size_of::<MessageInflater<[u8; IN]>>(), size_of::<Deflater<[u8; OUT], Balanced>>());
        format!("| {bits} | {received} | {sent} | {} |\n", received + sent)
    }
    let shared = size_of::<MessageInflater<&mut [u8]>>();
    let without = size_of::<Deflater<[u8; 0], Balanced>>();
    [
        row::<512, 256>(8),
        row::<512, 512>(9),
        row::<1024, 1024>(10),
        row::<2048, 2048>(11),
        row::<4096, 4096>(12),
        row::<8192, 8192>(13),
        row::<16_384, 16_384>(14),
        row::<32_768, 32_768>(15),
        format!("| any, without context takeover | {shared} | {without} | {} |\n", shared + without),
    ]
    .concat()
}

/// What the connections of a thread share, and two examples of all together.
#[cfg(all(target_pointer_width = "64", not(upframe_small)))]
fn memory_that_is_shared() -> String {
    use upframe::deflate::{Balanced, Deflater, Fast, FastTables, MessageInflater, SmallTables, Workspace};
    let (fast, small) = (size_of::<FastTables>(), size_of::<SmallTables>());
    let least = size_of::<Workspace<256, 0>>();
    let device = size_of::<Connection<Server>>()
        + size_of::<MessageInflater<[u8; 1024]>>()
        + size_of::<Deflater<[u8; 512], Fast>>();
    let server = size_of::<Connection<Server>>()
        + size_of::<MessageInflater<[u8; 32_768]>>()
        + size_of::<Deflater<[u8; 32_768], Balanced>>();
    assert!(device + small + least <= 6 << 10, "{}", device + small + least);
    assert!(server <= 67 << 10, "{server}");
    format!(
        "| `FastTables`, to inflate | {fast} |\n| `SmallTables`, to inflate | {small} |\n\
         | `Workspace<256, 0>`, to compress | {least} |\n| `Workspace<4096, 512>` | {} |\n\
         | `Workspace<32768, 2048>` | {} |\n| `Workspace`, the default | {} |\n\
         | a microcontroller: one `Connection`, 10 bits in, 9 bits out, `SmallTables`, `Workspace<256, 0>` | {} |\n\
         | a server: each `Connection`, 15 bits both ways | {server} |\n",
        size_of::<Workspace<4096, 512>>(),
        size_of::<Workspace<32_768, 2_048>>(),
        size_of::<Workspace>(),
        device + small + least,
    )
}

/// Prints the tables of the page. Copy them there if they have changed.
#[cfg(all(target_pointer_width = "64", not(upframe_small)))]
#[test]
fn the_page_tells_what_compression_takes_at_each_window() {
    const PAGE: &str = include_str!("../src/deflate/memory.md");
    for table in [memory_of_windows(), memory_that_is_shared()] {
        println!("{table}");
        let rows = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        let (page, wanted) = (rows(PAGE), rows(&table));
        assert!(page.windows(wanted.len()).any(|rows| rows == wanted), "the page has not these rows:\n{table}");
    }
}

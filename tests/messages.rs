//! What a program does with a piece or with a whole message: reads, forwards or drops it.

mod common;

use common::{client, frame, server};
use upframe::connection::{Connection, Event, Fragment, MessageKind, Place, Role, Settings};
use upframe::frame::ReservedBits;
use upframe::message::{Message, MessageAssembler, MessageTooBig, Piece};

const NEW: Settings = Settings::new();

/// Receives the bytes of a server, and passes each event to `on`.
fn each(settings: Settings, wire: &[u8], mut on: impl FnMut(Event)) {
    let mut client = client(settings);
    let mut wire = wire.to_vec();
    let mut input = &mut wire[..];
    while let Some(event) = client.receive(&mut input) {
        on(event);
    }
}

#[test]
fn pieces_know_their_place_in_the_message() {
    let settings = NEW.with_reserved_bits(ReservedBits::RSV1);
    for (b0, kind) in [(0x01, "text"), (0x02, "binary"), (0x41, "extended")] {
        let wire = [frame(b0, b"a", false), frame(0x00, b"b", false), frame(0x80, b"c", false)].concat();
        let whole = frame(b0 | 0x80, b"abc", false);
        let mut places = vec![];
        each(settings, &[wire, whole].concat(), |event| {
            let (seen, first, last, place) = match &event {
                Event::Text(piece) => ("text", piece.is_first(), piece.is_last(), piece.place()),
                Event::Binary(piece) => ("binary", piece.is_first(), piece.is_last(), piece.place()),
                Event::Extended(piece) => ("extended", piece.is_first(), piece.is_last(), piece.place()),
                other => panic!("{other:?}"),
            };
            assert_eq!(seen, kind);
            assert_eq!((first, last), (place.is_first(), place.is_last()));
            assert_eq!(place, Place::new(first, last));
            places.push(place);
        });
        assert_eq!(places, [Place::First, Place::Middle, Place::Last, Place::Whole]);
    }
}

/// Forwards everything from one end to another, piece by piece.
fn passed_on<R: Role>(mut to: Connection<R>, settings: Settings, wire: &[u8]) -> Vec<u8> {
    let (mut sent, mut out) = (vec![], [0; 300]);
    each(settings, wire, |event| {
        let frame = match &event {
            Event::Text(piece) => to.send(piece, &mut out),
            Event::Binary(piece) => to.send(piece, &mut out),
            Event::Extended(piece) => to.send(piece.as_fragment(), &mut out),
            other => panic!("{other:?}"),
        };
        sent.extend_from_slice(frame.unwrap());
    });
    sent
}

#[test]
fn pieces_are_forwarded_to_another_connection_as_they_came() {
    let settings = NEW.with_reserved_bits(ReservedBits::RSV1);
    let wire = [
        frame(0x01, "gr\u{fc}".as_bytes(), false),
        frame(0x80, b"\xC3\x9F", false),
        frame(0x82, &[0xFF; 200], false),
        frame(0x02, b"", false),
        frame(0x80, b"end", false),
        frame(0xC1, &[1, 2, 3], false),
    ]
    .concat();
    // an empty first fragment is not reported, so what follows is the first piece
    let want = [&wire[..wire.len() - 12], &frame(0x82, b"end", false), &frame(0xC1, &[1, 2, 3], false)].concat();
    assert_eq!(passed_on(server(settings), settings, &wire), want);
}

#[test]
fn whole_messages_are_forwarded_with_their_kind() {
    let mut memory = [0; 32];
    let mut assembler = MessageAssembler::new(&mut memory);
    let (mut server, mut out, mut sent) = (server(NEW), [0; 64], vec![]);
    let wire = [frame(0x01, b"na\xC3", false), frame(0x80, b"\xAFve", false), frame(0x82, b"\x00\xFF", false)].concat();
    each(NEW, &wire, |event| {
        let piece: Piece = match event {
            Event::Text(piece) => piece.into(),
            Event::Binary(piece) => piece.into(),
            other => panic!("{other:?}"),
        };
        if let Some(message) = assembler.push(piece).unwrap() {
            match &message {
                Message::Text(text) => assert_eq!((text.as_str(), message.kind()), ("na\u{ef}ve", MessageKind::Text)),
                Message::Binary(bytes) => assert_eq!((*bytes, message.kind()), (&[0, 0xFF][..], MessageKind::Binary)),
            }
            // both ways to name it do the same
            assert_eq!(Fragment::from(&message), message.as_fragment());
            sent.extend_from_slice(server.send(&message, &mut out).unwrap());
        }
    });
    assert_eq!(sent, b"\x81\x06na\xC3\xAFve\x82\x02\x00\xFF");
}

#[test]
fn a_dropped_message_is_ignored_to_its_end_and_the_next_one_is_whole() {
    let mut memory = [0; 8];
    let mut assembler = MessageAssembler::new(&mut memory);
    let (mut pieces, mut whole) = (0, vec![]);
    let wire = [frame(0x02, b"12345", false), frame(0x00, b"67", false), frame(0x80, b"8", false)].concat();
    let next = [frame(0x02, b"ab", false), frame(0x80, b"cdefgh", false)].concat();
    each(NEW, &[wire, next].concat(), |event| {
        let Event::Binary(piece) = event else { panic!("{event:?}") };
        if let Some(message) = assembler.push(piece).unwrap() {
            whole.push(message.as_bytes().to_vec());
        }
        pieces += 1;
        if pieces == 1 {
            assembler.reset();
        }
    });
    assert_eq!((pieces, whole), (5, vec![b"abcdefgh".to_vec()]));
    // nothing of it counts against the buffer
    let mut memory = [0; 3];
    let mut assembler = MessageAssembler::new(&mut memory);
    let mut results = vec![];
    each(NEW, &[frame(0x02, b"12", false), frame(0x80, b"34", false)].concat(), |event| {
        let Event::Binary(piece) = event else { panic!("{event:?}") };
        results.push(assembler.push(piece).map(|message| message.map(|message| message.as_bytes().len())));
    });
    assert_eq!(results, [Ok(None), Err(MessageTooBig { limit: 3 })]);
}

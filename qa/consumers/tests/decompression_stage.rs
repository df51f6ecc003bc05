//! An echo that puts a decompression stage behind `Event::Extended`: a stand-in for permessage-deflate that passes bytes
//! through, in the place where the real one will stand, before the assembler.

use upframe::connection::{
    Binary, Connection, Event, Extended, Fragment, MessageKind, Place, Server, Settings, Text, Violation,
};
use upframe::frame::ReservedBits;
use upframe::message::{Message, MessageAssembler, Piece};
use upframe::utf8::Validator;

/// Takes compressed pieces and gives pieces of text or bytes, out of memory that it is lent.
#[derive(Default)]
struct Stage {
    text: Validator,
    begun: bool,
}

impl Stage {
    /// Inflates as much of a piece as fits `memory`, and hands the result out.
    fn inflate(
        &mut self,
        piece: Extended,
        memory: &mut [u8],
        mut hand_out: impl FnMut(Piece),
    ) -> Result<(), Violation> {
        let mut rest = piece.as_bytes();
        loop {
            let n = rest.len().min(memory.len());
            let (now, later) = rest.split_at(n);
            memory[..n].copy_from_slice(now); // here the real one inflates
            rest = later;
            let last = piece.is_last() && rest.is_empty();
            let mut inflated = &memory[..n];
            match piece.kind() {
                MessageKind::Binary => hand_out(Binary::new(inflated, self.place(last)).into()),
                MessageKind::Text => {
                    while let Some(chars) = self.text.next(&mut inflated).map_err(|_| Violation::NotUtf8)? {
                        hand_out(Text::new(chars, self.place(false)).into());
                    }
                    if last && !self.text.is_whole() {
                        return Err(Violation::NotUtf8);
                    }
                    if last {
                        hand_out(Text::new("".into(), self.place(true)).into());
                    }
                }
            }
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    fn place(&mut self, last: bool) -> Place {
        let first = !self.begun;
        self.begun = !last;
        Place::new(first, last)
    }
}

/// Echoes whole messages, compressed ones compressed.
fn echo(connection: &mut Connection<Server>, stage: &mut Stage, wire: &mut [u8], cut: usize) -> Vec<u8> {
    let (mut window, mut memory, mut out) = ([0; 8], [0; 256], [0; 300]);
    let mut assembler = MessageAssembler::new(&mut memory);
    let mut written = Vec::new();
    for buffer in wire.chunks_mut(cut) {
        let mut input = buffer;
        while let Some(event) = connection.receive(&mut input) {
            match event {
                Event::Extended(piece) => {
                    let inflated = stage.inflate(piece, &mut window, |piece| {
                        if let Some(message) = assembler.push(piece).unwrap() {
                            let kind = message.kind();
                            let answer = Fragment::extended(kind, ReservedBits::RSV1, message.as_bytes());
                            written.extend_from_slice(connection.send(answer, &mut out).unwrap());
                        }
                    });
                    if let Err(violation) = inflated {
                        connection.fail(violation);
                    }
                }
                Event::Text(piece) => {
                    if let Some(message @ Message::Text(_)) = assembler.push(piece).unwrap() {
                        written.extend_from_slice(connection.send(&message, &mut out).unwrap());
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let n = connection.poll_transmit(&mut out);
    written.extend_from_slice(&out[..n]);
    written
}

fn agreed() -> Connection<Server> {
    Connection::server(Settings::new().with_reserved_bits(ReservedBits::RSV1))
}

fn masked(b0: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![b0, 0x80 | payload.len() as u8, 1, 2, 3, 4];
    frame.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ [1, 2, 3, 4][i % 4]));
    frame
}

#[test]
fn compressed_and_plain_messages_are_echoed_as_they_came_at_every_cut() {
    let text = "naïve 世界 😀";
    let wire = [
        masked(0x41, &text.as_bytes()[..4]),
        masked(0x80, &text.as_bytes()[4..]),
        masked(0x81, b"plain"),
        masked(0xC2, b"\xff\xfe binary, longer than the window"),
        masked(0xC1, b""),
    ]
    .concat();
    let frame = |b0: u8, payload: &[u8]| [&[b0, payload.len() as u8], payload].concat();
    let want = [
        frame(0xC1, text.as_bytes()),
        frame(0x81, b"plain"),
        frame(0xC2, b"\xff\xfe binary, longer than the window"),
        frame(0xC1, b""),
    ]
    .concat();
    for cut in 1..=wire.len() {
        let written = echo(&mut agreed(), &mut Stage::default(), &mut wire.clone(), cut);
        assert_eq!(written, want, "cut {cut}");
    }
}

#[test]
fn text_that_is_bad_once_inflated_fails_the_connection() {
    for bad in [&b"ok \xED\xA0\x80"[..], b"cut \xE4\xB8"] {
        let mut connection = agreed();
        let written = echo(&mut connection, &mut Stage::default(), &mut masked(0xC1, bad), 100);
        assert_eq!(written, b"\x88\x02\x03\xef", "1007");
        assert_eq!(connection.failure().map(|error| error.violation), Some(Violation::NotUtf8));
    }
}

//! Streams without time limits, and streams that would block at every call: nothing is lost or repeated.

mod common;

use common::masked;
use std::io::{self, ErrorKind, Read, Write};
use upframe_std::{CloseCode, Config, Error, Message, Piece, Place, Role, Untimed, WebSocket};

/// Reads and writes `size` bytes at a time. Every other call would block.
struct Script<'a> {
    input: &'a [u8],
    output: Vec<u8>,
    size: usize,
    blocks: bool,
    ready: bool,
}

impl Script<'_> {
    fn turn(&mut self) -> io::Result<()> {
        self.ready = !self.ready || !self.blocks;
        if self.ready { Ok(()) } else { Err(ErrorKind::WouldBlock.into()) }
    }
}

impl Read for Script<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.turn()?;
        let n = buf.len().min(self.size);
        self.input.read(&mut buf[..n])
    }
}

impl Write for Script<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn()?;
        let n = bytes.len().min(self.size);
        self.output.extend(&bytes[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.turn()
    }
}

fn again<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match call() {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            other => return other,
        }
    }
}

#[test]
fn a_call_that_would_block_is_called_again_and_nothing_is_lost() {
    let wire = [
        masked(0x01, "Hal€".as_bytes()),
        masked(0x89, b"ping"),
        masked(0x80, b"lo"),
        masked(0x82, &[7; 300]),
        masked(0x88, b"\x03\xe8"),
    ]
    .concat();
    let want = [
        Message::Ping(b"ping".to_vec()),
        Message::text("Hal€lo"),
        Message::binary(vec![7; 300]),
        Message::Close(Some(upframe_std::CloseFrame { code: CloseCode::NORMAL, reason: String::new() })),
    ];
    let answer =
        [&b"\x8a\x04ping\x81\x08Hal\xe2\x82\xaclo\x82\x7e\x01\x2c"[..], &[7; 300], b"\x88\x02\x03\xe8"].concat();
    for blocks in [false, true] {
        for size in [1, 2, 3, 7, 64, 4096] {
            let script = Script { input: &wire, output: vec![], size, blocks, ready: false };
            let mut server = WebSocket::new(Untimed(script), Role::Server, Config::new());
            let mut seen = vec![];
            while let Some(message) = again(|| server.next().transpose()).unwrap() {
                if message.is_data() {
                    again(|| server.flush()).unwrap();
                    // queued whole, so it is not sent again if the flush would block
                    server.feed(message.clone()).unwrap();
                    again(|| server.flush()).unwrap();
                }
                seen.push(message);
            }
            assert_eq!(seen, want, "{size}");
            // the last answer may still wait
            let _ = again(|| server.flush());
            assert_eq!(server.get_ref().0.output, answer, "{size} {blocks}");
        }
    }
}

#[test]
fn pieces_are_the_message_in_order_however_the_stream_is_cut() {
    let text = "grüß€𝄞".repeat(20);
    let wire = [masked(0x01, &text.as_bytes()[..50]), masked(0x89, b""), masked(0x80, &text.as_bytes()[50..])].concat();
    for size in [1, 2, 3, 7, 64, 4096] {
        let script = Script { input: &wire, output: vec![], size, blocks: false, ready: true };
        let mut server = WebSocket::new(Untimed(script), Role::Server, Config::new());
        let (mut seen, mut first) = (String::new(), true);
        loop {
            let piece = server.next_piece().unwrap().unwrap();
            assert_eq!(piece.place().is_first(), first);
            first = false;
            seen.push_str(piece.to_text().unwrap());
            let last = piece.place().is_last();
            server.feed_piece(piece).unwrap();
            if last {
                break;
            }
        }
        assert_eq!(seen, text);
        server.send_piece(Piece::binary(vec![1]).at(Place::Whole)).unwrap();
        assert!(server.into_inner().0.output.ends_with(b"\x82\x01\x01"));
    }
}

/// The end of an input without a Close, and input after `next` would have blocked.
#[test]
fn the_end_of_a_stream_without_a_close_is_an_error() {
    let wire = masked(0x81, b"x");
    let script = Script { input: &wire, output: vec![], size: 64, blocks: false, ready: true };
    let mut server = WebSocket::new(Untimed(script), Role::Server, Config::new());
    assert_eq!(server.next().unwrap().unwrap(), Message::text("x"));
    assert!(matches!(server.next(), Some(Err(Error::Ended(_)))));
    assert!(server.next().is_none());
    assert_eq!(server.close_code(), Some(CloseCode::ABNORMAL));
}

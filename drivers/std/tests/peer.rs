//! Against tungstenite, in both roles, in the same process.

mod common;

use common::{Cut, sockets};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::thread;
use tungstenite::Message as Theirs;
use tungstenite::WebSocket as TheirSocket;
use tungstenite::protocol::frame::coding::{CloseCode as TheirCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame as TheirFrame, Frame};
use upframe_std::{CloseCode, CloseFrame, TryClone, WebSocket, accept, client};

const LENS: [usize; 11] = [0, 1, 125, 126, 127, 65_535, 65_536, 100_000, 1 << 20, 3 << 20, 16 << 20];

fn text(len: usize) -> String {
    let mut text = "grüß€𝄞".repeat(len / 13);
    text.extend(std::iter::repeat_n('x', len - text.len()));
    text
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

/// Our end echoes, whole messages or pieces. Pieces need two threads: their end sends a whole message before it reads.
fn echo<S: TryClone + Send + 'static>(mut ws: WebSocket<S>, pieces: bool) -> Option<CloseFrame> {
    if pieces {
        let (mut writer, mut reader) = ws.split().unwrap();
        let (queue, queued) = mpsc::channel();
        let write = thread::spawn(move || {
            while let Ok(piece) = queued.recv() {
                writer.send_piece(piece).unwrap();
            }
        });
        while let Some(piece) = reader.next_piece() {
            queue.send(piece.unwrap()).unwrap();
        }
        drop(queue);
        write.join().unwrap();
        reader.close_frame()
    } else {
        while let Some(message) = ws.next() {
            let message = message.unwrap();
            if message.is_data() {
                ws.send(message).unwrap();
            }
        }
        ws.close_frame()
    }
}

/// Their end sends everything, and checks what comes back.
fn talk<S: Read + Write>(mut ws: TheirSocket<S>, longest: usize) {
    for len in LENS.into_iter().filter(|len| *len <= longest) {
        for message in [Theirs::text(text(len)), Theirs::binary(bytes(len))] {
            ws.send(message.clone()).unwrap();
            assert!(ws.read().unwrap() == message, "{len}");
        }
        // fragments, with a Ping between them
        let halves = bytes(len);
        let (first, last) = halves.split_at(len / 2);
        let frame = |bytes: &[u8], code, last| Frame::message(bytes.to_vec(), OpCode::Data(code), last);
        ws.write(Theirs::Frame(frame(first, Data::Binary, false))).unwrap();
        ws.write(Theirs::Ping("between".into())).unwrap();
        ws.write(Theirs::Frame(frame(last, Data::Continue, true))).unwrap();
        ws.flush().unwrap();
        let (mut whole, mut pongs) = (None, 0);
        while whole.is_none() || pongs == 0 {
            match ws.read().unwrap() {
                Theirs::Pong(payload) => {
                    assert_eq!(&payload[..], b"between");
                    pongs += 1;
                }
                message => whole = Some(message),
            }
        }
        assert!(whole == Some(Theirs::binary(halves)), "{len}");
    }
    let frame = TheirFrame { code: TheirCode::from(4001), reason: "bye".into() };
    ws.close(Some(frame.clone())).unwrap();
    assert_eq!(ws.read().unwrap(), Theirs::Close(Some(frame)));
    assert!(ws.read().is_err());
}

#[test]
fn our_server_and_their_client() {
    for (cut, longest, pieces) in
        [(7, 1000, false), (64, 65_536, true), (usize::MAX, 16 << 20, false), (usize::MAX, 3 << 20, true)]
    {
        let (here, there) = sockets();
        let server = thread::spawn(move || echo(accept(Cut(there, cut)).unwrap(), pieces));
        let (ws, _) = tungstenite::client("ws://localhost/", here).unwrap();
        talk(ws, longest);
        assert_eq!(server.join().unwrap().unwrap().to_string(), "4001 bye");
    }
}

#[test]
fn our_client_and_their_server() {
    for (cut, longest, pieces) in
        [(7, 1000, false), (64, 65_536, true), (usize::MAX, 16 << 20, false), (usize::MAX, 3 << 20, true)]
    {
        let (here, there) = sockets();
        let server = thread::spawn(move || talk(tungstenite::accept(there).unwrap(), longest));
        let close = echo(client("ws://localhost/", Cut(here, cut)).unwrap().0, pieces);
        server.join().unwrap();
        assert_eq!(close.unwrap().to_string(), "4001 bye");
    }
}

/// We close, with a code and a reason.
#[test]
fn we_close_and_they_answer() {
    for (we_serve, halves) in [(false, false), (false, true), (true, false), (true, true)] {
        let (here, there) = sockets();
        let ours = thread::spawn(move || {
            let mut ws = if we_serve { accept(here).unwrap() } else { client("ws://localhost/", here).unwrap().0 };
            ws.feed("news").unwrap();
            if halves {
                let (mut writer, reader) = ws.split().unwrap();
                writer.close(CloseCode::GOING_AWAY, "restart").unwrap();
                reader.for_each(|message| assert!(message.unwrap().is_close()));
            } else {
                ws.close(CloseCode::GOING_AWAY, "restart").unwrap();
                assert_eq!(ws.close_code(), Some(CloseCode::GOING_AWAY));
            }
        });
        let mut ws = if we_serve {
            tungstenite::client("ws://localhost/", there).unwrap().0
        } else {
            tungstenite::accept(there).unwrap()
        };
        let mut seen = vec![];
        while let Ok(message) = ws.read() {
            seen.push(message);
        }
        ours.join().unwrap();
        let frame = TheirFrame { code: TheirCode::Away, reason: "restart".into() };
        assert_eq!(seen, [Theirs::text("news"), Theirs::Close(Some(frame))]);
    }
}

//! Every future is dropped at every await: nothing is lost, repeated or half-sent.

mod common;

use common::{After, Script, TestClock, again, masked, plain};
use upframe_embedded::{CloseCode, Config, Endpoint, Fragment, Limits, Message, NoKeys, Place, WebSocket};

const SIZES: [usize; 6] = [1, 2, 3, 7, 64, 4096];

fn session() -> Vec<u8> {
    [
        masked(0x01, "Hal€".as_bytes()),
        masked(0x89, b"ping"),
        masked(0x80, "lo𝄞".as_bytes()),
        masked(0x82, &[7; 300]),
        masked(0x8A, b"pong"),
        masked(0x81, b""),
        masked(0x88, b"\x03\xe8bye"),
    ]
    .concat()
}

fn shown(message: &Message<'_>) -> String {
    match message {
        Message::Text(text) => format!("text {text}"),
        Message::Binary(bytes) => format!("binary {bytes:?}"),
        Message::Ping(payload) => format!("ping {payload:?}"),
        Message::Pong(payload) => format!("pong {payload:?}"),
        Message::Close(Some(frame)) => format!("close {} {}", frame.code, frame.reason),
        Message::Close(None) => "close".to_owned(),
    }
}

/// All calls, each dropped after so many polls. `usize::MAX`: none is.
fn echo(size: usize, polls: usize, send_buffer: usize) -> (Vec<String>, Vec<u8>) {
    let clock = TestClock::default();
    let script = Script::new(&session(), size, After::Silence);
    let output = script.output.clone();
    let (mut receive, mut send) = ([0; 400], vec![0; send_buffer]);
    let endpoint = Endpoint::<NoKeys>::Server;
    let mut ws = WebSocket::new(script, &clock, endpoint, &mut receive, &mut send, Config::new());
    let mut seen = vec![];
    loop {
        // what a dropped call has read is in the buffer
        let next = again(&clock, polls, async || {
            let next = ws.next().await;
            next.map(|message| message.map(|message| (shown(&message), payload(&message))))
        });
        let Some(next) = next else { break };
        let (shown, payload) = next.unwrap();
        seen.push(shown);
        if let Some((text, bytes)) = payload {
            // queued whole or not at all, so it can be called again
            again(&clock, polls, async || match text {
                true => ws.writer().feed(std::str::from_utf8(&bytes).unwrap()).await,
                false => ws.writer().feed(&bytes[..]).await,
            })
            .unwrap();
            again(&clock, polls, async || ws.writer().flush().await).unwrap();
        }
    }
    assert_eq!(ws.close_code(), Some(CloseCode::NORMAL));
    let output = output.borrow().clone();
    (seen, output)
}

fn payload(message: &Message<'_>) -> Option<(bool, Vec<u8>)> {
    match message {
        Message::Text(text) => Some((true, text.as_bytes().to_vec())),
        Message::Binary(bytes) => Some((false, bytes.to_vec())),
        _ => None,
    }
}

#[test]
fn next_feed_and_flush_can_be_dropped_at_every_await() {
    let want = [
        "ping [112, 105, 110, 103]",
        "text Hal€lo𝄞",
        &format!("binary {:?}", [7; 300]),
        "pong [112, 111, 110, 103]",
        "text ",
        "close 1000 bye",
    ]
    .map(str::to_owned);
    let answer = [
        plain(0x8A, b"ping"),
        plain(0x81, "Hal€lo𝄞".as_bytes()),
        plain(0x82, &[7; 300]),
        plain(0x81, b""),
        plain(0x88, b"\x03\xe8bye"),
    ]
    .concat();
    for size in SIZES {
        for polls in [1, 2, 3, 5, 8, usize::MAX] {
            for send_buffer in [304, 305, 310, 1000] {
                let (seen, output) = echo(size, polls, send_buffer);
                assert_eq!(seen, want, "{size} {polls} {send_buffer}");
                assert_eq!(output, answer, "{size} {polls} {send_buffer}");
            }
        }
    }
}

#[test]
fn pieces_and_close_can_be_dropped_at_every_await() {
    let text = "grüß€𝄞".repeat(20);
    let wire = [
        masked(0x01, &text.as_bytes()[..51]),
        masked(0x89, b"p"),
        masked(0x80, &text.as_bytes()[51..]),
        masked(0x82, &[9; 500]),
        masked(0x88, b"\x03\xe8"),
    ]
    .concat();
    for size in SIZES {
        for polls in [1, 2, 3, usize::MAX] {
            for room in [8, 9, 64] {
                let clock = TestClock::default();
                let script = Script::new(&wire, size, After::End);
                let output = script.output.clone();
                // both buffers are shorter than the messages
                let (mut receive, mut send) = (vec![0; room], vec![0; 64 + 14]);
                let endpoint = Endpoint::<NoKeys>::Server;
                let mut ws = WebSocket::new(script, &clock, endpoint, &mut receive, &mut send, Config::new());
                let (mut seen, mut binary) = (String::new(), 0);
                loop {
                    let piece = again(&clock, polls, async || {
                        let piece = ws.next_piece().await.unwrap().unwrap();
                        (piece.to_text().map(str::to_owned), piece.as_bytes().to_vec(), piece.place())
                    });
                    match &piece.0 {
                        Some(text) => seen.push_str(text),
                        None => binary += piece.1.len(),
                    }
                    again(&clock, polls, async || {
                        let fragment = piece.0.as_ref().map_or(Fragment::binary(&piece.1), |text| Fragment::text(text));
                        ws.writer().feed(fragment.at(piece.2)).await
                    })
                    .unwrap();
                    if binary == 500 && piece.2.is_last() {
                        break;
                    }
                }
                assert_eq!(seen, text);
                again(&clock, polls, async || ws.close(CloseCode::GOING_AWAY, "x").await).unwrap();
                // what went out is what came in, as the pieces of another connection
                let sent = output.borrow().clone();
                let back = pieces_of(&sent);
                assert_eq!(back, (text.clone(), 500, Some(CloseCode::GOING_AWAY)), "{size} {polls} {room}");
            }
        }
    }
}

/// What a client understands: text, number of binary bytes, close code.
fn pieces_of(wire: &[u8]) -> (String, usize, Option<CloseCode>) {
    let clock = TestClock::default();
    let (mut receive, mut send) = ([0; 1000], [0; 200]);
    let endpoint = Endpoint::Client(common::keys);
    let script = Script::new(wire, 4096, After::End);
    let mut ws =
        WebSocket::new(script, &clock, endpoint, &mut receive, &mut send, Config::new().with_limits(Limits::NONE));
    let (mut text, mut binary) = (String::new(), 0);
    while let Some(message) = common::run(&clock, ws.next()) {
        match message.unwrap() {
            Message::Text(more) => text.push_str(more),
            Message::Binary(bytes) => binary += bytes.len(),
            _ => {}
        }
    }
    (text, binary, ws.close_code())
}

/// A dropped `next` within a message, then pieces, and the other way round.
#[test]
fn whole_messages_and_pieces_can_be_mixed() {
    let wire = [masked(0x01, "a€".as_bytes()), masked(0x80, "b€".as_bytes()), masked(0x81, b"next")].concat();
    for polls in 1..40 {
        let clock = TestClock::default();
        let script = Script::new(&wire, 1, After::End);
        let (mut receive, mut send) = ([0; 64], [0; 64]);
        let endpoint = Endpoint::<NoKeys>::Server;
        let mut ws = WebSocket::new(script, &clock, endpoint, &mut receive, &mut send, Config::new());
        let whole =
            common::polled(&clock, polls, async { matches!(ws.next().await, Some(Ok(Message::Text("a€b€")))) });
        if whole.is_none() {
            let mut text = String::new();
            loop {
                let (more, place) = common::run(&clock, async {
                    let piece = ws.next_piece().await.unwrap().unwrap();
                    (piece.to_text().unwrap().to_owned(), piece.place())
                });
                text.push_str(&more);
                if place.is_last() {
                    break;
                }
            }
            assert_eq!(text, "a€b€");
        }
        // one piece, then whole messages: the rest is skipped, or it was the whole
        let next = common::run(&clock, async {
            let piece = ws.next_piece().await.unwrap().unwrap();
            (piece.as_bytes().to_vec(), piece.place())
        });
        assert!(b"next".starts_with(&next.0) && next.1 != Place::Middle);
        assert!(matches!(common::run(&clock, ws.next()), Some(Err(_))));
    }
}

//! Frames whose payload is not given in one piece: streamed in chunks, vectored, framed once for many, or sent by half a connection.

mod common;

use common::{
    KEY, Seen, client, close_frame, feed, frame, frame_with, keys, plain, queued_half, server, transmit, xor,
};
use upframe::connection::{
    Client, Connection, DataFrame, Event, Fragment, NoEntropy, Receiver, SendError, Server, Settings, State,
    Transmitter, Violation,
};
use upframe::frame::CloseCode;
use upframe::message::Prepared;

const NEW: Settings = Settings::new();

/// [5.1-client-masks] [5.3-phase]
#[test]
fn a_payload_streamed_in_chunks_of_any_size_is_what_send_writes() {
    let text = "gr\u{fc}\u{df} \u{4e16}\u{754c} \u{1f600} and so on, for more than 64 bytes of text, \u{e9}\u{10ffff}";
    let long = text.repeat(3);
    for text in ["", "a", "\u{1f600}", text, &long] {
        let mut out = [0; 512];
        for frame in [DataFrame::TEXT, DataFrame::BINARY] {
            let message = if frame == DataFrame::TEXT { text.into() } else { Fragment::binary(text.as_bytes()) };
            let [plain, masked] = [
                server(NEW).send(message, &mut out).unwrap().to_vec(),
                client(NEW).send(message, &mut out).unwrap().to_vec(),
            ];
            for size in 1..=text.len().max(1) {
                let (mut server, mut shared, mut client) = (server(NEW), server(NEW), client(NEW));
                let len = text.len() as u64;
                let mut wire = server.begin_frame(frame, len, &mut out).unwrap().to_vec();
                shared.begin_frame(frame, len, &mut out).unwrap();
                let mut masked_wire = client.begin_frame(frame, len, &mut out).unwrap().to_vec();
                let mut left = len;
                for chunk in text.as_bytes().chunks(size) {
                    left -= chunk.len() as u64;
                    let (mut a, mut b) = (chunk.to_vec(), chunk.to_vec());
                    assert_eq!(server.frame_payload(&mut a), Ok(left));
                    assert_eq!(shared.frame_payload_shared(chunk), Ok(left));
                    assert_eq!(client.frame_payload(&mut b), Ok(left));
                    wire.extend(a);
                    masked_wire.extend(b);
                }
                assert_eq!((&wire, &masked_wire), (&plain, &masked), "{size}");
                for refused in [server.frame_payload(&mut []), client.frame_payload(&mut [0])] {
                    assert_eq!(refused, Err(SendError::NoFrame));
                }
                assert!(server.send("next", &mut out).is_ok());
            }
        }
    }
}

/// Streams fragments of text. Returns the wire, or where it was refused.
fn stream_text(fragments: &[&[u8]], size: usize) -> Result<Vec<u8>, (usize, SendError)> {
    let (mut server, mut wire, mut out) = (server(NEW), vec![], [0; 14]);
    for (i, fragment) in fragments.iter().enumerate() {
        let place = match (i == 0, i + 1 == fragments.len()) {
            (true, true) => DataFrame::TEXT,
            (true, false) => DataFrame::TEXT.first(),
            (false, false) => DataFrame::TEXT.middle(),
            (false, true) => DataFrame::TEXT.last(),
        };
        wire.extend(server.begin_frame(place, fragment.len() as u64, &mut out).map_err(|error| (i, error))?);
        for chunk in fragment.chunks(size) {
            server.frame_payload_shared(chunk).map_err(|error| (i, error))?;
            wire.extend(chunk);
        }
    }
    Ok(wire)
}

#[test]
fn streamed_text_may_be_cut_inside_code_points_by_chunks_and_by_fragments() {
    let text = "a\u{e9}\u{4e16}\u{1f600}b".as_bytes();
    for a in 0..=text.len() {
        for b in a..=text.len() {
            let fragments = [&text[..a], &text[a..b], &text[b..]];
            for size in 1..5 {
                let wire = stream_text(&fragments, size).unwrap();
                let want = [frame(1, fragments[0], false), frame(0, fragments[1], false)].concat();
                assert_eq!(wire, [want, frame(0x80, fragments[2], false)].concat());
            }
        }
    }
}

/// [5.6-text-sent]
#[test]
fn streamed_text_that_is_not_utf8_is_refused_in_the_chunk_that_breaks_it() {
    for size in 1..6 {
        for fragments in [[&b"a\xFFb"[..], b""], [b"\xC3", b"\xC3"], [b"a", b"\xE4\xB8"], [b"\xE4", b"\xB8"]] {
            let refused = stream_text(&fragments, size);
            let at = usize::from(fragments[0] != b"a\xFFb");
            assert_eq!(refused, Err((at, SendError::NotUtf8)), "{fragments:x?}");
        }
        // a last fragment without payload cannot finish a code point either
        assert_eq!(stream_text(&[b"\xC3", b"", b""], size), Err((2, SendError::NotUtf8)));
    }
    let mut client = client(NEW);
    let mut out = [0; 14];
    client.begin_frame(DataFrame::TEXT, 3, &mut out).unwrap();
    let mut chunk = *b"a\xE4a";
    assert_eq!(client.frame_payload(&mut chunk), Err(SendError::NotUtf8));
    assert_eq!(&chunk, b"a\xE4a", "it is unchanged");
    let mut long = *b"abcd";
    assert_eq!(client.frame_payload(&mut long), Err(SendError::PayloadTooLong { remaining: 3 }));
    assert_eq!(client.frame_payload(&mut []), Ok(3));
    let mut chunk = *b"abc";
    assert_eq!(client.frame_payload(&mut chunk), Ok(0), "the frame can still be finished");
    assert_eq!(chunk[..], xor(b"abc", KEY));
}

/// [5.6-text-sent]
#[test]
fn a_whole_fragment_is_refused_after_a_streamed_one_that_leaves_a_code_point_unfinished() {
    let mut server = server(NEW);
    let mut out = [0xEE; 32];
    server.begin_frame(DataFrame::TEXT.first(), 1, &mut [0; 14]).unwrap();
    server.frame_payload(&mut [0xC3]).unwrap();
    assert_eq!(server.send(Fragment::text("a").last(), &mut out), Err(SendError::NotUtf8));
    assert_eq!(server.send_in_place(DataFrame::TEXT.last(), &mut out, 30), Err(SendError::NotUtf8));
    assert_eq!(server.send_vectored(Fragment::text("").last(), &mut out), Err(SendError::NotUtf8));
    assert_eq!(out, [0xEE; 32]);
    assert_eq!(server.begin_frame(DataFrame::TEXT.last(), 1, &mut out).unwrap(), b"\x80\x01");
    assert_eq!(server.frame_payload(&mut [0xA9]), Ok(0));
    assert_eq!(server.send("next", &mut out).unwrap(), b"\x81\x04next");
}

#[test]
fn a_vectored_send_leaves_the_payload_where_it_is() {
    let mut server = server(NEW);
    for len in [0, 1, 125, 126, 127, 65_535, 65_536] {
        let payload = vec![9; len];
        let required = frame(0x82, &payload, false).len() - len;
        let mut out = [0xEE; 14];
        let refused = server.send_vectored(&payload[..], &mut out[..required - 1]);
        assert_eq!(refused, Err(SendError::BufferTooSmall { required }));
        assert_eq!(out, [0xEE; 14]);
        let [header, bytes] = server.send_vectored(&payload[..], &mut out[..required]).unwrap();
        assert_eq!(bytes.as_ptr(), payload.as_ptr());
        assert_eq!([header, bytes].concat(), frame(0x82, &payload, false));
    }
    let mut out = [0; 2];
    let [header, bytes] = server.send_vectored(Fragment::text("a").first(), &mut out).unwrap();
    assert_eq!((header, bytes), (&b"\x01\x01"[..], &b"a"[..]));
    assert_eq!(server.send_vectored("b", &mut [0; 14]), Err(SendError::MessageInProgress));
}

#[test]
fn a_prepared_message_is_what_send_writes() {
    for len in [0, 1, 125, 126, 127, 65_535, 65_536] {
        let payload = vec![b'p'; len];
        let want = frame(0x82, &payload, false);
        let mut memory = vec![0xEE; want.len()];
        let required = want.len();
        let short = Prepared::new(&payload[..], NEW, &mut memory[..required - 1]).map(|_| ());
        assert_eq!(short, Err(SendError::BufferTooSmall { required }));
        assert!(memory.iter().all(|byte| *byte == 0xEE));
        let prepared = Prepared::new(&payload[..], NEW, &mut memory).unwrap();
        assert_eq!(prepared.as_bytes(), want);
        for mut server in [server(NEW), server(NEW)] {
            assert_eq!(server.send_prepared(&prepared).unwrap(), want);
            assert_eq!(server.send_prepared(&prepared).unwrap(), want);
        }
    }
}

#[test]
fn threads_share_a_prepared_message_that_owns_its_memory() {
    let news = std::sync::Arc::new(Prepared::new("news", NEW, vec![0xEE; 100]).unwrap());
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let news = news.clone();
            std::thread::spawn(move || assert_eq!(server(NEW).send_prepared(&news).unwrap(), b"\x81\x04news"))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// [5.4-prepared]
#[test]
fn a_prepared_message_is_refused_when_it_may_not_be_sent() {
    let mut memory = [0; 16];
    let news = Prepared::new("news", NEW, &mut memory).unwrap();
    let mut out = [0; 32];
    let mut closing = server(NEW);
    closing.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(closing.send_prepared(&news), Err(SendError::Closing));
    let mut closed = server(NEW);
    feed(&mut closed, &frame(0x88, b"", true), &mut vec![]);
    assert_eq!(closed.send_prepared(&news), Err(SendError::Closing));
    let mut in_message = server(NEW);
    in_message.send(Fragment::text("a").first(), &mut out).unwrap();
    assert_eq!(in_message.send_prepared(&news), Err(SendError::MessageInProgress));
    in_message.send(Fragment::text("b").last(), &mut out).unwrap();
    assert_eq!(in_message.send_prepared(&news).unwrap(), b"\x81\x04news");
    let mut streaming = server(NEW);
    streaming.begin_frame(DataFrame::TEXT, 1, &mut out).unwrap();
    assert_eq!(streaming.send_prepared(&news), Err(SendError::FrameInProgress));
    streaming.frame_payload(&mut [b'a']).unwrap();
    assert_eq!(streaming.send_prepared(&news).unwrap(), b"\x81\x04news");
    let mut half_written = server(NEW);
    feed(&mut half_written, &frame(0x89, b"", true), &mut vec![]);
    let _ = half_written.poll_transmit(&mut out[..1]);
    assert_eq!(half_written.send_prepared(&news), Err(SendError::FrameInProgress));
    // a fragment is not a message
    for (fragment, error) in [
        (Fragment::text("a").first(), SendError::MessageInProgress),
        (Fragment::text("a").middle(), SendError::NoMessage),
        (Fragment::text("a").last(), SendError::NoMessage),
    ] {
        assert_eq!(Prepared::new(fragment, NEW, &mut memory).map(|_| ()), Err(error));
    }
}

/// Passes a wire to a receiver. Returns the reply that it owes at the end.
fn reply(receiver: &mut Receiver<Server>, wire: &[u8]) -> Option<upframe::connection::Reply> {
    let mut wire = wire.to_vec();
    let mut input = &mut wire[..];
    while receiver.receive(&mut input).is_some() {}
    receiver.take_reply()
}

/// [5.5.1-answer] [5.5.1-network-order] [5.5.1-echo] [5.5.1-once] [5.5.2-pong] [5.5.3-same-payload] [7.1.7-close]
#[test]
fn split_halves_answer_as_a_connection_does() {
    let violation = frame(0x83, b"", true);
    for (wire, want) in [
        (frame(0x81, b"text", true), vec![]),
        (frame(0x89, b"", true), frame(0x8A, b"", false)),
        (frame(0x89, &[7; 125], true), frame(0x8A, &[7; 125], false)),
        ([frame(0x89, b"1", true), frame(0x8A, b"pong", true)].concat(), frame(0x8A, b"1", false)),
        ([frame(0x89, b"1", true), frame(0x89, b"2", true)].concat(), frame(0x8A, b"2", false)),
        (frame(0x88, b"", true), frame(0x88, b"", false)),
        (frame(0x88, b"\x03\xE9bye", true), frame(0x88, b"\x03\xE9bye", false)),
        ([frame(0x89, b"1", true), frame(0x88, b"\x03\xE9", true)].concat(), close_frame(1001)),
        ([frame(0x89, b"1", true), violation].concat(), close_frame(1002)),
        (frame(0x81, b"\xFF", true), close_frame(1007)),
    ] {
        let mut whole = server(NEW);
        feed(&mut whole, &wire, &mut vec![]);
        assert_eq!(transmit(&mut whole, 9), want);
        let (mut receiver, mut transmitter) = server(NEW).split();
        let answer = reply(&mut receiver, &wire);
        assert!(receiver.take_reply().is_none(), "a reply is returned once");
        let Some(answer) = answer else {
            assert_eq!(want, b"");
            continue;
        };
        assert_eq!(answer.is_pong(), want[0] == 0x8A);
        transmitter.answer(&answer).unwrap();
        assert!(transmitter.wants_transmit() && !transmitter.may_disconnect());
        // nothing is sent once a Close is owed
        let data = transmitter.send("a", &mut [0; 9]).map(<[u8]>::to_vec);
        assert_eq!(data.is_err(), !answer.is_pong());
        let mut out = [0xEE; 131];
        let required = want.len();
        assert_eq!(transmitter.poll_transmit(&mut out[..required]), required);
        assert_eq!((&out[..required], transmitter.wants_transmit()), (&want[..], false));
        assert_eq!(transmitter.state(), whole.state());
        assert_eq!(transmitter.may_disconnect(), whole.may_disconnect());
        if !answer.is_pong() {
            assert_eq!(queued_half(&mut transmitter, |half| half.answer(&answer)), Ok(vec![]), "a second Close");
            assert_eq!(transmitter.send("a", &mut out), Err(SendError::Closing));
        }
    }
}

/// [5.5.2-not-after-close]
#[test]
fn a_transmitter_answers_when_it_may() {
    let (mut receiver, mut transmitter) = server(NEW).split();
    let mut out = [0; 131];
    let pong = reply(&mut receiver, &frame(0x89, b"p", true)).unwrap();
    let close = reply(&mut receiver, &frame(0x88, b"\x03\xE8", true)).unwrap();
    transmitter.begin_frame(DataFrame::BINARY, 1, &mut out).unwrap();
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&pong)), Ok(vec![]), "it waits for the payload");
    assert!(transmitter.is_frame_in_progress() && transmitter.wants_transmit());
    transmitter.frame_payload_shared(b"a").unwrap();
    assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(frame(0x8A, b"p", false)));
    // after the local Close neither a Pong nor a second Close is written
    let local = queued_half(&mut transmitter, |half| half.close(CloseCode::GOING_AWAY, "")).unwrap();
    assert_eq!(local, close_frame(1001));
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&pong)), Ok(vec![]));
    assert_eq!(transmitter.state(), State::Closing);
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&close)), Ok(vec![]));
    assert_eq!((transmitter.state(), transmitter.may_disconnect()), (State::Closed, true));
}

/// [5.5.3-newest]
#[test]
fn a_transmitter_has_room_for_one_answer_and_says_so() {
    let (mut receiver, mut transmitter) = server(NEW).split();
    let [first, newer, longest] = [b"1", &[2; 20][..], &[3; 125]].map(|payload| {
        let reply = reply(&mut receiver, &frame(0x89, payload, true)).unwrap();
        (reply, frame(0x8A, payload, false))
    });
    // a newer Pong takes the place of one that waits
    transmitter.answer(&first.0).unwrap();
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&newer.0)), Ok(newer.1.clone()));
    // not of one that is half-written
    transmitter.answer(&newer.0).unwrap();
    assert_eq!(transmitter.poll_transmit(&mut [0; 1]), 1);
    assert_eq!(transmitter.answer(&longest.0), Err(SendError::QueueFull));
    assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(newer.1[1..].to_vec()));
    // nor of a Ping that the program has queued
    transmitter.ping(&[9; 9]).unwrap();
    assert_eq!(transmitter.answer(&longest.0), Err(SendError::QueueFull));
    let both = [first.1, frame(0x89, &[9; 9], false)].concat();
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&first.0)), Ok(both));
    // only that a Close is owed is remembered
    let close = reply(&mut receiver, &frame(0x88, &[&b"\x03\xE8"[..], &[b'r'; 123]].concat(), true)).unwrap();
    transmitter.answer(&newer.0).unwrap();
    assert_eq!(transmitter.poll_transmit(&mut [0; 1]), 1);
    assert_eq!(transmitter.answer(&close), Err(SendError::QueueFull));
    assert_eq!(transmitter.send("a", &mut [0; 9]), Err(SendError::FrameInProgress));
    assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(newer.1[1..].to_vec()));
    assert_eq!((transmitter.state(), transmitter.send("a", &mut [0; 9])), (State::Closing, Err(SendError::Closing)));
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&close)).unwrap().len(), 2 + 125);
    assert!(transmitter.may_disconnect());
}

#[test]
fn a_client_in_halves_masks_its_answers() {
    let mut receiver = Receiver::<Client>::new(NEW);
    let dry = std::cell::Cell::new(true);
    let entropy = |key: &mut [u8]| if dry.get() { Err(NoEntropy) } else { keys(key) };
    let mut transmitter = Transmitter::client(entropy, NEW);
    let wire = frame(0x89, b"p", false);
    assert_eq!(receiver.receive_shared(&mut &wire[..]), Some(Event::Ping));
    assert_eq!(receiver.control_payload(), Some(&b"p"[..]));
    let pong = receiver.take_reply().unwrap();
    assert_eq!(queued_half(&mut transmitter, |half| half.answer(&pong)), Ok(vec![]), "no key");
    assert!(transmitter.wants_transmit());
    dry.set(false);
    let masked = frame_with(0x8A, b"p", common::Form::Bits7, Some(KEY));
    assert_eq!(queued_half(&mut transmitter, |_| Ok(())), Ok(masked));
    receiver.fail(Violation::Policy);
    let close = receiver.take_reply().unwrap();
    let written = queued_half(&mut transmitter, |half| half.answer(&close)).unwrap();
    assert_eq!(plain(&written, true), close_frame(1008));
    assert_eq!(transmitter.state(), State::Failed);
}

#[test]
fn a_pong_whose_payload_is_discarded_does_not_change_the_answer_of_a_receiver() {
    let mut receiver = Receiver::<Server>::new(NEW);
    let mut wire = [frame(0x89, b"ping", true), frame(0x8A, &[b'x'; 122], true)].concat();
    let mut input = &mut wire[..];
    assert_eq!(receiver.receive(&mut input), Some(Event::Ping));
    assert_eq!(receiver.receive(&mut input), Some(Event::Pong));
    assert_eq!(receiver.control_payload(), None);
    let mut transmitter = Connection::server(NEW).split().1;
    let answer = receiver.take_reply().unwrap();
    let written = queued_half(&mut transmitter, |half| half.answer(&answer));
    assert_eq!(written, Ok(frame(0x8A, b"ping", false)));
    let mut seen = vec![];
    feed(&mut client(NEW), &frame(0x8A, b"ping", false), &mut seen);
    assert_eq!(seen, [Seen::pong(b"ping")]);
}

//! Two ends wired together: random calls, cuts, splits, streamed frames, failing entropy and tiny outputs.
//!
//! **Nothing is lost or reordered, close codes agree, each frame has a fresh key, an error draws none, the law of output
//! holds, and both ends come to rest.**

use super::super::scripts::{Result, Unstructured, once_in, pick};
use super::one_end::End;
use super::said::{Control, Said, UNKNOWN};
use upframe::connection::{MessageKind, SendError, State};

/// Enough for what two ends still owe each other: each round delivers everything that is written.
const MOST_ROUNDS: usize = 8;

pub fn run(u: &mut Unstructured) -> Result<()> {
    let mut ends = [End::new(false, u.arbitrary()?, u.arbitrary()?), End::new(true, u.arbitrary()?, u.arbitrary()?)];
    let steps = u.int_in_range(0..=60)?;
    for number in 0..steps {
        let at = usize::from(u.arbitrary::<bool>()?);
        step(u, &mut ends, at, number)?;
        ends[at].drew_a_key_for_each_frame();
        answered(&mut ends, at);
    }
    come_to_rest(&mut ends);
    for at in 0..2 {
        answered(&mut ends, at);
    }
    closing(u, &mut ends)?;
    for at in 0..2 {
        check(&ends[at], &ends[1 - at]);
    }
    Ok(())
}

fn answered(ends: &mut [End; 2], at: usize) {
    let [client, server] = ends;
    let (end, peer) = if at == 0 { (client, server) } else { (server, client) };
    end.answered_the_newest_ping(&peer.wire[..end.received]);
}

fn step(u: &mut Unstructured, ends: &mut [End; 2], at: usize, number: u8) -> Result<()> {
    let size = pick(u, &[1, 2, 3, 7, 14, 131, 300])?;
    let end = &mut ends[at];
    match u.int_in_range(0..=19)? {
        0..=5 => send(u, end)?,
        6 | 7 => end.stream(pick(u, &[1, 2, 3, 100, 1000])?),
        8 | 9 => {
            // Each payload is another one.
            let payload = [at as u8, number].repeat(pick(u, &[1, 1, 2, 40, 62])?);
            let _ = end.control(pick(u, &[9, 9, 10])?, &payload);
        }
        10 if once_in(u, 4)? => {
            let code = pick(u, &[None, Some((1000, "")), Some((1001, "bye")), Some((4999, "\u{4e16}"))])?;
            let _ = end.close(code);
        }
        10 | 11 => end.drain(size),
        12 | 13 => {
            end.poll(size - 1);
        }
        14 => {
            let fails = !end.keys.fails.get() && once_in(u, 2)?;
            end.keys.fails.set(fails);
        }
        15 if once_in(u, 3)? => end.split(),
        16 if once_in(u, 12)? => end.fail(),
        _ => {
            let most = pick(u, &[1, 2, 5, 20, 4000])?;
            deliver(ends, at, most, u.int_in_range(0..=1)?, size);
        }
    }
    Ok(())
}

/// Delivers up to `most` bytes to the end `at`.
fn deliver(ends: &mut [End; 2], at: usize, most: usize, way: u8, size: usize) {
    let [client, server] = ends;
    let (end, peer) = if at == 0 { (client, server) } else { (server, client) };
    let rest = &peer.wire[end.received..];
    end.receive(&rest[..rest.len().min(most)], way, size);
}

/// Begins a message, or sends the next fragment.
fn send(u: &mut Unstructured, end: &mut End) -> Result<()> {
    let first = end.message.is_none();
    if first {
        let (text, times) =
            pick(u, &[("", 1), ("a", 1), ("a\u{e9}\u{4e16}\u{1f600}", 2), ("\u{4e16}", 60), ("x", 126)])?;
        let kind = if u.arbitrary()? { MessageKind::Text } else { MessageKind::Binary };
        end.message = Some((kind, text.repeat(times).into_bytes()));
    }
    let (kind, rest) = end.message.clone().unwrap();
    let last = once_in(u, 2)?;
    let streamed = end.is_cut || once_in(u, 3)?;
    let mut n = if last { rest.len() } else { u.int_in_range(0..=rest.len())? };
    // Only a streamed frame may end inside a code point, and only another one may follow.
    let inside = |n: usize| kind == MessageKind::Text && rest.get(n).is_some_and(|byte| byte & 0xC0 == 0x80);
    while inside(n) && !streamed {
        n += 1;
    }
    send_part(end, n, first, last, streamed, pick(u, &[0, 5, 20, 600])?);
    Ok(())
}

fn send_part(end: &mut End, n: usize, first: bool, last: bool, streamed: bool, room: usize) {
    let (kind, rest) = end.message.clone().unwrap();
    let part = rest[..n].to_vec();
    match end.send(n, first, last, streamed, room) {
        Ok(()) => {
            let opcode = if kind == MessageKind::Text { 1 } else { 2 };
            end.is_cut = kind == MessageKind::Text && rest.get(n).is_some_and(|byte| byte & 0xC0 == 0x80);
            if first {
                end.sent.push((opcode, vec![]));
            }
            end.sent.last_mut().unwrap().1.extend(part);
        }
        Err(error) => {
            use SendError::{Closing, FrameInProgress, NoEntropy};
            assert!(matches!(error, Closing | FrameInProgress | NoEntropy), "{error}");
            // A message that has not begun is forgotten.
            end.message = end.message.take().filter(|_| !first);
        }
    }
}

/// With entropy, and with whole frames, all that is owed is written and received in a few rounds.
fn come_to_rest(ends: &mut [End; 2]) {
    for end in &mut *ends {
        end.keys.fails.set(false);
        end.stream(usize::MAX);
    }
    for _ in 0..MOST_ROUNDS {
        for at in 0..2 {
            ends[at].drain(300);
            while ends[at].wants_transmit() {
                let before = ends[at].wire.len();
                ends[at].drain(300);
                assert!(ends[at].wire.len() > before, "nothing is written although something waits");
            }
            deliver(ends, 1 - at, usize::MAX, 1, 300);
        }
        let [client, server] = &mut *ends;
        let at_rest = client.received == server.wire.len() && server.received == client.wire.len();
        if at_rest && !client.wants_transmit() && !server.wants_transmit() {
            return;
        }
    }
    panic!("the ends do not come to rest");
}

/// Finishes the messages that are open, and closes.
fn closing(u: &mut Unstructured, ends: &mut [End; 2]) -> Result<()> {
    for end in &mut *ends {
        if let Some((_, rest)) = end.message.clone()
            && end.state() == State::Open
        {
            send_part(end, rest.len(), false, true, end.is_cut, 0);
            end.stream(usize::MAX);
            assert!(end.message.is_none(), "an open end sends");
        }
    }
    come_to_rest(ends);
    let closer = usize::from(u.arbitrary::<bool>()?);
    if ends[0].state() == State::Open && ends[1].state() == State::Open {
        assert_eq!(ends[closer].close(Some((1001, "bye"))), Ok(()), "there is room at rest");
        come_to_rest(ends);
    }
    let [client, server] = &mut *ends;
    assert!(server.may_disconnect(), "the closing handshake ends");
    client.end_of_stream();
    server.end_of_stream();
    assert!(client.may_disconnect() && !client.wants_transmit());
    Ok(())
}

/// Compares what `end` observed with what `peer` was told to send, and with what is on the wire.
fn check(end: &End, peer: &End) {
    let (wire, frames) = Said::on(&peer.wire, !peer.is_server);
    let shown = peer.wire.escape_ascii();
    // What was sent is on the wire, in its order.
    let open = wire.open.clone().into_iter();
    assert_eq!(wire.messages.iter().cloned().chain(open).collect::<Vec<_>>(), peer.sent, "{shown}");
    peer.drew_a_key_for_each_frame();
    assert!(frames == 0 || wire.close.is_some(), "each end sends a Close");
    // So are the Pings and Pongs of the calls; at most one waited when the end of the connection came.
    let mut own = peer.queued.iter();
    let mut received = peer.seen.controls.iter().filter(|(opcode, ..)| *opcode == 9);
    for (opcode, payload, _) in &wire.controls {
        if *opcode == 10 && !peer.queued.contains(&(10, payload.clone())) {
            // An answer: Pings are answered in their order, some not at all.
            assert!(received.any(|(_, ping, _)| ping == payload), "a Pong without a Ping: {shown}");
        } else {
            assert_eq!(own.next(), Some(&(*opcode, payload.clone())), "{shown}");
        }
    }
    assert!(own.len() <= 1, "{} control frames were lost: {shown}", own.len());
    // What is on the wire was observed. An end that has failed by itself does not observe the rest.
    let same = |(seen, said): (&Control, &Control)| {
        (seen.0, seen.2) == (said.0, said.2) && (seen.1 == said.1 || seen.1 == UNKNOWN)
    };
    assert!(end.seen.controls.iter().zip(&wire.controls).all(same), "{:?}, {shown}", end.seen.controls);
    assert!(wire.messages.starts_with(&end.seen.messages), "{shown}");
    if end.has_failed {
        return;
    }
    assert_eq!(end.seen.messages.len(), wire.messages.len(), "a message was lost: {shown}");
    assert_eq!(end.seen.controls.len(), wire.controls.len(), "a control frame was lost: {shown}");
    // The codes agree.
    assert_eq!(end.seen.close, wire.close, "{shown}");
    let code = match wire.close.as_deref() {
        Some([high, low, ..]) => u16::from_be_bytes([*high, *low]),
        Some(_) => 1005,
        None => 1006,
    };
    assert_eq!(end.close_code(), Some(code));
}

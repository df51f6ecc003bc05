//! Valid and invalid UTF-8 in texts, at every cut (RFC 6455 §5.6, §8.1; RFC 3629).

use super::{Cases, NOT_UTF8};
use crate::case::Expectation::Echo;
use crate::script::{Chop, Script};
use crate::wire::{Frame, Message};

/// Names, and texts at the limits of each length of a code point.
const GOOD: [(&str, &str); 18] = [
    ("U+0000", "\0"),
    ("U+007F", "\u{7f}"),
    ("U+0080", "\u{80}"),
    ("U+07FF", "\u{7ff}"),
    ("U+0800", "\u{800}"),
    ("U+0FFF", "\u{fff}"),
    ("U+D7FF", "\u{d7ff}"),
    ("U+E000", "\u{e000}"),
    ("U+FEFF", "\u{feff}"),
    ("U+FFFD", "\u{fffd}"),
    ("U+FFFE", "\u{fffe}"),
    ("U+FFFF", "\u{ffff}"),
    ("U+10000", "\u{10000}"),
    ("U+3FFFF", "\u{3ffff}"),
    ("U+40000", "\u{40000}"),
    ("U+FFFFF", "\u{fffff}"),
    ("U+10FFFF", "\u{10ffff}"),
    ("mixed", "Gr\u{fc}\u{df}e, \u{4e16}\u{754c} \u{1f980}\u{301}"),
];

/// Names, sequences, and how many bytes of each can still be part of a text: the next byte is the first invalid one. If
/// all of them can, the end of the message is invalid.
const BAD: [(&str, &[u8], usize); 34] = [
    ("stray-80", b"\x80", 0),
    ("stray-BF", b"\xBF", 0),
    ("stray-after-2", b"\xC3\xA9\x80", 2),
    ("stray-after-3", b"\xE2\x82\xAC\x80", 3),
    ("stray-after-4", b"\xF0\x9F\xA6\x80\x80", 4),
    ("overlong-C0", b"\xC0\x80", 0),
    ("overlong-C0-AF", b"\xC0\xAF", 0),
    ("overlong-C1", b"\xC1\xBF", 0),
    ("overlong-E0-80", b"\xE0\x80\xAF", 1),
    ("overlong-E0-9F", b"\xE0\x9F\xBF", 1),
    ("overlong-F0-80", b"\xF0\x80\x80\xAF", 1),
    ("overlong-F0-8F", b"\xF0\x8F\xBF\xBF", 1),
    ("surrogate-D800", b"\xED\xA0\x80", 1),
    ("surrogate-DBFF", b"\xED\xAF\xBF", 1),
    ("surrogate-DC00", b"\xED\xB0\x80", 1),
    ("surrogate-DFFF", b"\xED\xBF\xBF", 1),
    ("surrogate-pair", b"\xED\xA0\xBE\xED\xB6\x80", 1),
    ("too-large-F4-90", b"\xF4\x90\x80\x80", 1),
    ("too-large-F4-BF", b"\xF4\xBF\xBF\xBF", 1),
    ("too-large-F5", b"\xF5\x80\x80\x80", 0),
    ("five-bytes-F8", b"\xF8\x88\x80\x80\x80", 0),
    ("six-bytes-FC", b"\xFC\x84\x80\x80\x80\x80", 0),
    ("FE", b"\xFE", 0),
    ("FF", b"\xFF", 0),
    ("lead-in-2", b"\xC3\x28", 1),
    ("lead-in-3", b"\xE2\x28\xA1", 1),
    ("lead-in-3-late", b"\xE2\x82\x28", 2),
    ("lead-in-4", b"\xF0\x28\x8C\xBC", 1),
    ("lead-in-4-later", b"\xF0\x90\x28\xBC", 2),
    ("lead-in-4-late", b"\xF0\x9F\xA6\xC3\xA9", 3),
    ("two-leads", b"\xC3\xC3\xA9", 1),
    ("unfinished-2", b"\xC3", 1),
    ("unfinished-3", b"\xE2\x82", 2),
    ("unfinished-4", b"\xF0\x9F\xA6", 3),
];

const BEFORE: &str = "gr\u{fc}n ";
const AFTER: &str = " and more";

pub(super) fn add(cases: &mut Cases) {
    for (name, text) in GOOD {
        good(cases, name, text);
    }
    for (name, sequence, good) in BAD {
        bad(cases, name, sequence, good);
    }
    positions(cases);
    cases.add("utf8.binary", "§5.6", "binary messages with bytes that are invalid in a text", Echo, || {
        BAD.iter().fold(Script::new(), |script, (_, sequence, _)| {
            script.echo(Message::new(crate::wire::Kind::Binary, *sequence))
        })
    });
    cases.add(
        "utf8.state-ends-with-the-message",
        "§8.1",
        "a text that ends inside a code point, then one that ends it",
        NOT_UTF8,
        || {
            let frames = [Frame::text("a\u{20ac}".as_bytes()[..3].to_vec()), Frame::text([0xAC])];
            Script::new().frames(frames).may_begin(Message::text("a"))
        },
    );
}

/// The part of an invalid text that may come back: all of its valid bytes, because an echo can cut code points, too.
fn may_begin(script: Script, valid: &[u8]) -> Script {
    script.may_begin(Message::text(valid))
}

/// Cuts a payload into fragments at these places.
fn cut(payload: &[u8], at: &[usize]) -> Vec<Frame> {
    let mut edges = vec![0];
    edges.extend(at);
    edges.push(payload.len());
    let last = edges.len() - 2;
    let frames = edges.windows(2).enumerate().map(|(i, edge)| {
        let part = &payload[edge[0]..edge[1]];
        let frame = if i == 0 { Frame::text(part) } else { Frame::continuation(part) };
        if i == last { frame } else { frame.unfinished() }
    });
    frames.collect()
}

fn good(cases: &mut Cases, name: &'static str, text: &'static str) {
    let message = move || Message::text([BEFORE, text, AFTER].concat());
    for chop in [Chop::Whole, Chop::BYTE] {
        cases.add(
            format!("utf8.good.{name}.{chop}"),
            "§5.6",
            format!("a text with {name}, {chop}"),
            Echo,
            move || Script::new().chopped(chop).echo(message()).echo_text(text),
        );
    }
    for at in 1..text.len() {
        cases.add(
            format!("utf8.good.{name}.fragments.{at}"),
            "§5.6",
            format!("a text with {name} in two fragments, the second from its byte {at} on"),
            Echo,
            move || {
                let message = message();
                let frames = cut(&message.payload, &[BEFORE.len() + at]);
                Script::new().frames(frames).comes_back(message)
            },
        );
    }
    cases.add(
        format!("utf8.good.{name}.fragments.each-byte"),
        "§5.6",
        format!("a text with {name}, a fragment for each byte, and a Ping between"),
        Echo,
        move || {
            let message = message();
            let mut script = Script::new();
            for (i, frame) in message.fragments(1).into_iter().enumerate() {
                script = script.frame(frame);
                if i == BEFORE.len() {
                    script = script.ping("inside");
                }
            }
            script.comes_back(message)
        },
    );
}

fn bad(cases: &mut Cases, name: &'static str, sequence: &'static [u8], good: usize) {
    let at_its_end = good == sequence.len();
    let after = if at_its_end { "" } else { AFTER };
    let payload = move || [BEFORE.as_bytes(), sequence, after.as_bytes()].concat();
    // An echo in pieces may return all valid bytes.
    let begins = move |script| may_begin(script, &[BEFORE.as_bytes(), &sequence[..good]].concat());
    for chop in [Chop::Whole, Chop::BYTE] {
        cases.add(
            format!("utf8.bad.{name}.{chop}"),
            "§8.1",
            format!("a text with {name} after a valid one, {chop}"),
            NOT_UTF8,
            move || begins(Script::new().chopped(chop).echo_text("ok").frame(Frame::text(payload()))),
        );
    }
    cases.add(
        format!("utf8.bad.{name}.alone"),
        "§8.1",
        format!("a text of only {name}, then a valid one"),
        NOT_UTF8,
        move || may_begin(Script::new().frame(Frame::text(sequence)).frame(Frame::text("no")), &sequence[..good]),
    );
    for at in 0..=sequence.len() {
        cases.add(
            format!("utf8.bad.{name}.fragments.{at}"),
            "§8.1",
            format!("a text with {name} in two fragments, the second from its byte {at} on"),
            NOT_UTF8,
            move || begins(Script::new().frames(cut(&payload(), &[BEFORE.len() + at]))),
        );
    }
    cases.add(
        format!("utf8.bad.{name}.fragments.each-byte"),
        "§8.1",
        format!("a text with {name}, a fragment for each byte, with a Ping inside"),
        NOT_UTF8,
        move || {
            let mut frames = Message::text(payload()).fragments(1).into_iter();
            let script = Script::new().frames(frames.by_ref().take(BEFORE.len() + good)).ping("inside");
            begins(script.frames(frames))
        },
    );
    if at_its_end {
        return;
    }
    // The first invalid byte has come, and the message could go on.
    let wrong = BEFORE.len() + good + 1;
    cases.add(
        format!("utf8.bad.{name}.fail-fast.by-fragment"),
        "§8.1",
        format!("a first fragment whose last byte is the first invalid one of {name}; the rest is held back"),
        NOT_UTF8,
        move || {
            let mut frames = cut(&payload(), &[wrong]).into_iter();
            let script = Script::new().frames(frames.by_ref().take(1)).failed_by_now();
            begins(script.frames(frames))
        },
    );
    cases.add(
        format!("utf8.bad.{name}.fail-fast.by-chop"),
        "§8.1",
        format!("a frame up to the first invalid byte of {name}; the rest of the frame is held back"),
        NOT_UTF8,
        move || {
            // The key is zero, so that the rest can be sent as it is; a server's frame has no key.
            let payload = payload();
            let frame = Frame::text(&payload[..wrong]).announcing(payload.len() as u64).with_key([0; 4]);
            begins(Script::new().frame(frame).failed_by_now().bytes(&payload[wrong..]))
        },
    );
}

/// An invalid byte at every place of a text: validation in blocks must find it in each.
fn positions(cases: &mut Cases) {
    for at in 0..=80 {
        cases.add(
            format!("utf8.bad.position.{at}"),
            "§8.1",
            format!("a text of 81 bytes whose byte {at} is FF"),
            NOT_UTF8,
            move || {
                let mut payload = vec![b'a'; 81];
                payload[at] = 0xFF;
                may_begin(Script::new().frame(Frame::text(payload)), &vec![b'a'; at])
            },
        );
    }
    for at in 0..=40 {
        cases.add(
            format!("utf8.good.position.{at}"),
            "§5.6",
            format!("a text with code points of 2, 3 and 4 bytes after {at} letters"),
            Echo,
            move || Script::new().echo(Message::text(["a".repeat(at), "\u{e9}\u{20ac}\u{1f980}".repeat(4)].concat())),
        );
    }
}

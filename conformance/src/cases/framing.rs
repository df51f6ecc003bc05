//! Payload lengths at the limits of the three forms of a length (RFC 6455 §5.2).

use super::Cases;
use crate::case::Expectation::{Echo, FailureOrEcho, FailureOrSilence};
use crate::script::{Chop, Script};
use crate::wire::{Form, Frame, Kind, Message};

const LENGTHS: [usize; 7] = [0, 125, 126, 127, 128, 65_535, 65_536];

pub(super) fn add(cases: &mut Cases) {
    for kind in [Kind::Text, Kind::Binary] {
        for len in LENGTHS {
            for chop in [Chop::Whole, Chop::By(997), Chop::BYTE] {
                cases.add(
                    format!("framing.length.{len}.{kind}.{chop}"),
                    "§5.2",
                    format!("a {kind} message of {len} bytes in one frame, {chop}"),
                    Echo,
                    move || Script::new().chopped(chop).echo(Message::of_len(kind, len)),
                );
            }
        }
        cases.add(
            format!("framing.every-length.{kind}"),
            "§5.2",
            format!("{kind} messages of 0 to 260 bytes, one after the other in one segment"),
            Echo,
            move || (0..=260).fold(Script::new(), |script, len| script.echo(Message::of_len(kind, len))),
        );
        for len in [1, 2, 3, 5, 7, 13, 1000] {
            cases.add(
                format!("framing.chunks.{kind}.{len}"),
                "§5.2",
                format!("{kind} messages of 126, 5 and 70,000 bytes in segments of {len} bytes"),
                Echo,
                move || {
                    let messages = [126, 5, 70_000].map(|len| Message::of_len(kind, len));
                    messages.into_iter().fold(Script::new(), Script::echo).chopped(Chop::By(len))
                },
            );
        }
    }
    lengths_that_are_not_minimal(cases);
    lengths_with_the_top_bit(cases);
}

/// The sender must use the shortest form. The RFC does not tell what a receiver does with another form, so an echo is
/// acceptable.
fn lengths_that_are_not_minimal(cases: &mut Cases) {
    for kind in [Kind::Text, Kind::Binary] {
        for (len, form, bits) in [
            (0, Form::Bits16, 16),
            (1, Form::Bits16, 16),
            (125, Form::Bits16, 16),
            (0, Form::Bits64, 64),
            (125, Form::Bits64, 64),
            (126, Form::Bits64, 64),
            (65_535, Form::Bits64, 64),
        ] {
            cases.add(
                format!("framing.not-minimal.{kind}.{len}.{bits}-bits"),
                "§5.2",
                format!("the length of a {kind} message of {len} bytes is written in {bits} bits"),
                FailureOrEcho { code: 1002 },
                move || {
                    let message = Message::of_len(kind, len);
                    let frame = Frame::data(kind, &*message.payload).with_form(form);
                    Script::new().echo_text("ok").frame(frame).tolerates(message)
                },
            );
        }
    }
    cases.add(
        "framing.not-minimal.continuation",
        "§5.2",
        "the length of a continuation of 5 bytes is written in 16 bits",
        FailureOrEcho { code: 1002 },
        || {
            let (first, last) =
                (Frame::text("Hello, ").unfinished(), Frame::continuation("world").with_form(Form::Bits16));
            let message = Message::text("Hello, world");
            Script::new().frame(first).frame(last).tolerates(message.clone()).may_begin(message)
        },
    );
    for (name, b0) in [("close", 0x88), ("ping", 0x89), ("pong", 0x8A)] {
        for (bits, form) in [(16, Form::Bits16), (64, Form::Bits64)] {
            cases.add(
                format!("framing.not-minimal.{name}.{bits}-bits"),
                "§5.2, §5.5",
                format!("the length of a {name} frame of 2 bytes is written in {bits} bits"),
                FailureOrEcho { code: 1002 },
                move || {
                    let payload = 1000_u16.to_be_bytes();
                    let mut script = Script::new().echo_text("ok").frame(Frame::new(b0, payload).with_form(form));
                    script.pings.push(payload.into());
                    script
                },
            );
        }
    }
}

fn lengths_with_the_top_bit(cases: &mut Cases) {
    for (name, len) in [("1", 1 << 63), ("all-bits", u64::MAX), ("small", 1 << 63 | 5)] {
        cases.add(
            format!("framing.top-bit.{name}"),
            "§5.2",
            format!("a length of 64 bits is {len:#x}, whose top bit is set"),
            super::PROTOCOL_ERROR,
            move || {
                let frame = Frame::binary("Hello").with_form(Form::Bits64).announcing(len);
                Script::new().echo_text("ok").frame(frame).inside_a_frame()
            },
        );
    }
    cases.add(
        "framing.top-bit.whole-frame",
        "§5.2",
        "a whole binary frame of 65,536 bytes, whose length also has the top bit set",
        super::PROTOCOL_ERROR,
        || {
            let message = Message::of_len(Kind::Binary, 65_536);
            let frame = Frame::binary(message.payload).announcing(1 << 63 | 65_536);
            Script::new().echo_text("ok").frame(frame).inside_a_frame()
        },
    );
    cases.add(
        "framing.longest",
        "§5.2, §10.4",
        "a frame of 2^63-1 bytes is announced, of which 5 come",
        FailureOrSilence { code: 1009 },
        || {
            let frame = Frame::binary("Hello").with_form(Form::Bits64).announcing((1 << 63) - 1);
            Script::new().frame(frame).may_begin(Message::new(Kind::Binary, "Hello")).inside_a_frame()
        },
    );
}

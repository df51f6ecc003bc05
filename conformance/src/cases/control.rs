//! Pings and Pongs (RFC 6455 §5.5).

use super::{Cases, PROTOCOL_ERROR};
use crate::case::Expectation::Echo;
use crate::script::{Check, Chop, Script};
use crate::wire::{Form, Frame, Message};

pub(super) fn add(cases: &mut Cases) {
    for chop in [Chop::Whole, Chop::BYTE] {
        for len in [0, 1, 4, 124, 125] {
            cases.add(
                format!("control.ping.{len}.{chop}"),
                "§5.5.2",
                format!("a Ping of {len} bytes, {chop}"),
                Echo,
                move || Script::new().chopped(chop).ping(bytes(len)).wait(),
            );
        }
        cases.add(
            format!("control.ping.ten.{chop}"),
            "§5.5.3",
            format!("ten Pings in one segment, {chop}: at least the last is answered"),
            Echo,
            move || (0..10).fold(Script::new().chopped(chop), |script, i| script.ping(format!("ping {i}"))).wait(),
        );
    }
    cases.add(
        "control.ping.ten-then-text",
        "§5.5.2, §5.5.3",
        "ten Pings and a text in one segment: each Ping is answered before the text comes back",
        Echo,
        || {
            let pings = (0..10).fold(Script::new(), |script, i| script.ping(format!("ping {i}")));
            pings.echo_text("text").check(Check::EachPong)
        },
    );
    cases.add(
        "control.ping.ten-in-turn",
        "§5.5.2",
        "ten Pings, each after the Pong for the previous one",
        Echo,
        || (0..10).fold(Script::new(), |script, i| script.ping(format!("ping {i}")).wait()),
    );
    cases.add("control.ping.key-of-zero", "§5.3", "a Ping whose masking key is 0", Echo, || {
        let mut script = Script::new().frame(Frame::ping("zero").with_key([0; 4]));
        script.pings.push("zero".into());
        script.wait()
    });
    cases.add("control.ping.then-text", "§5.5.2", "a Ping and a text in one segment", Echo, || {
        Script::new().ping("p").echo_text("text")
    });
    cases.add("control.ping.not-utf8", "§5.5.2", "a Ping whose payload is not UTF-8", Echo, || {
        Script::new().ping([0x00, 0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80]).wait()
    });
    for len in [0, 5, 125] {
        cases.add(
            format!("control.pong.{len}"),
            "§5.5.3",
            format!("an unsolicited Pong of {len} bytes, then a text"),
            Echo,
            move || Script::new().frame(Frame::pong(bytes(len))).echo_text("text"),
        );
    }
    cases.add("control.pong.then-ping", "§5.5.3", "an unsolicited Pong, then a Ping", Echo, || {
        Script::new().frame(Frame::pong("unsolicited")).ping("ping").wait()
    });
    cases.add("control.pong.many", "§5.5.3", "a hundred unsolicited Pongs, byte by byte, then a text", Echo, || {
        let pongs = (0..100).map(|i| Frame::pong(format!("pong {i}")));
        Script::new().chopped(Chop::BYTE).frames(pongs).echo_text("text")
    });
    too_long(cases);
    fragmented(cases);
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| 0xFE_u8.wrapping_sub(i as u8)).collect()
}

fn too_long(cases: &mut Cases) {
    for (name, b0) in [("close", 0x88), ("ping", 0x89), ("pong", 0x8A)] {
        for (len, form) in [(126, Form::Bits16), (65_536, Form::Bits64)] {
            for chop in [Chop::Whole, Chop::BYTE] {
                if (len, chop) == (65_536, Chop::BYTE) {
                    continue;
                }
                cases.add(
                    format!("control.too-long.{name}.{len}.{chop}"),
                    "§5.5",
                    format!("a {name} frame of {len} bytes, {chop}"),
                    PROTOCOL_ERROR,
                    move || {
                        let mut payload = vec![b'r'; len];
                        payload[..2].copy_from_slice(&1000_u16.to_be_bytes());
                        Script::new().echo_text("ok").frame(Frame::new(b0, payload).with_form(form)).chopped(chop)
                    },
                );
            }
        }
    }
}

fn fragmented(cases: &mut Cases) {
    for (name, b0) in [("close", 0x08), ("ping", 0x09), ("pong", 0x0A)] {
        let fragment = move || Frame::new(b0, [0x03, 0xE8]);
        cases.add(
            format!("control.fragmented.{name}"),
            "§5.5",
            format!("a {name} frame without FIN"),
            PROTOCOL_ERROR,
            move || Script::new().echo_text("ok").frame(fragment()),
        );
        cases.add(
            format!("control.fragmented.{name}.continued"),
            "§5.5",
            format!("a {name} frame without FIN, followed by a continuation"),
            PROTOCOL_ERROR,
            move || Script::new().echo_text("ok").frame(fragment()).frame(Frame::continuation("")),
        );
        cases.add(
            format!("control.fragmented.{name}.inside-a-message"),
            "§5.5",
            format!("a {name} frame without FIN between the fragments of a text"),
            PROTOCOL_ERROR,
            move || {
                let (first, last) = (Frame::text("a").unfinished(), Frame::continuation("b"));
                Script::new().frame(first).frame(fragment()).frame(last).may_begin(Message::text("a"))
            },
        );
    }
}

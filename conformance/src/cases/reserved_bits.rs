//! Reserved bits, which have no meaning without an extension (RFC 6455 §5.2).

use super::{Cases, Named, PROTOCOL_ERROR};
use crate::script::{Chop, Script};
use crate::wire::{Frame, Message};

/// Frames that are valid except for their reserved bits.
const FRAMES: [Named; 8] = [
    ("text", || Frame::text("Hello")),
    ("binary", || Frame::binary("Hello")),
    ("empty-text", || Frame::text("")),
    ("first-fragment", || Frame::text("Hello").unfinished()),
    ("close", || Frame::close(1000, "")),
    ("empty-close", || Frame::new(0x88, [])),
    ("ping", || Frame::ping("p")),
    ("pong", || Frame::pong("p")),
];

pub(super) fn add(cases: &mut Cases) {
    for bits in 1..8 {
        for (name, frame) in FRAMES {
            cases.add(
                format!("reserved-bits.{bits:03b}.{name}"),
                "§5.2",
                format!("a {name} frame with the reserved bits {bits:03b}, after a valid text"),
                PROTOCOL_ERROR,
                move || Script::new().echo_text("ok").frame(frame().reserved(bits)),
            );
        }
        for (name, frame) in [("continuation", Frame::continuation("b")), ("ping-inside", Frame::ping("p"))] {
            cases.add(
                format!("reserved-bits.{bits:03b}.{name}"),
                "§5.2",
                format!("a {name} frame with the reserved bits {bits:03b} inside a message"),
                PROTOCOL_ERROR,
                move || {
                    let bad = frame.clone().reserved(bits);
                    Script::new().frame(Frame::text("a").unfinished()).frame(bad).may_begin(Message::text("a"))
                },
            );
        }
        cases.add(
            format!("reserved-bits.{bits:03b}.byte-by-byte"),
            "§5.2",
            format!("a text, a text with the reserved bits {bits:03b}, a Ping; byte by byte"),
            PROTOCOL_ERROR,
            move || {
                let bad = Frame::text("Hello").reserved(bits);
                Script::new().chopped(Chop::BYTE).echo_text("ok").frame(bad).frame(Frame::ping("not answered"))
            },
        );
    }
}

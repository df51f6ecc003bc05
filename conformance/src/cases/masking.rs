//! The mask bit and masking keys (RFC 6455 §5.1, §5.3).

use super::{Cases, Named, PROTOCOL_ERROR};
use crate::case::Expectation::{Echo, Failure};
use crate::case::Role;
use crate::script::{Check, Chop, Script};
use crate::wire::{Frame, Kind, Message};

/// Frames that are valid except for their mask bit.
const FRAMES: [Named; 9] = [
    ("text", || Frame::text("Hello")),
    ("binary", || Frame::binary("Hello")),
    ("empty-text", || Frame::text("")),
    ("200-bytes", || Frame::text("a".repeat(200))),
    ("first-fragment", || Frame::text("Hello").unfinished()),
    ("close", || Frame::close(1000, "")),
    ("empty-close", || Frame::new(0x88, [])),
    ("ping", || Frame::ping("p")),
    ("pong", || Frame::pong("p")),
];

pub(super) fn add(cases: &mut Cases) {
    for (role, word, what) in [(Role::Server, "unmasked", "without a mask"), (Role::Client, "masked", "with a mask")] {
        for (name, frame) in FRAMES {
            cases
                .add(
                    format!("masking.{word}.{name}"),
                    "§5.1",
                    format!("a {name} frame to a {role} {what}, after a valid text"),
                    PROTOCOL_ERROR,
                    move || Script::new().echo_text("ok").frame(frame().with_wrong_mask_bit()),
                )
                .only(role);
        }
        cases
            .add(
                format!("masking.{word}.continuation"),
                "§5.1",
                format!("the last fragment of a text to a {role} {what}"),
                PROTOCOL_ERROR,
                || {
                    let frames = [Frame::text("a").unfinished(), Frame::continuation("b").with_wrong_mask_bit()];
                    Script::new().frames(frames).may_begin(Message::text("a"))
                },
            )
            .only(role);
        cases
            .add(
                format!("masking.{word}.byte-by-byte"),
                "§5.1",
                format!("a text to a {role} {what}, byte by byte"),
                Failure { code: 1002 },
                || Script::new().chopped(Chop::BYTE).frame(Frame::text("Hello").with_wrong_mask_bit()),
            )
            .only(role);
    }
    keys(cases);
}

fn keys(cases: &mut Cases) {
    for (name, key) in [("zero", [0; 4]), ("ones", [0xFF; 4]), ("one-byte", [0, 0, 0, 0x5A])] {
        cases
            .add(
                format!("masking.key.{name}"),
                "§5.3",
                format!("texts of 0, 5, 200 and 1000 bytes, masked with {key:02x?}"),
                Echo,
                move || {
                    [0, 5, 200, 1000].into_iter().fold(Script::new(), |script, len| {
                        let message = Message::of_len(Kind::Text, len);
                        script.frame(Frame::text(&*message.payload).with_key(key)).comes_back(message)
                    })
                },
            )
            .only(Role::Server);
    }
    for chop in [Chop::Whole, Chop::By(3), Chop::BYTE] {
        cases
            .add(
                format!("masking.key.each-fragment.{chop}"),
                "§5.3",
                format!("fragments of 0 to 20 bytes, each with a key of its own, {chop}"),
                Echo,
                move || {
                    let message = Message::of_len(Kind::Binary, 210);
                    let mut rest = &message.payload[..];
                    let frames = (0..=20).map(|len| {
                        let (fragment, after) = rest.split_at(len);
                        rest = after;
                        let frame = if len == 0 { Frame::binary(fragment) } else { Frame::continuation(fragment) };
                        if len < 20 { frame.unfinished() } else { frame }
                    });
                    Script::new().frames(frames.collect::<Vec<_>>()).comes_back(message.clone()).chopped(chop)
                },
            )
            .only(Role::Server);
    }
    cases
        .add(
            "masking.fresh-keys",
            "§5.3",
            "sixteen texts, which a client sends back with sixteen different keys",
            Echo,
            || {
                (0..16)
                    .fold(Script::new().check(Check::FreshKeys), |script, _| script.echo_text("the same text").wait())
            },
        )
        .only(Role::Client);
}

//! Big messages and many small ones (RFC 6455 §5.4, §10.4).

use super::Cases;
use crate::case::Expectation::{Echo, EchoWithinLimits};
use crate::script::{Chop, Script};
use crate::wire::{Kind, Message};

/// Lengths of fragments and of segments, from 64 bytes to 4 MiB.
const LENGTHS: [usize; 9] = [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];

/// Adds the cases. `big` is the length of the big messages.
pub(super) fn add(cases: &mut Cases, big: usize) {
    for kind in [Kind::Text, Kind::Binary] {
        for (id, len) in [("eighth", big / 8), ("quarter", big / 4), ("half", big / 2), ("whole", big)] {
            cases.add(
                format!("limits.one-frame.{kind}.{id}"),
                "§5.2",
                format!("a {kind} message of {len} bytes in one frame"),
                EchoWithinLimits,
                move || Script::new().echo(Message::of_len(kind, len)),
            );
        }
        for len in LENGTHS.into_iter().filter(|len| *len < big) {
            cases.add(
                format!("limits.fragments.{kind}.{len}"),
                "§5.4",
                format!("a {kind} message of {big} bytes in fragments of {len}"),
                EchoWithinLimits,
                move || {
                    let message = Message::of_len(kind, big);
                    Script::new().frames(message.fragments(len)).comes_back(message)
                },
            );
            if len <= 64 << 10 {
                cases.add(
                    format!("limits.chops.{kind}.{len}"),
                    "§5.2",
                    format!("a {kind} message of {big} bytes in one frame, in segments of {len}"),
                    EchoWithinLimits,
                    move || Script::new().chopped(Chop::By(len)).echo(Message::of_len(kind, big)),
                );
            }
        }
        for len in [0, 16, 64, 256, 1024, 4096] {
            cases.add(
                format!("limits.many.{kind}.{len}"),
                "§5.4",
                format!("a thousand {kind} messages of {len} bytes, sent without waiting"),
                Echo,
                move || (0..1000).fold(Script::new(), |script, _| script.echo(Message::of_len(kind, len))),
            );
        }
        cases.add(
            format!("limits.in-turn.{kind}"),
            "§5.4",
            format!("two hundred {kind} messages of 0 to 199 bytes, each after the echo of the previous one"),
            Echo,
            move || (0..200).fold(Script::new(), |script, len| script.echo(Message::of_len(kind, len)).wait()),
        );
    }
}

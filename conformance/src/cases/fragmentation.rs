//! Messages in fragments, and control frames between them (RFC 6455 §5.4).

use super::{Cases, PROTOCOL_ERROR};
use crate::case::Expectation::Echo;
use crate::script::{Chop, Script};
use crate::wire::{Frame, Kind, Message};

const CHOPS: [Chop; 3] = [Chop::Whole, Chop::By(3), Chop::BYTE];

pub(super) fn add(cases: &mut Cases) {
    whole_messages(cases);
    empty_fragments(cases);
    control_frames_between(cases);
    continuations_without_a_start(cases);
    messages_inside_messages(cases);
}

/// Returns fragments of these parts, with FIN set on the last only.
fn fragments(kind: Kind, parts: &[&str]) -> Vec<Frame> {
    let last = parts.len() - 1;
    let frame = |(i, part): (usize, &&str)| {
        let frame = if i == 0 { Frame::data(kind, *part) } else { Frame::continuation(*part) };
        if i == last { frame } else { frame.unfinished() }
    };
    parts.iter().enumerate().map(frame).collect()
}

fn whole_messages(cases: &mut Cases) {
    for kind in [Kind::Text, Kind::Binary] {
        for chop in CHOPS {
            for parts in [2, 3, 10] {
                cases.add(
                    format!("fragmentation.{kind}.{parts}.{chop}"),
                    "§5.4",
                    format!("a {kind} message in {parts} fragments, {chop}"),
                    Echo,
                    move || {
                        let message = Message::of_len(kind, 10 * parts);
                        Script::new().chopped(chop).frames(message.fragments(10)).comes_back(message)
                    },
                );
            }
        }
        for len in [1, 125, 126, 65_535, 65_536] {
            cases.add(
                format!("fragmentation.{kind}.of-{len}"),
                "§5.4",
                format!("a {kind} message in fragments of {len} bytes, then another"),
                Echo,
                move || {
                    let message = Message::of_len(kind, 2 * len + len.min(30));
                    let frames = message.fragments(len);
                    Script::new().frames(frames).comes_back(message).echo_text("after it")
                },
            );
        }
    }
    cases.add("fragmentation.two-messages", "§5.4", "a text and a binary message, both in fragments", Echo, || {
        let frames = [fragments(Kind::Text, &["a", "b"]), fragments(Kind::Binary, &["c", "d"])].concat();
        Script::new().frames(frames).comes_back(Message::text("ab")).comes_back(Message::new(Kind::Binary, "cd"))
    });
    cases.add(
        "fragmentation.in-turn",
        "§5.4",
        "three fragments, and a Ping before each that must be answered first",
        Echo,
        || {
            let mut frames = fragments(Kind::Text, &["one ", "two ", "three"]).into_iter();
            let mut script = Script::new();
            for (i, frame) in frames.by_ref().enumerate() {
                script = script.ping(format!("before {i}")).pong_by_now().frame(frame);
            }
            script.comes_back(Message::text("one two three"))
        },
    );
}

fn empty_fragments(cases: &mut Cases) {
    for (name, parts) in [
        ("first", &["", "a", "b"][..]),
        ("middle", &["a", "", "b"]),
        ("last", &["a", "b", ""]),
        ("all", &["", "", ""]),
        ("all-but-the-middle", &["", "a", ""]),
        ("two", &["", ""]),
        ("many", &["a", "", "", "", "", "", "", "", "b"]),
    ] {
        for kind in [Kind::Text, Kind::Binary] {
            for chop in [Chop::Whole, Chop::BYTE] {
                cases.add(
                    format!("fragmentation.empty.{name}.{kind}.{chop}"),
                    "§5.4",
                    format!("a {kind} message whose fragments are {parts:?}, {chop}"),
                    Echo,
                    move || {
                        let message = Message::new(kind, parts.concat());
                        Script::new().chopped(chop).frames(fragments(kind, parts)).comes_back(message)
                    },
                );
            }
        }
    }
    cases.add(
        "fragmentation.empty.message",
        "§5.4",
        "an empty text and an empty binary message between others",
        Echo,
        || {
            let empty = [Message::text(""), Message::new(Kind::Binary, "")];
            empty.into_iter().fold(Script::new().echo_text("a"), Script::echo).echo_text("b")
        },
    );
}

fn control_frames_between(cases: &mut Cases) {
    for chop in CHOPS {
        cases.add(
            format!("fragmentation.ping-between.{chop}"),
            "§5.4",
            format!("a Ping between two fragments of a text, {chop}"),
            Echo,
            move || {
                let script = Script::new().chopped(chop).frame(Frame::text("Hel").unfinished()).ping("between");
                script.frame(Frame::continuation("lo")).comes_back(Message::text("Hello"))
            },
        );
        cases.add(
            format!("fragmentation.pong-between.{chop}"),
            "§5.4",
            format!("a Pong between two fragments of a text, {chop}"),
            Echo,
            move || {
                let frames = [Frame::text("Hel").unfinished(), Frame::pong("between"), Frame::continuation("lo")];
                Script::new().chopped(chop).frames(frames).comes_back(Message::text("Hello"))
            },
        );
        cases.add(
            format!("fragmentation.controls-between.{chop}"),
            "§5.4",
            format!("Pings and Pongs, some empty, between all of five fragments with a code point cut in two, {chop}"),
            Echo,
            move || {
                let payload = "gr\u{fc}n \u{1f980}!";
                let mut script = Script::new().chopped(chop);
                for (i, frame) in Message::text(payload).fragments(3).into_iter().enumerate() {
                    script = script.frame(Frame::pong("")).frame(frame).ping(format!("{i}")).frame(Frame::pong("x"));
                }
                script.comes_back(Message::text(payload))
            },
        );
    }
    cases.add(
        "fragmentation.ping-between.is-answered-at-once",
        "§5.5.2",
        "a Ping between two fragments, of which the second waits for the Pong",
        Echo,
        || {
            let script = Script::new().frame(Frame::binary("Hel").unfinished()).ping("between").pong_by_now();
            script.frame(Frame::continuation("lo")).comes_back(Message::new(Kind::Binary, "Hello"))
        },
    );
    cases.add(
        "fragmentation.ping-between.mask",
        "§5.4",
        "a Ping of 3 bytes between fragments of 1 to 5 bytes",
        Echo,
        || {
            let message = Message::new(Kind::Binary, "abbcccddddeeeee");
            let mut rest = &message.payload[..];
            let mut script = Script::new().chopped(Chop::By(4));
            for len in 1..=5 {
                let (fragment, after) = rest.split_at(len);
                rest = after;
                let frame = if len == 1 { Frame::binary(fragment) } else { Frame::continuation(fragment) };
                script = script.frame(if len < 5 { frame.unfinished() } else { frame }).ping("odd");
            }
            script.comes_back(message.clone())
        },
    );
}

fn continuations_without_a_start(cases: &mut Cases) {
    for (name, frame) in [
        ("last", Frame::continuation("a")),
        ("middle", Frame::continuation("a").unfinished()),
        ("empty", Frame::continuation("")),
    ] {
        let at_once = frame.clone();
        let mut add = |id: &str, description: String, script: Box<dyn Fn() -> Script + Send + Sync>| {
            cases.add(format!("fragmentation.no-start.{name}.{id}"), "§5.4", description, PROTOCOL_ERROR, script);
        };
        add(
            "first",
            format!("the first frame is a continuation ({name})"),
            Box::new(move || Script::new().frame(at_once.clone()).frame(Frame::text("must not come back"))),
        );
        let after = frame.clone();
        add(
            "after-a-text",
            format!("a continuation ({name}) after a whole text"),
            Box::new(move || Script::new().echo_text("ok").frame(after.clone())),
        );
        let ended = frame.clone();
        add(
            "after-fragments",
            format!("a continuation ({name}) after a message in fragments"),
            Box::new(move || {
                let script = Script::new().frames(fragments(Kind::Text, &["a", "b"])).comes_back(Message::text("ab"));
                script.frame(ended.clone()).frame(Frame::text("must not come back"))
            }),
        );
        add(
            "byte-by-byte",
            format!("a text, a continuation ({name}), a text; byte by byte"),
            Box::new(move || {
                Script::new().chopped(Chop::BYTE).echo_text("ok").frame(frame.clone()).frame(Frame::text("no"))
            }),
        );
    }
}

fn messages_inside_messages(cases: &mut Cases) {
    for outer in [Kind::Text, Kind::Binary] {
        for inner in [Kind::Text, Kind::Binary] {
            for (name, finished) in [("whole", true), ("fragment", false)] {
                let new = move || {
                    let frame = Frame::data(inner, "b");
                    if finished { frame } else { frame.unfinished() }
                };
                cases.add(
                    format!("fragmentation.inside.{outer}.{inner}.{name}"),
                    "§5.4",
                    format!("a {inner} frame ({name}) inside a {outer} message"),
                    PROTOCOL_ERROR,
                    move || {
                        let frames = [Frame::data(outer, "a").unfinished(), new(), Frame::continuation("c")];
                        Script::new().frames(frames).may_begin(Message::new(outer, "a"))
                    },
                );
                cases.add(
                    format!("fragmentation.inside.{outer}.{inner}.{name}.after-a-ping"),
                    "§5.4",
                    format!("a {inner} frame ({name}) after an empty first fragment of a {outer} message and a Ping, byte by byte"),
                    PROTOCOL_ERROR,
                    move || {
                        let script = Script::new().chopped(Chop::BYTE).frame(Frame::data(outer, "").unfinished());
                        script.ping("p").frame(new()).may_begin(Message::new(outer, ""))
                    },
                );
            }
        }
    }
}

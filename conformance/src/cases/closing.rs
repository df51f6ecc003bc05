//! The closing handshake (RFC 6455 §5.5.1, §7).

use super::{Cases, NOT_UTF8, PROTOCOL_ERROR};
use crate::case::Expectation::{Close, Echo, End};
use crate::case::Role;
use crate::script::{Check, Chop, HeadCut, Script};
use crate::wire::{Frame, Kind, Message};

const LONGEST_REASON: &str = concat!(
    "a reason of 123 bytes, which is the longest that fits into a Close: ",
    "a code of two bytes comes before it, and that makes 125"
);

pub(super) fn add(cases: &mut Cases) {
    bodies(cases);
    codes(cases);
    reasons(cases);
    around_a_close(cases);
    ends_of_the_stream(cases);
    failing(cases);
}

fn bodies(cases: &mut Cases) {
    for chop in [Chop::Whole, Chop::BYTE] {
        cases.add(
            format!("closing.body.0.{chop}"),
            "§5.5.1",
            format!("a Close with an empty body, {chop}"),
            Close { code: None },
            move || Script::new().chopped(chop).frame(Frame::new(0x88, [])),
        );
        for byte in [0x00, 0x03, 0xFF] {
            cases.add(
                format!("closing.body.1.{byte:02x}.{chop}"),
                "§5.5.1",
                format!("a Close with a body of one byte, {byte:#04x}, {chop}"),
                PROTOCOL_ERROR,
                move || Script::new().chopped(chop).echo_text("ok").frame(Frame::new(0x88, [byte])),
            );
        }
        cases.add(
            format!("closing.body.2.{chop}"),
            "§5.5.1",
            format!("a Close with a code and no reason, {chop}"),
            Close { code: Some(1000) },
            move || Script::new().chopped(chop).echo_text("ok").frame(Frame::close(1000, "")),
        );
        for len in [1, 122, 123] {
            cases.add(
                format!("closing.body.{}.{chop}", len + 2),
                "§5.5.1",
                format!("a Close with a code and a reason of {len} bytes, {chop}"),
                Close { code: Some(1000) },
                move || Script::new().chopped(chop).frame(Frame::close(1000, "r".repeat(len))),
            );
        }
        for len in [124, 1000] {
            cases.add(
                format!("closing.body.{}.{chop}", len + 2),
                "§5.5",
                format!("a Close with a code and a reason of {len} bytes, {chop}"),
                PROTOCOL_ERROR,
                move || Script::new().chopped(chop).frame(Frame::close(1000, "r".repeat(len))),
            );
        }
    }
}

fn codes(cases: &mut Cases) {
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3001, 3999, 4000, 4001, 4999] {
        cases.add(
            format!("closing.code.{code}"),
            "§7.4",
            format!("a Close with the code {code} and a reason"),
            Close { code: Some(code) },
            move || Script::new().frame(Frame::close(code, "why")),
        );
    }
    // Registered after the RFC: a subject that knows only the RFC answers 1002, which is acceptable as another code.
    for code in [1012, 1013, 1014] {
        cases.add(
            format!("closing.code.{code}"),
            "§7.4.2",
            format!("a Close with the code {code}, which was registered later"),
            Close { code: Some(code) },
            move || Script::new().frame(Frame::close(code, "")),
        );
    }
    for code in [
        0, 1, 255, 256, 500, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2500, 2999, 5000, 5001, 9999, 32_768,
        59_395, 65_535,
    ] {
        cases.add(
            format!("closing.code.{code}"),
            "§7.4",
            format!("a Close with the code {code}, which must not be used"),
            PROTOCOL_ERROR,
            move || Script::new().echo_text("ok").frame(Frame::close(code, "why")),
        );
    }
}

fn reasons(cases: &mut Cases) {
    for (name, reason) in
        [("ascii", "going home"), ("two-bytes", "gr\u{fc}n"), ("four-bytes", "\u{1f980}"), ("nul", "\0")]
    {
        cases.add(
            format!("closing.reason.{name}"),
            "§7.1.6",
            format!("a Close with the reason {reason:?}, byte by byte"),
            Close { code: Some(1000) },
            move || Script::new().chopped(Chop::BYTE).frame(Frame::close(1000, reason)),
        );
    }
    // No RFC demands it, but whoever closes can see it in what comes back.
    for (name, reason) in [("ascii", "going home"), ("four-bytes", "\u{1f980}"), ("123-bytes", LONGEST_REASON)] {
        for chop in [Chop::Whole, Chop::BYTE] {
            cases.add(
                format!("closing.reason.back.{name}.{chop}"),
                "§5.5.1",
                format!("a Close with the reason {reason:?}, {chop}: it should come back"),
                Close { code: Some(4000) },
                move || Script::new().chopped(chop).frame(Frame::close(4000, reason)).check(Check::ReasonBack(reason)),
            );
        }
    }
    for (name, reason) in [
        ("FF", &b"\xFF"[..]),
        ("stray", b"why\x80"),
        ("overlong", b"\xC0\x80 and more"),
        ("surrogate", b"\xED\xA0\x80"),
        ("too-large", b"\xF4\x90\x80\x80"),
        ("cut-2", b"why\xC3"),
        ("cut-4", b"\xF0\x9F\xA6"),
        ("late", b"a reason that is longer than a block of 16 bytes, and invalid at its end \xE2\x28\xA1"),
    ] {
        for chop in [Chop::Whole, Chop::BYTE] {
            cases.add(
                format!("closing.reason.not-utf8.{name}.{chop}"),
                "§8.1",
                format!("a Close whose reason is not UTF-8 ({name}), {chop}"),
                NOT_UTF8,
                move || Script::new().chopped(chop).echo_text("ok").frame(Frame::close(1000, reason)),
            );
        }
    }
}

fn around_a_close(cases: &mut Cases) {
    for (name, frame) in [
        ("text", Frame::text("must not come back")),
        ("binary", Frame::binary("must not come back")),
        ("ping", Frame::ping("need not be answered")),
        ("close", Frame::close(1001, "a second one")),
        ("reserved-opcode", Frame::new(0x83, "x")),
        ("reserved-bit", Frame::text("x").reserved(4)),
        ("fragment", Frame::text("x").unfinished()),
    ] {
        for chop in [Chop::Whole, Chop::BYTE] {
            let frame = frame.clone();
            cases.add(
                format!("closing.then.{name}.{chop}"),
                "§5.5.1",
                format!("a Close and a {name} frame after it, {chop}"),
                Close { code: Some(1000) },
                move || {
                    let mut script = Script::new().chopped(chop).frame(Frame::close(1000, "")).frame(frame.clone());
                    script.pings.push("need not be answered".into());
                    script
                },
            );
        }
    }
    cases.add(
        "closing.then.bytes",
        "§5.5.1",
        "a Close and 300 bytes after it that are not a frame",
        Close { code: Some(1000) },
        || Script::new().frame(Frame::close(1000, "")).bytes([0xFF; 300]),
    );
    for (name, kind) in [("text", Kind::Text), ("binary", Kind::Binary)] {
        for (id, ping) in [("", false), (".and-a-ping", true)] {
            cases.add(
                format!("closing.inside-a-message.{name}{id}"),
                "§5.4, §5.5.1",
                format!(
                    "a Close after the first fragment of a {name} message{}",
                    if ping { " and a Ping" } else { "" }
                ),
                Close { code: Some(1000) },
                move || {
                    let script = Script::new().frame(Frame::data(kind, "Hello, ").unfinished());
                    let script = if ping { script.ping("p") } else { script };
                    let frames = [Frame::close(1000, "enough"), Frame::continuation("world")];
                    script.frames(frames).may_begin(Message::new(kind, "Hello, "))
                },
            );
        }
    }
    cases.add(
        "closing.after-a-big-message",
        "§5.5.1",
        "a binary message of 256 KiB and a Close in one segment",
        Close { code: Some(1000) },
        || Script::new().echo(Message::of_len(Kind::Binary, 256 << 10)).frame(Frame::close(1000, "")),
    );
    cases.add(
        "closing.after-texts",
        "§5.5.1",
        "three texts, a Ping and a Close in one segment",
        Close { code: Some(1001) },
        || {
            let script = Script::new().echo_text("a").echo_text("b").echo_text("c").ping("p");
            script.frame(Frame::close(1001, "going away"))
        },
    );
    for (name, code) in [("same-code", 1000), ("other-code", 1001), ("own-code", 4000)] {
        cases.add(
            format!("closing.both-at-once.{name}"),
            "§5.5.1",
            format!("the subject closes with 1000 while the suite closes with {code}: the subject sends one Close"),
            Close { code: Some(1000) },
            move || Script::new().echo_text("ok").wait().ask_to_close().frame(Frame::close(code, "")),
        );
    }
    cases.add(
        "closing.both-at-once.data-before",
        "§5.5.1",
        "the subject closes with 1000; a text comes, then the suite's Close",
        Close { code: Some(1000) },
        || Script::new().ask_to_close().frame(Frame::text("late")).frame(Frame::close(1000, "")),
    );
    cases.add(
        "closing.failure-and-close",
        "§7.1.7",
        "a frame with a reserved opcode and a Close in one segment: the subject sends one Close",
        PROTOCOL_ERROR,
        || Script::new().frame(Frame::new(0x83, "")).frame(Frame::close(1000, "")),
    );
}

fn ends_of_the_stream(cases: &mut Cases) {
    cases.add(
        "closing.end-of-stream.between-frames",
        "§7.1.5",
        "the stream ends after a text, without a Close",
        End,
        || Script::new().echo_text("ok").wait().finish(),
    );
    cases.add("closing.end-of-stream.inside-a-header", "§7.1.5", "the stream ends inside a header", End, || {
        Script::new().echo_text("ok").wait().bytes([0x81]).finish()
    });
    cases.add(
        "closing.end-of-stream.inside-a-payload",
        "§7.1.5",
        "the stream ends inside the payload of a text",
        End,
        || {
            let frame = Frame::text("Hel").announcing(5);
            Script::new().echo_text("ok").wait().frame(frame).may_begin(Message::text("Hel")).finish()
        },
    );
    cases.add(
        "closing.end-of-stream.inside-a-message",
        "§7.1.5",
        "the stream ends after the first fragment of a text",
        End,
        || Script::new().frame(Frame::text("Hel").unfinished()).may_begin(Message::text("Hel")).finish(),
    );
    for (role, what, len) in [(Role::Server, "request", 60), (Role::Client, "response", 60)] {
        cases
            .add(
                format!("closing.end-of-stream.inside-the-{what}"),
                "§4",
                format!("the stream ends inside the {what}"),
                End,
                move || Script::new().head_cut(HeadCut::Only(len)).finish(),
            )
            .only(role);
    }
}

fn failing(cases: &mut Cases) {
    cases.add(
        "closing.failing.nothing-comes-back",
        "§7.1.7",
        "a frame with a reserved bit, and texts, Pings and a Close after it, none of which is answered",
        PROTOCOL_ERROR,
        || {
            let bad = Frame::text("a").reserved(1);
            Script::new().frames([bad, Frame::text("b"), Frame::ping("c"), Frame::binary("d"), Frame::close(1000, "")])
        },
    );
    cases
        .add(
            "closing.failing.ends-unanswered",
            "§7.1.7",
            "a frame with a reserved opcode: a server ends the stream without waiting for an answer to its Close",
            PROTOCOL_ERROR,
            || Script::new().frame(Frame::new(0x83, "")).check(Check::EndsUnanswered),
        )
        .only(Role::Server);
    cases.add("closing.clean", "§7.1.1", "a Close with 1000 and nothing before it", Echo, Script::new);
}

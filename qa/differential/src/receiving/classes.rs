//! The classes of disagreement about frames, and who is right. The first that covers a difference is its class.

use super::{Answer, Difference, Seen};
use crate::End::{Client, Server};
use crate::peers::{SOCKUDO_WS, TOKIO_WEBSOCKETS, TUNGSTENITE, WSLAY, WSPROTO};
use crate::table::{Class, Right};
use crate::twin::frame::Header;
use upframe::connection::Violation;
use upframe::frame::FrameViolation;

pub const CLASSES: &[Class<Difference>] = &[
    Class {
        name: "accepts a length that is not in its shortest form",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §5.2: the minimal number of bytes MUST be used to encode the length",
        right: Right::Upframe,
        example: (Client, &[b"\x82\x7e\x00\x05Hello"]),
        covers: |d| d.violation() == Some(Violation::Frame(FrameViolation::LengthNotMinimal)),
    },
    Class {
        name: "accepts a control frame whose length of 16 or 64 bits is small",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §5.5, §5.2: a control frame has 125 bytes at most, and lengths are minimal",
        right: Right::Upframe,
        example: (Client, &[b"\x89\x7e\x00\x01p"]),
        covers: |d| {
            let short = matches!(d.theirs(), Some(Seen::Ping(_) | Seen::Pong(_) | Seen::Close(..)));
            d.violation() == Some(Violation::Frame(FrameViolation::ControlTooLong)) && short
        },
    },
    Class {
        name: "delivers text that ends inside a code point if the last fragment is empty",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §8.1: a stream that is not UTF-8 fails the connection",
        right: Right::Upframe,
        example: (Client, &[b"\x01\x01\xc3\x80\x00"]),
        covers: |d| {
            let bad = matches!(d.theirs(), Some(Seen::Text(bytes)) if std::str::from_utf8(bytes).is_err());
            d.violation() == Some(Violation::NotUtf8) && bad
        },
    },
    Class {
        name: "accepts a Close with a body of one byte",
        peers: &[WSLAY],
        decides: "RFC 6455 §5.5.1: the first two bytes of a body MUST be a code",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x01\x03"]),
        covers: |d| {
            d.violation() == Some(Violation::CloseTruncated)
                && matches!(d.theirs(), Some(Seen::Close(1005, body)) if body.len() == 1)
        },
    },
    Class {
        name: "loses its place in a reason that is cut by reads: accepts a bad one, or refuses a good one",
        peers: &[WSLAY],
        decides: "RFC 6455 §5.5.1, §8.1: a reason is UTF-8; what reads cut means nothing",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x03\x03\xe8", b"\xff"]),
        covers: |d| match d.violation() {
            Some(violation) => {
                violation == Violation::CloseReason
                    && matches!(d.theirs(), Some(Seen::Close(..) | Seen::Failed(Some(1002))))
            }
            None => matches!(d.ours(), Some(Seen::Close(..))) && d.theirs() == Some(&Seen::Failed(Some(1007))),
        },
    },
    Class {
        name: "does not know the codes that were registered later, 1012 to 1014",
        peers: &[WSLAY],
        decides: "RFC 6455 §7.4.2, and the registry of close codes that it opens",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x02\x03\xf4"]),
        covers: |d| {
            matches!(d.ours(), Some(Seen::Close(1012..=1014, _))) && d.theirs() == Some(&Seen::Failed(Some(1002)))
        },
    },
    Class {
        name: "does not know the code 1014, which was registered later",
        peers: &[TUNGSTENITE, WSPROTO],
        decides: "RFC 6455 §7.4.2, and the registry of close codes that it opens",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x02\x03\xf6"]),
        covers: |d| {
            let failed = matches!(d.theirs(), Some(Seen::Failed(Some(1002)) | Seen::Close(1002, _)));
            matches!(d.ours(), Some(Seen::Close(1014, _))) && failed
        },
    },
    Class {
        name: "reports a Close with the code 1002 if the Close of the peer has a code that must not be sent",
        peers: &[TUNGSTENITE],
        decides: "RFC 6455 §7.1.5: the close code is that in the peer's Close",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x02\x03\xe7"]),
        covers: |d| {
            let made_up = Seen::Close(1002, b"Protocol violation".into());
            d.violation() == Some(Violation::CloseCode) && d.theirs() == Some(&made_up)
        },
    },
    Class {
        name: "sends 1007 if both code and reason of a Close are wrong",
        peers: &[TUNGSTENITE, WSLAY],
        decides: "RFC 6455 §7.4, §8.1: either fails the connection, and no order is defined",
        right: Right::Both,
        example: (Client, &[b"\x88\x03\x03\xe7\xff"]),
        covers: |d| d.violation() == Some(Violation::CloseCode) && d.theirs() == Some(&Seen::Failed(Some(1007))),
    },
    Class {
        name: "sends 1002 if the reason of a Close is wrong and its code is 1014",
        peers: &[WSPROTO],
        decides: "RFC 6455 §7.4.2, and the registry of close codes that it opens",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x03\x03\xf6\xc3"]),
        covers: |d| d.violation() == Some(Violation::CloseReason) && d.theirs() == Some(&Seen::Failed(Some(1002))),
    },
    Class {
        name: "sends 1009 if the top bit of a length is set",
        peers: &[TOKIO_WEBSOCKETS, TUNGSTENITE],
        decides: "RFC 6455 §5.2: the most significant bit MUST be 0; such a length is not valid, and above any limit",
        right: Right::Both,
        example: (Client, &[b"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00"]),
        covers: |d| {
            let top_bit = Some(Violation::Frame(FrameViolation::LengthTopBit));
            d.violation() == top_bit && d.theirs() == Some(&Seen::Failed(Some(1009)))
        },
    },
    Class {
        name: "sends 1009 if a header breaks a rule and announces more than the limit, too",
        peers: &[TUNGSTENITE, SOCKUDO_WS],
        decides: "RFC 6455 §5.2, §10.4: either fails the connection, and no order is defined",
        right: Right::Both,
        example: (Client, &[b"\x80\x7f\x00\x00\x00\x00\x00\x10\x00\x01"]),
        covers: |d| matches!(d.violation(), Some(Violation::Frame(_))) && d.theirs() == Some(&Seen::Failed(Some(1009))),
    },
    Class {
        name: "reads what comes after a Close",
        peers: &[TUNGSTENITE, SOCKUDO_WS],
        decides: "RFC 6455 §1.4: after receiving a Close, a peer discards any further data received",
        right: Right::Upframe,
        example: (Client, &[b"\x88\x00\x83\x00"]),
        covers: |d| d.ours().is_none() && matches!(d.ours.seen.last(), Some(Seen::Close(..))) && d.theirs().is_some(),
    },
    Class {
        name: "has no limit",
        peers: &[WSPROTO],
        decides: "RFC 6455 §10.4: limits SHOULD be imposed",
        right: Right::Upframe,
        example: (Client, &[b"\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01"]),
        covers: |d| matches!(d.violation(), Some(Violation::FrameTooBig | Violation::MessageTooBig)),
    },
    Class {
        name: "waits for more of a frame that is wrong already",
        peers: &[TUNGSTENITE, SOCKUDO_WS, WSLAY, WSPROTO],
        decides: "RFC 6455 §7.1.7: when the connection fails is not said",
        right: Right::Both,
        example: (Server, &[b"\x80\xff"]),
        covers: |d| {
            let judged =
                matches!(d.violation(), Some(Violation::Frame(_) | Violation::NotUtf8 | Violation::FrameTooBig));
            judged && d.theirs().is_none() && d.failing_frame().is_none_or(|(_, whole)| !whole)
        },
    },
    Class {
        name: "waits for all bytes of a surrogate before the text fails",
        peers: &[WSPROTO],
        decides: "RFC 6455 §7.1.7: when the connection fails is not said",
        right: Right::Both,
        example: (Client, &[b"\x01\x02\xed\xa0\x89\x00\x80\x01\x80"]),
        covers: |d| {
            let rest = &d.theirs.seen[d.at..];
            let late = rest.iter().all(|seen| matches!(seen, Seen::Ping(_) | Seen::Pong(_) | Seen::Failed(_)));
            d.violation() == Some(Violation::NotUtf8) && late
        },
    },
    Class {
        name: "waits for the rest of a Close whose code or reason is wrong already",
        peers: &[TUNGSTENITE, TOKIO_WEBSOCKETS, SOCKUDO_WS, WSLAY, WSPROTO],
        decides: "RFC 6455 §7.1.7: when the connection fails is not said",
        right: Right::Both,
        example: (Client, &[b"\x88\x04\x03\xed"]),
        covers: |d| {
            matches!(d.violation(), Some(Violation::CloseCode | Violation::CloseReason))
                && d.theirs().is_none()
                && d.last_frame().is_some_and(|(header, whole)| header.opcode == 8 && !whole)
        },
    },
    Class {
        name: "fails at the header of a Close that announces one byte",
        peers: &[TOKIO_WEBSOCKETS],
        decides: "RFC 6455 §7.1.7: when the connection fails is not said",
        right: Right::Both,
        example: (Client, &[b"\x88\x01"]),
        covers: |d| {
            let one_byte = |(header, whole): (Header, bool)| header.opcode == 8 && header.short_len == 1 && !whole;
            d.ours().is_none() && d.they_failed() && d.last_frame().is_some_and(one_byte)
        },
    },
    Class {
        name: "writes no Pong for Pings that come in one read with a Close or a failure",
        peers: &[WSLAY],
        decides: "RFC 6455 §5.5.2, §5.5.3: no Pong is owed after a Close, and Pongs need not go out at once",
        right: Right::Both,
        example: (Client, &[b"\x89\x01p\x88\x00"]),
        covers: |d| {
            let end = |answers: &Option<Vec<Answer>>| {
                let answers = answers.iter().flatten();
                answers.filter(|answer| matches!(answer, Answer::Close(_))).cloned().collect::<Vec<_>>()
            };
            let ended = matches!(d.ours.seen.last(), Some(Seen::Close(..) | Seen::Failed(_)));
            let no_pong = d.theirs.answers.as_ref() == Some(&end(&d.theirs.answers));
            d.in_answers() && ended && no_pong && end(&d.ours.answers) == end(&d.theirs.answers)
        },
    },
];

//! The texts of errors, word for word, and what `Debug` does not show: keys, payloads, paths.

mod heads;

use heads::server::every_refusal;
use std::error::Error;
use upframe::connection::{
    Connection, Endpoint, Event, Fragment, NoEntropy, ProtocolError, Receiver, SendError, Server, Settings,
    Transmitter, Violation,
};
use upframe::deflate::{InflateError, InflateViolation};
use upframe::frame::{CloseCode, FrameError, FrameViolation, ReservedBits};
use upframe::handshake::{
    ClientRequest, Failure, Key, OriginProblem, Refusal, RequestError, RequestJudge, ResponseJudge, ServerOptions, Uri,
    UriError, accept_key,
};
use upframe::http::{Head, HeadError, HeadLimits, HeadViolation, LeftOut, Run, Span, WriteError};
use upframe::keepalive::Due;
use upframe::message::{Message, MessageAssembler, MessageTooBig, Prepared};
use upframe::utf8::{NotUtf8, Validator};

/// Checks the text of an error, which can be boxed.
fn says(error: impl Error + 'static, want: &str) {
    assert_eq!(error.to_string(), want);
    assert!(error.source().is_none());
}

#[test]
fn violations_of_frames_are_reported_with_their_section() {
    use FrameViolation::*;
    let all: &[(FrameViolation, &str, &str)] = &[
        (ReservedBit, "reserved bit set", "5.2"),
        (ReservedOpcode, "reserved opcode", "5.2"),
        (Unmasked, "frame from a client is not masked", "5.1"),
        (Masked, "frame from a server is masked", "5.1"),
        (FragmentedControl, "control frame is fragmented", "5.5"),
        (ControlTooLong, "control frame has more than 125 bytes", "5.5"),
        (UnexpectedContinuation, "continuation frame while no message is open", "5.4"),
        (UnfinishedMessage, "new message while another message is open", "5.4"),
        (LengthTopBit, "top bit of the payload length is set", "5.2"),
        (LengthNotMinimal, "payload length is not in its shortest form", "5.2"),
    ];
    for &(violation, words, section) in all {
        says(violation, words);
        says(FrameError { violation, offset: 7 }, &format!("{words} (RFC 6455 section {section}) at byte 7"));
        // the same words if a connection reports it
        says(Violation::Frame(violation), words);
        assert_eq!((violation.section(), Violation::Frame(violation).section()), (section, section));
        assert_eq!(Violation::Frame(violation).close_code(), CloseCode::PROTOCOL_ERROR);
    }
}

#[test]
fn violations_of_connections_are_reported_with_their_section_and_code() {
    use Violation::*;
    let all: &[(Violation, &str, &str, u16)] = &[
        (FrameTooBig, "frame longer than the limit", "10.4", 1009),
        (MessageTooBig, "message longer than the limit", "10.4", 1009),
        (TooManyFragments, "more fragments than the limit", "10.4", 1008),
        (TooManyEmptyFragments, "more empty fragments than the limit", "10.4", 1008),
        (NotUtf8, "text is not UTF-8", "8.1", 1007),
        (CloseTruncated, "Close frame with a body of one byte", "5.5.1", 1002),
        (Violation::CloseCode, "Close frame with a code that may not be sent", "7.4", 1002),
        (CloseReason, "close reason is not UTF-8", "8.1", 1007),
        (ExtensionData, "extension data cannot be read", "9", 1007),
        (Policy, "refused by the application", "7.4.1", 1008),
    ];
    for &(violation, words, section, code) in all {
        says(violation, words);
        let error = ProtocolError { violation, offset: 1 << 40 };
        says(error, &format!("{words} (RFC 6455 section {section}) at byte 1099511627776"));
        assert_eq!((violation.section(), violation.close_code().0, error.close_code().0), (section, code, code));
    }
}

#[test]
fn send_errors_have_these_texts() {
    use SendError::*;
    says(SendError::BufferTooSmall { required: 12 }, "output needs 12 bytes");
    says(Closing, "connection is closing");
    says(FrameInProgress, "a frame is half written");
    says(NoFrame, "no frame was begun");
    says(PayloadTooLong { remaining: 3 }, "frame takes only 3 more bytes");
    says(MessageInProgress, "a message is not finished");
    says(NoMessage, "no message is open");
    says(ControlTooLong, "control frame would have more than 125 bytes");
    says(SendError::CloseCode, "close code may not be sent");
    says(NotUtf8, "text is not UTF-8");
    says(ReservedBits, "reserved bits that no extension owns");
    says(FrameTooBig, "frame would have more than 2^63 - 1 bytes");
    says(SendError::NoEntropy, "no entropy for a masking key");
    says(upframe::connection::NoEntropy, "no entropy for a masking key");
    says(upframe::frame::BufferTooSmall { required: 14 }, "output needs 14 bytes");
    says(MessageTooBig { limit: 64 }, "message exceeds 64 bytes");
}

#[test]
fn limits_of_heads_are_those_that_the_documentation_names() {
    assert_eq!(HeadLimits::DEFAULT, HeadLimits::SMALL_DEVICE.with_bytes(32_768).with_fields(128));
    assert_eq!(HeadLimits::SMALL_DEVICE, HeadLimits::DEFAULT.with_bytes(8_192).with_fields(64));
}

#[test]
fn violations_of_compressed_data_are_reported_with_their_rfc_and_section() {
    use InflateViolation::*;
    let all: &[(InflateViolation, &str, &str)] = &[
        (BlockType, "reserved block type", "1951 section 3.2.3"),
        (StoredLength, "length of a stored block does not match its check", "1951 section 3.2.4"),
        (TooManyCodes, "more codes than the alphabet has symbols", "1951 section 3.2.7"),
        (LengthCodeOversubscribed, "code for code lengths is over-subscribed", "1951 section 3.2.7"),
        (LengthCodeIncomplete, "code for code lengths is incomplete", "1951 section 3.2.7"),
        (RepeatBeforeFirst, "repetition before the first code length", "1951 section 3.2.7"),
        (RepeatPastLast, "repetition past the last code length", "1951 section 3.2.7"),
        (NoEndOfBlock, "no code for the end of the block", "1951 section 3.2.7"),
        (LiteralCodeOversubscribed, "literal code is over-subscribed", "1951 section 3.2.2"),
        (LiteralCodeIncomplete, "literal code is incomplete", "1951 section 3.2.2"),
        (DistanceCodeOversubscribed, "distance code is over-subscribed", "1951 section 3.2.2"),
        (DistanceCodeIncomplete, "distance code is incomplete", "1951 section 3.2.7"),
        (NoLength, "invalid literal or length", "1951 section 3.2.5"),
        (NoDistance, "invalid distance", "1951 section 3.2.5"),
        (DistanceTooFar, "distance too far back", "1951 section 3.2.5"),
        (Unfinished, "message ends inside a block", "7692 section 7.2.2"),
        (BitsAfterEnd, "message ends with bits after its last block", "7692 section 7.2.2"),
        (MemoryTooSmall, "distance beyond the memory for the window", "7692 section 7.1.2"),
        (TooBig, "inflated message longer than the limit", "6455 section 10.4"),
    ];
    for &(violation, words, section) in all {
        says(violation, words);
        says(InflateError { violation, offset: 9 }, &format!("{words} (RFC {section}) at byte 9"));
        assert_eq!(violation.section(), format!("RFC {section}"));
    }
}

#[test]
fn violations_of_heads_have_these_texts() {
    use HeadViolation::*;
    let all: &[(HeadViolation, &str, u16)] = &[
        (Method, "malformed method", 400),
        (Target, "bad target", 400),
        (Version, "malformed HTTP version", 400),
        (MajorVersion, "HTTP version not supported", 505),
        (Status, "malformed status", 400),
        (Reason, "malformed reason", 400),
        (FieldName, "bad field name", 400),
        (FieldValue, "bad field value", 400),
        (LineEnd, "line ends without CR LF", 400),
        (RequestLineTooLong, "request line too long", 414),
        (TooManyBytes, "head too large", 431),
        (TooManyFields, "too many fields", 431),
    ];
    for &(violation, words, status) in all {
        let error = HeadError { violation, offset: 9 };
        says(violation, words);
        says(error, &format!("{words} at byte 9"));
        says(Failure::Head(error), &format!("{words} at byte 9"));
        assert_eq!((violation.status(), Refusal::from(error).status()), (status, status));
        assert_eq!(Refusal::from(error), Refusal::Head(error));
    }
}

#[test]
fn a_refusal_has_the_text_of_its_answer() {
    every_refusal().into_iter().for_each(answers);
}

/// The line that is sent to the peer is the text of the error.
fn answers(refusal: Refusal) {
    let mut out = [0; 256];
    let answer = std::str::from_utf8(refusal.write(upframe::http::Method::GET, &mut out).unwrap()).unwrap();
    let line = answer.rsplit("\r\n").next().unwrap().strip_suffix('\n').unwrap();
    assert!(!line.contains(['\r', '\n']));
    says(refusal, &format!("{line} ({})", refusal.status()));
    assert!(answer.starts_with(&format!("HTTP/1.1 {} {}\r\n", refusal.status(), refusal.reason())));
}

#[test]
fn failures_of_responses_and_errors_of_callers_have_these_texts() {
    use Failure::*;
    says(BodyLength, "bad Content-Length or Transfer-Encoding");
    says(HttpVersion, "101 in HTTP/1.0");
    says(Upgrade, "Upgrade is not websocket");
    says(Connection, "Connection has no Upgrade");
    says(Accept, "Sec-WebSocket-Accept does not match the key");
    says(Failure::Subprotocol, "subprotocol was not offered");
    says(Extensions, "bad Sec-WebSocket-Extensions");
    says(ExtensionNotAgreed, "extension does not match the offer");

    says(RequestError::Subprotocol { index: 3 }, "subprotocols must be up to 16 different tokens: index 3");
    says(RequestError::Origin, "invalid origin");
    says(RequestError::FieldName { index: 0 }, "invalid field name at index 0");
    says(RequestError::FieldValue { index: 1 }, "field value has a control byte at index 1");
    says(RequestError::FieldOwned("Host"), "Host is written by the codec");
    says(RequestError::Extension, "extension writes an invalid token");
    says(RequestError::NoEntropy, "no entropy for a key");
    says(RequestError::BufferTooSmall { required: 200 }, "output needs 200 bytes");

    says(WriteError::Status, "invalid status");
    says(WriteError::Reason, "reason has a control byte");
    says(WriteError::FieldName { index: 0 }, "invalid field name at index 0");
    says(WriteError::FieldValue { index: 1 }, "field value has a control byte at index 1");
    says(WriteError::FieldOwned("Connection"), "Connection is written by the codec");
    says(WriteError::Extension, "extension writes an invalid token");
    says(WriteError::BufferTooSmall { required: 200 }, "output needs 200 bytes");

    says(UriError::Scheme, "scheme is not ws or wss");
    says(UriError::UserInfo, "URI has a user name");
    says(UriError::Host, "host has a character that is not allowed");
    says(UriError::HostEmpty, "host is empty");
    says(UriError::HostNotAscii, "host is not ASCII: write it in Punycode, as in xn--bcher-kva.example");
    says(UriError::HostAddress, "malformed IP address in brackets");
    says(UriError::Percent, "percent sign is not followed by two hexadecimal digits, or %00 is in a host");
    says(UriError::Port, "malformed port");
    says(UriError::Resource, "path or query has a character that must be percent-encoded");
    says(UriError::Fragment, "URI has a fragment");

    says(accept_key("short").unwrap_err(), "key is not 16 bytes in base64");
    let (mut validator, mut piece) = (Validator::new(), &b"ab\xFF"[..]);
    assert_eq!(validator.next(&mut piece).unwrap().unwrap().as_str(), "ab");
    says(validator.next(&mut piece).unwrap_err(), "not UTF-8 at byte 0");
    says(NotUtf8 { at: 9 }, "not UTF-8 at byte 9");
}

#[test]
fn what_is_due_what_was_left_out_and_bad_origins_have_these_texts() {
    for (due, want) in [
        (Due::Ping, "a Ping is due"),
        (Due::Dead, "the peer does not answer"),
        (Due::CloseTimedOut, "the peer has not finished the closing handshake"),
    ] {
        assert_eq!(due.to_string(), want);
    }
    says(LeftOut::DidNotFit, "element of the head did not fit in its memory");
    says(LeftOut::NotWanted, "field is not among the wanted ones");
    for (problem, want) in [
        (OriginProblem::Port, "the port is not a number from 1 to 65535"),
        (OriginProblem::TooLong, "more than 255 bytes"),
    ] {
        assert_eq!(problem.to_string(), want);
    }
}

#[test]
fn debug_shows_no_keys_no_payloads_and_no_paths() {
    let source = |key: &mut [u8]| {
        key.fill(0xAB);
        Ok(())
    };
    let mut client = Connection::client(source, Settings::new());
    let mut out = [0; 64];
    client.ping(b"secret").unwrap();
    assert!(client.poll_transmit(&mut out) > 0);
    let texts = [
        format!("{client:?}"),
        format!("{:?}", Endpoint::Client(source)),
        format!("{:?}", Transmitter::client(source, Settings::new())),
        format!("{:?}", Fragment::text("secret")),
        format!("{:?}", Prepared::new("secret", Settings::new(), [0; 32]).unwrap()),
        format!("{:?}", Run { bytes: b"secret", last: true }),
        format!("{:?}", Span::Value(Run { bytes: b"secret", last: false })),
        format!("{:?}", Uri::parse("ws://example.com/secret?secret").unwrap()),
    ];
    for text in &texts {
        assert!(!text.contains("secret") && !text.contains("171") && !text.to_lowercase().contains("ab, ab"), "{text}");
    }
    assert_eq!(texts[1..3], ["Endpoint::Client(..)", "Transmitter { state: Open, .. }"]);
    assert_eq!(texts[4..7], ["Prepared(8 bytes)", "6 bytes, the last", "Value(6 bytes)"]);
    assert!(texts[0].starts_with("Connection { state: Open, "));
    let binary = Message::Binary(b"secret");
    assert_eq!(format!("{binary:?}"), "Binary(6 bytes)");
    let mut piece = &b"secret"[..];
    let text = Message::Text(Validator::new().next(&mut piece).unwrap().unwrap());
    assert_eq!(format!("{text:?}"), "Text(6 bytes)");
    let receiver = Receiver::<Server>::new(Settings::new());
    assert_eq!(format!("{receiver:?}"), "Receiver { offset: 0, phase: Running, .. }");
    assert!(texts[3].starts_with("Fragment(") && texts[3].ends_with(", 6 bytes)"));
    assert_eq!(format!("{:?}", Endpoint::<fn(&mut [u8]) -> Result<(), NoEntropy>>::Server), "Endpoint::Server");
}

#[test]
fn debug_of_events_shows_length_and_place() {
    let mut wire = *b"\x01\x05Hello\x80\x02, \xC2\x03abc\x82\x03abc";
    let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
    let mut client = Connection::client(|_: &mut [u8]| Ok(()), settings);
    let mut memory = [0; 32];
    let mut assembler = MessageAssembler::new(&mut memory);
    let (mut input, mut texts) = (&mut wire[..], vec![]);
    while let Some(event) = client.receive(&mut input) {
        texts.push(format!("{event:?}"));
        if let Event::Text(piece) = event {
            assembler.push(piece).unwrap();
            texts.push(format!("{assembler:?}"));
        }
    }
    let want = [
        "Text(Text { chars: Chars(5 bytes), place: First })",
        "MessageAssembler(5 of 32 bytes)",
        "Text(Text { chars: Chars(2 bytes), place: Last })",
        "MessageAssembler(0 of 32 bytes)",
        "Extended(Extended(Binary, 3 bytes, Whole))",
        "Binary(Binary(3 bytes, Whole))",
    ];
    assert_eq!(texts, want);
    let mut memory = [0; 32];
    let head = Head::new(&mut memory);
    assert_eq!(format!("{head:?}"), "Head(0 of 32 bytes)");
    assert!(format!("{:?}", RequestJudge::new(ServerOptions::default())).starts_with("RequestJudge { "));
    assert!(format!("{:?}", ResponseJudge::new(&Key::new([0; 16]), &[])).starts_with("ResponseJudge { "));
    assert!(format!("{:?}", ClientRequest::new(Uri::parse("ws://h/").unwrap())).starts_with("ClientRequest { "));
    assert_eq!(
        format!("{:?}", accept_key("dGhlIHNhbXBsZSBub25jZQ==").unwrap()),
        "AcceptValue(s3pPLMBiTxaQ9kYGzzhZRbK+xOo=)"
    );
}

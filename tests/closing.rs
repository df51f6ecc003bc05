//! The closing handshake (RFC 6455 §5.5.1, §7): codes, reasons and states, in both roles and at every cut.

mod common;

use common::{End, Seen, client, close_frame, fails, feed, frame, plain, queued, server, transmit};
use upframe::connection::{Connection, DataFrame, EndOfStream, Fragment, Role, SendError, Settings, State, Violation};
use upframe::frame::CloseCode;

const NEW: Settings = Settings::new();

fn body(code: u16, reason: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason].concat()
}

fn may_appear_in_a_frame(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// [5.5.1-echo] [7.1.5-1005]
#[test]
fn a_close_with_an_empty_body_is_reported_as_1005_and_answered_with_an_empty_body() {
    for end in End::ALL {
        let wire = [end.frame(0x88, b""), end.frame(0x81, b"ignored")].concat();
        let outcome = end.every_cut(NEW, &wire);
        assert_eq!((outcome.seen, outcome.output), (vec![Seen::Close(1005, String::new())], frame(0x88, b"", false)));
        assert_eq!((outcome.state, outcome.close_code, outcome.failure), (State::Closed, Some(1005), None));
        assert_eq!(outcome.may_disconnect, end.is_server());
    }
}

/// [5.5.1-truncated]
#[test]
fn a_close_with_a_body_of_one_byte_is_refused() {
    for end in End::ALL {
        for byte in [0x00, 0x03, 0xFF] {
            let bad = end.frame(0x88, &[byte]);
            fails(end, NEW, (&[], &[]), &bad, Violation::CloseTruncated, end.head());
            let good = end.frame(0x02, b"ab");
            let before = [Seen::binary(b"ab").open()];
            fails(end, NEW, (&good, &before), &bad, Violation::CloseTruncated, end.head());
        }
    }
}

#[test]
fn every_code_that_is_received_is_accepted_or_refused_by_the_table() {
    for end in [End::Server, End::Client] {
        for code in 0..=u16::MAX {
            for reason in [&b""[..], b"why"] {
                let outcome = end.run(NEW, [&end.frame(0x88, &body(code, reason))[..]].into_iter(), 8);
                if may_appear_in_a_frame(code) {
                    let why = String::from_utf8(reason.to_vec()).unwrap();
                    assert_eq!(outcome.seen, [Seen::Close(code, why)]);
                    assert_eq!(outcome.output, frame(0x88, &body(code, reason), false), "code and reason are echoed");
                    assert_eq!((outcome.close_code, outcome.state), (Some(code), State::Closed));
                } else {
                    assert_eq!(outcome.seen, [Seen::failed(Violation::CloseCode, end.head())], "{code}");
                    assert_eq!(outcome.output, close_frame(1002));
                    assert_eq!((outcome.close_code, outcome.state), (Some(1006), State::Failed));
                }
            }
        }
    }
}

/// [5.5.1-code] [7.4.1-1000-1003] [7.4.1-1005] [7.4.1-1006] [7.4.1-1007-1014] [7.4.1-1015] [7.4.2-below-1000]
/// [7.4.2-below-3000] [7.4.2-from-3000] [7.4.2-from-5000]
/// [5.5.1-network-order]
#[test]
fn codes_at_the_edges_of_the_table_are_judged_in_every_cut() {
    for end in End::ALL {
        for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
            fails(end, NEW, (&[], &[]), &end.frame(0x88, &body(code, b"why")), Violation::CloseCode, end.head());
        }
        for code in [1000, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            let outcome = end.every_cut(NEW, &end.frame(0x88, &body(code, "w\u{e9}".as_bytes())));
            assert_eq!(outcome.seen, [Seen::Close(code, "w\u{e9}".into())]);
        }
    }
}

/// [7.4-sent]
/// [5.5.1-network-order]
#[test]
fn every_code_is_sent_or_refused_by_the_table() {
    for code in 0..=u16::MAX {
        let (mut server, mut client) = (server(NEW), client(NEW));
        let sent = queued(&mut server, |server| server.close(CloseCode(code), ""));
        let masked = queued(&mut client, |client| client.close(CloseCode(code), ""));
        if may_appear_in_a_frame(code) {
            assert_eq!(sent.unwrap(), close_frame(code));
            assert_eq!(plain(&masked.unwrap(), true), close_frame(code));
            assert_eq!(server.state(), State::Closing);
        } else {
            assert_eq!((sent, masked), (Err(SendError::CloseCode), Err(SendError::CloseCode)));
            assert_eq!((server.state(), server.wants_transmit()), (State::Open, false));
        }
    }
}

/// [5.5.1-reason]
#[test]
fn a_reason_that_is_not_utf8_is_refused_at_its_byte_as_soon_as_that_is_received() {
    for end in End::ALL {
        for (reason, at) in [
            (&b"\xFF"[..], 0),
            (b"why\x80", 3),
            (b"\xC3\xA9\xC0\x80 and more", 2),
            (b"\xED\xA0\x80", 1),
            (b"\xF4\x90\x80\x80", 1),
            (b"why\xC3", 4),
            (b"\xF0\x9F\x98", 3),
            (b"a reason that is longer than a block of 16 bytes, \xE2\x28\xA1", 51),
        ] {
            let bad = end.frame(0x88, &body(1000, reason));
            fails(end, NEW, (&[], &[]), &bad, Violation::CloseReason, end.head() + 2 + at);
            // the code is judged before the reason
            let worse = end.frame(0x88, &body(1005, reason));
            fails(end, NEW, (&[], &[]), &worse, Violation::CloseCode, end.head());
            // in the read that has the byte (§8.1), and not before
            let offset = end.head() + 2 + at;
            let until = |n: usize| end.run(NEW, [&bad[..n]].into_iter(), 99).seen;
            assert_eq!(until(offset.min(bad.len() - 1)), []);
            assert_eq!(until((offset + 1).min(bad.len())), [Seen::failed(Violation::CloseReason, offset)]);
            assert_eq!(end.run(NEW, [&worse[..end.head() + 1]].into_iter(), 99).seen, []);
            let code_came = end.run(NEW, [&worse[..end.head() + 2]].into_iter(), 99).seen;
            assert_eq!(code_came, [Seen::failed(Violation::CloseCode, end.head())]);
        }
    }
}

/// [5.5-control-125-sent] [7.1.2-close-sent] [7.1.6-reason]
#[test]
fn the_longest_reason_has_123_bytes_both_ways() {
    let reason = format!("{}\u{e9}", "r".repeat(121));
    for end in End::ALL {
        let outcome = end.every_cut(NEW, &end.frame(0x88, &body(4000, reason.as_bytes())));
        assert_eq!(outcome.seen, [Seen::Close(4000, reason.clone())]);
    }
    let too_long = format!("{reason}!");
    let mut server = server(NEW);
    assert_eq!(server.close(CloseCode::NORMAL, &too_long), Err(SendError::ControlTooLong));
    assert!(!server.wants_transmit());
    let sent = queued(&mut server, |server| server.close(CloseCode::NORMAL, &reason)).unwrap();
    assert_eq!(sent, frame(0x88, &body(1000, reason.as_bytes()), false));
}

/// [5.5.1-answer] [5.5.1-echo] [5.5.1-once] [5.5.1-nothing-behind] [7.1.1-server-first] [7.1.3-closing] [7.1.5-first]
/// [5.5.1-network-order]
#[test]
fn a_close_is_answered_once_and_later_bytes_are_ignored() {
    fn run<R: Role>(mut connection: Connection<R>, server: bool) {
        assert_eq!((connection.state(), connection.close_code(), connection.close_reason()), (State::Open, None, ""));
        let mut seen = vec![];
        feed(&mut connection, &frame(0x88, &body(1001, b"bye"), server), &mut seen);
        assert_eq!((connection.state(), connection.wants_transmit()), (State::Closing, true));
        assert!(!connection.may_disconnect());
        let close = transmit(&mut connection, 1);
        assert_eq!(plain(&close, !server), frame(0x88, &body(1001, b"bye"), false));
        for more in [frame(0x88, &body(1000, b""), server), frame(0x83, b"", server), vec![0xFF; 99]] {
            feed(&mut connection, &more, &mut seen);
            assert_eq!(transmit(&mut connection, 1), b"");
        }
        assert_eq!(seen, [Seen::Close(1001, "bye".into())]);
        assert_eq!((connection.close_code(), connection.close_reason()), (Some(CloseCode(1001)), "bye"));
        assert_eq!((connection.state(), connection.failure()), (State::Closed, None));
        // the server closes TCP first
        assert_eq!(connection.may_disconnect(), server);
        assert_eq!(connection.receive_eof(), EndOfStream::Expected);
        assert_eq!((connection.may_disconnect(), connection.state()), (true, State::Closed));
        assert_eq!(connection.close_code(), Some(CloseCode(1001)));
    }
    run(server(NEW), true);
    run(client(NEW), false);
}

#[test]
fn a_close_may_be_received_while_a_fragmented_message_is_being_sent() {
    let mut server = server(NEW);
    let mut out = [0; 32];
    server.send(Fragment::text("a").first(), &mut out).unwrap();
    feed(&mut server, &frame(0x88, &body(1000, b""), true), &mut vec![]);
    for fragment in [Fragment::text("b").middle(), Fragment::text("b").last(), Fragment::text("b")] {
        assert_eq!(server.send(fragment, &mut out), Err(SendError::Closing));
    }
    assert_eq!(transmit(&mut server, 1), close_frame(1000));
    assert_eq!(server.state(), State::Closed);
}

/// [5.5.1-answer-behind-payload]
/// [7.1.1-server-first]
#[test]
fn a_close_received_while_a_frame_is_streamed_is_answered_after_its_payload() {
    let mut server = server(NEW);
    let mut out = [0xEE; 32];
    server.begin_frame(DataFrame::BINARY, 4, &mut out).unwrap();
    feed(&mut server, &frame(0x88, &body(1000, b""), true), &mut vec![]);
    for rest in [3, 2, 1] {
        assert_eq!((server.poll_transmit(&mut out), server.wants_transmit()), (0, true));
        assert!(!server.may_disconnect());
        assert_eq!(server.frame_payload(&mut [0]), Ok(rest));
    }
    assert_eq!(server.poll_transmit(&mut out), 0);
    assert_eq!(server.frame_payload(&mut [0]), Ok(0));
    assert_eq!(transmit(&mut server, 3), close_frame(1000));
    assert_eq!((server.state(), server.may_disconnect()), (State::Closed, true));
}

/// [5.5.1-once] [7.1.1-server-first] [7.1.3-closing]
#[test]
fn both_may_close_at_once_with_one_close_each() {
    fn run<R: Role>(mut connection: Connection<R>, server: bool) {
        queued(&mut connection, |connection| connection.close(CloseCode::GOING_AWAY, "ours")).unwrap();
        assert_eq!((connection.state(), connection.close_code()), (State::Closing, None));
        assert!(!connection.may_disconnect() && !connection.wants_transmit());
        let mut seen = vec![];
        // what the peer sent before its Close is still received
        let wire = [frame(0x81, b"late", server), frame(0x88, &body(3000, b"theirs"), server)].concat();
        feed(&mut connection, &wire, &mut seen);
        assert_eq!(seen, [Seen::text("late"), Seen::Close(3000, "theirs".into())]);
        assert_eq!((transmit(&mut connection, 9), connection.state()), (vec![], State::Closed));
        assert_eq!((connection.may_disconnect(), connection.close_code()), (server, Some(CloseCode(3000))));
    }
    run(server(NEW), true);
    run(client(NEW), false);
}

/// [5.5.1-once] [5.5.2-not-after-close]
#[test]
fn nothing_is_sent_after_the_local_close() {
    fn run<R: Role>(mut connection: Connection<R>, server: bool) {
        let mut out = [0xEE; 64];
        queued(&mut connection, Connection::close_without_code).unwrap();
        assert_eq!(connection.send("a", &mut out), Err(SendError::Closing));
        assert_eq!(connection.send_in_place(DataFrame::TEXT, &mut out, 14), Err(SendError::Closing));
        assert_eq!(connection.begin_frame(DataFrame::TEXT, 1, &mut out), Err(SendError::Closing));
        assert_eq!(connection.ping(b"a"), Err(SendError::Closing));
        assert_eq!(connection.pong(b"a"), Err(SendError::Closing));
        assert_eq!(connection.close(CloseCode::NORMAL, ""), Err(SendError::Closing));
        assert_eq!(connection.close_without_code(), Err(SendError::Closing));
        assert_eq!(connection.frame_payload(&mut [0]), Err(SendError::NoFrame));
        assert_eq!(out, [0xEE; 64]);
        // no Pong, however many Pings are received; no second Close if the peer breaks a rule
        let mut seen = vec![];
        feed(&mut connection, &frame(0x89, b"p", server).repeat(500), &mut seen);
        assert_eq!((connection.poll_transmit(&mut out), connection.wants_transmit()), (0, false));
        assert_eq!((seen.len(), connection.state()), (500, State::Closing));
        feed(&mut connection, &frame(0x83, b"", server), &mut seen);
        assert_eq!(seen.len(), 501);
        assert_eq!((connection.poll_transmit(&mut out), connection.wants_transmit()), (0, false));
        assert_eq!((connection.state(), connection.may_disconnect()), (State::Failed, server));
    }
    run(server(NEW), true);
    run(client(NEW), false);
}

/// [5.5.2-pong]
#[test]
fn a_pong_that_waits_is_written_before_the_local_close() {
    let mut server = server(NEW);
    feed(&mut server, &frame(0x89, b"ping", true), &mut vec![]);
    server.close(CloseCode::GOING_AWAY, "bye").unwrap();
    assert_eq!((server.state(), server.wants_transmit()), (State::Closing, true));
    // the newest Ping is answered, as long as the Close has not begun
    feed(&mut server, &frame(0x89, b"late", true).repeat(500), &mut vec![]);
    let want = [frame(0x8A, b"late", false), frame(0x88, &body(1001, b"bye"), false)].concat();
    assert_eq!(transmit(&mut server, 3), want);
    feed(&mut server, &frame(0x8A, b"", true).repeat(500), &mut vec![]);
    assert_eq!((server.state(), server.wants_transmit()), (State::Closing, false));
    let mut client = client(NEW);
    feed(&mut client, &frame(0x89, b"", false), &mut vec![]);
    let both = queued(&mut client, Connection::close_without_code).unwrap();
    assert_eq!(plain(&both, true), [frame(0x8A, b"", false), frame(0x88, b"", false)].concat());
}

/// [5.5.2-pong]
#[test]
fn a_close_that_finds_no_room_beside_a_pong_is_refused_until_that_is_written() {
    for (ping, reason) in [(118, 5), (119, 4), (122, 1), (123, 0), (124, 0), (118, 6), (125, 0), (125, 123), (120, 123)]
    {
        let mut server = server(NEW);
        let (ping, reason) = (vec![7; ping], "r".repeat(reason));
        let fits = ping.len() + reason.len() + 2 <= 125;
        feed(&mut server, &frame(0x89, &ping, true), &mut vec![]);
        let result = server.close(CloseCode::NORMAL, &reason);
        assert_eq!(result, if fits { Ok(()) } else { Err(SendError::QueueFull) });
        assert_eq!(server.state(), if fits { State::Closing } else { State::Open });
        let (pong, close) = (frame(0x8A, &ping, false), frame(0x88, &body(1000, reason.as_bytes()), false));
        if fits {
            assert_eq!(transmit(&mut server, 7), [pong, close].concat());
        } else {
            assert_eq!(transmit(&mut server, 7), pong);
            assert_eq!(queued(&mut server, |server| server.close(CloseCode::NORMAL, &reason)), Ok(close));
        }
    }
}

/// [5.5.1-once] [5.5.1-answer]
#[test]
fn a_close_that_waits_is_the_only_one_whatever_the_peer_does() {
    for peer in [frame(0x88, &body(3000, b"theirs"), true), frame(0x83, b"", true)] {
        let mut server = server(NEW);
        server.close(CloseCode::GOING_AWAY, "ours").unwrap();
        feed(&mut server, &peer, &mut vec![]);
        assert!(!server.may_disconnect());
        assert_eq!(transmit(&mut server, 3), frame(0x88, &body(1001, b"ours"), false));
        assert!(server.may_disconnect());
    }
}

/// [5.5.1-no-data-after]
#[test]
fn a_ping_that_waits_is_dropped_when_a_close_is_owed() {
    for (peer, want) in [
        (frame(0x88, &body(3000, b"theirs"), true), frame(0x88, &body(3000, b"theirs"), false)),
        (frame(0x83, b"", true), close_frame(1002)),
    ] {
        let mut server = server(NEW);
        server.ping(&[1; 117]).unwrap();
        feed(&mut server, &peer, &mut vec![]);
        assert_eq!(transmit(&mut server, 3), want);
    }
}

//! Keepalive and time limits, on a clock of the test.

mod common;

use common::{After, Script, TestClock, masked, plain, run};
use std::time::Duration;
use upframe_embedded::{
    CloseCode, Config, Decision, Endpoint, Error, Message, NoClock, NoKeys, ServerOptions, WebSocket, accept_with,
};

const S: Duration = Duration::from_secs(1);

type Server<'b> = WebSocket<'b, Script, &'b TestClock>;

fn server<'b>(script: Script, clock: &'b TestClock, buffers: &'b mut [[u8; 256]; 2]) -> Server<'b> {
    let [receive, send] = buffers;
    WebSocket::new(script, clock, Endpoint::<NoKeys>::Server, receive, send, Config::new())
}

#[test]
fn a_silent_peer_is_pinged_after_20_s_and_given_up_10_s_later() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 256]; 2]);
    let script = Script::new(b"", 64, After::Silence);
    let output = script.output.clone();
    let mut ws = server(script, &clock, &mut buffers);
    assert!(matches!(run(&clock, ws.next()), Some(Err(Error::Dead))));
    assert_eq!((clock.now.get(), &output.borrow()[..]), (30 * S, &b"\x89\x04\0\0\0\x01"[..]));
    assert!(run(&clock, ws.next()).is_none());
    assert!(matches!(run(&clock, ws.send("x")), Err(Error::Send(_))));
}

#[test]
fn a_pong_to_a_ping_of_the_keepalive_is_not_delivered_and_measured() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 256]; 2]);
    let mut ws = server(Script::new(b"", 64, After::Silence), &clock, &mut buffers);
    // until the Ping was sent
    while ws.get_ref().output.borrow().is_empty() {
        assert!(common::polled(&clock, 1, ws.next()).is_none());
    }
    assert_eq!(clock.now.get(), 20 * S);
    clock.now.set(21 * S);
    ws.get_mut().input = [masked(0x8A, b"\0\0\0\x01"), masked(0x8A, b"other")].concat();
    assert!(matches!(run(&clock, ws.next()), Some(Ok(Message::Pong(b"other")))));
    assert_eq!(ws.round_trip(), Some(S));
    // the time runs from the last byte
    assert!(matches!(run(&clock, ws.next()), Some(Err(Error::Dead))));
    assert_eq!(clock.now.get(), 51 * S);
}

#[test]
fn closing_has_5_s() {
    for accepts in [0, 3, 100] {
        let (clock, mut buffers) = (TestClock::default(), [[0; 256]; 2]);
        let mut script = Script::new(b"", 64, After::Silence);
        script.accepts = accepts;
        let mut ws = server(script, &clock, &mut buffers);
        assert!(matches!(run(&clock, ws.close(CloseCode::NORMAL, "")), Err(Error::CloseTimedOut)));
        assert_eq!(clock.now.get(), 5 * S);
    }
    // a client waits for the server to close
    let (clock, [mut receive, mut send]) = (TestClock::default(), [[0; 256]; 2]);
    let endpoint = Endpoint::Client(common::keys);
    let script = Script::new(&plain(0x88, b"\x03\xe8"), 64, After::Silence);
    let mut ws = WebSocket::new(script, &clock, endpoint, &mut receive, &mut send, Config::new());
    assert!(matches!(run(&clock, ws.next()), Some(Ok(Message::Close(Some(_))))));
    assert!(run(&clock, ws.next()).is_none());
    assert_eq!((clock.now.get(), &ws.get_ref().output.borrow()[..]), (5 * S, &b"\x88\x82\0\0\0\0\x03\xe8"[..]));
    run(&clock, ws.linger());
}

#[test]
fn a_peer_that_does_not_read_holds_nobody_forever() {
    let (clock, mut buffers) = (TestClock::default(), [[0; 256]; 2]);
    let mut script = Script::new(b"", 64, After::Silence);
    script.accepts = 100;
    let mut ws = server(script, &clock, &mut buffers);
    run(&clock, ws.send(&[7; 98])).unwrap();
    assert!(matches!(run(&clock, ws.send(&[7; 98])), Err(Error::Dead)));
    assert_eq!(clock.now.get(), 30 * S);
    // the reader is told, too; what still lies in the transport is not read any more
    ws.get_mut().input = masked(0x81, b"late");
    assert!(matches!(run(&clock, ws.next()), Some(Err(Error::Dead))));
    assert!(run(&clock, ws.next()).is_none());
    run(&clock, ws.linger());
}

#[test]
fn opening_has_10_s() {
    let (clock, [mut receive, mut send]) = (TestClock::default(), [[0; 256]; 2]);
    let script = Script::new(b"GET / HTTP/1.1\r\n", 3, After::Silence);
    let accept = |_: &upframe_embedded::Head<'_>| Decision::Accept(&[]);
    let opened = accept_with(script, &clock, &mut receive, &mut send, ServerOptions::new(), Config::new(), accept);
    assert!(matches!(run(&clock, opened), Err(Error::OpenTimedOut)));
    assert_eq!(clock.now.get(), 10 * S);
}

#[test]
fn without_a_clock_there_are_no_limits() {
    let (clock, [mut receive, mut send]) = (TestClock::default(), [[0; 64]; 2]);
    let script = Script::new(&masked(0x81, b"x"), 1, After::End);
    let mut ws = WebSocket::new(script, NoClock, Endpoint::<NoKeys>::Server, &mut receive, &mut send, Config::new());
    assert!(matches!(run(&clock, ws.next()), Some(Ok(Message::Text("x")))));
    assert!(matches!(run(&clock, ws.next()), Some(Err(Error::Ended(_)))));
}

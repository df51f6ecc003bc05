//! Opening handshakes: at every cut, with what is agreed on, and what is refused.

mod common;

use common::{Cut, sockets};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;
use upframe_std::{
    ClientRequest, Config, Error, Incoming, Message, OriginPolicy, Refusal, ServerOptions, Untimed, Uri, WriteError,
    accept, client_with, connect,
};

const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// Sends these bytes to a server; returns what it answered, until it closed.
fn asked(request: &str, cut: usize, serve: impl FnOnce(Cut) + Send + 'static) -> String {
    let (mut here, there) = sockets();
    let server = thread::spawn(move || serve(Cut(there, cut)));
    here.write_all(request.as_bytes()).unwrap();
    here.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    here.read_to_string(&mut answer).unwrap();
    server.join().unwrap();
    answer
}

#[test]
fn a_request_is_seen_and_accepted_at_every_cut_and_the_first_frame_is_not_lost() {
    for cut in [1, 2, 3, 7, 64, 4096] {
        let wire = format!("{REQUEST}Cookie: id=7\r\nSec-WebSocket-Protocol: a, b\r\n\r\n\u{1}");
        // the first frame comes with the request
        let wire = wire.replace('\u{1}', "");
        let (mut here, there) = sockets();
        here.write_all(wire.as_bytes()).unwrap();
        here.write_all(&common::masked(0x81, b"first")).unwrap();
        let options = ServerOptions::new().with_subprotocols(&["b"]);
        let incoming = Incoming::receive(Cut(there, cut), options, Config::new()).unwrap();
        let request = incoming.request();
        assert_eq!((request.path(), request.host()), ("/chat?room=1", "server.example.com"));
        assert_eq!((request.field("cookie"), incoming.subprotocol()), (Some(&b"id=7"[..]), Some("b")));
        assert_eq!(request.fields().count(), 7);
        let mut ws = incoming.accept_with_fields(&[("Set-Cookie", "x=1")]).unwrap();
        assert_eq!(ws.subprotocol(), Some("b"));
        assert_eq!(ws.next().unwrap().unwrap(), Message::text("first"));
        drop(ws);
        let mut answer = String::new();
        here.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
        assert!(answer.contains("Set-Cookie: x=1\r\n") && answer.contains("Sec-WebSocket-Protocol: b\r\n"), "{answer}");
    }
}

#[test]
fn requests_that_are_not_allowed_are_answered_with_their_status() {
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "426"),
        (format!("{REQUEST}Origin: https://evil.example\r\n\r\n"), "403"),
        (REQUEST.replace("GET", "POST") + "\r\n", "405"),
        (REQUEST.replace("13", "12") + "\r\n", "426"),
        ("\u{0}\r\n\r\n".to_owned(), "400"),
    ] {
        for cut in [1, 7, 4096] {
            let answer = asked(&request, cut, |transport| {
                let options = ServerOptions::new().with_origins(OriginPolicy::list(&["https://good.example"]).unwrap());
                let error = Incoming::receive(transport, options, Config::new()).unwrap_err();
                assert!(matches!(error, Error::Refusal(_)), "{error}");
            });
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        }
    }
    // HEAD has no body
    let answer = asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 64, |transport| {
        assert!(matches!(accept(transport), Err(Error::Refusal(Refusal::UpgradeRequired | Refusal::Method))));
    });
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    // the end within a head
    asked("GET / HT", 64, |transport| assert!(matches!(accept(transport), Err(Error::Io(_)))));
}

#[test]
fn a_program_refuses_with_a_status_of_its_own_which_the_client_sees() {
    let (here, there) = sockets();
    let server = thread::spawn(move || {
        let incoming = Incoming::receive(there, ServerOptions::new(), Config::new()).unwrap();
        incoming.refuse(303, "See Other", &[("Location", "/there")], "over there\n").unwrap();
    });
    let request = ClientRequest::new(Uri::parse("ws://localhost/here").unwrap());
    let Err(Error::Refused(response)) = client_with(request, here, Config::new()) else { panic!() };
    assert_eq!((response.status(), response.reason()), (303, "See Other"));
    assert_eq!(response.field("location"), Some(&b"/there"[..]));
    assert_eq!((response.body(), response.is_body_complete()), (&b"over there\n"[..], true));
    server.join().unwrap();
    // invalid fields are not written
    let (mut here, there) = sockets();
    here.write_all(format!("{REQUEST}\r\n").as_bytes()).unwrap();
    let incoming = Incoming::receive(there, ServerOptions::new(), Config::new()).unwrap();
    let result = incoming.accept_with_fields(&[("X", "a\r\nb")]);
    assert!(matches!(result, Err(Error::Response(WriteError::FieldValue { .. }))), "{result:?}");
    let mut answer = vec![];
    here.read_to_end(&mut answer).unwrap();
    assert!(answer.is_empty());
}

#[test]
fn a_refusal_has_its_body_in_every_form_and_only_its_start_if_it_is_long_or_late() {
    let request = || ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
    let long = format!("HTTP/1.1 503 x\r\n\r\n{}", "x".repeat(20_000));
    for (stream, ends, body, complete) in [
        ("HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno roomHTTP", false, "no room", true),
        ("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", false, "", true),
        ("HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno ", false, "no ", false),
        ("HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno ", true, "no ", false),
        ("HTTP/1.1 503 x\r\n\r\nno room", true, "no room", true),
        ("HTTP/1.1 503 x\r\n\r\n", false, "", false),
        ("HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nno room\r\n0\r\n\r\n", false, "no room", true),
        (&long, false, &"x".repeat(4096), false),
    ] {
        for cut in [7, 4096] {
            let (here, mut there) = sockets();
            there.write_all(stream.as_bytes()).unwrap();
            if ends {
                there.shutdown(Shutdown::Write).unwrap();
            }
            let Err(Error::Refused(response)) = client_with(request(), Cut(here, cut), Config::new()) else { panic!() };
            assert_eq!((response.status(), response.is_body_complete()), (503, complete), "{body}");
            assert_eq!(response.body().escape_ascii().to_string(), body);
        }
    }
    // without time limits, only what has come with the head is there: the next read might wait forever
    let (here, mut there) = sockets();
    there.write_all(b"HTTP/1.1 503 x\r\nContent-Length: 7\r\n\r\nno ").unwrap();
    let Err(Error::Refused(response)) = client_with(request(), Untimed(here), Config::new()) else { panic!() };
    assert_eq!((response.body(), response.is_body_complete()), (&b"no "[..], false));
}

#[test]
fn clients_connect_to_a_host_and_tell_what_is_wrong() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let serve = thread::spawn(move || accept(listener.accept().unwrap().0).unwrap().next());
    let (mut ws, response) = connect(&url).unwrap();
    assert_eq!((response.status(), ws.subprotocol()), (101, None));
    ws.send("Hello").unwrap();
    assert_eq!(serve.join().unwrap().unwrap().unwrap(), Message::text("Hello"));
    assert!(matches!(connect("wss://localhost/"), Err(Error::Tls)));
    assert!(matches!(connect("http://localhost/"), Err(Error::Uri(_))));
    // a response that is not one
    let (here, mut there) = sockets();
    there
        .write_all(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
        .unwrap();
    let result = upframe_std::client("ws://localhost/", here);
    assert!(matches!(result, Err(Error::Failure(_))), "{result:?}");
}

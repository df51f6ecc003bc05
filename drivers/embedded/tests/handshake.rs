//! Opening handshakes at every cut, and tungstenite as the peer in both roles.

mod common;

use common::{After, Script, TestClock, keys, masked, plain, run};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use tungstenite::Message as Theirs;
use tungstenite::protocol::CloseFrame as TheirFrame;
use upframe_embedded::embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use upframe_embedded::{
    ClientRequest, Config, Decision, Entropy, Error, Message, NoClock, OriginPolicy, Response, ServerOptions, Uri,
    WebSocket, accept, accept_with, client, client_with,
};

const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

#[test]
fn a_request_is_seen_and_accepted_at_every_cut_and_the_first_frame_is_not_lost() {
    let wire = [format!("{REQUEST}Sec-WebSocket-Protocol: a, b\r\n\r\n").as_bytes(), &masked(0x81, b"first")].concat();
    for cut in [1, 2, 3, 7, 64, 4096] {
        // buffers that hold the longest field and the longest answer
        for room in [256, 1024] {
            let (clock, mut receive, mut send) = (TestClock::default(), vec![0; room], vec![0; 256 + room]);
            let script = Script::new(&wire, cut, After::Silence);
            let output = script.output.clone();
            let options = ServerOptions::new().with_subprotocols(&["b"]);
            let mut path = vec![];
            let accepted = accept_with(script, &clock, &mut receive, &mut send, options, Config::new(), |head| {
                path = head.path().unwrap().to_vec();
                Decision::Accept(&[("Set-Cookie", "x=1")])
            });
            let mut ws = run(&clock, accepted).unwrap();
            assert_eq!(ws.subprotocol(), Some("b"));
            assert!(matches!(run(&clock, ws.next()), Some(Ok(Message::Text("first")))), "{cut} {room}");
            assert_eq!(path, b"/chat?room=1");
            let answer = String::from_utf8(output.borrow().clone()).unwrap();
            assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
            assert!(answer.contains("Set-Cookie: x=1\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
        }
    }
}

#[test]
fn requests_are_refused_by_the_codec_and_by_the_program() {
    for (request, status, program) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "426", false),
        (format!("{REQUEST}Origin: https://evil.example\r\n\r\n"), "403", false),
        (REQUEST.replace("GET", "POST") + "\r\n", "405", false),
        (format!("{REQUEST}\r\n"), "404", true),
    ] {
        for cut in [1, 7, 4096] {
            let (clock, mut receive, mut send) = (TestClock::default(), [0; 64], [0; 512]);
            let script = Script::new(request.as_bytes(), cut, After::End);
            let output = script.output.clone();
            let options = ServerOptions::new().with_origins(OriginPolicy::list(&["https://good.example"]).unwrap());
            let decide =
                |_: &upframe_embedded::Head<'_>| Decision::Refuse(Response::new(404, "Not Found").with_body(b"no"));
            let accepted = accept_with(script, &clock, &mut receive, &mut send, options, Config::new(), decide);
            let error = run(&clock, accepted).unwrap_err();
            assert_eq!(matches!(error, Error::Declined), program, "{error}");
            assert_eq!(matches!(error, Error::Refusal(_)), !program, "{error}");
            let answer = String::from_utf8(output.borrow().clone()).unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        }
    }
    // the end within a head; an answer that does not fit
    let (clock, mut receive, mut send) = (TestClock::default(), [0; 64], [0; 100]);
    let cut = Script::new(b"GET / HT", 3, After::End);
    let accepted = run(&clock, accept(cut, &clock, &mut receive, &mut send));
    assert!(matches!(accepted, Err(Error::EndedInHandshake)));
    let script = Script::new(format!("{REQUEST}\r\n").as_bytes(), 64, After::End);
    let accepted = run(&clock, accept(script, &clock, &mut receive, &mut send));
    assert!(matches!(accepted, Err(Error::Response(_))));
}

/// With keys of zeros, the key of the handshake is known.
#[test]
fn a_response_is_judged_at_every_cut_and_the_first_frame_is_not_lost() {
    let response = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: id=7\r\n\
        Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n";
    let other = "HTTP/1.1 303 See Other\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let wrong = response.replace("ICX", "ICY");
    for cut in [1, 2, 3, 7, 64, 4096] {
        for (response, status) in [(response, 101), (other, 303), (&wrong, 0)] {
            let (clock, mut receive, mut send) = (TestClock::default(), [0; 128], [0; 512]);
            let wire = [response.as_bytes(), &plain(0x81, b"first")].concat();
            let script = Script::new(&wire, cut, After::Silence);
            let output = script.output.clone();
            let request = ClientRequest::new(Uri::parse("ws://localhost:81/here").unwrap());
            let mut place = vec![];
            let opened = client_with(script, &clock, keys, &mut receive, &mut send, request, Config::new(), |head| {
                let field = head.field("location").unwrap().or(head.field("set-cookie").unwrap());
                place = field.unwrap_or_default().to_vec();
            });
            match (run(&clock, opened), status) {
                (Ok(mut ws), 101) => {
                    assert!(matches!(run(&clock, ws.next()), Some(Ok(Message::Text("first")))));
                    run(&clock, ws.send("x")).unwrap();
                    assert!(output.borrow().ends_with(b"\r\n\r\n\x81\x81\0\0\0\0x"));
                    assert_eq!(place, b"id=7");
                }
                (Err(Error::Refused(303)), 303) => assert_eq!(place, b"/there"),
                (Err(Error::Failure(_)), 0) => {}
                (other, _) => panic!("{status}: {other:?}"),
            }
            assert!(output.borrow().starts_with(b"GET /here HTTP/1.1\r\nHost: localhost:81\r\n"));
        }
    }
    let (clock, mut receive, mut send) = (TestClock::default(), [0; 128], [0; 100]);
    let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
    let opened = client(Script::new(b"", 1, After::End), &clock, keys, &mut receive, &mut send, request);
    assert!(matches!(run(&clock, opened), Err(Error::Request(_))), "the request does not fit");
}

/// A blocking socket, so many bytes at a time: its futures never wait.
struct Socket(TcpStream, usize);

impl ErrorType for Socket {
    type Error = ErrorKind;
}

impl Read for Socket {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        let n = buf.len().min(self.1);
        self.0.read(&mut buf[..n]).map_err(|_| ErrorKind::Other)
    }
}

impl Write for Socket {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(&buf[..buf.len().min(self.1)]).map_err(|_| ErrorKind::Other)
    }
    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

async fn echo<E: Entropy>(mut ws: WebSocket<'_, Socket, NoClock, E>) -> Option<String> {
    while let Some(next) = ws.next_and_writer().await {
        let (message, writer) = next.unwrap();
        if let Some(data) = message.to_fragment() {
            writer.send(data).await.unwrap();
        }
    }
    ws.close_frame().map(|frame| format!("{} {}", frame.code, frame.reason))
}

fn talk<S: std::io::Read + std::io::Write>(mut ws: tungstenite::WebSocket<S>) {
    for len in [0, 1, 125, 126, 127, 4000, 65_000] {
        for message in [Theirs::text("ü".repeat(len / 2)), Theirs::binary(vec![7; len])] {
            ws.send(message.clone()).unwrap();
            assert!(ws.read().unwrap() == message, "{len}");
        }
        ws.send(Theirs::Ping("p".into())).unwrap();
        assert_eq!(ws.read().unwrap(), Theirs::Pong("p".into()));
    }
    let frame = TheirFrame { code: 4001.into(), reason: "bye".into() };
    ws.close(Some(frame.clone())).unwrap();
    assert_eq!(ws.read().unwrap(), Theirs::Close(Some(frame)));
    assert!(ws.read().is_err());
}

#[test]
fn tungstenite_talks_to_our_server_and_to_our_client() {
    let clock = TestClock::default();
    for (cut, we_serve) in [(7, true), (7, false), (usize::MAX, true), (usize::MAX, false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (there, _) = listener.accept().unwrap();
        let peer = thread::spawn(move || {
            if we_serve {
                talk(tungstenite::client("ws://localhost/", there).unwrap().0);
            } else {
                talk(tungstenite::accept(there).unwrap());
            }
        });
        let (mut receive, mut send) = (vec![0; 70_000], vec![0; 70_000]);
        let socket = Socket(stream, cut);
        let close = if we_serve {
            let ws = run(&clock, accept(socket, NoClock, &mut receive, &mut send)).unwrap();
            run(&clock, echo(ws))
        } else {
            let request = ClientRequest::new(Uri::parse("ws://localhost/").unwrap());
            let ws = run(&clock, client(socket, NoClock, keys, &mut receive, &mut send, request)).unwrap();
            run(&clock, echo(ws))
        };
        assert_eq!(close.unwrap(), "4001 bye");
        peer.join().unwrap();
    }
}

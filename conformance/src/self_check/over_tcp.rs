//! The same over sockets: a case that passes, a case that fails, an answer that never comes.

use super::flaws::Flaw;
use super::naive::Naive;
use crate::{Address, Case, Listener, Patience, Role, ServerUrl, Subject, Suite, Verdict, connect, say};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const SOME: &str = "framing.length.65536,control.ping,opcodes.3,utf8.bad.FF,closing.then,closing.end,handshake.request.held-back.9,\
                    handshake.request.host,handshake.response.accept,handshake.response.frames";

/// Runs a subject on a socket until one of them ends.
fn drive(mut stream: TcpStream, role: Role, flaw: Option<Flaw>) {
    let (mut subject, mut out, mut buffer) = (Naive::with(flaw), vec![], vec![0; 64 << 10]);
    subject.start(role, &mut out);
    loop {
        if stream.write_all(&out).is_err() {
            return;
        }
        out.clear();
        if subject.is_closed() {
            break;
        }
        match stream.read(&mut buffer) {
            Ok(0) => subject.receive_eof(&mut out),
            Ok(n) => subject.receive(&buffer[..n], &mut out),
            Err(_) => return,
        }
    }
    // Unread bytes would reset the stream, and what was written might be lost.
    let _ = stream.shutdown(Shutdown::Write);
    while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
}

fn serve(flaw: Option<Flaw>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || drive(stream, Role::Server, flaw));
        }
    });
    address
}

fn play(case: &Case, address: SocketAddr, patience: Patience) -> Verdict {
    let url = ServerUrl::parse(&format!("ws://{address}/path")).unwrap();
    case.play(Role::Server, &url.address, &mut connect(&url, patience).unwrap())
}

#[test]
fn a_server_passes() {
    let address = serve(None);
    let suite = Suite::with_big_messages(64 << 10).only(SOME);
    for case in suite.cases(Role::Server) {
        assert_eq!(play(case, address, Patience::default()), Verdict::Pass, "{}", case.id());
    }
}

#[test]
fn a_client_passes_and_is_told_what_there_is() {
    let listener = Listener::bind("127.0.0.1:0", Patience::default()).unwrap();
    let address = listener.local_addr().unwrap();
    let idle = Duration::from_secs(60);
    let suite = Suite::with_big_messages(64 << 10).only(SOME);
    for case in suite.cases(Role::Client) {
        let client = thread::spawn(move || drive(TcpStream::connect(address).unwrap(), Role::Client, None));
        let (mut pipe, target) = listener.accept(idle).unwrap().unwrap();
        assert_eq!(target, "/");
        assert_eq!(case.play(Role::Client, &Address::default(), &mut pipe), Verdict::Pass, "{}", case.id());
        drop(pipe);
        client.join().unwrap();
    }
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /getCaseCount HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n").unwrap();
        let mut response = vec![];
        while !response.ends_with(b"\x81\x0242\x88\x02\x03\xE8") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            response.extend(byte);
        }
    });
    let (mut pipe, target) = listener.accept(idle).unwrap().unwrap();
    assert_eq!(target, "/getCaseCount");
    say(&mut pipe, "42");
    client.join().unwrap();
    assert!(listener.accept(Duration::from_millis(1)).unwrap().is_none());
}

#[test]
fn what_never_comes_fails_after_the_deadline() {
    let patience =
        Patience { answer: Duration::from_millis(300), early: Duration::from_millis(50), ..Patience::default() };
    for (flaw, id, word) in [
        (Flaw::CloseIsNotAnswered, "closing.code.1000", "without an answer"),
        (Flaw::StreamIsNotEnded, "closing.failing.ends-unanswered", "does not end the stream"),
        (Flaw::FailureIsIgnored, "opcodes.3.empty", "goes on as if nothing were wrong"),
        (Flaw::PongsAreEmpty, "control.ping.4.whole", "no answer: no Pong"),
    ] {
        let suite = Suite::new().only(id);
        let verdict = play(suite.cases(Role::Server).next().unwrap(), serve(Some(flaw)), patience);
        assert!(matches!(&verdict, Verdict::Fail(detail) if detail.contains(word)), "{flaw:?}: {verdict:?}");
    }
}

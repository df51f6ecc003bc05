//! Ctrl-C and SIGTERM.
#![cfg(unix)]

mod common;

use common::{Peer, badly, ended, well, ws};
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::process::Child;
use std::sync::mpsc::channel;
use std::thread;
use upframe::frame::Opcode;

fn send(signal: Signal, child: &Child) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Starts `ws` against a server, sends a signal when the connection is open, and returns what it said.
fn interrupted(signal: Signal, again: bool, serve: impl FnOnce(Peer) + Send + 'static) -> common::Said {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let (open, opens) = channel();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        // its Pong tells that it is open there, too
        peer.write(b"\x89\x00");
        peer.expect(Opcode::Pong, b"");
        open.send(()).unwrap();
        let mut close = peer.frame().unwrap();
        assert_eq!((close.1, std::mem::take(&mut close.2)), (Opcode::Close, b"\x03\xe9".to_vec()));
        open.send(()).unwrap();
        serve(peer);
    });
    let mut child = ws().arg(&url).spawn().unwrap();
    let stdin = child.stdin.take();
    opens.recv().unwrap();
    send(signal, &child);
    opens.recv().unwrap();
    if again {
        send(signal, &child);
    }
    let said = ended(child);
    server.join().unwrap();
    drop(stdin);
    said
}

#[test]
fn a_signal_closes_with_1001() {
    for signal in [Signal::INT, Signal::TERM] {
        let said = interrupted(signal, false, |mut peer| peer.write(b"\x81\x01a\x88\x02\x03\xe9"));
        assert_eq!(said, well("a\n", "open\nclosed with 1001\n"));
    }
}

#[test]
fn a_server_that_does_not_close_is_waited_for_briefly() {
    let said = interrupted(Signal::INT, false, |mut peer| while peer.frame().is_some() {});
    assert_eq!(said, badly(8, "", "open\nws: the server did not close in time\n"));
}

#[test]
fn a_reader_of_standard_output_that_does_not_read_does_not_keep_a_signal_waiting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let (open, opens) = channel();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        peer.write(b"");
        let mut stream = peer.stream.try_clone().unwrap();
        // until nothing more is read
        stream.set_write_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
        let frame = [&b"\x81\x7f\0\0\0\0\0\x10\0\0"[..], &[b'x'; 1 << 20]].concat();
        while std::io::Write::write_all(&mut stream, &frame).is_ok() {}
        open.send(()).unwrap();
        peer.expect(Opcode::Close, b"\x03\xe9");
    });
    let mut child = ws().arg(&url).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    opens.recv().unwrap();
    send(Signal::INT, &child);
    let code = child.wait().unwrap().code();
    server.join().unwrap();
    assert_eq!(code, Some(8));
    drop((stdin, stdout));
}

#[test]
fn a_second_signal_ends_at_once() {
    let said = interrupted(Signal::INT, true, |mut peer| while peer.frame().is_some() {});
    assert_eq!(said, badly(130, "", "open\n"));
}

#[test]
fn a_signal_ends_the_attempt_to_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = ws().args(["--connect-timeout", "600", &listener.local_addr().unwrap().to_string()]).spawn().unwrap();
    let _stream = listener.accept().unwrap();
    send(Signal::INT, &child);
    assert_eq!(ended(child), badly(130, "", ""));
}

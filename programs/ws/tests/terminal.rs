//! On a terminal: marks, colours, escapes, commands.
#![cfg(target_os = "linux")]

mod common;

use common::Peer;
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::thread;
use upframe::frame::Opcode;

/// `ws` on a terminal of its own. What it prints is read until a line is there.
struct Terminal {
    ours: File,
    child: Child,
    seen: String,
}

impl Terminal {
    fn start(url: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_with(url, variables, None)
    }

    /// Starts it with a pipe for its standard input, if there is one.
    fn start_with(url: &str, variables: &[(&str, &str)], pipe: Option<std::process::Stdio>) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, vec![]).unwrap();
        let theirs: OwnedFd =
            rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, rustix::fs::Mode::empty()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws"));
        command.arg(url).env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
        command
            .stdin(pipe.unwrap_or_else(|| theirs.try_clone().unwrap().into()))
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs);
        let child = command.spawn().unwrap();
        drop(command);
        Self { ours: File::from(ours), child, seen: String::new() }
    }

    fn wait_for(&mut self, part: &str) {
        while !self.seen.contains(part) {
            let mut buf = [0; 4096];
            match self.ours.read(&mut buf) {
                Ok(n @ 1..) => self.seen.push_str(&String::from_utf8_lossy(&buf[..n])),
                _ => panic!("{part:?} is not in {:?}", self.seen),
            }
        }
    }

    fn type_in(&mut self, text: &str) {
        self.ours.write_all(text.as_bytes()).unwrap();
    }

    fn end(mut self) -> (String, Option<i32>) {
        let mut buf = [0; 4096];
        while let Ok(n @ 1..) = self.ours.read(&mut buf) {
            self.seen.push_str(&String::from_utf8_lossy(&buf[..n]));
        }
        (self.seen, self.child.wait().unwrap().code())
    }
}

/// Opens a connection between a terminal and a server.
fn open(variables: &[(&str, &str)], serve: impl FnOnce(Peer) + Send + 'static) -> (Terminal, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        peer.write(b"");
        serve(peer);
    });
    (Terminal::start(&url, variables), server)
}

#[test]
fn messages_are_marked_and_made_harmless() {
    for (variables, mark, dim) in [
        (&[][..], "\r\x1b[K\x1b[32m<\x1b[0m ", "\x1b[2mopen\x1b[0m"),
        (&[("NO_COLOR", "1")], "\r\x1b[K< ", "open"),
        (&[("TERM", "dumb")], "\r\x1b[K< ", "open"),
    ] {
        let (mut terminal, server) = open(variables, |mut peer| {
            peer.send(0x81, "a\x1b[31m\r\u{202e}\nb ä".as_bytes());
            peer.send(0x82, &[0x7a; 100_000]);
            peer.closes(b"\x03\xe8");
        });
        terminal.wait_for("100000 bytes: 7a 7a");
        terminal.type_in("\x04");
        let (seen, code) = terminal.end();
        server.join().unwrap();
        assert_eq!(code, Some(0), "{seen}");
        assert!(seen.contains(dim), "{seen:?}");
        assert!(seen.contains(&format!("{mark}a\\u{{1b}}[31m\\u{{d}}\\u{{202e}}\r\n  b ä\r\n")), "{seen:?}");
        assert!(seen.contains(&format!("{mark}100000 bytes:{} ...\r\n", " 7a".repeat(32))), "{seen:?}");
    }
}

#[test]
fn what_a_pipe_sends_is_shown_on_a_terminal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        peer.expect(Opcode::Text, b"/ping");
        peer.write(b"\x81\x04pong");
        peer.closes(b"\x03\xe8");
    });
    let mut echo = Command::new("echo").arg("/ping").stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pipe = echo.stdout.take().unwrap().into();
    let terminal = Terminal::start_with(&url, &[("NO_COLOR", "1")], Some(pipe));
    let (seen, code) = terminal.end();
    server.join().unwrap();
    echo.wait().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("> /ping\r\n") && seen.contains("< pong\r\n"), "{seen}");
}

#[test]
fn lines_and_commands_are_typed() {
    let (mut terminal, server) = open(&[], |mut peer| {
        peer.expect(Opcode::Text, b"hello");
        peer.expect(Opcode::Ping, b"there");
        peer.write(b"\x8a\x05there");
        peer.expect(Opcode::Text, b"/x");
        peer.expect(Opcode::Close, b"\x0f\xa1bye");
        peer.write(b"\x88\x05\x0f\xa1bye");
    });
    terminal.wait_for("open");
    terminal.type_in("hello\n/ping there\n");
    terminal.wait_for("received a Pong: there");
    terminal.type_in("/frob\n//x\n/help\n");
    terminal.wait_for("/frob is not a command");
    terminal.wait_for("/binary @FILE");
    terminal.type_in("/close 4001 bye\n");
    let (seen, code) = terminal.end();
    server.join().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("closed with 4001: bye"), "{seen}");
}

//! On a terminal: marks, colours, escapes, commands.
#![cfg(target_os = "linux")]

mod common;

use common::Peer;
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
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
    before: Termios,
}

impl Terminal {
    /// Starts it on a terminal without a width: lines are edited by the terminal itself.
    fn start(url: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_with(url, variables, None, 0)
    }

    /// Starts it with a pipe for its standard input, if there is one.
    fn start_with(url: &str, variables: &[(&str, &str)], pipe: Option<std::process::Stdio>, columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, vec![]).unwrap();
        let theirs: OwnedFd =
            rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, rustix::fs::Mode::empty()).unwrap();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).unwrap();
        let before = tcgetattr(&theirs).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ws"));
        command.arg(url).env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
        command
            .stdin(pipe.unwrap_or_else(|| theirs.try_clone().unwrap().into()))
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs);
        let child = command.spawn().unwrap();
        drop(command);
        Self { ours: File::from(ours), child, seen: String::new(), before }
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
        let (after, before) = (tcgetattr(&self.ours).unwrap(), self.before);
        assert_eq!(
            (after.local_modes, after.input_modes, after.output_modes),
            (before.local_modes, before.input_modes, before.output_modes),
            "the terminal is left as it was"
        );
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

/// Opens a connection between a terminal with 80 columns, on which lines are edited, and a server.
fn open_editor(serve: impl FnOnce(Peer) + Send + 'static) -> (Terminal, thread::JoinHandle<()>) {
    open_editor_with(80, serve)
}

fn open_editor_with(columns: u16, serve: impl FnOnce(Peer) + Send + 'static) -> (Terminal, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        peer.write(b"");
        serve(peer);
    });
    let mut terminal = Terminal::start_with(&url, &[("NO_COLOR", "1")], None, columns);
    terminal.wait_for("> ");
    (terminal, server)
}

const END: &str = "\x1b[F";
const LEFT: &str = "\x1b[D";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const CTRL_A: &str = "\x01";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_U: &str = "\x15";
const BACKSPACE: &str = "\x7f";

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
    let terminal = Terminal::start_with(&url, &[("NO_COLOR", "1")], Some(pipe), 80);
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

#[test]
fn lines_are_edited_and_recalled() {
    let (mut terminal, server) = open_editor(|mut peer| {
        for text in ["hello, wörld", "/x", "hello, wörld!", "/x", "again"] {
            peer.expect(Opcode::Text, text.as_bytes());
        }
        peer.expect(Opcode::Ping, b"there");
        peer.closes(b"\x03\xe8");
    });
    terminal.type_in(&format!("elo{CTRL_A}h{END}{LEFT}l{END}, wrldd{BACKSPACE}{LEFT}{LEFT}{LEFT}ö\r"));
    terminal.type_in("//x\r");
    terminal.type_in(&format!("{UP}{UP}!\r{UP}{UP}\r{UP}{UP}{DOWN}{DOWN}{CTRL_U}again\r/ping there\r{CTRL_D}"));
    let (seen, code) = terminal.end();
    server.join().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("> hello, wörld\n"), "{seen:?}");
    assert!(seen.contains("closed with 1000"), "{seen:?}");
}

#[test]
fn a_message_does_not_destroy_the_line_that_is_being_typed() {
    let (send, sends) = std::sync::mpsc::channel();
    let (mut terminal, server) = open_editor(move |mut peer| {
        let () = sends.recv().unwrap();
        peer.send(0x81, b"a\x1b[31m\nb");
        peer.expect(Opcode::Text, b"half a line");
        peer.closes(b"\x03\xe8");
    });
    terminal.type_in("half a");
    terminal.wait_for("> half a");
    terminal.seen.clear();
    send.send(()).unwrap();
    terminal.wait_for("> half a");
    let above = terminal.seen.find("< a\\u{1b}[31m\n").unwrap();
    assert!(terminal.seen.find("  b\n").unwrap() > above, "{:?}", terminal.seen);
    terminal.type_in(" line\r");
    terminal.wait_for("> half a line");
    terminal.type_in(CTRL_D);
    let (seen, code) = terminal.end();
    server.join().unwrap();
    assert_eq!(code, Some(0), "{seen}");
}

#[test]
fn a_line_that_is_wider_than_the_terminal_is_shown_once() {
    let (mut terminal, server) = open_editor_with(20, |mut peer| {
        for _ in 0..2 {
            let (_, _, text) = peer.frame().unwrap();
            peer.send(0x81, &text);
        }
        peer.closes(b"\x03\xe8");
    });
    let mut want = String::from("open\n");
    for text in ["a line that is wider than twenty columns äöü, and than forty", "as wide as the row"] {
        terminal.type_in(text);
        terminal.wait_for(&format!("> {text}"));
        terminal.type_in("\r");
        terminal.wait_for(&format!("< {text}\n"));
        want.push_str(&format!("> {text}\n< {text}\n"));
    }
    terminal.type_in(CTRL_D);
    let (seen, code) = terminal.end();
    server.join().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    let mut screen = vt100::Parser::new(24, 20, 0);
    screen.process(seen.as_bytes());
    assert_eq!(screen.screen().contents().trim_end(), format!("{want}> \nclosed with 1000"), "{seen:?}");
}

#[test]
fn no_message_is_lost_while_lines_are_typed_and_when_the_connection_ends() {
    let (mut terminal, server) = open_editor(|mut peer| {
        for number in 0..300 {
            peer.send(0x81, format!("news {number}.").as_bytes());
        }
        for _ in 0..20 {
            peer.expect(Opcode::Text, b"typed");
        }
        for number in 300..600 {
            peer.send(0x81, format!("news {number}.").as_bytes());
        }
        peer.write(b"\x88\x05\x03\xe8bye");
        peer.expect(Opcode::Close, b"\x03\xe8bye");
    });
    for _ in 0..20 {
        terminal.type_in("typed\r");
    }
    terminal.type_in("not sent");
    let (seen, code) = terminal.end();
    server.join().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    let shown: Vec<_> = seen.split("< news ").skip(1).map(|rest| rest.split('.').next().unwrap()).collect();
    assert_eq!(shown, (0..600).map(|number| number.to_string()).collect::<Vec<_>>());
    let rest = seen.split("closed with 1000: bye").nth(1).unwrap();
    assert!(!rest.contains("> not sent\n"), "the line is removed: {rest:?}");
}

#[test]
fn ctrl_c_closes_and_a_second_one_ends_at_once() {
    let (mut terminal, server) = open_editor(|mut peer| {
        peer.expect(Opcode::Text, b"a");
        peer.write(b"\x81\x01b");
        peer.expect(Opcode::Close, b"\x03\xe9");
        peer.write(b"\x88\x02\x03\xe9");
    });
    terminal.type_in("a\r");
    terminal.wait_for("< b");
    terminal.type_in(&format!("half{CTRL_C}"));
    let (seen, code) = terminal.end();
    server.join().unwrap();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("closed with 1001"), "{seen}");

    let (tell, told) = std::sync::mpsc::channel();
    let (mut terminal, server) = open_editor(move |mut peer| {
        peer.expect(Opcode::Close, b"\x03\xe9");
        tell.send(()).unwrap();
        // does not answer, and waits for the end
        let _ = peer.stream.read(&mut [0]);
    });
    terminal.type_in(CTRL_C);
    told.recv().unwrap();
    terminal.type_in(CTRL_C);
    let (seen, code) = terminal.end();
    assert_eq!(code, Some(130), "{seen}");
    server.join().unwrap();
}

#[test]
fn a_server_that_does_not_read_keeps_neither_messages_nor_the_end_waiting() {
    let (end, ends) = std::sync::mpsc::channel::<()>();
    let (mut terminal, server) = open_editor(move |mut peer| {
        peer.expect(Opcode::Text, b"begin");
        peer.send(0x81, b"news");
        // reads nothing of what follows
        let _ = ends.recv();
    });
    terminal.type_in("begin\r");
    terminal.wait_for("< news");
    for _ in 0..3 {
        terminal.type_in("/binary @/proc/self/exe\r");
    }
    terminal.type_in("more\r");
    terminal.wait_for("> more");
    terminal.type_in(CTRL_C);
    let (seen, code) = terminal.end();
    assert_eq!(code, Some(8), "{seen}");
    drop(end);
    server.join().unwrap();
}

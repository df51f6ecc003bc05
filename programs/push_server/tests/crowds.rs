//! More connections than there is room for, and more than there are files.
#![cfg(target_os = "linux")]

mod common;

use common::{GUARD, Program, field, handshake, read_all, read_head};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

/// Opens a WebSocket, and returns its stream after the handshake.
fn open(program: &Program) -> TcpStream {
    let mut stream = program.connect();
    stream.write_all(handshake("/ws", "Host: a\r\n").as_bytes()).unwrap();
    assert!(read_head(&mut stream).starts_with("HTTP/1.1 101 "));
    stream
}

/// Asserts that a WebSocket lives: it is sent its hello, and answers a Ping.
fn assert_lives(stream: &mut TcpStream) {
    let mut hello = [0; 2];
    stream.read_exact(&mut hello).unwrap();
    stream.read_exact(&mut vec![0; usize::from(hello[1])]).unwrap();
    stream.write_all(b"\x89\x80\0\0\0\0").unwrap();
    let mut pong = [0; 2];
    stream.read_exact(&mut pong).unwrap();
    assert_eq!(pong, [0x8A, 0]);
}

/// Waits until a condition holds.
fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < GUARD);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn one_connection_too_many_gets_503() {
    let program = Program::start(&["--connections", "3"]);
    let mut sockets: Vec<_> = (0..3).map(|_| open(&program)).collect();
    for request in [handshake("/ws", "Host: a\r\n"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n".into()] {
        let answer = program.exchange(&request);
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert_eq!(field(&answer, "retry-after"), Some("5"));
        assert_eq!(field(&answer, "connection"), Some("close"));
    }
    sockets.iter_mut().for_each(assert_lives);
    // there is room again when one leaves, and only then
    drop(sockets.pop());
    until(|| program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
    until(|| {
        let mut stream = program.connect();
        stream.write_all(handshake("/ws", "Host: a\r\n").as_bytes()).unwrap();
        let head = read_head(&mut stream);
        if head.starts_with("HTTP/1.1 101 ") {
            sockets.push(stream);
        }
        sockets.len() == 3
    });
    assert!(program.exchange(&handshake("/ws", "Host: a\r\n")).starts_with("HTTP/1.1 503 "));
}

/// Those that send no request are refused as well, and those after them do not wait.
#[test]
fn silent_connections_do_not_keep_others_from_an_answer() {
    let program = Program::start(&["--connections", "1"]);
    let _socket = open(&program);
    let mut silent: Vec<_> = (0..70).map(|_| program.connect()).collect();
    let answer = program.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After"), "{answer}");
    // the first silent ones are given up after a while
    let mut bytes = Vec::new();
    let _ = silent[0].read_to_end(&mut bytes);
}

/// The limit of open files bounds the connections, so that each that is accepted can be served.
#[test]
fn a_low_limit_of_files_means_fewer_connections() {
    let exe = env!("CARGO_BIN_EXE_push_server");
    let limited = |files: u32, more: &str| format!("ulimit -n {files}; exec {exe} 127.0.0.1:0 --report 0 {more}");
    let program = Program::run(Command::new("sh").args(["-c", &limited(64, "")]));
    let mut streams: Vec<_> = (0..200).map(|_| program.connect()).collect();
    let (mut sockets, mut refused) = (Vec::new(), 0);
    for stream in &mut streams {
        let _ = stream.write_all(handshake("/ws", "Host: a\r\n").as_bytes());
    }
    for mut stream in streams {
        let mut status = [0; 12];
        match stream.read_exact(&mut status) {
            Ok(()) if status == *b"HTTP/1.1 101" => {
                read_head(&mut stream);
                sockets.push(stream);
            }
            Ok(()) => {
                assert_eq!(status, *b"HTTP/1.1 503");
                refused += 1;
            }
            // its request was not read when it was refused
            Err(_) => refused += 1,
        }
    }
    assert_eq!((sockets.len(), refused), (30, 170));
    sockets.iter_mut().for_each(assert_lives);

    let output = Command::new("sh").args(["-c", &limited(20, "")]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("the limit of 20 open files is too low"), "{said}");
}

/// When files are out in spite of that, those who connect are told, and the server goes on when there are files again.
#[test]
fn without_files_connections_are_refused_and_the_server_goes_on() {
    let program = Program::start(&[]);
    let mut socket = open(&program);
    let pid = Pid::from_child(&program.child);
    let files = format!("/proc/{}/fd", program.child.id());
    // the lowest number that is free: below it, there is room for none
    let free = || (0..).find(|n| !std::fs::exists(format!("{files}/{n}")).unwrap()).unwrap();
    let limit = |files| prlimit(Some(pid), Resource::Nofile, Rlimit { current: Some(files), maximum: Some(4096) });
    let before = limit(free()).unwrap();
    for _ in 0..5 {
        let mut stream = program.connect();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 503");
    }
    assert_lives(&mut socket);
    limit(before.current.unwrap().min(4096)).unwrap();
    until(|| program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
    assert_lives(&mut open(&program));
    let mut stream = program.connect();
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 404 "));
}

/// A connection that was answered with 101 is served, although all were opened at once.
#[test]
fn a_hundred_at_once_are_served() {
    let program = Program::start(&["--connections", "100"]);
    let mut sockets: Vec<_> = (0..100).map(|_| program.connect()).collect();
    for stream in &mut sockets {
        stream.write_all(handshake("/ws", "Host: a\r\n").as_bytes()).unwrap();
    }
    for stream in &mut sockets {
        assert!(read_head(stream).starts_with("HTTP/1.1 101 "));
    }
    sockets.iter_mut().for_each(assert_lives);
}

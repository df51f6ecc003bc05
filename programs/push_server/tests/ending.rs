//! The end of the program, and standard input.
#![cfg(target_os = "linux")]

mod common;

use common::{GUARD, Program, body, handshake, read_all, read_head, text};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Sends a signal, and returns the exit status.
fn end(program: &mut Program, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(&program.child), signal).unwrap();
    wait(program)
}

fn wait(program: &mut Program) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = program.child.try_wait().unwrap() {
            return status.code();
        }
        assert!(start.elapsed() < GUARD, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_closes_all_connections_and_ends_the_program() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut program = Program::start(&[]);
        let mut sockets = Vec::new();
        for path in ["/ws", "/ws", "/echo"] {
            sockets.push(program.open(path).await);
        }
        let mut long_poll = program.connect();
        // when the first one is answered, the second one waits
        let both = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /long-poll HTTP/1.1\r\nHost: a\r\n\r\n";
        long_poll.write_all(both).unwrap();
        read_head(&mut long_poll);
        // idle after a request, and before the first one
        let mut idle = program.connect();
        idle.write_all(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        read_head(&mut idle);
        let new = program.connect();
        assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
        let closing: Vec<_> = sockets
            .into_iter()
            .map(|mut socket| {
                tokio::spawn(async move {
                    while let Some(message) = socket.next().await {
                        message.unwrap();
                    }
                    socket.close_frame().unwrap().to_string()
                })
            })
            .collect();
        assert_eq!(end(&mut program, signal), Some(0));
        for closed in closing {
            assert_eq!(closed.await.unwrap(), "1001 the server shuts down");
        }
        let answer = read_all(&mut long_poll);
        assert!(answer.starts_with("HTTP/1.1 200 ") && body(&answer).starts_with("{\"latest\":"), "{answer}");
        assert_eq!(read_all(&mut idle), "");
        drop(new);
    }
}

/// Clients that do not take part in the closing handshake do not hold up the end.
#[test]
fn the_program_ends_whatever_the_clients_do() {
    let mut program = Program::start(&[]);
    let mut silent = program.connect();
    silent.write_all(handshake("/ws", "Host: a\r\n").as_bytes()).unwrap();
    read_head(&mut silent);
    // within a request, and within a message
    let mut slow = program.connect();
    slow.write_all(b"POST /news HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx").unwrap();
    let mut stuck = program.connect();
    stuck.write_all(handshake("/echo", "Host: a\r\n").as_bytes()).unwrap();
    stuck.write_all(b"\x82\xFF\0\0\0\0\x40\0\0\0\0\0\0\0").unwrap();
    stuck.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    while stuck.write_all(&[0; 1 << 16]).is_ok() {}
    assert_eq!(end(&mut program, Signal::TERM), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut program = Program::start(&[]);
    let mut silent = program.connect();
    silent.write_all(handshake("/ws", "Host: a\r\n").as_bytes()).unwrap();
    read_head(&mut silent);
    kill_process(Pid::from_child(&program.child), Signal::INT).unwrap();
    // it has seen the first one when nobody can connect
    while std::net::TcpStream::connect(&program.address).is_ok() {}
    assert_eq!(end(&mut program, Signal::INT), Some(130));
}

/// All lines of a burst arrive, at a WebSocket and at polls.
#[tokio::test]
async fn a_burst_of_lines_is_delivered() {
    let mut program = Program::start(&[]);
    let (mut socket, since) = program.listen("/ws").await;
    let lines: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
    let mut stdin = program.stdin.take().unwrap();
    let typing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    for n in 0..10_000 {
        let item = text(&mut socket).await;
        assert!(item.contains(&format!("\"text\":\"line {n}\"")), "{n}: {item}");
    }
    typing.join().unwrap();
    let (mut late, _) = program.listen(&format!("/ws?since={since}")).await;
    for n in 0..10_000 {
        assert!(text(&mut late).await.contains(&format!("\"text\":\"line {n}\"")));
    }
    // and the end of standard input is not the end of the program
    assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
}

#[test]
fn odd_lines_become_news_or_nothing() {
    let mut program = Program::start(&[]);
    let long = "x".repeat(2500);
    let mut stdin = program.stdin.take().unwrap();
    stdin.write_all(b"\n \n\xff\tbell\x07\r\n").unwrap();
    stdin.write_all(format!("{long}\nlast").as_bytes()).unwrap();
    drop(stdin);
    let start = Instant::now();
    let texts = loop {
        let news = program.news("0");
        let texts: Vec<_> = news.split("\"text\":\"").skip(1).map(|text| text.split('"').next().unwrap()).collect();
        if texts.last() == Some(&"last") {
            break texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
        }
        assert!(start.elapsed() < GUARD, "{news}");
    };
    assert_eq!(texts, ["? bell", &long[..1000], &long[..1000], &long[..500], "last"]);
}

#[test]
fn it_runs_without_standard_input() {
    let exe = env!("CARGO_BIN_EXE_push_server");
    let program = Program::run(Command::new("sh").args(["-c", &format!("exec {exe} 127.0.0.1:0 <&-")]));
    assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
}

/// A shell with job control stops a background job that reads from the terminal.
#[test]
fn it_runs_as_a_background_job() {
    let exe = env!("CARGO_BIN_EXE_push_server");
    let job = format!("{exe} 127.0.0.1:0 --report 0 & echo pid $!; wait");
    let mut shell = Command::new("script")
        .args(["--quiet", "--command", &format!("bash -mc '{job}'"), "/dev/null"])
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut pid, mut address) = (None, None);
    for line in BufReader::new(shell.stdout.take().unwrap()).lines().map_while(Result::ok) {
        pid = pid.or(line.trim().strip_prefix("pid ").map(|pid| pid.parse::<i32>().unwrap()));
        address = address.or(line.trim().strip_prefix("open http://").map(|url| url.trim_end_matches('/').to_owned()));
        if pid.is_some() && address.is_some() {
            break;
        }
    }
    let (pid, address) = (Pid::from_raw(pid.unwrap()).unwrap(), address.unwrap());
    // what is typed is for the program in the foreground
    shell.stdin.as_mut().unwrap().write_all(b"typed\n").unwrap();
    let program = Program { child: shell, address, stdin: None };
    for _ in 0..10 {
        assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
        std::thread::sleep(Duration::from_millis(100));
    }
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let state = state.rsplit(") ").next().unwrap().chars().next();
    assert!(state != Some('T'), "it was stopped");
    kill_process(pid, Signal::KILL).unwrap();
}

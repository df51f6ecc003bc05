//! `ws --listen`: the server.
#![cfg(unix)]

mod common;

use common::{GUARD, ended, port, run, told, well, ws};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;

fn start(arguments: &[&str]) -> (Child, String) {
    let mut server = ws().args(["--listen", "127.0.0.1:0"]).args(arguments).spawn().unwrap();
    let port = port(&mut server);
    (server, format!("ws://127.0.0.1:{port}/"))
}

fn stop(mut server: Child) -> Option<i32> {
    kill_process(Pid::from_child(&server), Signal::INT).unwrap();
    server.wait().unwrap().code()
}

#[test]
fn twenty_clients_get_what_is_typed_and_are_closed_with_1001() {
    let (mut server, url) = start(&["--commands"]);
    let mut clients: Vec<_> = (0..20).map(|_| ws().arg(&url).spawn().unwrap()).collect();
    // what they send is printed with their numbers
    let mut inputs: Vec<_> = clients.iter_mut().map(|client| client.stdin.take().unwrap()).collect();
    for (i, input) in inputs.iter_mut().enumerate() {
        writeln!(input, "I am {i}").unwrap();
    }
    let mut printed = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut seen: Vec<String> = printed.by_ref().take(20).collect();
    seen.sort_by_key(|line| line.split_once(' ').unwrap().0.parse::<u32>().unwrap());
    let numbers: Vec<_> = seen.iter().map(|line| line.split_once(' ').unwrap().0.to_string()).collect();
    assert_eq!(numbers, (1..=20).map(|i| i.to_string()).collect::<Vec<_>>());
    for i in 0..20 {
        assert!(seen.iter().any(|line| line.ends_with(&format!(" I am {i}"))), "{seen:?}");
    }
    let mut typed = server.stdin.take().unwrap();
    typed.write_all(b"to all\n/binary 00ff\nagain\n").unwrap();
    // the end of its input does not end a server
    drop(typed);
    let mut readers = vec![];
    for client in &mut clients {
        let mut lines = BufReader::new(client.stdout.take().unwrap()).lines().map(Result::unwrap);
        let got: Vec<_> = lines.by_ref().take(3).collect();
        assert_eq!(got, ["to all", "2 bytes: 00 ff", "again"]);
        readers.push(lines);
    }
    assert_eq!(stop(server), Some(0));
    for client in clients {
        let (_, err, code) = ended(client);
        assert_eq!((&*err, code), ("open\nclosed with 1001\n", Some(0)));
    }
}

#[test]
fn each_message_comes_back_with_echo() {
    let (server, url) = start(&["--echo", "-s", "chat"]);
    let said = run(&["-n", "3", "-s", "other", "-s", "chat", &url], Some(b"a\n\n\xf0\x9f\xa6\x80\n"));
    assert_eq!(said, well("a\n\n🦀\n", "open; the subprotocol is chat\nclosed with 1000\n"));
    assert_eq!(stop(server), Some(0));
}

#[test]
fn messages_are_compressed_if_both_ends_have_the_option() {
    for (of_server, of_client) in [(false, true), (true, false), (true, true)] {
        let option = |given: bool| if given { &["--deflate"][..] } else { &[] };
        let mut server = ws().args(["--listen", "127.0.0.1:0", "--echo"]).args(option(of_server)).spawn().unwrap();
        let mut told = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
        let url = told.next().unwrap().rsplit(' ').next().unwrap().to_owned();
        let text = "the same again, ".repeat(100);
        let typed = format!("{text}\nshort\n{text}\n");
        let (out, err, code) = run(&[option(of_client), &["-v", "-n", "3", &url]].concat(), Some(typed.as_bytes()));
        assert_eq!((out, code), (typed, Some(0)));
        let both = of_server && of_client;
        assert_eq!(err.contains("Sec-WebSocket-Extensions: permessage-deflate"), both, "{err}");
        let opened = told.next().unwrap();
        assert!(opened.contains(" opened ") && opened.ends_with(", compressed") == both, "{opened}");
        assert_eq!(stop(server), Some(0));
    }
}

#[test]
fn a_foreign_origin_and_a_plain_request_are_refused() {
    let (server, url) = start(&["--origin", "https://good.example"]);
    let good = run(&["--wait", "0", "--origin", "https://good.example", &url], Some(b""));
    assert_eq!(good, well("", "open\nclosed with 1000\n"));
    told(&run(&["--origin", "https://evil.example", &url], Some(b"")), 4, "403");
    let mut stream = TcpStream::connect(url.trim_start_matches("ws://").trim_end_matches('/')).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    assert_eq!(stop(server), Some(0));
}

#[test]
fn a_count_ends_it_with_1000() {
    let (mut server, url) = start(&["-n", "2"]);
    let stdin = server.stdin.take();
    let said = run(&["--wait", "forever", &url], Some(b"one\ntwo\n"));
    assert_eq!(said, well("", "open\nclosed with 1000\n"));
    let mut out = String::new();
    server.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!((&*out, server.wait().unwrap().code()), ("1 one\n1 two\n", Some(0)));
    drop(stdin);
}

#[test]
fn hostile_clients_are_closed_and_the_others_are_served() {
    let (mut server, url) = start(&["--echo"]);
    let address = url.trim_start_matches("ws://").trim_end_matches('/').to_string();
    let request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    // connects and says nothing, sends garbage, disappears, is not masked, does not read what it is sent
    let _silent = TcpStream::connect(&address).unwrap();
    for (wire, wanted) in [
        (b"\0\0\0".to_vec(), &b"HTTP/1.1 400 "[..]),
        ([request.as_bytes(), b"\x81\x00"].concat(), b"\x88\x02\x03\xea"),
        ([request.as_bytes(), b"\x81\x82\0\0\0\0a\xff"].concat(), b"\x88\x02\x03\xef"),
    ] {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(GUARD)).unwrap();
        stream.write_all(&wire).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = vec![];
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.windows(wanted.len()).any(|part| part == wanted), "{answer:?}");
    }
    let slow = TcpStream::connect(&address).unwrap();
    (&slow).write_all(request.as_bytes()).unwrap();
    let flood = slow.try_clone().unwrap();
    let flooding = thread::spawn(move || {
        let frame = [&b"\x82\xfe\x40\x00\0\0\0\0"[..], &[0; 0x4000]].concat();
        while (&flood).write_all(&frame).is_ok() {}
    });
    let mut stdout = server.stdout.take().unwrap();
    thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let said = run(&["-n", "1", &url], Some(b"still there\n"));
    assert_eq!(said, well("still there\n", "open\nclosed with 1000\n"));
    assert_eq!(stop(server), Some(0));
    drop(slow);
    flooding.join().unwrap();
}

#[test]
fn a_close_that_is_typed_reaches_each_client() {
    let (mut server, url) = start(&["--commands"]);
    let mut client = ws().args(["--wait", "forever", &url]).spawn().unwrap();
    client.stdin.take().unwrap().write_all(b"here\n").unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "1 here\n");
    server.stdin.take().unwrap().write_all(b"/close 4001 good bye\n").unwrap();
    told(&ended(client), 6, "ws: the server closed with 4001: good bye\n");
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_in_use_is_told() {
    let (server, url) = start(&[]);
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let child = ws().args(["--listen", address]).stdin(Stdio::null()).spawn().unwrap();
    told(&ended(child), 2, "in use");
    assert_eq!(stop(server), Some(0));
}

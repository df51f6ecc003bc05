//! Standard input and output that are not a terminal.

mod common;

use common::{Peer, badly, ended, meet, told, well, ws};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use upframe::frame::Opcode;

#[test]
fn each_line_is_a_message_and_each_message_is_a_line() {
    let said = meet(&["-n", "3"], Some(b"one\r\n\n/ping\ntwo"), |mut peer| {
        for line in ["one", "", "/ping", "two"] {
            peer.expect(Opcode::Text, line.as_bytes());
        }
        // what a terminal would obey is kept in a pipe; the code point is cut
        peer.write(b"\x01\x03a\xe2\x82\x00\x00\x80\x04\xac\x1b[m\x81\x00\x82\x03\x00\x7f\xff\x81\x04more");
        peer.closes(b"\x03\xe8");
    });
    assert_eq!(said, well("a\u{20ac}\x1b[m\n\n3 bytes: 00 7f ff\n", "open\nclosed with 1000\n"));
}

#[test]
fn a_slow_reply_is_waited_for() {
    // longer in all than the idle time, and no pause is as long
    let said = meet(&["--wait", "4"], Some(b"question\n"), |mut peer| {
        peer.expect(Opcode::Text, b"question");
        for byte in *b"\x81\x04slow" {
            thread::sleep(Duration::from_millis(800));
            peer.write(&[byte]);
        }
        // it has not sent its Close before
        peer.stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert!(peer.stream.peek(&mut [0]).is_err());
        peer.stream.set_read_timeout(Some(common::GUARD)).unwrap();
        peer.closes(b"\x03\xe8");
    });
    assert_eq!(said, well("slow\n", "open\nclosed with 1000\n"));
}

#[test]
fn without_a_reply_it_ends_after_the_idle_time() {
    for (arguments, least) in [(&[][..], 2000), (&["--wait", "0.5"], 500), (&["--wait", "0"], 0)] {
        let start = Instant::now();
        let said = meet(arguments, Some(b"x\n"), |mut peer| {
            peer.expect(Opcode::Text, b"x");
            peer.closes(b"\x03\xe8");
        });
        assert_eq!(said, well("", "open\nclosed with 1000\n"));
        assert!(start.elapsed() >= Duration::from_millis(least), "{arguments:?}");
    }
}

#[test]
fn pongs_to_the_keepalive_are_not_news() {
    let said = meet(&["--wait", "1", "--ping", "0.2"], Some(b""), |mut peer| {
        loop {
            match peer.frame() {
                Some((_, Opcode::Ping, payload)) => peer.send(0x8a, &payload),
                Some((_, Opcode::Close, payload)) => break peer.send(0x88, &payload),
                other => panic!("{other:?}"),
            }
        }
    });
    assert_eq!(said, well("", "open\nclosed with 1000\n"));
}

#[test]
fn a_count_ends_it_and_is_waited_for() {
    let said = meet(&["-n", "2"], Some(b""), |mut peer| {
        peer.write(b"\x81\x01a");
        thread::sleep(Duration::from_millis(2500)); // longer than the idle time without a count
        peer.write(b"\x81\x01b\x81\x01c");
        peer.closes(b"\x03\xe8");
    });
    assert_eq!(said, well("a\nb\n", "open\nclosed with 1000\n"));
    let said = meet(&["-n", "2", "--wait", "0.2"], Some(b""), |mut peer| {
        peer.write(b"\x81\x01a");
        peer.closes(b"\x03\xe8");
    });
    assert_eq!(said.0, "a\n");
    told(&said, 8, "1 more messages were asked for with --count");
}

#[test]
fn all_of_standard_input_is_one_message() {
    for (arguments, opcode, typed) in [
        (&["--binary", "--wait", "0"][..], Opcode::Binary, &b"a\nb\xff\n"[..]),
        (&["--text", "--wait", "0"], Opcode::Text, "a\n\u{e4}\n".as_bytes()),
        (&["--binary", "--wait", "0"], Opcode::Binary, b""),
    ] {
        let said = meet(arguments, Some(typed), move |mut peer| {
            peer.expect(opcode, typed);
            peer.closes(b"\x03\xe8");
        });
        assert_eq!(said, well("", "open\nclosed with 1000\n"));
    }
}

#[test]
fn input_that_is_not_text_is_told() {
    let said = meet(&[], Some(b"good\nb\xe4d\nlost\n"), |mut peer| {
        peer.expect(Opcode::Text, b"good");
        peer.closes(b"\x03\xe8");
    });
    assert_eq!(said, badly(1, "", "open\nclosed with 1000\nws: line 2 is not UTF-8; --binary sends bytes\n"));
    let said = meet(&["--text"], Some(b"\xff"), |peer| peer.closes(b"\x03\xe8"));
    told(&said, 1, "standard input is not UTF-8");
}

#[test]
fn commands_work_in_a_pipe_on_request() {
    let typed = b"/ping there\n/pong\n/binary 00 ff\n//slash\n/frobnicate\n/close 4001 good bye\nlost\n";
    let said = meet(&["--commands"], Some(typed), |mut peer| {
        peer.expect(Opcode::Ping, b"there");
        peer.write(b"\x8a\x05there");
        peer.expect(Opcode::Pong, b"");
        peer.expect(Opcode::Binary, b"\0\xff");
        peer.expect(Opcode::Text, b"/slash");
        peer.expect(Opcode::Close, b"\x0f\xa1good bye");
        peer.write(b"\x88\x02\x0f\xa1");
    });
    assert_eq!((&*said.0, said.2), ("", Some(0)));
    assert!(said.1.starts_with("open\n") && said.1.ends_with("\nclosed with 4001\n"), "{}", said.1);
    for part in ["/frobnicate is not a command", "received a Pong: there"] {
        assert!(said.1.contains(part), "{part}: {}", said.1);
    }
}

#[test]
fn binary_messages_go_whole_to_a_file_or_to_standard_output() {
    let serve = |mut peer: Peer| {
        peer.write(b"\x82\x03\x00\n\xff\x81\x02hi\x02\x01a\x80\x01b\x88\x00");
        peer.expect(Opcode::Close, b"");
    };
    let file = std::env::temp_dir().join(format!("ws-output-{}", std::process::id()));
    let said = meet(&["-q", "-o", file.to_str().unwrap()], None, serve);
    assert_eq!((said, std::fs::read(&file).unwrap()), (well("hi\n", ""), b"\0\n\xffab".to_vec()));
    std::fs::remove_file(file).unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || serve(Peer::accept(listener.accept().unwrap().0)));
    let output = ws().args(["--binary", &url]).output().unwrap();
    server.join().unwrap();
    assert_eq!(output.stdout, b"\0\n\xffhi\nab");
}

#[test]
fn sixteen_megabytes_go_both_ways() {
    let large: Vec<u8> = (0..16_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        let (fin, opcode, payload) = peer.frame().unwrap();
        assert_eq!((fin, opcode), (true, Opcode::Binary));
        peer.send(0x82, &payload);
        peer.closes(b"\x03\xe8");
    });
    let mut child = ws().args(["--binary", "-n", "1", &url]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let sent = large.clone();
    let writer = thread::spawn(move || stdin.write_all(&sent).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    server.join().unwrap();
    assert!(output.status.success() && output.stdout == large);
}

#[test]
fn a_slow_reader_of_standard_output_loses_nothing() {
    let large = vec![b'x'; 1 << 20];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let sent = large.clone();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        for _ in 0..4 {
            peer.send(0x81, &sent);
        }
        peer.closes(b"\x03\xe8");
    });
    let mut child = ws().args(["-n", "4", &url]).spawn().unwrap();
    let stdin = child.stdin.take();
    server.join().unwrap();
    // the connection is over; longer than any limit of the program
    thread::sleep(Duration::from_secs(3));
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert!(output.status.success() && output.stdout == [&large[..], b"\n"].concat().repeat(4));
}

#[test]
fn a_closed_standard_output_ends_it_quietly() {
    // found out while nothing comes, and while it is written to
    for floods in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let mut peer = Peer::accept(listener.accept().unwrap().0);
            peer.write(b"\x81\x05first");
            if floods {
                let many = b"\x81\x04more".repeat(1000);
                let mut stream = peer.stream.try_clone().unwrap();
                // until it is closed
                thread::spawn(move || while stream.write_all(&many).is_ok() {});
            }
            peer.expect(Opcode::Close, b"\x03\xe8");
        });
        let mut child = ws().arg(&url).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "first\n");
        drop(stdout);
        let stdin = child.stdin.take();
        server.join().unwrap();
        assert_eq!(ended(child), well("", "open\n"));
        drop(stdin);
    }
}

#[test]
fn a_full_disk_is_told() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let said = meet(&["-o", "/dev/full"], None, |mut peer| {
        peer.write(b"\x82\x01a");
        peer.closes(b"\x03\xe8");
    });
    told(&said, 1, "cannot write what was received");
}

#[test]
fn a_server_that_does_not_read_is_left_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = listener.local_addr().unwrap().to_string();
    let (done, wait) = channel::<()>();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(listener.accept().unwrap().0);
        peer.write(b"\x81\x01a");
        let _ = wait.recv();
    });
    let mut child = ws().args(["-n", "1", &url]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        let line = [&[b'x'; 1 << 20][..], b"\n"].concat();
        while stdin.write_all(&line).is_ok() {}
    });
    let said = ended(child);
    assert_eq!(said, badly(8, "a\n", "open\nws: the server did not close in time\n"));
    writer.join().unwrap();
    drop(done);
    server.join().unwrap();
}

#[test]
fn a_message_beyond_the_limit_is_refused() {
    let said = meet(&["--max-message", "5"], None, |mut peer| {
        peer.write(b"\x81\x0512345\x82\x06");
        peer.expect(Opcode::Close, b"\x03\xf1");
        let _ = peer.stream.read(&mut [0]);
    });
    told(&said, 7, "longer than the limit");
    assert_eq!(said.0, "12345\n");
}

#[test]
fn a_ping_is_answered_while_nothing_is_typed() {
    let said = meet(&[], None, |mut peer| {
        peer.write(b"\x89\x05there");
        peer.expect(Opcode::Pong, b"there");
        peer.write(b"\x88\x00");
        peer.expect(Opcode::Close, b"");
    });
    assert_eq!(said, well("", "open\nclosed with 1005\n"));
}

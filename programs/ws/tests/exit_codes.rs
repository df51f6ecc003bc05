//! Each exit code, by a server that behaves so.

#![cfg(unix)]

mod common;

use common::{badly, meet, request, run, script, told, well};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use upframe::frame::Opcode;

#[test]
fn closed_normally_is_0() {
    for (wire, answer, shown) in [
        (&b"\x88\x02\x03\xe8"[..], &b"\x03\xe8"[..], "1000"),
        (b"\x88\x09\x03\xe9bye \x1b[m", b"\x03\xe9bye \x1b[m", "1001: bye \\u{1b}[m"),
        (b"\x88\x00", b"", "1005"),
    ] {
        let said = meet(&[], None, move |mut peer| {
            peer.write(wire);
            peer.expect(Opcode::Close, answer);
        });
        assert_eq!(said, well("", &format!("open\nclosed with {shown}\n")));
    }
}

#[test]
fn no_connection_is_2() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    told(&run(&[&format!("ws://{free}/")], None), 2, "does the server run");
    told(&run(&["ws://no-such-host.invalid/"], None), 2, "cannot find no-such-host.invalid");
    told(&run(&["--listen", "no-such-host.invalid"], None), 2, "cannot listen");
}

#[test]
fn a_refusal_is_4_and_shows_fields_and_the_start_of_its_body() {
    for (body, shown) in [
        ("Content-Length: 9\r\n\r\nno\x1b[m\r\nyou", "Content-Length: 9\n\n  no\\u{1b}[m\n  yo\n"),
        ("Transfer-Encoding: chunked\r\n\r\n3;x\r\nnot\r\n0\r\n\r\n", "chunked\n\n  not\n"),
        ("X: y\r\n\r\nto the end", "X: y\n\n  to the end\n"),
        ("Content-Length: 0\r\n\r\n", "Content-Length: 0\n"),
        // what is announced and never comes is not waited for without end
        ("Content-Length: 500\r\n\r\nsome", "\n\n  some\n"),
    ] {
        let said = script(&[], None, move |mut stream| {
            request(&mut stream);
            write!(stream, "HTTP/1.1 403 Forbidden\r\nX-Reason: no\r\n{body}").unwrap();
            let keep = body.contains("500");
            if !keep {
                stream.shutdown(Shutdown::Write).unwrap();
            }
            let _ = stream.read(&mut [0]);
        });
        told(&said, 4, "ws: the server refused with 403 Forbidden\n  X-Reason: no\n  ");
        assert!(said.1.ends_with(shown), "{}", said.1);
    }
    let said = script(&[], None, |mut stream| {
        request(&mut stream);
        let _ = write!(stream, "HTTP/1.1 500 No\r\n\r\n{}", "x".repeat(5000));
    });
    told(&said, 4, &"x".repeat(1000));
    assert!(!said.1.contains(&"x".repeat(1001)));
    // what is not a valid answer is shown as it came
    let said = script(&["-v"], None, |mut stream| {
        request(&mut stream);
        let _ = write!(stream, "HTTP/1.1 101 Go\r\nX: \x1b[m\r\nUpgrade: websocket\r\n\r\nmore");
    });
    told(&said, 7, "HTTP/1.1 101 Go\n  X: \\u{1b}[m\n  Upgrade: websocket\nws: 127.0.0.1 is not a valid");
}

#[test]
fn broken_without_a_close_is_5() {
    for (wire, shown, why) in [
        (&b"\x81\x02hi"[..], "hi\n", "the server disconnected without a Close"),
        (b"\x01\x02hi", "", "the server disconnected in the middle of a message or a frame"),
        (b"\x88", "", "the server disconnected in the middle of a message or a frame"),
    ] {
        let said = meet(&[], None, |mut peer| peer.write(wire));
        assert_eq!(said, badly(5, shown, &format!("open\nws: {why}\n")));
    }
    told(&script(&[], None, |mut stream| drop(request(&mut stream))), 5, "disconnected without an answer");
    let answer = |mut stream| {
        request(&mut stream);
        reset(stream);
    };
    told(&script(&[], None, answer), 5, "broke the connection before it answered");
    let said = meet(&[], None, |mut peer| {
        peer.write(b"");
        reset(peer.stream);
    });
    told(&said, 5, "the connection broke");
}

/// Ends a connection with RST: bytes were not read.
fn reset(stream: TcpStream) {
    rustix::net::sockopt::set_socket_linger(&stream, Some(std::time::Duration::ZERO)).unwrap();
}

#[test]
fn closed_with_an_error_code_is_6() {
    for (code, reason, shown) in [
        (1011_u16, "out of order", "ws: the server closed with 1011: out of order (an error inside the server)\n"),
        (1008, "", "ws: the server closed with 1008 (against its policy)\n"),
        (4001, "\x1b]", "ws: the server closed with 4001: \\u{1b}]\n"),
    ] {
        let said = meet(&[], None, move |mut peer| {
            let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
            peer.send(0x88, &payload);
            peer.expect(Opcode::Close, &payload);
        });
        assert_eq!(said, badly(6, "", &format!("open\n{shown}")));
    }
}

#[test]
fn a_broken_protocol_is_7_and_the_server_is_told() {
    for (wire, code, why) in [
        (&b"\x83\x00"[..], 1002_u16, "reserved opcode (RFC 6455 section 5.2) at byte 0"),
        (b"\x81\x02a\xff", 1007, "text is not UTF-8"),
        (b"\x81\x81\0\0\0\0a", 1002, "mask"),
        (b"\x88\x01\x03", 1002, "one byte"),
        (b"\x88\x02\x03\xed", 1002, "may not be sent"),
        (b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 1009, "longer than the limit"),
    ] {
        let said = meet(&[], None, move |mut peer| {
            peer.write(wire);
            peer.expect(Opcode::Close, &code.to_be_bytes());
            // it does not wait for the server to disconnect
            assert_eq!(peer.frame(), None);
        });
        told(&said, 7, "open\nws: the server broke the protocol: ");
        assert!(said.1.contains(why), "{why}: {}", said.1);
    }
}

#[test]
fn an_invalid_response_is_7() {
    for (response, why) in [
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \
            AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            "Accept does not match",
        ),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "Upgrade"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "at byte"),
        ("\0\0\0\0", "at byte 0"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", "Content-Length"),
    ] {
        let said = script(&[], None, move |mut stream| {
            request(&mut stream);
            stream.write_all(response.as_bytes()).unwrap();
            let _ = stream.read(&mut [0]);
        });
        told(&said, 7, "127.0.0.1 is not a valid WebSocket server: ");
        assert!(said.1.contains(why), "{why}: {}", said.1);
    }
    // a head without an end
    let said = script(&[], None, |mut stream| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n");
        while stream.write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
    });
    told(&said, 7, "is not a valid WebSocket server");
    // a TLS server answers with an alert
    let said = script(&[], None, |mut stream| {
        request(&mut stream);
        stream.write_all(b"\x15\x03\x01\0\x02\x02\x46").unwrap();
    });
    told(&said, 3, "use wss:");
}

#[test]
fn a_time_limit_is_8() {
    // accepts and says nothing
    let silent = |mut stream: TcpStream| _ = stream.read_to_end(&mut vec![]).unwrap();
    let said = script(&["--connect-timeout", "1"], None, silent);
    told(&said, 8, "the opening handshake took longer than 1 s");
    // sends a byte from time to time
    let said = script(&["--connect-timeout", "1"], None, |mut stream| {
        request(&mut stream);
        while stream.write_all(b"H").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    assert!(said.2 == Some(8) || said.2 == Some(7), "{said:?}");
    // answers no Ping
    let said = meet(&["--ping", "0.1"], None, |mut peer| {
        let (_, opcode, _) = peer.frame().unwrap();
        assert_eq!(opcode, Opcode::Ping);
        while peer.frame().is_some() {}
    });
    told(&said, 8, "does not answer Pings");
    // answers no Close
    let said = meet(&[], Some(b""), |mut peer| while peer.frame().is_some() {});
    assert_eq!(said, badly(8, "", "open\nws: the server did not close in time\n"));
}

#[test]
fn a_server_that_stays_connected_after_its_close_is_left() {
    let said = meet(&[], None, |mut peer| {
        peer.write(b"\x88\x02\x03\xe8");
        peer.expect(Opcode::Close, b"\x03\xe8");
        assert_eq!(peer.frame(), None);
    });
    assert_eq!(said, well("", "open\nclosed with 1000\n"));
}

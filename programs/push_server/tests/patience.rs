//! Clients that are silent or slow. These tests take as long as the program is patient.

mod common;

use common::{GUARD, Program, field, handshake, read_all, read_head, text};
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use upframe_tokio::Message;

/// Writes the bytes one by one, until the server closes. Returns what it sent, and whether it closed by itself.
fn drip(program: &Program, head: &str, drops: &str) -> (String, bool) {
    let mut stream = program.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let drops = drops.to_owned();
    let dripping = std::thread::spawn(move || {
        let start = Instant::now();
        for byte in drops.bytes().cycle() {
            if start.elapsed() > GUARD || writer.write_all(&[byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        start.elapsed() < GUARD
    });
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    drop(stream);
    (String::from_utf8(answer).unwrap(), dripping.join().unwrap())
}

/// A head that comes byte by byte gets no more time than one that does not come.
#[test]
fn a_slow_head_is_cut() {
    let program = Program::start(&[]);
    let (answer, cut) = drip(&program, "GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n");
    assert!(cut && answer.is_empty(), "{answer}");
    assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_slow_body_is_cut() {
    let program = Program::start(&[]);
    let (answer, cut) = drip(&program, "POST /news HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", "x");
    assert!(cut && answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(program.news("0").matches("\"id\"").count(), 0);
}

#[test]
fn a_silent_connection_is_cut() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    assert_eq!(stream.read_to_end(&mut vec![]).unwrap(), 0);
}

/// A long poll is answered before a proxy gives it up.
#[test]
fn a_long_poll_is_answered_without_news() {
    let program = Program::start(&[]);
    let start = Instant::now();
    let answer = program.ask("GET /long-poll", "", "");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\"news\":[]}"), "{answer}");
    assert_eq!(field(&answer, "cache-control"), Some("no-store"));
    assert!(start.elapsed() > Duration::from_secs(10));
}

/// A listener that sends nothing but Pongs stays, however much it is sent and however long.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_listener_is_kept_while_news_are_sent_to_it() {
    let program = Program::start(&["--ping", "1"]);
    let (mut listener, _) = program.listen("/ws").await;
    let (mut pings, mut news) = (0, 0);
    let (mut speaker, _) = program.listen("/ws").await;
    let speaking = tokio::spawn(async move {
        // Ping and the time for its answer pass twice
        for n in 0..250 {
            speaker.send(Message::text(format!("news {n}"))).await.unwrap();
            text(&mut speaker).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    while news < 250 {
        match listener.next().await.unwrap().unwrap() {
            Message::Ping(_) => pings += 1,
            Message::Text(text) => {
                assert!(text.contains(&format!("\"news {news}\"")), "{}", &*text);
                news += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(pings > 2, "{pings} Pings in 25 s");
    speaking.await.unwrap();
}

/// A peer that does not answer Pings is cut, although the system still accepts what is sent to it.
#[test]
fn a_dead_listener_is_cut() {
    let program = Program::start(&["--ping", "1"]);
    let mut stream = program.connect();
    stream.write_all(handshake("/ws", "Host: a\r\n").as_bytes()).unwrap();
    read_head(&mut stream);
    // it reads, but answers nothing
    let all = {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    };
    assert!(all.windows(2).any(|bytes| bytes[0] == 0x89), "no Ping");
    // the place is free again
    assert!(program.ask("GET /", "", "").starts_with("HTTP/1.1 200 "));
}

/// A client that sends and never reads is given up, so that it holds no memory for ever.
#[test]
fn a_client_that_never_reads_is_cut() {
    let program = Program::start(&["--ping", "1"]);
    let mut stream = program.connect();
    stream.write_all(handshake("/echo", "Host: a\r\n").as_bytes()).unwrap();
    // a message of 1 GiB, to be echoed
    stream.write_all(b"\x82\xFF\0\0\0\0\x40\0\0\0\0\0\0\0").unwrap();
    let start = Instant::now();
    stream.set_write_timeout(Some(GUARD)).unwrap();
    let mut written = 0;
    let error = loop {
        match stream.write(&[0; 1 << 16]) {
            Ok(n) => written += n,
            Err(error) => break error,
        }
    };
    // the buffers on the way were full first
    assert!(start.elapsed() > Duration::from_secs(10) && written < 1 << 30, "{written} bytes: {error}");
    assert!(matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe), "{error}");
}

#[test]
fn an_answer_is_whole_when_the_client_reads_slowly() {
    let program = Program::start(&[]);
    let mut stream = program.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_secs(4));
    assert!(read_all(&mut stream).ends_with("</html>\n"));
}

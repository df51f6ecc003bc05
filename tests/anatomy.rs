//! Checks what the example `anatomy` prints.

#[path = "../examples/anatomy/explain.rs"]
mod explain;
#[path = "../examples/anatomy/session.rs"]
mod session;

const PRINTED: &str = include_str!("anatomy.txt");

/// Returns the bytes shown by lines of the form `81 85 37   what they are`.
fn bytes_shown(lines: &[&str]) -> Vec<u8> {
    let mut shown = vec![];
    for line in lines {
        if let Some((count, byte)) = line.trim().split_once(" more bytes of ") {
            shown.extend(vec![u8::from_str_radix(byte, 16).unwrap(); count.parse().unwrap()]);
            continue;
        }
        let column = line.chars().take(28).collect::<String>();
        shown.extend(column.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
    }
    shown
}

#[test]
fn the_session_is_printed_as_expected() {
    let session = session::session();
    for (i, (printed, expected)) in session.text.lines().zip(PRINTED.lines()).enumerate() {
        assert_eq!(printed, expected, "line {}", i + 1);
    }
    assert_eq!(session.text, PRINTED);
    assert!(session.text.lines().all(|line| line.chars().count() <= 110 && line.trim_end() == line));
}

#[test]
fn every_byte_is_shown_once_and_in_order() {
    let session = session::session();
    let (heads, frames): (Vec<_>, Vec<_>) = session.wires.iter().partition(|wire| wire.ends_with(b"\r\n\r\n"));
    for wire in &session.wires {
        assert!(session.text.contains(&format!(", {} bytes\n", wire.len())));
    }
    let (about_heads, about_frames) = session.text.split_once("2. A text message").unwrap();
    // Each line of a head has a remark below it.
    let lines = about_heads.lines().filter(|line| line.starts_with("  ") && !line.starts_with("    "));
    let shown: String = lines.map(|line| line.trim().replace("(nothing)", "") + "\r\n").collect();
    assert_eq!(shown.as_bytes(), heads.into_iter().flatten().copied().collect::<Vec<_>>());
    // Bytes of frames have a remark after them.
    let is_shown =
        |line: &&str| line.starts_with("  ") && !line.starts_with("    ") || line.contains(" more bytes of ");
    let lines: Vec<_> = about_frames.lines().filter(is_shown).collect();
    assert_eq!(bytes_shown(&lines), frames.into_iter().flatten().copied().collect::<Vec<_>>());
}

#[test]
fn the_handshake_has_the_expected_fields() {
    let session = session::session();
    let text = |i: usize| String::from_utf8(session.wires[i].clone()).unwrap();
    for line in [
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n",
        "Sec-WebSocket-Protocol: chat, superchat\r\n",
        "Sec-WebSocket-Version: 13\r\n",
    ] {
        assert!(text(0).contains(line));
    }
    for line in [
        "HTTP/1.1 101 Switching Protocols\r\n",
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n",
        "Sec-WebSocket-Protocol: chat\r\n",
    ] {
        assert!(text(1).contains(line));
    }
}

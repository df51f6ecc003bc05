//! Valid and invalid text, cut by frames and by reads (RFC 6455 §5.6, §8.1).

use crate::peers::{Seen, client, polled, server, sum};
use crate::{Checked, ensure, given};
use upframe::connection::State;

const TEXT: &str = "a\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFD}\u{FFFF}\u{10000}\u{10FFFF} κόσμε €";

/// Writes the text in two frames from a server, by hand, because no end cuts a code point.
fn two_frames(bytes: &[u8], at: usize, wire: &mut [u8]) -> usize {
    let (first, second) = bytes.split_at(at);
    let parts = [&[0x01, first.len() as u8][..], first, &[0x80, second.len() as u8], second];
    let mut len = 0;
    for part in parts {
        wire[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    }
    len
}

pub fn text_is_the_same_at_every_cut() -> Checked {
    let mut wire = [0; 128];
    let mut all = 0;
    for at in 0..=TEXT.len() {
        for cut in [1, 2, 3, 5, 1000] {
            let len = two_frames(TEXT.as_bytes(), at, &mut wire);
            let (mut client, mut seen) = (client(), Seen::<64>::new());
            seen.receive(&mut client, &mut wire[..len], cut);
            ensure!(seen.came() == TEXT.as_bytes() && seen.messages == 1 && seen.failed.is_none());
            all = sum(all, seen.came());
        }
    }
    // And masked, in one frame.
    for cut in 1..20 {
        let len = given!(client().send(TEXT, &mut wire)).len();
        let mut seen = Seen::<64>::new();
        seen.receive(&mut server(), &mut wire[..len], cut);
        ensure!(seen.came() == TEXT.as_bytes() && seen.messages == 1);
    }
    Ok(all)
}

pub fn bad_text_fails_at_the_same_byte() -> Checked {
    let mut all = 0;
    for (bytes, good) in [
        (&b"ab\x80cd"[..], 2),                // a continuation byte alone
        (b"ab\xC0\xAF", 2),                   // overlong
        (b"ab\xE0\x80\xAF", 3),               // overlong
        (b"a\xED\xA0\x80", 2),                // a surrogate
        (b"a\xF4\x90\x80\x80", 2),            // above U+10FFFF
        (b"a\xF5\x80\x80\x80", 1),            // not a lead byte
        (b"\xCE\xBA\xE1\xBD\xB9\xCF\xFF", 6), // cannot continue a code point
        (b"abc\xE2\x82", 5),                  // cut by the end of the message
    ] {
        for at in 0..=bytes.len() {
            let mut first = None;
            for cut in [1, 2, 3, 1000] {
                let (mut wire, mut out) = ([0; 32], [0; 8]);
                let len = two_frames(bytes, at, &mut wire);
                let (mut client, mut seen) = (client(), Seen::<16>::new());
                seen.receive(&mut client, &mut wire[..len], cut);
                let (code, offset) = given!(seen.failed);
                // Before the text there are one or two headers.
                ensure!(code == 1007 && client.state() == State::Failed && offset >= 2 && offset as usize <= len);
                ensure!(*first.get_or_insert(offset) == offset);
                ensure!(bytes.starts_with(seen.came()) && seen.len <= good);
                // A masked Close with the code 1007.
                let n = polled(&mut client, &mut out, 3);
                ensure!(n == 8 && out[0] == 0x88 && out[1] == 0x82);
                ensure!([out[6] ^ out[2], out[7] ^ out[3]] == 1007u16.to_be_bytes());
                all = sum(all, &[offset as u8]);
            }
        }
    }
    Ok(all)
}

//! The violations of a peer, and the close codes that report them (RFC 6455 §7.4.1).

use crate::peers::{Seen, client, polled, server, sum};
use crate::{Checked, ensure, given};
use upframe::connection::{Connection, Role, State};

/// Bytes, the close code, and how many bytes come before the invalid one.
type Case = (&'static [u8], u16);

const TO_SERVER: [Case; 16] = [
    (b"\x81\x01a", 1002),                            // no mask
    (b"\xC1\x80\0\0\0\0", 1002),                     // RSV1
    (b"\x91\x80\0\0\0\0", 1002),                     // RSV3
    (b"\x83\x80\0\0\0\0", 1002),                     // opcode 3
    (b"\x8F\x80\0\0\0\0", 1002),                     // opcode 15
    (b"\x09\x80\0\0\0\0", 1002),                     // a Ping in fragments
    (b"\x89\xFE\x00\x7E\0\0\0\0", 1002),             // a Ping of 126 bytes
    (b"\x80\x80\0\0\0\0", 1002),                     // a continuation without a message
    (b"\x01\x81\0\0\0\0a\x81\x81\0\0\0\0b", 1002),   // a message inside a message
    (b"\x82\xFE\x00\x7D\0\0\0\0", 1002),             // 125 in 16 bits
    (b"\x82\xFF\0\0\0\0\0\0\xFF\xFF\0\0\0\0", 1002), // 65535 in 64 bits
    (b"\x82\xFF\x80\0\0\0\0\0\0\0\0\0\0\0", 1002),   // the top bit
    (b"\x88\x81\0\0\0\0\x03", 1002),                 // a Close of one byte
    (b"\x88\x82\0\0\0\0\x03\xED", 1002),             // 1005 in a Close
    (b"\x88\x83\0\0\0\0\x03\xE8\xFF", 1007),         // a reason that is not UTF-8
    (b"\x82\xFF\0\0\0\0\0\x01\0\x01\0\0\0\0", 1009), // 65537 bytes
];

const TO_CLIENT: [Case; 10] = [
    (b"\x81\x81\0\0\0\0a", 1002),
    (b"\xA1\x00", 1002),
    (b"\x8B\x00", 1002),
    (b"\x0A\x00", 1002),
    (b"\x80\x00", 1002),
    (b"\x01\x01a\x82\x01b", 1002),
    (b"\x82\x7E\x00\x7D", 1002),
    (b"\x88\x02\x00\x00", 1002),
    (b"\x88\x04\x03\xE8\xC3\x28", 1007),
    (b"\x82\x7F\0\0\0\0\0\x01\0\x01", 1009),
];

fn found<R: Role>(cases: &[Case], connection: fn() -> Connection<R>, masked: bool) -> Checked {
    let mut all = 0;
    for (bytes, want) in cases {
        let mut first = None;
        for cut in 1..=bytes.len() {
            let (mut wire, mut out) = ([0; 32], [0; 16]);
            // And a frame after it, which is discarded.
            wire[..bytes.len()].copy_from_slice(bytes);
            let (mut connection, mut seen) = (connection(), Seen::<8>::new());
            seen.receive(&mut connection, &mut wire[..bytes.len() + 6], cut);
            let failed = given!(seen.failed);
            ensure!(failed.0 == *want && *first.get_or_insert(failed) == failed);
            ensure!(connection.state() == State::Failed && seen.messages == 0);
            let n = polled(&mut connection, &mut out, cut);
            let code = match (masked, &out[..n]) {
                (false, [0x88, 2, a, b]) => [*a, *b],
                (true, [0x88, 0x82, k, l, _, _, a, b]) => [a ^ k, b ^ l],
                _ => return Err(line!()),
            };
            ensure!(code == want.to_be_bytes());
            all = sum(all, &[failed.1 as u8, code[0], code[1]]);
        }
    }
    Ok(all)
}

pub fn a_server_finds_them() -> Checked {
    found(&TO_SERVER, server, false)
}

pub fn a_client_finds_them() -> Checked {
    found(&TO_CLIENT, client, true)
}

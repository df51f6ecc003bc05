//! Frames of all lengths (RFC 6455 §5.2).

use crate::peers::{Seen, client, server, sum};
use crate::{Checked, ensure, given};
use upframe::connection::{DataFrame, Event};
use upframe::frame::{Header, MaskingKey, Opcode};

pub fn headers_at_the_boundaries() -> Checked {
    let mut all = 0;
    for (len, want) in [
        (0, &b"\x82\x00"[..]),
        (1, b"\x82\x01"),
        (125, b"\x82\x7D"),
        (126, b"\x82\x7E\x00\x7E"),
        (127, b"\x82\x7E\x00\x7F"),
        (65_535, b"\x82\x7E\xFF\xFF"),
        (65_536, b"\x82\x7F\0\0\0\0\0\x01\0\0"),
        (u32::MAX as u64 + 1, b"\x82\x7F\0\0\0\x01\0\0\0\0"),
        (u64::MAX >> 1, b"\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
    ] {
        for masking_key in [None, Some(MaskingKey([1, 2, 3, 4]))] {
            let header = Header { masking_key, ..Header::new(Opcode::Binary, len) };
            let mut out = [0; Header::MAX_LEN];
            let written = given!(header.encode(&mut out));
            ensure!(written.len() == header.encoded_len());
            ensure!(masking_key.is_some() || written == want);
            ensure!(Header::parse(written) == Ok(Some((header, written.len()))));
            for cut in 0..written.len() {
                ensure!(Header::parse(&written[..cut]) == Ok(None));
            }
            all = sum(all, written);
        }
    }
    Ok(all)
}

fn there_and_back(lens: usize, cut: usize) -> Checked {
    let (mut client, mut server) = (client(), server());
    let (mut sent, mut wire) = ([0; 300], [0; 308]);
    let mut all = 0;
    for len in 0..=lens {
        sent.iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 7 + len) as u8);
        let sent = &sent[..len];
        // Masked.
        let n = given!(client.send(sent, &mut wire)).len();
        all = sum(all, &wire[..n]);
        let mut seen = Seen::<300>::new();
        seen.receive(&mut server, &mut wire[..n], cut);
        ensure!(seen.came() == sent && seen.messages == 1);
        // Unmasked.
        let n = given!(server.send(seen.came(), &mut wire)).len();
        all = sum(all, &wire[..n]);
        let mut seen = Seen::<300>::new();
        seen.receive(&mut client, &mut wire[..n], cut);
        ensure!(seen.came() == sent && seen.messages == 1);
    }
    Ok(all)
}

pub fn messages_there_and_back_whole() -> Checked {
    there_and_back(300, 1000)
}

pub fn messages_there_and_back_byte_by_byte() -> Checked {
    there_and_back(130, 1)
}

pub fn a_long_message_streams_through_a_small_buffer() -> Checked {
    const LEN: usize = 65_536;
    let (mut client, mut server) = (client(), server());
    let mut buffer = [0; 48];
    let (mut from, mut wanted, mut came, mut count) = (0, 0, 0, 0);
    let head = given!(client.begin_frame(DataFrame::BINARY, LEN as u64, &mut buffer)).len();
    ensure!(head == 14);
    let mut filled = head;
    loop {
        let mut input = &mut buffer[..filled];
        while let Some(event) = server.receive(&mut input) {
            let Event::Binary(piece) = event else { return Err(line!()) };
            came = sum(came, piece.as_bytes());
            count += piece.as_bytes().len();
            if piece.is_last() {
                ensure!(from == LEN && count == LEN && came == wanted);
                return Ok(came);
            }
        }
        ensure!(from < LEN);
        filled = buffer.len().min(LEN - from);
        let chunk = &mut buffer[..filled];
        chunk.iter_mut().enumerate().for_each(|(i, byte)| *byte = ((from + i) % 251) as u8);
        wanted = sum(wanted, chunk);
        from += filled;
        ensure!(client.frame_payload(chunk) == Ok((LEN - from) as u64));
    }
}

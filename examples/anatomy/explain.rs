//! Explains what each byte is for.

use upframe::frame::{Header, Mask, Opcode};

/// The start of a header line, and the remark printed below it.
pub type Line = (&'static str, &'static str);

/// The column at which remarks begin.
const REMARK: usize = 30;

/// The number of bytes in one row.
const ROW: usize = 8;

/// Explains a head, line by line.
pub fn explain_head(head: &[u8], lines: &[Line]) -> String {
    let text = String::from_utf8_lossy(head);
    let mut explained = String::new();
    for line in text.split_terminator("\r\n") {
        let about = lines.iter().find(|(start, _)| line.starts_with(start));
        let about = about.map_or("the empty line: the head ends and frames begin", |(_, about)| about);
        let line = if line.is_empty() { "(nothing)" } else { line };
        explained += &format!("  {line}\n      {about}\n");
    }
    explained
}

/// Explains frames, byte by byte.
pub fn explain_frames(wire: &[u8]) -> String {
    let mut explained = String::new();
    let mut rest = wire;
    while let Ok(Some((header, header_len))) = Header::parse(rest) {
        if !explained.is_empty() {
            explained += "\n";
        }
        let (frame, after) = rest.split_at(header_len + header.payload_len as usize);
        explained += &explain_frame(&header, header_len, frame);
        rest = after;
    }
    explained
}

fn explain_frame(header: &Header, header_len: usize, frame: &[u8]) -> String {
    let mut explained = String::new();
    let mut row = |bytes: &[u8], about: &str| explained += &self::row(bytes, about);
    let (head, payload) = frame.split_at(header_len);
    let fin = match (header.fin, header.opcode.is_control()) {
        (false, _) => "no FIN: the message goes on",
        (true, false) => "FIN: last frame of the message",
        (true, true) => "FIN, as in all control frames",
    };
    row(&head[..1], &format!("{}  {fin}; opcode {:X}: {}", bits(head[0]), header.opcode.bits(), name(header.opcode)));

    let length = usize::from(head[1] & 0x7F);
    let mask = if header.masking_key.is_some() { "MASK: a key follows" } else { "no MASK" };
    let (extended, length) = match length {
        126 => (2, "length 126: the length is in the next two bytes".into()),
        127 => (8, "length 127: the length is in the next eight bytes".into()),
        length => (0, format!("length {length}")),
    };
    row(&head[1..2], &format!("{}  {mask}; {length}", bits(head[1])));
    if extended > 0 {
        row(&head[2..2 + extended], &format!("length {} (§5.2)", header.payload_len));
    }

    let mut plain = payload.to_vec();
    if let Some(key) = header.masking_key {
        row(&head[2 + extended..], "masking key");
        Mask::new(key).apply(&mut plain);
    }
    // A Close begins with a code.
    let code_len = if header.opcode == Opcode::Close { 2.min(plain.len()) } else { 0 };
    if let &[a, b] = &plain[..code_len] {
        let code = u16::from_be_bytes([a, b]);
        let about = if code == 1000 { "normal closure" } else { "see §7.4" };
        row(&payload[..2], &format!("{}close code {code}: {about}", unmasked(header, &plain[..2])));
    }
    let rows = payload[code_len..].chunks(ROW).zip(plain[code_len..].chunks(ROW));
    let len = rows.len();
    for (i, (bytes, plain)) in rows.enumerate() {
        // The middle of a long payload is left out.
        if len > 4 && i == 2 {
            let skipped = &payload[code_len + 2 * ROW..code_len + (len - 1) * ROW];
            row(&[], &format!("{} more bytes of {:02x}", skipped.len(), skipped[0]));
        }
        if len > 4 && i >= 2 && i < len - 1 {
            continue;
        }
        row(bytes, &format!("{}{:?}", unmasked(header, plain), String::from_utf8_lossy(plain)));
    }
    explained
}

/// Formats one row: the bytes, then the remark.
fn row(bytes: &[u8], about: &str) -> String {
    let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("  {:<width$}{about}\n", hex.join(" "), width = REMARK - 2)
}

/// Shows the bytes of a masked payload as they are after unmasking.
fn unmasked(header: &Header, plain: &[u8]) -> String {
    let hex: Vec<_> = plain.iter().map(|byte| format!("{byte:02x}")).collect();
    if header.masking_key.is_some() { format!("is {}: ", hex.join(" ")) } else { String::new() }
}

fn bits(byte: u8) -> String {
    format!("{:04b} {:04b}", byte >> 4, byte & 0x0F)
}

const fn name(opcode: Opcode) -> &'static str {
    match opcode {
        Opcode::Continuation => "continuation",
        Opcode::Text => "text",
        Opcode::Binary => "binary",
        Opcode::Close => "Close",
        Opcode::Ping => "Ping",
        Opcode::Pong => "Pong with the Ping's payload",
    }
}

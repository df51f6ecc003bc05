//! Frames, masks, UTF-8.

use crate::opaque::{byte, bytes, flag, key, long, opcode, reserved_bits, sink, text};
use upframe::frame::{CloseCode, Decoder, FrameViolation, Header, Mask, MaskingKey, Opcode, Part, PeerMasking};
use upframe::utf8::{self, Chars, Validator};

#[inline(never)]
pub fn all() {
    headers();
    decoder();
    masks();
    text_checks();
}

fn headers() {
    let header = Header { fin: flag(), rsv: reserved_bits(), masking_key: key(), ..Header::new(opcode(), long()) };
    sink((header.encoded_len(), header.encode(bytes()).map(<[u8]>::len)));
    sink(Header::parse(bytes()));
    sink(Opcode::from_bits(byte()).map(|opcode| (opcode.bits(), opcode.is_control())));
    let bits = reserved_bits().union(reserved_bits());
    sink((bits.bits(), bits.is_empty(), bits.contains(reserved_bits())));
    let code = CloseCode(long() as u16);
    sink((code.may_be_received(), code.may_be_sent()));
}

fn decoder() {
    let peer = match byte() {
        0 => PeerMasking::Required,
        1 => PeerMasking::Forbidden,
        _ => PeerMasking::Optional,
    };
    let mut decoder = Decoder::new(peer, reserved_bits());
    loop {
        let mut input = bytes();
        while let Some(part) = decoder.decode(&mut input) {
            match part {
                Part::Header(header) => sink(header),
                Part::Payload { bytes, last } => sink((bytes.len(), last)),
                Part::Failed(error) => {
                    let violation: FrameViolation = error.violation;
                    sink((violation.section(), error.offset));
                }
                _ => {}
            }
        }
        sink((decoder.offset(), decoder.is_at_rest(), decoder.is_between_frames()));
        if flag() {
            return;
        }
    }
}

fn masks() {
    let mut mask = Mask::new(key().unwrap_or(MaskingKey([0; 4])));
    while flag() {
        mask.apply(bytes());
        sink(mask.apply_copying(bytes(), bytes()));
    }
}

fn text_checks() {
    sink(utf8::check(bytes()));
    let mut validator = Validator::new();
    while flag() {
        let mut piece = &*bytes();
        while let Ok(Some(chars)) = validator.next(&mut piece) {
            sink((chars.as_bytes().len(), chars.as_str(), chars.in_input(), chars.str_in_input()));
        }
        sink(validator.is_whole());
    }
    sink(Chars::from(text()).as_str());
}

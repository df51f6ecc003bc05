//! Wires: what the generator of the codec's own tests makes of bytes, and grids over what one frame can hold.

use super::MAX_MESSAGE;
use crate::End;
use crate::random::Random;
use crate::scripts::{self, Unstructured, streams};
use crate::twin::Op;
use crate::twin::frame::frame;

/// Bytes for an end, after the opening handshake, and how reads cut them.
pub struct Case {
    pub end: End,
    pub wire: Vec<u8>,
    pub sizes: [usize; 3],
}

impl Case {
    pub fn whole(end: End, wire: impl Into<Vec<u8>>) -> Self {
        Self { end, wire: wire.into(), sizes: [usize::MAX; 3] }
    }

    pub fn pieces(&self) -> Vec<&[u8]> {
        scripts::cut(&self.wire, self.sizes)
    }
}

/// So many generated ones, without extensions, half of them in one read.
pub fn generated(seed: u64, count: usize) -> impl Iterator<Item = Case> {
    let mut random = Random::new(seed);
    let cases = std::iter::repeat_with(move || {
        let bytes = random.bytes();
        let case = streams::case(&mut Unstructured::new(&bytes)).ok()?;
        let end = if case.rules.server { End::Server } else { End::Client };
        let came = case.ops.iter().filter_map(|op| if let Op::Receive(bytes) = op { Some(&bytes[..]) } else { None });
        let wire: Vec<_> = came.collect::<Vec<_>>().concat();
        let sizes = if bytes[0] & 1 == 0 { [usize::MAX; 3] } else { case.sizes };
        (case.rules.owned == 0 && !wire.is_empty()).then_some(Case { end, wire, sizes })
    });
    cases.flatten().take(count)
}

/// Every value if a frame has few, and the values around each bound if it has many.
pub fn grids() -> Vec<Case> {
    let mut cases = vec![];
    for end in [End::Server, End::Client] {
        first_bytes(end, &mut cases);
        lengths(end, &mut cases);
        closes(end, &mut cases);
        texts(end, &mut cases);
    }
    cases
}

fn key(end: End) -> Option<[u8; 4]> {
    (end == End::Server).then_some([0x37, 0xfa, 0x21, 0x3d])
}

/// Every first byte, masked and not, alone, inside a message, and with a message after it.
fn first_bytes(end: End, cases: &mut Vec<Case>) {
    for (b0, masked, payload) in (0..=255).flat_map(|b0| {
        [(b0, true, &b""[..]), (b0, false, b""), (b0, true, b"\x03\xe8bye"), (b0, false, b"\x03\xe8bye")]
    }) {
        let odd = frame(b0, payload, masked.then_some([1, 2, 3, 4]));
        let (open, ping, last) =
            (frame(0x01, b"open", key(end)), frame(0x89, b"p", key(end)), frame(0x80, b"", key(end)));
        cases.push(Case::whole(end, odd.clone()));
        cases.push(Case::whole(end, [&odd[..], &ping].concat()));
        cases.push(Case::whole(end, [&open[..], &odd, &last, &ping].concat()));
    }
}

/// Lengths around each bound in each form, minimal or not; the payload follows unless it is longer than any end accepts.
fn lengths(end: End, cases: &mut Vec<Case>) {
    let limit = MAX_MESSAGE as u64;
    let values =
        [0, 1, 125, 126, 127, 65_535, 65_536, limit, limit + 1, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, u64::MAX];
    let mask = if end == End::Server { 0x80 } else { 0 };
    for b0 in [0x81, 0x82, 0x02, 0x88, 0x89, 0x8A] {
        for len in values {
            for (form, largest) in [(0, 125), (126, 0xFFFF), (127, u64::MAX)] {
                if len > largest {
                    continue;
                }
                let bytes = len.to_be_bytes();
                let mut wire = vec![b0, mask | if form == 0 { len as u8 } else { form }];
                wire.extend(match form {
                    0 => &[][..],
                    126 => &bytes[6..],
                    _ => &bytes[..],
                });
                wire.extend(key(end).map(|_| [0; 4]).iter().flatten());
                cases.push(Case::whole(end, wire.clone()));
                wire.extend(vec![b'x'; len.min(limit + 1) as usize]);
                cases.push(Case::whole(end, wire.clone()));
                wire.extend(frame(0x89, b"behind", key(end)));
                cases.push(Case::whole(end, wire));
            }
        }
    }
}

/// Every code up to the first undefined one, the last ones, and bodies that are not valid.
fn closes(end: End, cases: &mut Vec<Case>) {
    let mut close = |body: &[u8]| {
        let close = frame(0x88, body, key(end));
        cases.push(Case::whole(end, [&close[..], &frame(0x89, b"behind", key(end))].concat()));
    };
    for code in (0..=5100u16).chain([0x7FFF, 0x8000, u16::MAX]) {
        close(&code.to_be_bytes());
    }
    for reason in [&b"bye"[..], "世".as_bytes(), &[b'x'; 123], b"\xFF", b"cut \xE4\xB8", b"\xED\xA0\x80"] {
        close(&[&1000u16.to_be_bytes(), reason].concat());
        close(&[&999u16.to_be_bytes(), reason].concat());
    }
    close(b"");
    close(b"\x03");
}

/// Every lead byte with second bytes around each bound (RFC 3629 §4): whole, cut into fragments, and cut off.
fn texts(end: End, cases: &mut Vec<Case>) {
    for lead in 0x7F..=0xFF {
        for second in [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0] {
            for tail in [&b""[..], b"\x80", b"\xBF\x80a"] {
                let text = [&[b'a', lead, second], tail].concat();
                let (front, back) = text.split_at(2);
                cases.push(Case::whole(end, frame(0x81, &text, key(end))));
                let parts = [frame(0x01, front, key(end)), frame(0x89, b"p", key(end)), frame(0x80, back, key(end))];
                cases.push(Case { sizes: [1, 99, 99], ..Case::whole(end, parts.concat()) });
            }
        }
    }
}

//! Frames and messages (RFC 6455 §5, §8.1). After a bad control frame comes a good message: it shows who goes on.

use super::{bad, good, script};
use crate::script::{Begins::Open, Check, Demand, End, Reply, Script};

pub fn to_server() -> Vec<Script> {
    let case = |name, section, bytes, demand: Demand| script(End::Server, Open, name, section, bytes, demand);
    vec![
        case(
            "\"Hello\", masked, as in the RFC",
            "§5.7",
            b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
            good(&[b"Hello"]),
        ),
        Script {
            cut: 1,
            ..case("the same byte by byte", "§5.7", b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", good(&[b"Hello"]))
        },
        case("two messages in one segment", "§5.4", b"\x81\x81\0\0\0\0a\x82\x81\0\0\0\0b", good(&[b"a", b"b"])),
        case("a message of no bytes, and one more", "§5.4", b"\x82\x80\0\0\0\0\x82\x81\0\0\0\0b", good(&[b"", b"b"])),
        case(
            "a message of 126 bytes",
            "§5.2",
            b"\x82\xfe\0\x7e\0\0\0\0\
              0123456789012345678901234567890123456789012345678901234567890123456789\
              01234567890123456789012345678901234567890123456789012345",
            good(&[b"0123456789012345678901234567890123456789012345678901234567890123456789\
                     01234567890123456789012345678901234567890123456789012345"]),
        ),
        case(
            "fragments, the middle one without a byte",
            "§5.4",
            b"\x01\x83\0\0\0\0Hel\0\x80\0\0\0\0\x80\x82\0\0\0\0lo",
            good(&[b"Hello"]),
        ),
        case(
            "a Ping between fragments",
            "§5.4",
            b"\x01\x83\0\0\0\0Hel\x89\x80\0\0\0\0\x80\x82\0\0\0\0lo",
            good(&[b"Hello"]),
        ),
        case(
            "a Pong between fragments, which nobody asked for",
            "§5.4, §5.5.3",
            b"\x01\x83\0\0\0\0Hel\x8a\x81\0\0\0\0!\x80\x82\0\0\0\0lo",
            good(&[b"Hello"]),
        ),
        case(
            "a code point that two fragments share",
            "§8.1",
            b"\x01\x81\0\0\0\0\xc3\x80\x81\0\0\0\0\xa9",
            good(&[b"\xc3\xa9"]),
        ),
        case(
            "a Ping is answered",
            "§5.5.2",
            b"\x89\x82\0\0\0\0Hi",
            Demand::Good { messages: &[], closes: false, replies: Reply::Pong(b"\x8a\x02Hi") },
        ),
        case("RSV1 without an extension", "§5.2", b"\xc1\x82\0\0\0\0Hi", bad(Check::Reserved, 1002)),
        case("opcode 3", "§5.2", b"\x83\x82\0\0\0\0Hi\x81\x82\0\0\0\0Hi", bad(Check::Opcode, 1002)),
        case("opcode 11", "§5.2", b"\x8b\x80\0\0\0\0\x81\x82\0\0\0\0Hi", bad(Check::Opcode, 1002)),
        case("a frame without a mask", "§5.1", b"\x81\x02Hi", bad(Check::Mask, 1002)),
        case("a length of 2 in 16 bits", "§5.2", b"\x81\xfe\0\x02\0\0\0\0Hi", bad(Check::LengthForm, 1002)),
        case("a length of 2 in 64 bits", "§5.2", b"\x81\xff\0\0\0\0\0\0\0\x02\0\0\0\0Hi", bad(Check::LengthForm, 1002)),
        case(
            "a length of 64 bits",
            "§5.2",
            const { &longer_than_room(b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0") },
            bad(Check::Size, 1002),
        ),
        case(
            "a length of 62 bits",
            "§10.4",
            const { &longer_than_room(b"\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0") },
            bad(Check::Size, 1009),
        ),
        case("a Ping that is not final", "§5.5", b"\x09\x80\0\0\0\0\x81\x82\0\0\0\0Hi", bad(Check::ControlFin, 1002)),
        case(
            "a Ping of 126 bytes",
            "§5.5",
            b"\x89\xfe\0\x7e\0\0\0\0\
              0123456789012345678901234567890123456789012345678901234567890123456789\
              01234567890123456789012345678901234567890123456789012345\x81\x82\0\0\0\0Hi",
            bad(Check::ControlLength, 1002),
        ),
        case("a continuation of nothing", "§5.4", b"\x80\x82\0\0\0\0Hi", bad(Check::Order, 1002)),
        case("a text within a text", "§5.4", b"\x01\x82\0\0\0\0Hi\x81\x82\0\0\0\0Ho", bad(Check::Order, 1002)),
        case("a text that is not UTF-8", "§8.1", b"\x81\x82\0\0\0\0\xc3\x28", bad(Check::Text, 1007)),
        case("a surrogate", "§8.1", b"\x81\x83\0\0\0\0\xed\xa0\x80", bad(Check::Text, 1007)),
        case("a text that ends in a code point", "§8.1", b"\x81\x81\0\0\0\0\xc3", bad(Check::Text, 1007)),
    ]
}

/// A header, and more zeros than any stack has room for.
const fn longer_than_room(header: &[u8; 14]) -> [u8; 1500] {
    let mut wire = [0; 1500];
    let mut at = 0;
    while at < header.len() {
        wire[at] = header[at];
        at += 1;
    }
    wire
}

pub fn to_client() -> Vec<Script> {
    let case = |name, section, bytes, demand: Demand| script(End::Client, Open, name, section, bytes, demand);
    vec![
        case("\"Hello\", as in the RFC", "§5.7", b"\x81\x05Hello", good(&[b"Hello"])),
        case("\"Hello\" in two fragments, as in the RFC", "§5.7", b"\x01\x03Hel\x80\x02lo", good(&[b"Hello"])),
        case("a masked frame", "§5.1", b"\x81\x82\x01\x02\x03\x04Ik", bad(Check::Mask, 1002)),
        case("RSV1 without an extension", "§5.2", b"\xc1\x02Hi", bad(Check::Reserved, 1002)),
        case("a length of 2 in 16 bits", "§5.2", b"\x81\x7e\0\x02Hi", bad(Check::LengthForm, 1002)),
        case("a text that is not UTF-8", "§8.1", b"\x81\x02\xc3\x28", bad(Check::Text, 1007)),
    ]
}

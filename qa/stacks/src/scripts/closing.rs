//! The closing handshake (RFC 6455 §5.5.1, §7).

use super::{bad, script};
use crate::script::{Begins::Open, Check, Demand, End, Reply, Script};

pub fn of_server() -> Vec<Script> {
    let case = |name, section, bytes, demand: Demand| script(End::Server, Open, name, section, bytes, demand);
    let closes = |replies| Demand::Good { messages: &[], closes: true, replies };
    vec![
        case("1000 with a reason", "§5.5.1", b"\x88\x85\0\0\0\0\x03\xe8bye", closes(Reply::Close(1000))),
        case("a Close without a code", "§5.5.1", b"\x88\x80\0\0\0\0", closes(Reply::Nothing)),
        case("3000, of a library", "§7.4.2", b"\x88\x82\0\0\0\0\x0b\xb8", closes(Reply::Close(3000))),
        case(
            "a message after the Close is ignored",
            "§5.5.1",
            b"\x88\x82\0\0\0\0\x03\xe8\x81\x82\0\0\0\0Hi",
            closes(Reply::Close(1000)),
        ),
        case("a Close of one byte", "§5.5.1", b"\x88\x81\0\0\0\0\x03", bad(Check::CloseBody, 1002)),
        case("999", "§7.4.2", b"\x88\x82\0\0\0\0\x03\xe7", bad(Check::CloseBody, 1002)),
        case("1005, which is never sent", "§7.4.1", b"\x88\x82\0\0\0\0\x03\xed", bad(Check::CloseBody, 1002)),
        case("5000", "§7.4", b"\x88\x82\0\0\0\0\x13\x88", bad(Check::CloseBody, 1002)),
        case(
            "a reason that is not UTF-8",
            "§5.5.1, §8.1",
            b"\x88\x84\0\0\0\0\x03\xe8\xc3\x28",
            bad(Check::CloseBody, 1007),
        ),
        case("a Close that is not final", "§5.5", b"\x08\x82\0\0\0\0\x03\xe8", bad(Check::ControlFin, 1002)),
    ]
}

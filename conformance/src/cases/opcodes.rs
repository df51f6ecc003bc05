//! Reserved opcodes (RFC 6455 §5.2).

use super::{Cases, PROTOCOL_ERROR};
use crate::script::{Chop, Script};
use crate::wire::{Frame, Message};

pub(super) fn add(cases: &mut Cases) {
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        let mut add = |name: &str, description: &str, script: fn(u8) -> Script| {
            let id = format!("opcodes.{opcode:x}.{name}");
            let description = format!("the reserved opcode {opcode:#x}: {description}");
            cases.add(id, "§5.2", description, PROTOCOL_ERROR, move || script(opcode));
        };
        add("empty", "a frame without payload", |opcode| Script::new().frame(Frame::new(0x80 | opcode, [])));
        add("payload", "a frame after a valid text, and a Ping after it", |opcode| {
            Script::new().echo_text("ok").frame(Frame::new(0x80 | opcode, "Hello")).frame(Frame::ping("not answered"))
        });
        add("unfinished", "a frame without FIN", |opcode| Script::new().frame(Frame::new(opcode, "Hello")));
        add("inside-a-message", "a frame between two fragments", |opcode| {
            let (first, last) = (Frame::text("a").unfinished(), Frame::continuation("b"));
            let frames = [first, Frame::new(0x80 | opcode, "Hello"), last];
            Script::new().frames(frames).may_begin(Message::text("a"))
        });
        add("byte-by-byte", "a text, the frame, a text; byte by byte", |opcode| {
            let frames = [Frame::new(0x80 | opcode, "Hello"), Frame::text("must not come back")];
            Script::new().chopped(Chop::BYTE).echo_text("ok").frames(frames)
        });
    }
}

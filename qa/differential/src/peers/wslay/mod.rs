//! `wslay`, in C, as Debian builds it: `wslay_event_recv` with its callbacks. It has no opening handshake.

#![allow(unsafe_code, reason = "a library in C")]

mod ffi;

use super::Peer;
use crate::End;
use crate::opening::{Asked, Judged};
use crate::receiving::{Answer, MAX_MESSAGE, Seen, Transcript, answers};
use crate::wire::Wire;
use ffi::{Callbacks, Context, Message};
use std::ffi::{c_int, c_void};
use std::ptr;

pub struct Wslay;

/// What the callbacks see.
struct User {
    wire: Wire,
    seen: Vec<Seen>,
}

/// # Safety
///
/// `user` is the one that [`receive`] gave, and nothing else looks at it meanwhile.
unsafe fn user<'a>(user: *mut c_void) -> &'a mut User {
    // SAFETY: as above
    unsafe { &mut *user.cast::<User>() }
}

extern "C" fn read(context: *mut Context, buf: *mut u8, len: usize, _: c_int, to: *mut c_void) -> isize {
    // SAFETY: wslay passes the pointer that was passed to it
    let piece = unsafe { user(to) }.wire.fetch(len);
    if piece.is_empty() {
        // SAFETY: from its own callback
        unsafe { ffi::wslay_event_set_error(context, ffi::WOULD_BLOCK) };
        return -1;
    }
    // SAFETY: wslay's own buffer has room for `len` bytes, and the piece is not longer
    unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), buf, piece.len()) };
    piece.len() as isize
}

extern "C" fn write(_: *mut Context, bytes: *const u8, len: usize, _: c_int, to: *mut c_void) -> isize {
    // SAFETY: as in `read`
    unsafe { user(to).wire.write(std::slice::from_raw_parts(bytes, len)) };
    len as isize
}

extern "C" fn masking_key(_: *mut Context, key: *mut u8, len: usize, _: *mut c_void) -> c_int {
    // SAFETY: wslay passes its own buffer
    unsafe { ptr::write_bytes(key, 0x5A, len) };
    0
}

extern "C" fn message(_: *mut Context, message: *const Message, to: *mut c_void) {
    // SAFETY: as in `read`; the message lives during the call, and an empty one may have a null pointer
    let (user, message, bytes) = unsafe {
        let message = &*message;
        let empty = message.len == 0;
        (user(to), message, if empty { &[][..] } else { std::slice::from_raw_parts(message.bytes, message.len) })
    };
    user.seen.push(match message.opcode {
        1 => Seen::Text(bytes.into()),
        2 => Seen::Binary(bytes.into()),
        9 => Seen::Ping(bytes.into()),
        10 => Seen::Pong(bytes.into()),
        8 if message.status_code == 0 => Seen::Close(1005, bytes.into()),
        8 => Seen::Close(message.status_code, bytes[2..].into()),
        other => unreachable!("opcode {other}"),
    });
}

fn receive(end: End, pieces: &[&[u8]]) -> Transcript {
    let user = Box::into_raw(Box::new(User { wire: Wire::of(pieces), seen: vec![] }));
    let (frame_start, frame_chunk, frame_end) = (None, None, None);
    let callbacks = Callbacks { read, write, masking_key, frame_start, frame_chunk, frame_end, message };
    let init = match end {
        End::Server => ffi::wslay_event_context_server_init,
        End::Client => ffi::wslay_event_context_client_init,
    };
    let mut context = ptr::null_mut();
    // SAFETY: wslay copies the callbacks, and the context lives until it is freed; `user` lives longer, and is not borrowed while
    // wslay runs
    let (failed, User { wire, seen }) = unsafe {
        assert_eq!(init(&mut context, &callbacks, user.cast()), 0);
        ffi::wslay_event_config_set_max_recv_msg_length(context, MAX_MESSAGE as u64);
        // a short read ends a call
        while (*user).wire.has_input() && ffi::wslay_event_get_read_enabled(context) != 0 {
            let status = ffi::wslay_event_recv(context);
            assert!(matches!(status, 0 | ffi::CALLBACK_FAILURE), "{status}");
        }
        assert_eq!(ffi::wslay_event_send(context), 0);
        let reads = ffi::wslay_event_get_read_enabled(context) != 0;
        let failed = !reads && ffi::wslay_event_get_close_received(context) == 0;
        ffi::wslay_event_context_free(context);
        (failed, *Box::from_raw(user))
    };
    let mut transcript = Transcript { seen, ..Transcript::default() };
    let mut answers = answers(&wire.written());
    if failed {
        // without a code if the header of a frame is wrong
        let Some(Answer::Close(code)) = answers.pop() else { panic!("no Close reports the failure") };
        transcript.seen.push(Seen::Failed(code));
    }
    Transcript { answers: Some(answers), ..transcript }
}

impl Peer for Wslay {
    fn name(&self) -> &'static str {
        super::WSLAY
    }

    fn receive(&mut self, end: End, pieces: &[&[u8]]) -> Transcript {
        receive(end, pieces)
    }

    fn serve(&mut self, _: &[u8]) -> Option<Judged> {
        None
    }

    fn connect(&mut self, _: &Asked, _: &[u8]) -> Option<Judged> {
        None
    }
}

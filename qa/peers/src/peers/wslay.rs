//! `wslay`, in C, as Debian builds it: `wslay_event_recv` with its callbacks.

#![allow(unsafe_code, reason = "a library in C")]

use crate::peer::{Contender, Keys, Offer, Peer};
use crate::rows::send::send_to;
use crate::socket::Socket;
use crate::stream::Stream;
use crate::sum::{Kind, Sum};
use std::ffi::{c_int, c_void};
use std::ptr;

pub struct Wslay;

#[repr(C)]
struct Context {
    _private: [u8; 0],
}

#[repr(C)]
struct Message {
    rsv: u8,
    opcode: u8,
    bytes: *const u8,
    len: usize,
    status: u16,
}

#[repr(C)]
struct Queued {
    opcode: u8,
    bytes: *const u8,
    len: usize,
}

type Read = extern "C" fn(*mut Context, *mut u8, usize, c_int, *mut c_void) -> isize;
type Write = extern "C" fn(*mut Context, *const u8, usize, c_int, *mut c_void) -> isize;
type MaskingKey = extern "C" fn(*mut Context, *mut u8, usize, *mut c_void) -> c_int;
type OnMessage = extern "C" fn(*mut Context, *const Message, *mut c_void);
type Unused = Option<extern "C" fn()>;

#[repr(C)]
struct Callbacks {
    read: Read,
    write: Write,
    masking_key: MaskingKey,
    frame_start: Unused,
    frame_chunk: Unused,
    frame_end: Unused,
    message: OnMessage,
}

#[link(name = "wslay")]
unsafe extern "C" {
    fn wslay_event_context_server_init(context: *mut *mut Context, with: *const Callbacks, user: *mut c_void) -> c_int;
    fn wslay_event_context_client_init(context: *mut *mut Context, with: *const Callbacks, user: *mut c_void) -> c_int;
    fn wslay_event_queue_msg(context: *mut Context, message: *const Queued) -> c_int;
    fn wslay_event_context_free(context: *mut Context);
    fn wslay_event_config_set_max_recv_msg_length(context: *mut Context, len: u64);
    fn wslay_event_recv(context: *mut Context) -> c_int;
    fn wslay_event_send(context: *mut Context) -> c_int;
    fn wslay_event_want_write(context: *mut Context) -> c_int;
    fn wslay_event_set_error(context: *mut Context, error: c_int);
}

const WOULD_BLOCK: c_int = -401;

/// What the callbacks see.
struct User {
    socket: Socket,
    sum: Sum,
    keys: Keys,
}

/// The context, and what it points to.
struct Connection {
    context: *mut Context,
    user: *mut User,
}

/// # Safety
///
/// `user` is the one of a [`Connection`], and nothing else looks at it meanwhile.
unsafe fn user<'a>(user: *mut c_void) -> &'a mut User {
    // SAFETY: as above
    unsafe { &mut *user.cast::<User>() }
}

extern "C" fn read(context: *mut Context, buf: *mut u8, len: usize, _: c_int, to: *mut c_void) -> isize {
    // SAFETY: wslay passes its own buffer and the pointer that was passed to it
    let n = unsafe { user(to).socket.fetch(std::slice::from_raw_parts_mut(buf, len)) };
    if n == 0 {
        // SAFETY: from its own callback
        unsafe { wslay_event_set_error(context, WOULD_BLOCK) };
        return -1;
    }
    n as isize
}

extern "C" fn write(_: *mut Context, bytes: *const u8, len: usize, _: c_int, to: *mut c_void) -> isize {
    // SAFETY: as in `read`
    unsafe { user(to).socket.put(std::slice::from_raw_parts(bytes, len)) };
    len as isize
}

extern "C" fn masking_key(_: *mut Context, key: *mut u8, len: usize, to: *mut c_void) -> c_int {
    // SAFETY: as in `read`
    unsafe { std::slice::from_raw_parts_mut(key, len).copy_from_slice(&user(to).keys.next()[..len]) };
    0
}

extern "C" fn message(_: *mut Context, message: *const Message, to: *mut c_void) {
    // SAFETY: as in `read`; the message lives during the call, and an empty one has a null pointer
    let (user, opcode, bytes) = unsafe {
        let Message { opcode, bytes, len, .. } = *message;
        (user(to), opcode, if len == 0 { &[][..] } else { std::slice::from_raw_parts(bytes, len) })
    };
    match opcode {
        1 => user.sum.piece(Kind::Text, bytes, true),
        2 => user.sum.piece(Kind::Binary, bytes, true),
        9 => user.sum.piece(Kind::Ping, bytes, true),
        other => panic!("opcode {other}"),
    }
}

impl Connection {
    fn new(socket: Socket, client: bool) -> Self {
        let user = Box::into_raw(Box::new(User { socket, sum: Sum::default(), keys: Keys::new() }));
        let (frame_start, frame_chunk, frame_end) = (None, None, None);
        let callbacks = Callbacks { read, write, masking_key, frame_start, frame_chunk, frame_end, message };
        let mut context = ptr::null_mut();
        let init = if client { wslay_event_context_client_init } else { wslay_event_context_server_init };
        // SAFETY: wslay copies the callbacks; `user` lives as long as the context
        let made = unsafe { init(&mut context, &callbacks, user.cast()) };
        assert_eq!(made, 0);
        // SAFETY: the context was just made
        unsafe { wslay_event_config_set_max_recv_msg_length(context, u64::from(u32::MAX)) };
        Self { context, user }
    }

    fn send(&mut self, payload: &[u8]) {
        let message = Queued { opcode: 2, bytes: payload.as_ptr(), len: payload.len() };
        // SAFETY: the context lives; wslay copies the payload
        unsafe {
            assert_eq!(wslay_event_queue_msg(self.context, &message), 0);
            assert_eq!(wslay_event_send(self.context), 0);
        }
    }

    fn receive_all(&mut self, sum: &mut Sum) {
        // SAFETY: the context lives, and `user` is not borrowed while wslay runs
        unsafe {
            (*self.user).socket.rewind();
            std::mem::swap(&mut (*self.user).sum, sum);
            while (*self.user).socket.left() > 0 {
                assert_eq!(wslay_event_recv(self.context), 0);
                if wslay_event_want_write(self.context) != 0 {
                    assert_eq!(wslay_event_send(self.context), 0);
                }
            }
            std::mem::swap(&mut (*self.user).sum, sum);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: both were made by `new` and are freed once
        unsafe {
            wslay_event_context_free(self.context);
            drop(Box::from_raw(self.user));
        }
    }
}

impl Peer for Wslay {
    fn name(&self) -> &'static str {
        "wslay"
    }

    fn receive(&self, stream: &Stream, socket: Socket) -> Offer {
        let mut connection = Connection::new(socket, false);
        let pass = move |sum: &mut Sum| connection.receive_all(sum);
        let contender = Contender::new(pass).note("whole messages, in memory of their own");
        Ok(if stream.has_pings { contender.note("a Pong for each Ping") } else { contender })
    }

    fn send(&self, len: usize, masked: bool) -> Offer {
        let socket = Socket::silent();
        let mut connection = Connection::new(socket.clone(), masked);
        Ok(send_to(socket, len, move |payload| connection.send(payload)).note("queues a copy on the heap"))
    }
}

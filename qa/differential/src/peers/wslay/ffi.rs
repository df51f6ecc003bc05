//! The part of `wslay/wslay.h` that is used here.

use std::ffi::{c_int, c_void};

/// Nothing is left to read for now.
pub const WOULD_BLOCK: c_int = -401;

/// What it also returns for a frame that is not valid.
pub const CALLBACK_FAILURE: c_int = -400;

#[repr(C)]
pub struct Context {
    _private: [u8; 0],
}

/// `wslay_event_on_msg_recv_arg`
#[repr(C)]
pub struct Message {
    pub rsv: u8,
    pub opcode: u8,
    pub bytes: *const u8,
    pub len: usize,
    pub status_code: u16,
}

pub type Read = extern "C" fn(*mut Context, *mut u8, usize, c_int, *mut c_void) -> isize;
pub type Write = extern "C" fn(*mut Context, *const u8, usize, c_int, *mut c_void) -> isize;
pub type MaskingKey = extern "C" fn(*mut Context, *mut u8, usize, *mut c_void) -> c_int;
pub type OnMessage = extern "C" fn(*mut Context, *const Message, *mut c_void);
type Unused = Option<extern "C" fn()>;

/// `wslay_event_callbacks`
#[repr(C)]
pub struct Callbacks {
    pub read: Read,
    pub write: Write,
    pub masking_key: MaskingKey,
    pub frame_start: Unused,
    pub frame_chunk: Unused,
    pub frame_end: Unused,
    pub message: OnMessage,
}

#[link(name = "wslay")]
unsafe extern "C" {
    pub fn wslay_event_context_server_init(
        context: *mut *mut Context,
        callbacks: *const Callbacks,
        user: *mut c_void,
    ) -> c_int;
    pub fn wslay_event_context_client_init(
        context: *mut *mut Context,
        callbacks: *const Callbacks,
        user: *mut c_void,
    ) -> c_int;
    pub fn wslay_event_context_free(context: *mut Context);
    pub fn wslay_event_config_set_max_recv_msg_length(context: *mut Context, len: u64);
    pub fn wslay_event_recv(context: *mut Context) -> c_int;
    pub fn wslay_event_send(context: *mut Context) -> c_int;
    pub fn wslay_event_set_error(context: *mut Context, error: c_int);
    pub fn wslay_event_get_read_enabled(context: *mut Context) -> c_int;
    pub fn wslay_event_get_close_received(context: *mut Context) -> c_int;
}

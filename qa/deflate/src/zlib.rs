//! zlib, without the layers that Rust libraries put on it: windows of any size, dictionaries, and the place where it stopped.

use std::ffi::{c_int, c_uint, c_void};
use std::mem::MaybeUninit;

/// A stream of zeros with the allocator of C.
fn stream() -> Box<libz_sys::z_stream> {
    unsafe extern "C" {
        fn calloc(n: usize, len: usize) -> *mut c_void;
        fn free(at: *mut c_void);
    }
    unsafe extern "C" fn allocate(_: *mut c_void, n: c_uint, len: c_uint) -> *mut c_void {
        // SAFETY: no argument is invalid.
        unsafe { calloc(n as usize, len as usize) }
    }
    unsafe extern "C" fn release(_: *mut c_void, at: *mut c_void) {
        // SAFETY: zlib releases what it has allocated.
        unsafe { free(at) }
    }
    let mut stream = Box::new(MaybeUninit::<libz_sys::z_stream>::zeroed());
    // SAFETY: the functions must not be null; in all other fields, zeros are what zlib documents.
    unsafe {
        (&raw mut (*stream.as_mut_ptr()).zalloc).write(allocate);
        (&raw mut (*stream.as_mut_ptr()).zfree).write(release);
        stream.assume_init()
    }
}

const SIZE: c_int = size_of::<libz_sys::z_stream>() as c_int;

/// What [`Inflate::run`] did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Run {
    /// What zlib returned.
    pub code: c_int,
    pub consumed: usize,
    pub produced: usize,
}

pub struct Inflate(Box<libz_sys::z_stream>);

impl Inflate {
    /// Raw DEFLATE with a window of this many bits.
    pub fn new(window_bits: c_int) -> Self {
        let mut stream = stream();
        // SAFETY: the stream is valid and does not move: it is in a box.
        let code = unsafe { libz_sys::inflateInit2_(&mut *stream, -window_bits, libz_sys::zlibVersion(), SIZE) };
        assert_eq!(code, libz_sys::Z_OK);
        Self(stream)
    }

    pub fn reset(&mut self) {
        // SAFETY: the stream is initialised.
        assert_eq!(unsafe { libz_sys::inflateReset(&mut *self.0) }, libz_sys::Z_OK);
    }

    pub fn set_dictionary(&mut self, bytes: &[u8]) {
        // SAFETY: the stream is initialised, and the pointer is valid for this length.
        let code = unsafe { libz_sys::inflateSetDictionary(&mut *self.0, bytes.as_ptr(), bytes.len() as c_uint) };
        assert_eq!(code, libz_sys::Z_OK);
    }

    pub fn run(&mut self, input: &[u8], out: &mut [u8]) -> Run {
        let stream = &mut *self.0;
        (stream.next_in, stream.avail_in) = (input.as_ptr().cast_mut(), input.len() as c_uint);
        (stream.next_out, stream.avail_out) = (out.as_mut_ptr(), out.len() as c_uint);
        // SAFETY: both pointers are valid for their lengths, and zlib only reads from the first.
        let code = unsafe { libz_sys::inflate(stream, libz_sys::Z_SYNC_FLUSH) };
        let (consumed, produced) = (input.len() - stream.avail_in as usize, out.len() - stream.avail_out as usize);
        Run { code, consumed, produced }
    }

    /// Returns what a message inflates to, with a buffer of `room` bytes, after the messages before it. `None` if it is
    /// malformed.
    pub fn message(&mut self, message: &[u8], room: usize) -> Option<Vec<u8>> {
        let input = [message, &[0, 0, 0xFF, 0xFF]].concat();
        let (mut found, mut at, mut out, mut ends) = (vec![], 0, vec![0; room], false);
        loop {
            let Run { code, consumed, produced } = self.run(&input[at..], &mut out);
            found.extend_from_slice(&out[..produced]);
            at += consumed;
            // zlib forgets it in a run that does nothing
            if consumed + produced > 0 {
                ends = self.is_between_blocks();
            }
            match code {
                libz_sys::Z_OK | libz_sys::Z_BUF_ERROR if produced < room => {
                    return (at == input.len() && ends).then_some(found);
                }
                libz_sys::Z_OK => {}
                _ => return None,
            }
        }
    }

    /// Whether all blocks so far are whole, and no bit of the next one was taken.
    pub fn is_between_blocks(&self) -> bool {
        self.0.data_type & 128 != 0 && self.0.data_type & 63 == 0
    }
}

impl Drop for Inflate {
    fn drop(&mut self) {
        // SAFETY: the stream is initialised, and not used again.
        unsafe { libz_sys::inflateEnd(&mut *self.0) };
    }
}

/// What zlib makes of a message: all that it inflates, whether it is good, and the number of blocks with BFINAL.
pub fn verdict(history: &[u8], message: &[u8], out: &mut [u8]) -> (Vec<u8>, bool, u64) {
    let (mut found, mut at, mut finals) = (vec![], 0, 0);
    let mut input = message.to_vec();
    input.extend([0, 0, 0xFF, 0xFF]);
    // after a block with BFINAL, a new stream with all that came before as its dictionary
    loop {
        let mut zlib = Inflate::new(15);
        let known = [history, &found].concat();
        let known = &known[known.len().saturating_sub(1 << 15)..];
        if !known.is_empty() {
            zlib.set_dictionary(known);
        }
        let Run { code, consumed, produced } = zlib.run(&input[at..], out);
        found.extend_from_slice(&out[..produced]);
        at += consumed;
        match code {
            libz_sys::Z_OK | libz_sys::Z_BUF_ERROR => {
                assert_eq!(at, input.len(), "zlib has no room");
                return (found, zlib.is_between_blocks(), finals);
            }
            libz_sys::Z_STREAM_END => {
                finals += 1;
                if at == message.len() || at == input.len() {
                    return (found, true, finals);
                }
                if at > message.len() {
                    return (found, false, finals);
                }
            }
            _ => return (found, false, finals),
        }
    }
}

pub struct Deflate(Box<libz_sys::z_stream>);

impl Deflate {
    /// Raw DEFLATE. `strategy` is one of zlib's, 0 the default.
    pub fn new(level: c_int, window_bits: c_int, strategy: c_int) -> Self {
        let mut stream = stream();
        // SAFETY: the stream is valid and does not move: it is in a box.
        let code = unsafe {
            let version = libz_sys::zlibVersion();
            libz_sys::deflateInit2_(&mut *stream, level, libz_sys::Z_DEFLATED, -window_bits, 8, strategy, version, SIZE)
        };
        assert_eq!(code, libz_sys::Z_OK);
        Self(stream)
    }

    pub fn reset(&mut self) {
        // SAFETY: the stream is initialised.
        assert_eq!(unsafe { libz_sys::deflateReset(&mut *self.0) }, libz_sys::Z_OK);
    }

    /// Compresses all of the input; `out` has room for it.
    pub fn run(&mut self, input: &[u8], out: &mut [u8], flush: c_int) -> usize {
        let stream = &mut *self.0;
        (stream.next_in, stream.avail_in) = (input.as_ptr().cast_mut(), input.len() as c_uint);
        (stream.next_out, stream.avail_out) = (out.as_mut_ptr(), out.len() as c_uint);
        // SAFETY: both pointers are valid for their lengths, and zlib only reads from the first.
        unsafe { libz_sys::deflate(stream, flush) };
        assert!(stream.avail_in == 0 && stream.avail_out > 0);
        out.len() - stream.avail_out as usize
    }

    /// A message as RFC 7692 §7.2.1 says: without the four bytes at its end.
    pub fn message(&mut self, message: &[u8]) -> Vec<u8> {
        let mut out = vec![0; message.len() + message.len() / 8 + 64];
        let n = self.run(message, &mut out, libz_sys::Z_SYNC_FLUSH);
        out.truncate(n);
        if !out.ends_with(&[0, 0, 0xFF, 0xFF]) {
            // after an empty message zlib has nothing to flush
            assert!(message.is_empty() && n == 0);
            return vec![0];
        }
        out.truncate(n - 4);
        out
    }
}

impl Drop for Deflate {
    fn drop(&mut self) {
        // SAFETY: the stream is initialised, and not used again.
        unsafe { libz_sys::deflateEnd(&mut *self.0) };
    }
}

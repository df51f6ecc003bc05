//! The transport of a script: what is read, and what was written. At the end of the script, an async read waits for
//! ever, and a blocking one fails.

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use std::cell::RefCell;
use std::future::{Future, pending};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// So many reads may follow the last byte of a script. A stack that reads more does not return at all.
const STEPS: usize = 1_000;

#[derive(Default)]
struct State {
    input: Vec<u8>,
    at: usize,
    /// So many bytes a read returns at most.
    cut: usize,
    written: Vec<u8>,
    /// Replaces this mark in the input, once the request of the client is known.
    accept: Option<&'static [u8]>,
    reads_at_end: usize,
}

/// Both ends of it: the stack has one, the test the other.
#[derive(Clone, Default)]
pub struct Wire(Rc<RefCell<State>>);

/// The script is over, and the stack still reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScriptEnds;

/// The panic of a stack that reads on and on after the end of the script.
pub struct ReadsOn;

impl Wire {
    /// Reads are `cut` bytes long; 0 is as much as fits.
    pub fn new(input: &[u8], cut: usize) -> Self {
        let cut = if cut == 0 { usize::MAX } else { cut };
        Self(Rc::new(RefCell::new(State { input: input.to_vec(), cut, ..State::default() })))
    }

    /// Of a server: `mark` in its bytes stands for the accept value of the key that the client sends.
    pub fn with_accept(self, mark: &'static [u8]) -> Self {
        self.0.borrow_mut().accept = Some(mark);
        self
    }

    pub fn written(&self) -> Vec<u8> {
        self.0.borrow().written.clone()
    }

    /// The next bytes. `Err` if there are none.
    pub fn read(&self, buf: &mut [u8]) -> Result<usize, ScriptEnds> {
        let mut state = self.0.borrow_mut();
        if let Some(mark) = state.accept.take() {
            let accept = accept_value(&state.written);
            if let Some(at) = state.input.windows(mark.len()).position(|bytes| bytes == mark) {
                state.input.splice(at..at + mark.len(), accept.bytes());
            }
        }
        let n = buf.len().min(state.cut).min(state.input.len() - state.at);
        if n == 0 {
            state.reads_at_end += 1;
            if state.reads_at_end > STEPS {
                std::panic::panic_any(ReadsOn);
            }
            return Err(ScriptEnds);
        }
        buf[..n].copy_from_slice(&state.input[state.at..][..n]);
        state.at += n;
        Ok(n)
    }

    pub fn write(&self, bytes: &[u8]) {
        self.0.borrow_mut().written.extend_from_slice(bytes);
    }

    /// Puts bytes before those that were not read: a caller that read a head hands back the frames after it.
    pub fn unread(&self, bytes: &[u8]) {
        let mut state = self.0.borrow_mut();
        let at = state.at;
        state.input.splice(..at, bytes.iter().copied());
        state.at = 0;
    }
}

/// The accept value for the key in this request. Empty if there is no key.
fn accept_value(request: &[u8]) -> String {
    let request = String::from_utf8_lossy(request);
    let mut fields = request.lines().filter_map(|line| line.split_once(": "));
    let key = fields.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let accept = key.and_then(|(_, key)| upframe::handshake::accept_key(key.trim()).ok());
    accept.map(|accept| accept.as_str().to_owned()).unwrap_or_default()
}

impl ErrorType for Wire {
    type Error = ErrorKind;
}

impl Read for Wire {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        match Wire::read(self, buf) {
            Ok(n) => Ok(n),
            Err(ScriptEnds) => pending().await,
        }
    }
}

impl Write for Wire {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Wire::write(self, bytes);
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Runs a future until it waits for more than the script has. `None` then.
pub fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

//! A subject in the same process: a codec without I/O, and the few lines that make it echo.

use super::{Incoming, Link, Wait};
use crate::Role;
use std::mem::take;

/// An end that echoes each message through the codec under test.
///
/// All methods append the bytes to be sent to `out`. Nothing waits and nothing takes time: bytes that are not in `out` when a
/// method returns are never sent.
///
/// ```
/// use upframe_conformance::{Role, Subject};
/// # mod your {
/// #     #[derive(Default)] pub struct Codec { pub done: bool }
/// #     impl Codec {
/// #         pub fn new(_server: bool) -> Self { Self::default() }
/// #         pub fn opening(&mut self) -> Vec<u8> { vec![] }
/// #         pub fn take(&mut self, _bytes: &[u8]) -> Vec<String> { vec![] }
/// #         pub fn send(&mut self, _message: String) {}
/// #         pub fn to_write(&mut self) -> Vec<u8> { vec![] }
/// #     }
/// # }
///
/// struct Echo(your::Codec);
///
/// impl Subject for Echo {
///     fn start(&mut self, role: Role, out: &mut Vec<u8>) {
///         self.0 = your::Codec::new(role == Role::Server);
///         out.extend(self.0.opening()); // a client's request
///     }
///
///     fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
///         for message in self.0.take(bytes) {
///             self.0.send(message);
///         }
///         out.extend(self.0.to_write()); // also Pongs and Closes
///     }
///
///     fn receive_eof(&mut self, _out: &mut Vec<u8>) {
///         self.0.done = true;
///     }
///
///     fn is_closed(&self) -> bool {
///         self.0.done
///     }
/// }
/// ```
pub trait Subject {
    /// Begins again with a new connection in this role. A client writes its request for `ws://localhost/`.
    fn start(&mut self, role: Role, out: &mut Vec<u8>);

    /// Receives a segment and echoes the messages in it, whole or in pieces.
    fn receive(&mut self, bytes: &[u8], out: &mut Vec<u8>);

    /// The suite has ended its direction of the stream.
    fn receive_eof(&mut self, out: &mut Vec<u8>);

    /// Whether the subject would end the stream now, after everything in `out` is written.
    fn is_closed(&self) -> bool;

    /// Begins the closing handshake with 1000. Returns `false` if it cannot; then the cases that need it are skipped.
    fn close(&mut self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        false
    }
}

/// A connection to a [`Subject`].
#[derive(Debug)]
pub struct InProcess<'a, S: Subject + ?Sized> {
    subject: &'a mut S,
    out: Vec<u8>,
    /// The suite has ended its direction of the stream.
    finished: bool,
}

impl<'a, S: Subject + ?Sized> InProcess<'a, S> {
    /// Starts the subject in this role.
    pub fn start(subject: &'a mut S, role: Role) -> Self {
        let mut out = vec![];
        subject.start(role, &mut out);
        Self { subject, out, finished: false }
    }
}

impl<S: Subject + ?Sized> Link for InProcess<'_, S> {
    fn send(&mut self, bytes: &[u8]) {
        // After the end of the stream nothing arrives.
        if !self.finished && !self.subject.is_closed() {
            self.subject.receive(bytes, &mut self.out);
        }
    }

    fn finish(&mut self) {
        if !self.finished {
            self.finished = true;
            self.subject.receive_eof(&mut self.out);
        }
    }

    fn receive(&mut self, _wait: Wait) -> Incoming {
        match take(&mut self.out) {
            bytes if !bytes.is_empty() => Incoming::Bytes(bytes),
            _ if self.subject.is_closed() => Incoming::End,
            _ => Incoming::Silence,
        }
    }

    fn ask_to_close(&mut self) -> bool {
        self.subject.close(&mut self.out)
    }
}

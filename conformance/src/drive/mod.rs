//! Ways to reach a subject: in the same process, or over a pipe of bytes.

mod in_process;
mod pipe;
mod tcp;

pub use in_process::{InProcess, Subject};
pub use pipe::{Patience, Pipe};
pub use tcp::{Listener, ServerUrl, Writer, connect};

/// How long to wait for the subject.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Wait {
    /// Not at all.
    No,
    /// Long enough to notice bytes that the subject should not send.
    Quiet,
    /// Long enough to notice an early answer.
    Early,
    /// Until an answer counts as missing.
    Answer,
}

/// What came from the subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Incoming {
    /// Bytes, at least one.
    Bytes(Vec<u8>),
    /// The end of the subject's direction of the stream, clean or not.
    End,
    /// Nothing yet.
    Silence,
}

/// One connection to the subject, as the suite uses it.
pub trait Link {
    /// Sends bytes in one segment. After the end of the stream they are lost.
    fn send(&mut self, bytes: &[u8]);

    /// Ends the suite's direction of the stream.
    fn finish(&mut self);

    /// Returns what came since the last call.
    fn receive(&mut self, wait: Wait) -> Incoming;

    /// Asks the subject to begin the closing handshake with 1000. Returns `false` if it cannot be asked.
    fn ask_to_close(&mut self) -> bool {
        false
    }
}

//! Ways to a subject: in process, or over a pipe of bytes.

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
    /// Long enough to see whether it says something that it should not say.
    Quiet,
    /// Long enough to see whether it says something early.
    Early,
    /// Until it can be said that it does not answer.
    Answer,
}

/// What came from the subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Incoming {
    /// Bytes, at least one.
    Bytes(Vec<u8>),
    /// The end of its direction of the stream, however it ended.
    End,
    /// Nothing yet.
    Silence,
}

/// One connection to the subject, as the suite uses it.
pub trait Link {
    /// Sends bytes in one segment. What becomes of them after the end of the stream does not matter.
    fn send(&mut self, bytes: &[u8]);

    /// Ends the suite's direction of the stream.
    fn finish(&mut self);

    /// What came since the last call.
    fn receive(&mut self, wait: Wait) -> Incoming;

    /// Asks the subject to begin the closing handshake with 1000. False: there is no way to ask.
    fn ask_to_close(&mut self) -> bool {
        false
    }
}

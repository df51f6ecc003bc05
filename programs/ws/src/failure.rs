//! Why the program ends, and with which exit code.

use std::fmt::Display;
use upframe_tokio::{EndOfStream, Error};

/// The exit codes, as `--help` and the README list them.
pub const USAGE: u8 = 1;
pub const CONNECT: u8 = 2;
pub const TLS: u8 = 3;
pub const REFUSED: u8 = 4;
pub const BROKEN: u8 = 5;
pub const CLOSED: u8 = 6;
pub const PROTOCOL: u8 = 7;
pub const TIMEOUT: u8 = 8;
pub const INTERRUPTED: u8 = 130;

/// Why the program ends other than well.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    /// A sentence, without a line end. Empty: nothing is printed.
    pub text: String,
}

impl Failure {
    pub fn new(code: u8, text: impl Display) -> Self {
        Self { code, text: text.to_string() }
    }

    pub fn usage(text: impl Display) -> Self {
        Self::new(USAGE, text)
    }
}

/// Tells why an open connection ended. `peer` is "server" or "client".
pub fn ended(error: &Error, peer: &str) -> Failure {
    match error {
        Error::Protocol(error) => Failure::new(PROTOCOL, format!("the {peer} broke the protocol: {error}")),
        Error::Ended(EndOfStream::InFrame | EndOfStream::InMessage) => {
            Failure::new(BROKEN, format!("the {peer} disconnected in the middle of a message or a frame"))
        }
        Error::Ended(_) => Failure::new(BROKEN, format!("the {peer} disconnected without a Close")),
        Error::Io(error) => Failure::new(BROKEN, format!("the connection broke: {error}")),
        Error::Dead => {
            Failure::new(TIMEOUT, format!("the {peer} does not answer Pings; --no-ping does not ask for it"))
        }
        Error::CloseTimedOut => Failure::new(TIMEOUT, format!("the {peer} did not close in time")),
        other => Failure::new(PROTOCOL, other),
    }
}

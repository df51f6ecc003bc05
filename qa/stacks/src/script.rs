//! Scripts, and the rule that judges what a stack makes of one.

use std::fmt;

/// Which end the stack is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    Server,
    Client,
}

/// What a script begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Begins {
    /// The opening handshake is part of the script.
    Opening,
    /// The connection is open.
    Open,
}

/// What a stack has to look at to see that a script is bad, or has to do for a good one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Check {
    /// The head of a request or a response.
    Head,
    /// The mask bit.
    Mask,
    /// Reserved bits.
    Reserved,
    Opcode,
    /// FIN of a control frame.
    ControlFin,
    /// The length of a control frame.
    ControlLength,
    /// The order of fragments.
    Order,
    /// How the length is written.
    LengthForm,
    /// How much memory a frame needs.
    Size,
    Text,
    CloseBody,
    /// A Ping and a Close are answered.
    Answer,
}

/// What the RFC demands.
#[derive(Clone, Copy, Debug)]
pub enum Demand {
    /// These messages are delivered, and nothing fails.
    Good {
        messages: &'static [&'static [u8]],
        /// The peer has sent its Close.
        closes: bool,
        replies: Reply,
    },
    /// It fails.
    Bad {
        check: Check,
        /// The status of the response, or the close code. 0 if nothing is sent: a client whose handshake fails.
        code: u16,
    },
}

/// What a good script is answered with.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// Nothing that the RFC demands.
    Nothing,
    /// A server sends this Pong, whole.
    Pong(&'static [u8]),
    /// A Close with this code.
    Close(u16),
}

#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub name: &'static str,
    /// The section that decides, of RFC 6455 unless it says otherwise.
    pub section: &'static str,
    pub end: End,
    pub begins: Begins,
    pub bytes: &'static [u8],
    /// So many bytes come at a time. 0: all at once.
    pub cut: usize,
    pub demand: Demand,
}

/// What a stack did with a script.
#[derive(Debug, Default)]
pub struct Seen {
    /// There is a connection.
    pub opened: bool,
    /// Text and binary messages that were delivered.
    pub messages: Vec<Vec<u8>>,
    /// The Close of the peer was reported.
    pub closed: bool,
    /// An error was returned, or a response that is not a 101.
    pub failed: bool,
    /// Everything that was written.
    pub written: Vec<u8>,
}

/// What a stack makes of a script.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// A good script: as demanded. A bad one: nothing fails.
    Accepts,
    /// It fails, with the status or the close code that it sent.
    Fails(Option<u16>),
    /// It wants more bytes, and has reported nothing.
    Waits,
    /// It delivers something else, or does not answer.
    Differs,
    /// It says that the caller checks, and hands over what the caller needs for it.
    LeftToCaller,
    Panics,
    /// It does not return.
    Hangs,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepts => f.write_str("accepts"),
            Self::Fails(Some(code)) => write!(f, "{code}"),
            Self::Fails(None) => f.write_str("fails"),
            Self::Waits => f.write_str("waits"),
            Self::Differs => f.write_str("differs"),
            Self::LeftToCaller => f.write_str("left to the caller"),
            Self::Panics => f.write_str("panics"),
            Self::Hangs => f.write_str("hangs"),
        }
    }
}

impl Script {
    pub fn is_good(&self) -> bool {
        matches!(self.demand, Demand::Good { .. })
    }

    /// Whether the answer is what the RFC demands. The code is not compared: many stacks send none.
    pub fn is_right(&self, answer: Answer) -> bool {
        match self.demand {
            Demand::Good { .. } => answer == Answer::Accepts,
            Demand::Bad { .. } => matches!(answer, Answer::Fails(_)),
        }
    }

    /// The answer with the code that the RFC demands.
    pub fn demanded(&self) -> Answer {
        match self.demand {
            Demand::Good { .. } => Answer::Accepts,
            Demand::Bad { code: 0, .. } => Answer::Fails(None),
            Demand::Bad { code, .. } => Answer::Fails(Some(code)),
        }
    }

    /// The one rule: what a stack makes of this script. `leaves` tells whether its documentation leaves a check to the
    /// caller.
    pub fn judge(&self, seen: &Seen, leaves: fn(End, Check) -> bool) -> Answer {
        if seen.failed {
            return Answer::Fails(sent_code(self.begins, &seen.written));
        }
        if !seen.opened {
            return Answer::Waits;
        }
        match self.demand {
            Demand::Good { messages, closes, replies } => {
                if !self.has_accept_value(&seen.written) || seen.messages != messages || seen.closed != closes {
                    Answer::Differs
                } else if match replies {
                    Reply::Nothing => true,
                    Reply::Pong(pong) => written_after_head(&seen.written) == pong,
                    Reply::Close(code) => sent_code(self.begins, &seen.written) == Some(code),
                } {
                    Answer::Accepts
                } else if leaves(self.end, Check::Answer) {
                    Answer::LeftToCaller
                } else {
                    Answer::Differs
                }
            }
            Demand::Bad { check, .. } if leaves(self.end, check) => Answer::LeftToCaller,
            Demand::Bad { .. } if self.begins == Begins::Open && seen.messages.is_empty() && !seen.closed => {
                Answer::Waits
            }
            Demand::Bad { .. } => Answer::Accepts,
        }
    }

    /// Whether the 101 of a server has the right accept value. True if it did not have to send one.
    fn has_accept_value(&self, written: &[u8]) -> bool {
        const RIGHT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        self.begins == Begins::Open || self.end == End::Client || written.windows(RIGHT.len()).any(|at| at == RIGHT)
    }
}

/// What was written after the head of a 101.
fn written_after_head(written: &[u8]) -> &[u8] {
    let is_head = written.starts_with(b"HTTP/1.1 101") || written.starts_with(b"GET ");
    let end = written.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    &written[if is_head { end.map_or(0, |at| at + 4) } else { 0 }..]
}

/// The status of a response that is not a 101, or the code of a Close.
fn sent_code(begins: Begins, written: &[u8]) -> Option<u16> {
    let status = written.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    if let (Begins::Opening, Some(status)) = (begins, status)
        && status != b"101"
    {
        return std::str::from_utf8(status).ok()?.parse().ok();
    }
    let mut frames = written_after_head(written);
    let mut code = None;
    while let [first, second, rest @ ..] = frames {
        let mask = if second & 0x80 != 0 { 4 } else { 0 };
        let (key, rest) = rest.split_at_checked(mask)?;
        let (payload, rest) = rest.split_at_checked(usize::from(second & 0x7F))?;
        let byte = |at: usize| payload.get(at).map(|byte| byte ^ key.get(at).unwrap_or(&0));
        if *first == 0x88 {
            code = byte(0).zip(byte(1)).map(|(high, low)| u16::from_be_bytes([high, low]));
        }
        frames = rest;
    }
    code
}

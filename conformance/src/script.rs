//! What the suite does in a case, step by step, and what may come back.

use crate::wire::{Frame, Message, Template};
use std::fmt;

/// How bytes are cut into segments.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Chop {
    /// All in one segment.
    #[default]
    Whole,
    /// In segments of this length.
    By(usize),
}

impl Chop {
    pub(crate) const BYTE: Self = Self::By(1);

    pub(crate) fn pieces(self, bytes: &[u8]) -> std::slice::Chunks<'_, u8> {
        bytes.chunks(match self {
            Self::Whole => bytes.len().max(1),
            Self::By(len) => len,
        })
    }
}

/// As it appears in an id.
impl fmt::Display for Chop {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::By(1) => f.write_str("byte-by-byte"),
            Self::By(len) => write!(f, "chunks-of-{len}"),
        }
    }
}

/// One step of the suite.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends frames, without a pause between them.
    Frames(Vec<Frame>),
    /// Sends bytes that are not a frame.
    Bytes(Vec<u8>),
    /// Waits until this many messages and the Pong for the last of this many Pings have come.
    Await { messages: usize, pings: usize },
    /// The Pong for the last of this many Pings should have come by now. Later is acceptable.
    PongByNow { pings: usize },
    /// The connection should have failed by now. Later is acceptable.
    FailedByNow,
    /// Asks the subject to begin the closing handshake, if there is a way to ask.
    AskToClose,
    /// Ends the suite's direction of the stream.
    Finish,
}

/// How a head is cut into segments.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum HeadCut {
    #[default]
    Whole,
    /// The last bytes, this many, are held back to see that nothing comes before them.
    HeldBack(usize),
    /// In segments of this many bytes.
    By(usize),
    /// Only this many bytes are sent.
    Only(usize),
}

/// What is checked in addition to the expectation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Check {
    /// The 101 has no Content-Length and no Transfer-Encoding (RFC 9110 §8.6, RFC 9112 §6.1).
    NoBodyFields,
    /// The 101 chooses no subprotocol or one of these.
    Subprotocol(&'static [&'static str]),
    /// The client's request has all that it must have.
    Request,
    /// The client sends nothing before the response.
    Patience,
    /// The client draws a new masking key for each frame.
    FreshKeys,
    /// A refusal names the supported version.
    VersionField,
    /// The response has no body, because the request is a HEAD (RFC 9110 §9.3.2).
    NoBody,
    /// The stream ends after the response, because the end of the request is not known (RFC 9112 §6.3).
    EndsAfterAnswer,
    /// A status of 2xx or 3xx is acceptable: the request does not ask for a WebSocket, and its fault binds with a SHOULD.
    MayBeServed,
    /// A Pong for each Ping should come before the first message. Fewer or later ones are acceptable (§5.5.3).
    EachPong,
    /// The Close should have this reason.
    ReasonBack(&'static str),
    /// The stream ends although the Close with the reason is not answered.
    EndsUnanswered,
}

/// A script: the steps of a case, and what may come back.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// The suite's head, if it is not the usual one.
    pub(crate) head: Option<Template>,
    pub(crate) head_cut: HeadCut,
    /// The first frames go into the segment that ends the head.
    pub(crate) glued: bool,
    pub(crate) chop: Chop,
    pub(crate) steps: Vec<Step>,
    /// The messages that must come back.
    pub(crate) messages: Vec<Message>,
    /// A message that is not finished: it may come back in part.
    pub(crate) open: Option<Message>,
    /// A message that may come back, but need not.
    pub(crate) tolerated: Option<Message>,
    pub(crate) pings: Vec<Vec<u8>>,
    pub(crate) checks: Vec<Check>,
    /// The last frame is incomplete: bytes sent after it would be its payload.
    pub(crate) is_inside_a_frame: bool,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sends a frame whose outcome the expectation describes.
    pub(crate) fn frame(mut self, frame: Frame) -> Self {
        match self.steps.last_mut() {
            Some(Step::Frames(frames)) => frames.push(frame),
            _ => self.steps.push(Step::Frames(vec![frame])),
        }
        self
    }

    pub(crate) fn frames(self, frames: impl IntoIterator<Item = Frame>) -> Self {
        frames.into_iter().fold(self, Self::frame)
    }

    /// Sends a message in one frame, which must come back.
    pub(crate) fn echo(self, message: Message) -> Self {
        self.frame(Frame::data(message.kind, &*message.payload)).comes_back(message)
    }

    /// Sends a text, which must come back.
    pub(crate) fn echo_text(self, text: &str) -> Self {
        self.echo(Message::text(text))
    }

    /// Expects this message to come back.
    pub(crate) fn comes_back(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// Allows this part of a message to come back.
    pub(crate) fn may_begin(mut self, message: Message) -> Self {
        self.open = Some(message);
        self
    }

    /// Allows this message to come back.
    pub(crate) fn tolerates(mut self, message: Message) -> Self {
        self.tolerated = Some(message);
        self
    }

    /// Sends a Ping, which must be answered.
    pub(crate) fn ping(mut self, payload: impl Into<Vec<u8>>) -> Self {
        let payload = payload.into();
        self.pings.push(payload.clone());
        self.frame(Frame::ping(payload))
    }

    /// Sends bytes as they are.
    pub(crate) fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Bytes(bytes.into()));
        self
    }

    /// Waits for everything that must have come back so far.
    pub(crate) fn wait(mut self) -> Self {
        self.steps.push(Step::Await { messages: self.messages.len(), pings: self.pings.len() });
        self
    }

    pub(crate) fn pong_by_now(mut self) -> Self {
        self.steps.push(Step::PongByNow { pings: self.pings.len() });
        self
    }

    pub(crate) fn failed_by_now(mut self) -> Self {
        self.steps.push(Step::FailedByNow);
        self
    }

    pub(crate) fn ask_to_close(mut self) -> Self {
        self.steps.push(Step::AskToClose);
        self
    }

    pub(crate) fn finish(mut self) -> Self {
        self.steps.push(Step::Finish);
        self
    }

    pub(crate) fn inside_a_frame(mut self) -> Self {
        self.is_inside_a_frame = true;
        self
    }

    pub(crate) fn chopped(mut self, chop: Chop) -> Self {
        self.chop = chop;
        self
    }

    pub(crate) fn head(mut self, head: Template) -> Self {
        self.head = Some(head);
        self
    }

    pub(crate) fn head_cut(mut self, cut: HeadCut) -> Self {
        self.head_cut = cut;
        self
    }

    pub(crate) fn glued(mut self) -> Self {
        self.glued = true;
        self
    }

    pub(crate) fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }
}

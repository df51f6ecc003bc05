//! A TCP socket from listening to listening.

use crate::desk::{Desk, Report};
use crate::request::{Answer, ClientRequest};
use crate::session::Session;
use smoltcp::socket::tcp::{Socket, State};
use upframe::http::Head;

const PORT: u16 = 80;

// Milliseconds. Each phase ends by itself: a peer that is gone, or slow on purpose, keeps no socket.

/// For a whole request, from the first packet on.
const REQUEST: u64 = 5_000;
/// For a peer to take more of the page.
const PAGE: u64 = 5_000;
/// For what was written to arrive, and the peer's FIN to come.
const LEAVING: u64 = 5_000;
/// For a RST to go out, which it cannot where nobody has the peer's address any more.
const RESET: u64 = 200;
/// In TIME-WAIT (RFC 9293 §3.3.2), which should be four minutes and is no time at all where no other socket listens: what comes
/// late is answered with a RST.
const TIME_WAIT: u64 = 500;

/// One TCP socket, and what it is for now.
pub struct Slot {
    phase: Phase,
    /// When the phase ends at the latest.
    deadline: u64,
    /// What counts of the request.
    head: Head<'static>,
}

/// What a socket is for.
enum Phase {
    /// Nothing yet.
    Listening,
    /// A request comes in.
    Request(Request),
    /// The page goes out: what remains of it.
    Page(&'static [u8]),
    /// A WebSocket.
    Session(Session),
    /// All is said, and the FIN is on its way. What still comes is thrown away, not refused: a RST could overtake the answer.
    Leaving,
    /// Both have said their FIN.
    TimeWait,
}

impl Slot {
    /// Not listening yet.
    pub const fn new() -> Self {
        Self { phase: Phase::Listening, deadline: u64::MAX, head: Head::new(&mut []) }
    }

    /// Lends memory for the heads of requests.
    pub fn lend(&mut self, memory: &'static mut [u8]) {
        self.head = Head::wanting(Request::FIELDS, memory);
    }

    /// How others see it.
    pub fn report(&self, socket: &Socket) -> Report {
        let phase = match &self.phase {
            Phase::Listening if socket.is_listening() => "listening",
            Phase::Listening => "connecting",
            Phase::Request(_) => "request",
            Phase::Page(_) => "page",
            Phase::Session(_) => "websocket",
            Phase::Leaving => "leaving",
            Phase::TimeWait => "time-wait",
        };
        Report { phase, queued: socket.send_queue() + socket.recv_queue() }
    }

    /// Does what can be done now; gives whether that was anything.
    pub fn turn(&mut self, socket: &mut Socket, desk: &mut Desk) -> bool {
        match socket.state() {
            State::Closed => return self.listen(socket, desk.now),
            State::Listen => return false,
            State::TimeWait if !matches!(self.phase, Phase::TimeWait) => {
                self.enter(Phase::TimeWait, desk.now + TIME_WAIT);
            }
            _ => {}
        }
        let unread = socket.recv_queue();
        let worked = match &mut self.phase {
            Phase::Listening => {
                // the first packet has come
                self.head.clear();
                self.enter(Phase::Request(ClientRequest::new()), desk.now + REQUEST);
                true
            }
            Phase::Request(request) => match request.turn(socket, &mut self.head, desk) {
                None if !socket.may_recv() && socket.may_send() => self.leave(socket, desk),
                None => socket.recv_queue() < unread,
                Some(Answer::Whole) => self.leave(socket, desk),
                Some(Answer::Page(page)) => self.enter(Phase::Page(page), desk.now + PAGE),
                Some(Answer::Upgraded(session)) => self.enter(Phase::Session(session), u64::MAX),
            },
            Phase::Page(rest) => {
                let n = socket.send_slice(rest).unwrap_or(0);
                *rest = &rest[n..];
                if rest.is_empty() {
                    self.leave(socket, desk)
                } else {
                    if n > 0 {
                        self.deadline = desk.now + PAGE;
                    }
                    n > 0
                }
            }
            Phase::Session(session) => {
                let worked = session.turn(socket, desk);
                if session.is_over() {
                    self.leave(socket, desk)
                } else {
                    self.deadline = session.deadline();
                    worked
                }
            }
            Phase::Leaving => socket.can_recv() && socket.recv(|ring| (ring.len(), ())).is_ok(),
            Phase::TimeWait => {
                if desk.in_phase("listening") == 0 {
                    self.deadline = desk.now;
                }
                false
            }
        };
        if desk.now >= self.deadline {
            self.give_up(socket, desk);
        }
        worked
    }

    fn enter(&mut self, phase: Phase, deadline: u64) -> bool {
        (self.phase, self.deadline) = (phase, deadline);
        true
    }

    /// Says FIN behind all that was written.
    fn leave(&mut self, socket: &mut Socket, desk: &Desk) -> bool {
        socket.close();
        self.enter(Phase::Leaving, desk.now + LEAVING)
    }

    /// The deadline has come.
    fn give_up(&mut self, socket: &mut Socket, desk: &mut Desk) {
        match self.phase {
            Phase::TimeWait => {
                socket.abort();
                self.listen(socket, desk.now);
            }
            // a peer that says nothing is told that nobody listens any more
            Phase::Request(_) if socket.may_send() => {
                desk.counts.timeouts += 1;
                self.leave(socket, desk);
            }
            // a RST goes out, and the socket is closed after it
            _ => {
                desk.counts.timeouts += 1;
                socket.abort();
                self.deadline = desk.now + RESET;
            }
        }
    }

    fn listen(&mut self, socket: &mut Socket, now: u64) -> bool {
        // a socket that was aborted has a RST to send first
        if socket.remote_endpoint().is_some() && !matches!(self.phase, Phase::TimeWait) && now < self.deadline {
            return false;
        }
        self.enter(Phase::Listening, u64::MAX);
        socket.listen(PORT).is_ok()
    }
}

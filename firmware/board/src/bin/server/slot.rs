//! A TCP socket from listening to listening again.

use crate::desk::{Desk, Report};
use crate::request::{Answer, Request};
use crate::session::Session;
use smoltcp::socket::tcp::{Socket, State};
use upframe::http::Head;

const PORT: u16 = 80;

// Milliseconds. Each phase ends by itself: a peer that disconnects, or is slow on purpose, cannot keep a socket.

/// For a whole request, from the first packet on.
const REQUEST: u64 = 5_000;
/// For a peer to read more of the page.
const PAGE: u64 = 5_000;
/// For the written bytes to arrive, and for the peer's FIN.
const LEAVING: u64 = 5_000;
/// For sending a RST, which is impossible if the peer's address is no longer known.
const RESET: u64 = 200;
/// In TIME-WAIT (RFC 9293 §3.3.2), which should be four minutes, and is skipped if no other socket listens. Late
/// packets are answered with a RST.
const TIME_WAIT: u64 = 500;

/// One TCP socket, and its current phase.
pub struct Slot {
    phase: Phase,
    /// When the phase ends at the latest.
    deadline: u64,
    /// The parts of the request that matter.
    head: Head<'static>,
}

/// The phases of a socket.
enum Phase {
    /// Nothing yet.
    Listening,
    /// A request is being received.
    Request(Request),
    /// The page is being sent: the rest of it.
    Page(&'static [u8]),
    /// A WebSocket.
    Session(Session),
    /// Everything is written, and the FIN is on its way. What still comes is discarded, not refused: a RST could
    /// overtake the response.
    Leaving,
    /// Both ends have sent their FIN.
    TimeWait,
}

impl Slot {
    /// Returns the state before the first turn: not listening yet. The memory is for the heads of requests.
    pub fn new(memory: &'static mut [u8]) -> Self {
        Self { phase: Phase::Listening, deadline: u64::MAX, head: Head::wanting(Request::FIELDS, memory) }
    }

    /// Returns the state of the socket for reports.
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

    /// Does what can be done now. Returns whether anything was done.
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
                // The first packet has arrived.
                self.head.clear();
                self.enter(Phase::Request(Request::new()), desk.now + REQUEST);
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

    /// Sends a FIN after everything that was written.
    fn leave(&mut self, socket: &mut Socket, desk: &Desk) -> bool {
        socket.close();
        self.enter(Phase::Leaving, desk.now + LEAVING)
    }

    /// Ends a phase whose deadline has passed.
    fn give_up(&mut self, socket: &mut Socket, desk: &mut Desk) {
        match self.phase {
            Phase::TimeWait => {
                socket.abort();
                self.listen(socket, desk.now);
            }
            // A peer that sends nothing gets a response.
            Phase::Request(_) if socket.may_send() => {
                desk.counts.timeouts += 1;
                self.leave(socket, desk);
            }
            // The socket sends a RST and is then closed.
            _ => {
                desk.counts.timeouts += 1;
                socket.abort();
                self.deadline = desk.now + RESET;
            }
        }
    }

    fn listen(&mut self, socket: &mut Socket, now: u64) -> bool {
        // An aborted socket must send a RST first.
        if socket.remote_endpoint().is_some() && !matches!(self.phase, Phase::TimeWait) && now < self.deadline {
            return false;
        }
        self.enter(Phase::Listening, u64::MAX);
        socket.listen(PORT).is_ok()
    }
}

//! The loop of the reader: input, answers, time, and the end of the connection.

use crate::input::{Input, Received};
use crate::link::{Access, PATIENCE};
use crate::message::{CloseFrame, Message, Piece};
use crate::transport::{Transport, took_too_long};
use std::io;
use std::mem::replace;
use std::task::Poll;
use std::time::{Duration, Instant};
use upframe::frame::CloseCode;
use upframe::keepalive::{Due, Keepalive};
use upframe_driver::Error;

/// How the reader reaches the transport that it reads, besides what it shares with the writer.
pub(crate) trait Reach<S>: Access<S> {
    /// Calls `f` with the transport.
    fn io<T>(&mut self, f: impl FnOnce(&mut S) -> T) -> T;
}

impl<S> Reach<S> for crate::link::Owned<S> {
    fn io<T>(&mut self, f: impl FnOnce(&mut S) -> T) -> T {
        f(&mut self.link.io)
    }
}

enum Phase {
    /// Messages may come.
    Open,
    /// The last message came, or the peer broke the protocol. The error is reported when the transport is closed.
    Finishing(Option<Error>),
    /// Nothing can be received any more.
    Ended,
}

/// A read that waits less long than it might does no harm, if it waits at least this part of it.
const PART: u32 = 2;
/// A Ping may be late by this part of its time.
const LATE: u32 = 64;
/// While the other thread writes, the reader looks again after this time.
const BUSY: Duration = Duration::from_millis(10);

pub(crate) struct Reading {
    input: Input,
    phase: Phase,
    keepalive: Keepalive<Instant>,
    /// How long a read may wait now; `None`: that was not set yet. Setting it costs a system call.
    limit: Option<Option<Duration>>,
    /// Whether the transport keeps to that.
    timed: bool,
    /// A read waits no longer than this: with two threads, the other one may start the closing handshake meanwhile.
    longest: Option<Duration>,
    round_trip: Option<Duration>,
}

impl Reading {
    pub(crate) fn new(input: Input, keepalive: Keepalive<Instant>) -> Self {
        let (limit, timed, longest, round_trip) = (None, true, None, None);
        Self { input, phase: Phase::Open, keepalive, limit, timed, longest, round_trip }
    }

    /// Bounds every wait by the time for the closing handshake, so that none is late if the writer starts it.
    pub(crate) fn wait_no_longer_than(&mut self, longest: Duration) {
        self.longest = Some(longest);
    }

    pub(crate) const fn close_code(&self) -> Option<CloseCode> {
        self.input.close_code()
    }

    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        self.input.close_frame()
    }

    pub(crate) const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Returns the next message. `Pending`: none came `until` then.
    pub(crate) fn next<S: Transport>(
        &mut self,
        reach: &mut impl Reach<S>,
        until: Option<Instant>,
    ) -> Poll<Option<Result<Message, Error>>> {
        loop {
            return match self.receive(reach, until, Input::next) {
                Poll::Ready(Some(Ok(Received::Message(message)))) => Poll::Ready(Some(Ok(message))),
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
        }
    }

    /// Returns the next piece. Control frames are answered only.
    pub(crate) fn next_piece<S: Transport>(&mut self, reach: &mut impl Reach<S>) -> Option<Result<Piece, Error>> {
        loop {
            match self.receive(reach, None, Input::next_piece) {
                Poll::Ready(Some(Ok(Received::Piece(piece)))) => return Some(Ok(piece)),
                Poll::Ready(Some(Err(error))) => return Some(Err(error)),
                Poll::Ready(None) => return None,
                _ => {}
            }
        }
    }

    fn receive<S: Transport>(
        &mut self,
        reach: &mut impl Reach<S>,
        until: Option<Instant>,
        receive: fn(&mut Input) -> Received,
    ) -> Poll<Option<Result<Received, Error>>> {
        loop {
            match &self.phase {
                Phase::Open => {}
                Phase::Finishing(error) => {
                    let failed = error.is_some();
                    self.finish(reach, failed);
                    let Phase::Finishing(error) = replace(&mut self.phase, Phase::Ended) else { continue };
                    return Poll::Ready(error.map(Err));
                }
                Phase::Ended => return Poll::Ready(None),
            }
            let received = receive(&mut self.input);
            match &received {
                Received::ReadOn => match self.read(reach, until) {
                    Ok(true) => continue,
                    Ok(false) => return Poll::Pending,
                    Err(error) => {
                        let again = matches!(&error, Error::Io(error) if !self.timed && took_too_long(error));
                        if !again {
                            self.phase = Phase::Ended;
                        }
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                Received::Failed(error) => {
                    self.phase = Phase::Finishing(Some(Error::Protocol(*error)));
                    self.answer(reach, true);
                    continue;
                }
                Received::Message(Message::Ping(_)) => self.answer(reach, false),
                Received::Message(Message::Pong(payload)) => {
                    if let Some(round_trip) = self.keepalive.on_pong(Instant::now(), payload) {
                        self.round_trip = Some(round_trip);
                        continue;
                    }
                }
                Received::Message(Message::Close(_)) => {
                    self.phase = Phase::Finishing(None);
                    self.answer(reach, true);
                }
                Received::Message(_) | Received::Piece(_) => {}
            }
            return Poll::Ready(Some(Ok(received)));
        }
    }

    /// Passes what is owed to the sending half. The last answer is written at once: the program may drop the connection
    /// now.
    fn answer<S: Transport>(&mut self, reach: &mut impl Access<S>, last: bool) {
        if let Some(reply) = self.input.take_reply() {
            reach.mail(|mail| mail.reply = Some(reply));
        }
        if last {
            reach.on_closing();
            // if the transport is broken, the reader will see its end
            let _ = reach.deliver();
        } else {
            // queued, so that each Ping gets its Pong
            let _ = reach.try_link(|_| ());
        }
    }

    /// Waits for input, while what is queued is written and the keepalive does its work. `false`: none came `until`
    /// then.
    fn read<S: Transport>(&mut self, reach: &mut impl Reach<S>, until: Option<Instant>) -> Result<bool, Error> {
        loop {
            // A peer that does not read does not keep us from reading. If the transport is broken, what the peer sent
            // before is still there.
            let stuck = reach.deliver().is_err_and(|error| took_too_long(&error));
            // then the rest is written when this has read something, or soon
            let soon = stuck.then(|| Instant::now() + PATIENCE);
            match self.wait(reach, [until, soon].into_iter().flatten().min(), Input::read) {
                Ok(0) => {
                    let end = self.input.receive_eof();
                    break_off(reach, io::ErrorKind::BrokenPipe);
                    return Err(Error::Ended(end));
                }
                Ok(_) => {
                    self.keepalive.on_received(Instant::now());
                    // a peer that sends without end does not keep the closing handshake from its end
                    self.on_time(reach)?;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if took_too_long(&error) => {
                    self.on_time(reach)?;
                    if until.is_some_and(|until| until <= Instant::now()) {
                        return Ok(false);
                    }
                    if !self.timed {
                        let _ = reach.deliver(); // a Ping
                        return Err(Error::Io(error));
                    }
                }
                Err(error) => {
                    self.input.receive_eof();
                    break_off(reach, io::ErrorKind::BrokenPipe);
                    return Err(Error::Io(error));
                }
            }
        }
    }

    /// Reads, and waits no longer than until something is due.
    fn wait<S: Transport>(
        &mut self,
        reach: &mut impl Reach<S>,
        until: Option<Instant>,
        read: impl FnOnce(&mut Input, &mut S) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if let Some(since) = reach.closing(|since| *since) {
            self.keepalive.on_closing(since);
        }
        let now = Instant::now();
        let times =
            [self.keepalive.poll_timeout(), until].map(|time| time.map(|time| time.saturating_duration_since(now)));
        let [due, until] = times;
        let left = [due, until, self.longest].into_iter().flatten().min();
        // what has arrived is read, however late it is
        let left = left.map(|left| left.max(Duration::from_millis(1)));
        let fits = match (self.limit, left) {
            (Some(None), None) => true,
            (Some(Some(limit)), Some(left)) => limit <= left.saturating_add(left / LATE) && limit >= left / PART,
            _ => false,
        };
        let (input, timed) = (&mut self.input, &mut self.timed);
        let limit = &mut self.limit;
        reach.io(|io| {
            if *timed && !fits {
                *timed = io.limit_reads(left)?;
                *limit = Some(left);
            }
            read(input, io)
        })
    }

    /// Does what is due. An error ends the connection.
    fn on_time<S: Transport>(&mut self, reach: &mut impl Reach<S>) -> Result<(), Error> {
        if let Some(since) = reach.closing(|since| *since) {
            self.keepalive.on_closing(since);
        }
        let error = match self.keepalive.handle_timeout(Instant::now()) {
            None => return Ok(()),
            Some(Due::Ping) => {
                let payload = self.keepalive.ping_payload();
                reach.mail(|mail| mail.ping = Some(payload));
                return Ok(());
            }
            Some(Due::Dead) => Error::Dead,
            Some(Due::CloseTimedOut) => Error::CloseTimedOut,
        };
        break_off(reach, io::ErrorKind::TimedOut);
        Err(error)
    }

    /// Writes the last answer and closes the transport (RFC 6455 §7.1.1). It ends at the latest when the time for the
    /// closing handshake is over.
    fn finish<S: Transport>(&mut self, reach: &mut impl Reach<S>, failed: bool) {
        let (mut shut, mut ended) = (false, false);
        if self.limit.is_none() {
            self.timed = reach.io(|io| io.limit_reads(Some(PATIENCE))).unwrap_or(false);
            self.limit = Some(Some(PATIENCE));
        }
        loop {
            let closing = reach.closing(|since| *since);
            // The server closes first. So does an end that failed: its peer may wait for that.
            let now = failed || ended || !self.timed;
            let written = reach.try_link(|link| {
                let first = link.output.is_server() || now;
                if first && !shut {
                    link.finish(closing).map(|()| true)
                } else {
                    link.flush(closing, false).map(|()| shut)
                }
            });
            let busy = match written {
                None => true,
                Some(Err(error)) if took_too_long(&error) => true,
                Some(done) => {
                    shut = done.unwrap_or(true);
                    false
                }
            };
            // What came and was not read would destroy the Close on its way: the system would reset the connection.
            // Without time limits, the peer could keep us forever.
            if shut && (ended || !failed) || !self.timed {
                break;
            }
            if ended {
                std::thread::sleep(BUSY);
            } else {
                let until = busy.then(|| Instant::now() + BUSY);
                match self.wait(reach, until, Input::discard) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted || took_too_long(&error) => {}
                    Ok(_) | Err(_) => ended = true,
                }
            }
            if self.on_time(reach).is_err() {
                break;
            }
        }
        self.input.receive_eof();
        reach.try_link(|link| link.output.end_stream());
    }
}

/// Nothing can be received any more, so nothing needs to be written: ends a write of the other thread, too.
fn break_off<S: Transport>(reach: &mut impl Reach<S>, why: io::ErrorKind) {
    reach.io(Transport::abort);
    reach.try_link(|link| link.break_off(why));
}

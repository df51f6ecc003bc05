//! The loop of the reader: input, answers, time, and the end of the connection.

use crate::input::{Input, Received};
use crate::link::{Link, Side};
use crate::message::{CloseFrame, Message, Piece};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};
use upframe::frame::CloseCode;
use upframe_driver::Error;

/// How the reader reaches what it shares with the writer.
pub(crate) trait Access<S> {
    fn with<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> T;
}

impl<S> Access<S> for Link<S> {
    fn with<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        f(self)
    }
}

impl<S> Access<S> for Arc<Mutex<Link<S>>> {
    fn with<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> T {
        f(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
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

/// What remains to be done with the transport.
#[derive(Clone, Copy, Default)]
struct Finish {
    /// The transport is closed for writing, or broken.
    shut: bool,
    /// The input has ended, or is broken.
    ended: bool,
}

pub(crate) struct Reading {
    input: Input,
    phase: Phase,
    finish: Finish,
    /// Set to the time of the keepalive or to an earlier one.
    timer: Option<Pin<Box<Sleep>>>,
    round_trip: Option<Duration>,
}

impl Reading {
    pub(crate) const fn new(input: Input) -> Self {
        let finish = Finish { shut: false, ended: false };
        Self { input, phase: Phase::Open, finish, timer: None, round_trip: None }
    }

    pub(crate) const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    pub(crate) const fn close_code(&self) -> Option<CloseCode> {
        self.input.close_code()
    }

    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        self.input.close_frame()
    }

    /// Returns the next message or control frame.
    pub(crate) fn poll_message<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        link: &mut impl Access<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        loop {
            match ready!(self.poll_next(link, cx, Input::next)) {
                Some(Ok(Received::Message(message))) => return Poll::Ready(Some(Ok(message))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    /// Returns the next piece. Control frames are answered, and not returned.
    pub(crate) fn poll_piece<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        link: &mut impl Access<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Piece, Error>>> {
        loop {
            match ready!(self.poll_next(link, cx, Input::next_piece)) {
                Some(Ok(Received::Piece(piece))) => return Poll::Ready(Some(Ok(piece))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn poll_next<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        link: &mut impl Access<S>,
        cx: &mut Context<'_>,
        receive: fn(&mut Input) -> Received,
    ) -> Poll<Option<Result<Received, Error>>> {
        loop {
            match &mut self.phase {
                Phase::Open => {}
                Phase::Finishing(_) => {
                    ready!(self.poll_finish(link, cx));
                    let Phase::Finishing(error) = std::mem::replace(&mut self.phase, Phase::Ended) else { continue };
                    return Poll::Ready(error.map(Err));
                }
                Phase::Ended => return Poll::Ready(None),
            }
            let received = receive(&mut self.input);
            match &received {
                Received::ReadOn => {
                    if let Err(error) = ready!(self.poll_read(link, cx)) {
                        self.phase = Phase::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                    continue;
                }
                Received::Failed(error) => {
                    self.phase = Phase::Finishing(Some(Error::Protocol(*error)));
                    self.answer(link, cx, true);
                    continue;
                }
                Received::Message(Message::Ping(_)) => self.answer(link, cx, false),
                Received::Message(Message::Pong(payload)) => {
                    let now = Instant::now();
                    let round_trip = link.with(|link| link.keepalive.on_pong(now, payload));
                    if round_trip.is_some() {
                        self.round_trip = round_trip;
                        continue;
                    }
                }
                Received::Message(Message::Close(_)) => {
                    self.phase = Phase::Finishing(None);
                    self.answer(link, cx, true);
                }
                Received::Message(_) | Received::Piece(_) => {}
            }
            return Poll::Ready(Some(Ok(received)));
        }
    }

    /// Passes what is owed to the sending half. The last answer is written at once, if the transport accepts it: the
    /// program may drop the connection now.
    fn answer<S: AsyncWrite + Unpin>(&mut self, link: &mut impl Access<S>, cx: &mut Context<'_>, last: bool) {
        let reply = self.input.take_reply();
        link.with(|link| {
            if let Some(reply) = reply {
                link.output.reply(&reply);
            }
            if last {
                link.on_closing();
                let _ = link.poll_flush(Side::Reader, cx);
            }
        });
    }

    /// Waits for input, while what is queued is written and the keepalive does its work.
    fn poll_read<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        link: &mut impl Access<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let read = link.with(|link| {
                // A peer that does not read does not keep us from reading. If the transport is broken, what the peer
                // sent before is still there.
                let _ = link.poll_flush(Side::Reader, cx);
                let read = self.input.poll_read(&mut link.io, cx);
                match read {
                    Poll::Ready(Ok(1..)) => {
                        if link.keepalive.poll_timeout().is_none() {
                            return Poll::Ready(Ok(Ok(1))); // nothing depends on the time, which costs more than a frame
                        }
                        let now = Instant::now();
                        link.keepalive.on_received(now);
                        // a peer that sends without end does not keep the closing handshake from its end
                        return Poll::Ready(Ok(link.on_time(now).map(|()| 1)));
                    }
                    Poll::Ready(_) => link.break_off(io::ErrorKind::BrokenPipe),
                    Poll::Pending => link.reader_waits(cx),
                }
                read.map_ok(Ok)
            });
            match read {
                Poll::Ready(Ok(Ok(0))) => return Poll::Ready(Err(Error::Ended(self.input.receive_eof()))),
                Poll::Ready(Ok(result)) => return Poll::Ready(result.map(|_| ())),
                Poll::Ready(Err(error)) => {
                    self.input.receive_eof();
                    return Poll::Ready(Err(Error::Io(error)));
                }
                Poll::Pending => ready!(self.poll_timer(link, cx))?,
            }
        }
    }

    /// Waits until something is due, and does it.
    fn poll_timer<S>(&mut self, link: &mut impl Access<S>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let Some(timeout) = link.with(|link| link.keepalive.poll_timeout()) else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(timeout)));
            // Each byte that comes moves the time further; the timer is set again when it is over.
            if timer.deadline() > timeout || timer.is_elapsed() {
                timer.as_mut().reset(timeout);
            }
            ready!(timer.as_mut().poll(cx));
            let now = Instant::now();
            if timeout <= now {
                // it is quiet
                self.input.release();
                return Poll::Ready(link.with(|link| {
                    link.output.release();
                    link.on_time(now)
                }));
            }
        }
    }

    /// Writes the last answer and closes the transport (RFC 6455 §7.1.1). It ends at the latest when the time for the
    /// closing handshake is over.
    fn poll_finish<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        link: &mut impl Access<S>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let failed = matches!(self.phase, Phase::Finishing(Some(_)));
        loop {
            let (input, finish) = (&mut self.input, &mut self.finish);
            let read = link.with(|link| {
                // The server closes first. So does an end that failed: its peer may wait for that.
                if !finish.shut && (link.output.is_server() || failed || finish.ended) {
                    finish.shut = link.poll_shutdown(Side::Reader, cx).is_ready();
                } else if !finish.shut {
                    let _ = link.poll_flush(Side::Reader, cx);
                }
                // What came and was not read would destroy the Close on its way: the system would reset the connection.
                if finish.shut && (finish.ended || !failed) {
                    return None;
                }
                if finish.ended {
                    link.reader_waits(cx);
                    return Some(Poll::Pending);
                }
                let read = input.poll_discard(&mut link.io, cx);
                if read.is_pending() {
                    link.reader_waits(cx);
                }
                Some(read)
            });
            let on_time = match read {
                None => break,
                Some(Poll::Ready(Ok(1..))) => link.with(|link| link.on_time(Instant::now())),
                Some(Poll::Ready(_)) => {
                    self.finish.ended = true;
                    Ok(())
                }
                Some(Poll::Pending) => ready!(self.poll_timer(link, cx)),
            };
            if on_time.is_err() {
                break;
            }
        }
        self.input.receive_eof();
        link.with(|link| link.output.end_stream());
        Poll::Ready(())
    }
}

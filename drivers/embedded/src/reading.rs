//! The loop of the reader: input, answers, time, and the end of the connection.

use crate::error::Error;
use crate::input::{Found, Input};
use core::time::Duration;
use upframe::connection::{ProtocolError, Reply};

/// What the reader does with the transport and with what writes: they are one value, or two with halves.
pub(crate) trait Drive {
    /// The error of the transport.
    type Error;

    fn is_server(&self) -> bool;

    /// Whether nothing can be written any more.
    fn is_broken(&self) -> bool;

    /// Writes all that is queued.
    async fn flush(&mut self) -> Result<(), Error<Self::Error>>;

    /// Waits for input, while the keepalive does its work, and what is queued is written. 0: the stream has ended.
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Error<Self::Error>>;

    /// Reads and discards. `false` at the end of the stream, and when the time is over.
    async fn discard(&mut self, buffer: &mut [u8]) -> bool;

    /// Accepts an answer of the receiver. `last`: the closing handshake has started.
    fn answer(&mut self, reply: Option<Reply>, last: bool);

    /// Returns the round-trip time if this is the Pong to the newest Ping of the keepalive.
    fn on_pong(&mut self, payload: &[u8]) -> Option<Duration>;

    /// Notes that nothing can be received or written any more.
    fn end(&mut self);
}

#[derive(Clone, Copy)]
pub(crate) enum Phase {
    /// Messages may come.
    Open,
    /// The last message came.
    Finishing,
    /// The peer broke the protocol, which is reported when the Close is written.
    Failed(ProtocolError),
    /// Nothing can be received any more.
    Ended,
}

pub(crate) struct Reading<'b> {
    pub(crate) input: Input<'b>,
    phase: Phase,
    pub(crate) round_trip: Option<Duration>,
}

impl<'b> Reading<'b> {
    pub(crate) const fn new(input: Input<'b>) -> Self {
        Self { input, phase: Phase::Open, round_trip: None }
    }

    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Looks for what came, reads more, and finishes the connection.
    pub(crate) async fn found<D: Drive>(
        &mut self,
        drive: &mut D,
        find: fn(&mut Input<'b>) -> Option<Found>,
    ) -> Option<Result<Found, Error<D::Error>>> {
        loop {
            match self.phase {
                Phase::Open => {}
                Phase::Finishing => {
                    // if it fails, nothing is lost any more
                    let mut open = drive.is_broken() || drive.flush().await.is_ok();
                    // the server closes first (RFC 6455 §7.1.1)
                    while open && !drive.is_server() {
                        open = drive.discard(self.input.all()).await;
                    }
                    self.end(drive);
                    return None;
                }
                Phase::Failed(error) => {
                    let _ = drive.flush().await;
                    self.end(drive);
                    return Some(Err(Error::Protocol(error)));
                }
                Phase::Ended => return None,
            }
            let Some(found) = find(&mut self.input) else {
                if let Some(error) = self.input.failure() {
                    self.phase = Phase::Failed(error);
                    drive.answer(self.input.take_reply(), true);
                    continue;
                }
                let error = match drive.read(self.input.room()).await {
                    Ok(0) => Error::Ended(self.input.receive_eof()),
                    Ok(n) => {
                        self.input.received(n);
                        continue;
                    }
                    Err(error) => error,
                };
                self.end(drive);
                return Some(Err(error));
            };
            match found {
                Found::Ping => drive.answer(self.input.take_reply(), false),
                Found::Pong => {
                    let round_trip = drive.on_pong(self.input.control_payload());
                    if round_trip.is_some() {
                        self.round_trip = round_trip;
                        continue;
                    }
                }
                Found::Close => {
                    self.phase = Phase::Finishing;
                    drive.answer(self.input.take_reply(), true);
                }
                Found::Message(..) | Found::Piece(..) | Found::Inflated(_) => {}
            }
            return Some(Ok(found));
        }
    }

    fn end(&mut self, drive: &mut impl Drive) {
        self.input.receive_eof();
        drive.end();
        self.phase = Phase::Ended;
    }
}

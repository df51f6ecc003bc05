//! What two halves share, in two tasks of one executor: no lock is needed, and no value crosses a thread.

use crate::clock::{Clock, within};
use crate::error::Error;
use crate::output::{Output, Queued};
use core::cell::{Cell, RefCell, RefMut};
use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use core::time::Duration;
use embedded_io_async::Write;
use upframe::connection::{Entropy, Reply};
use upframe::keepalive::{Due, Keepalive};

/// Who waits.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Side {
    Reader,
    Writer,
}

/// What writes. One half uses it at a time, and may wait meanwhile.
struct Line<'b, W, E: Entropy> {
    transport: W,
    output: Output<'b, E>,
}

pub(crate) struct Shared<'b, W, C, E: Entropy> {
    clock: C,
    pub(crate) is_server: bool,
    keepalive: RefCell<Keepalive<Duration>>,
    line: RefCell<Line<'b, W, E>>,
    /// Whether something waits in the line, and nobody uses it.
    queued: Cell<bool>,
    /// What the half that uses the line next is to queue. There is one place for each: a flood of Pings needs no
    /// memory.
    reply: Cell<Option<Reply>>,
    ping: Cell<Option<[u8; 4]>>,
    /// Nothing can be written any more.
    broken: Cell<bool>,
    /// The reader has returned its last message or an error.
    ended: Cell<bool>,
    /// Why the connection was given up.
    given_up: Cell<Option<Due>>,
    reader: Task,
    writer: Task,
}

/// The task of a half.
#[derive(Default)]
struct Task {
    waker: Cell<Option<Waker>>,
    /// The time until which it waits may be too late.
    hurry: Cell<bool>,
}

impl Task {
    fn wake(&self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn wait(&self, waker: &Waker) {
        let waiting = self.waker.take().filter(|waiting| waiting.will_wake(waker));
        self.waker.set(Some(waiting.unwrap_or_else(|| waker.clone())));
    }

    fn hurry(&self) {
        self.hurry.set(true);
        self.wake();
    }
}

impl<'b, W, C: Clock, E: Entropy> Shared<'b, W, C, E> {
    pub(crate) fn new(
        transport: W,
        clock: C,
        keepalive: Keepalive<Duration>,
        output: Output<'b, E>,
        broken: bool,
        given_up: Option<Due>,
    ) -> Self {
        Self {
            clock,
            is_server: output.transmitter.is_server(),
            keepalive: RefCell::new(keepalive),
            queued: Cell::new(output.waits()),
            line: RefCell::new(Line { transport, output }),
            reply: Cell::new(None),
            ping: Cell::new(None),
            broken: Cell::new(broken),
            ended: Cell::new(false),
            given_up: Cell::new(given_up),
            reader: Task::default(),
            writer: Task::default(),
        }
    }

    pub(crate) fn into_transport(self) -> W {
        self.line.into_inner().transport
    }

    const fn task(&self, side: Side) -> &Task {
        match side {
            Side::Reader => &self.reader,
            Side::Writer => &self.writer,
        }
    }

    /// Runs a part of what a half does, while the keepalive does its work. The part is woken by all that the other half
    /// does. An error if the connection is given up.
    pub(crate) async fn run<T, X>(&self, side: Side, part: impl Future<Output = T>) -> Result<T, Error<X>> {
        let (mut part, task) = (pin!(part), self.task(side));
        if side == Side::Reader {
            self.is_given_up()?; // nothing limits the time of a read then
        }
        loop {
            task.hurry.set(false);
            let timeout = self.keepalive(|keepalive, _| keepalive.poll_timeout()).flatten();
            let done = poll_fn(|cx| {
                task.wait(cx.waker());
                match part.as_mut().poll(cx) {
                    Poll::Ready(done) => Poll::Ready(Some(done)),
                    Poll::Pending if task.hurry.get() => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            });
            match within(&self.clock, timeout, done).await {
                None => self.on_time()?,
                Some(None) => self.is_given_up()?,
                Some(Some(done)) => return Ok(done),
            }
            // the transport may never accept what the writer has
            if side == Side::Writer && self.ended.get() {
                return Err(Error::WriteZero);
            }
        }
    }

    /// Calls `f` with the keepalive and the time. `None` never comes: nothing else is called meanwhile.
    fn keepalive<T>(&self, f: impl FnOnce(&mut Keepalive<Duration>, Duration) -> T) -> Option<T> {
        let now = self.clock.now();
        self.keepalive.try_borrow_mut().ok().map(|mut keepalive| f(&mut keepalive, now))
    }

    pub(crate) fn on_received(&self) {
        self.keepalive(Keepalive::on_received);
    }

    pub(crate) fn on_pong(&self, payload: &[u8]) -> Option<Duration> {
        self.keepalive(|keepalive, now| keepalive.on_pong(now, payload)).flatten()
    }

    /// Notes that the closing handshake has started: less time is left then.
    pub(crate) fn on_closing(&self) {
        self.keepalive(Keepalive::on_closing);
        self.reader.hurry();
        self.writer.hurry();
    }

    /// Does what is due. An error ends the connection, for both halves.
    pub(crate) fn on_time<X>(&self) -> Result<(), Error<X>> {
        match self.keepalive(Keepalive::handle_timeout).flatten() {
            None => {}
            Some(Due::Ping) => {
                self.ping.set(self.keepalive(|keepalive, _| keepalive.ping_payload()));
                self.reader.wake();
            }
            over => {
                self.given_up.set(over);
                self.break_off();
            }
        }
        self.is_given_up()
    }

    fn is_given_up<X>(&self) -> Result<(), Error<X>> {
        match self.given_up.get() {
            None => Ok(()),
            Some(Due::CloseTimedOut) => Err(Error::CloseTimedOut),
            Some(_) => Err(Error::Dead),
        }
    }

    pub(crate) const fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Nothing can be written any more.
    fn break_off(&self) {
        self.broken.set(true);
        self.reader.hurry();
        self.writer.hurry();
    }

    /// Nothing can be received any more.
    pub(crate) fn end(&self) {
        self.ended.set(true);
        self.break_off();
    }

    /// Leaves an answer of the receiver. A newer one takes the place of an older one.
    pub(crate) fn reply(&self, reply: Reply) {
        self.reply.set(Some(reply));
    }

    /// Queues what was left.
    fn collect(&self, output: &mut Output<'b, E>) {
        if self.broken.get() {
            output.end_stream();
            return;
        }
        if let Some(reply) = self.reply.take() {
            output.reply(reply);
        }
        if let Some(payload) = self.ping.take() {
            let _ = output.transmitter.ping(&payload); // refused if another one waits
        }
        output.queue_owed();
    }

    fn wants_write(&self) -> bool {
        let reply = self.reply.take();
        let waits = reply.is_some();
        self.reply.set(reply);
        !self.broken.get() && (waits || self.queued.get() || self.ping.get().is_some())
    }

    /// Waits until the other half does not use the line.
    async fn line(&self, side: Side) -> Used<'_, 'b, W, C, E> {
        let line = poll_fn(|_| self.line.try_borrow_mut().map_or(Poll::Pending, Poll::Ready)).await;
        Used { shared: self, line, side }
    }
}

impl<'b, W: Write, C: Clock, E: Entropy> Shared<'b, W, C, E> {
    /// Queues something whole, as soon as there is room.
    pub(crate) async fn queue(
        &self,
        mut queue: impl FnMut(&mut Output<'b, E>) -> Queued,
    ) -> Result<(), Error<W::Error>> {
        let queue = async {
            let mut used = self.line(Side::Writer).await;
            loop {
                self.collect(&mut used.line.output);
                match queue(&mut used.line.output) {
                    Queued::Done => return Ok(()),
                    Queued::WriteFirst => self.write(&mut used.line).await?,
                    Queued::Refused(error) => return Err(Error::Send(error)),
                }
            }
        };
        self.run(Side::Writer, queue).await?
    }

    /// Writes all that is queued.
    pub(crate) async fn flush(&self, side: Side) -> Result<(), Error<W::Error>> {
        self.run(side, self.write_all(side)).await?
    }

    /// Writes what is queued, whenever there is something. The writer is told of an error when it writes; what the peer
    /// has sent before is still there.
    pub(crate) async fn deliver(&self) -> Infallible {
        loop {
            poll_fn(|_| if self.wants_write() { Poll::Ready(()) } else { Poll::Pending }).await;
            let _ = self.write_all(Side::Reader).await;
        }
    }

    async fn write_all(&self, side: Side) -> Result<(), Error<W::Error>> {
        let mut used = self.line(side).await;
        loop {
            self.collect(&mut used.line.output);
            let line = &mut *used.line;
            if !line.output.is_empty() {
                self.write(line).await?;
            } else if line.output.unflushed {
                line.transport.flush().await.map_err(|error| self.broken_by(Error::Io(error)))?;
                line.output.unflushed = false;
            } else {
                return if self.broken.get() { Err(Error::WriteZero) } else { Ok(()) };
            }
        }
    }

    /// Writes a part of what is queued.
    async fn write(&self, line: &mut Line<'b, W, E>) -> Result<(), Error<W::Error>> {
        line.output.unflushed = true;
        match line.transport.write(line.output.bytes()).await {
            Ok(0) => Err(self.broken_by(Error::WriteZero)),
            Ok(n) => {
                line.output.advance(n);
                Ok(())
            }
            Err(error) => Err(self.broken_by(Error::Io(error))),
        }
    }

    fn broken_by(&self, error: Error<W::Error>) -> Error<W::Error> {
        self.break_off();
        error
    }
}

/// The line, used by one half. The other one is woken when it is free.
struct Used<'s, 'b, W, C: Clock, E: Entropy> {
    shared: &'s Shared<'b, W, C, E>,
    line: RefMut<'s, Line<'b, W, E>>,
    side: Side,
}

impl<W, C: Clock, E: Entropy> Drop for Used<'_, '_, W, C, E> {
    fn drop(&mut self) {
        self.shared.queued.set(self.line.output.waits());
        self.shared.task(if self.side == Side::Reader { Side::Writer } else { Side::Reader }).wake();
    }
}

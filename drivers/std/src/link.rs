//! What reading and writing share: the transport to write to, the sending half, and what the reader leaves there.

use crate::transport::{Transport, took_too_long};
use std::io;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use upframe::connection::Reply;
use upframe_driver::{Error, Output};

/// A write waits this long at once: then the reader goes on with reading, and a writer looks at the time.
pub(crate) const PATIENCE: Duration = Duration::from_millis(20);

/// What the reader asks the writer to send. There is one place for each, so a flood of Pings needs no memory.
#[derive(Default)]
pub(crate) struct Mail {
    pub(crate) reply: Option<Reply>,
    pub(crate) ping: Option<[u8; 4]>,
}

impl Mail {
    pub(crate) const fn is_empty(&self) -> bool {
        self.reply.is_none() && self.ping.is_none()
    }
}

pub(crate) struct Link<S> {
    pub(crate) io: S,
    pub(crate) output: Output,
    write_within: Duration,
    close_within: Duration,
    /// Whether the transport limits the time of a write; `None`: it was not asked.
    timed: Option<bool>,
    /// Since when it accepts no bytes.
    stuck: Option<Instant>,
    /// Whether the transport may hold bytes that it was not told to flush.
    unflushed: bool,
    /// Why nothing can be written any more.
    broken: Option<io::ErrorKind>,
}

impl<S> Link<S> {
    pub(crate) fn new(io: S, output: Output, write_within: Duration, close_within: Duration) -> Self {
        let (timed, stuck, unflushed, broken) = (None, None, false, None);
        Self { io, output, write_within, close_within, timed, stuck, unflushed, broken }
    }

    /// Queues what the reader left.
    pub(crate) fn post(&mut self, mail: &Mail) {
        if let Some(reply) = &mail.reply {
            self.output.reply(reply);
        }
        // If much waits for the transport, the peer does not read either: one more Ping would not help.
        if let Some(payload) = &mail.ping
            && self.output.has_room()
        {
            let _ = self.output.ping(payload);
        }
    }

    /// Nothing can be written any more.
    pub(crate) fn break_off(&mut self, why: io::ErrorKind) {
        self.broken.get_or_insert(why);
        self.output.discard();
    }

    /// Returns an error if nothing can be written any more.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.broken.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl<S: Transport> Link<S> {
    /// Writes until there is room for a message.
    pub(crate) fn make_room(&mut self) -> io::Result<()> {
        self.check()?;
        if self.output.has_room() { Ok(()) } else { self.flush(None, true) }
    }

    /// Writes all that is queued, and what is owed. `closing`: since when.
    ///
    /// `wait`: waits until the peer has accepted it, or has accepted nothing for too long. Otherwise it is
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if the peer accepts nothing now, and the rest stays queued.
    pub(crate) fn flush(&mut self, closing: Option<Instant>, wait: bool) -> io::Result<()> {
        self.check()?;
        self.output.write_reply();
        while !self.output.bytes().is_empty() || self.unflushed {
            let timed = match self.timed {
                Some(timed) => timed,
                None => *self.timed.insert(self.io.limit_writes(Some(PATIENCE))?),
            };
            let written = if self.output.bytes().is_empty() {
                self.io.flush().map(|()| self.unflushed = false)
            } else {
                self.unflushed = true;
                match self.io.write(self.output.bytes()) {
                    Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                    written => written.map(|n| self.output.advance(n)),
                }
            };
            match written {
                Ok(()) => {
                    self.stuck = None;
                    self.output.write_reply();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // the rest stays queued
                Err(error) if !timed && took_too_long(&error) => return Err(error),
                Err(error) if took_too_long(&error) && !self.is_too_late(closing) => {
                    if !wait {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                }
                Err(error) => {
                    let kind = if took_too_long(&error) { io::ErrorKind::TimedOut } else { error.kind() };
                    self.break_off(kind);
                    return Err(kind.into());
                }
            }
        }
        Ok(())
    }

    /// Whether the peer has accepted nothing for too long.
    fn is_too_late(&mut self, closing: Option<Instant>) -> bool {
        let stuck = *self.stuck.get_or_insert_with(Instant::now);
        stuck.elapsed() >= self.write_within || closing.is_some_and(|since| since.elapsed() >= self.close_within)
    }

    /// Writes all, if the peer accepts it now, and closes the transport for writing.
    pub(crate) fn finish(&mut self, closing: Option<Instant>) -> io::Result<()> {
        self.flush(closing, false)?;
        self.io.finish()
    }
}

/// How a reader or a writer reaches what both share.
///
/// Who has what writes queues the mail first. A reader that finds the other thread writing leaves its mail, and that
/// thread looks for mail when it has written: see [`deliver`](Self::deliver).
pub(crate) trait Access<S> {
    /// Calls `f` with what writes. Waits for the other thread.
    fn link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> T;

    /// Calls `f` with what writes, unless the other thread uses it.
    fn try_link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> Option<T>;

    /// Calls `f` with the place for mail.
    fn mail<T>(&mut self, f: impl FnOnce(&mut Mail) -> T) -> T;

    /// Calls `f` with when the closing handshake started.
    fn closing<T>(&mut self, f: impl FnOnce(&mut Option<Instant>) -> T) -> T;

    /// Notes that the closing handshake has started.
    fn on_closing(&mut self) {
        self.closing(|since| {
            since.get_or_insert_with(Instant::now);
        });
    }

    /// Writes all that is queued, and what the reader left, unless the other thread does, as far as the peer accepts it
    /// now. See [`Link::flush`].
    fn deliver(&mut self) -> io::Result<()>
    where
        S: Transport,
    {
        let closing = self.closing(|since| *since);
        while let Some(written) = self.try_link(|link| link.flush(closing, false)) {
            written?;
            if self.mail(|mail| mail.is_empty()) {
                break;
            }
            // the reader has left something since that was written
        }
        Ok(())
    }

    /// Writes what the reader has left while this thread wrote.
    fn look_for_mail(&mut self) -> Result<(), Error>
    where
        S: Transport,
    {
        if !self.mail(|mail| mail.is_empty()) {
            let closing = self.closing(|since| *since);
            self.link(|link| link.flush(closing, true))?;
        }
        Ok(())
    }
}

/// What one thread owns.
pub(crate) struct Owned<S> {
    pub(crate) link: Link<S>,
    pub(crate) mail: Mail,
    pub(crate) closing: Option<Instant>,
}

impl<S> Owned<S> {
    pub(crate) fn new(link: Link<S>) -> Self {
        Self { link, mail: Mail::default(), closing: None }
    }
}

impl<S> Access<S> for Owned<S> {
    fn link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> T {
        self.link.post(&take(&mut self.mail));
        f(&mut self.link)
    }
    fn try_link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> Option<T> {
        Some(self.link(f))
    }
    fn mail<T>(&mut self, f: impl FnOnce(&mut Mail) -> T) -> T {
        f(&mut self.mail)
    }
    fn closing<T>(&mut self, f: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        f(&mut self.closing)
    }
}

/// What two threads share. The first lock is held while something is written, the second one for a moment.
pub(crate) struct Shared<S> {
    link: Mutex<Link<S>>,
    rest: Mutex<(Mail, Option<Instant>)>,
}

impl<S> Shared<S> {
    pub(crate) fn new(owned: Owned<S>) -> Arc<Self> {
        Arc::new(Self { link: Mutex::new(owned.link), rest: Mutex::new((owned.mail, owned.closing)) })
    }

    fn with<T>(&self, link: &mut Link<S>, f: impl FnOnce(&mut Link<S>) -> T) -> T {
        let mail = take(&mut self.rest().0);
        link.post(&mail);
        f(link)
    }

    fn rest(&self) -> MutexGuard<'_, (Mail, Option<Instant>)> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Access<S> for Arc<Shared<S>> {
    fn link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> T {
        self.with(&mut self.link.lock().unwrap_or_else(PoisonError::into_inner), f)
    }
    fn try_link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> Option<T> {
        match self.link.try_lock() {
            Ok(mut link) => Some(self.with(&mut link, f)),
            Err(TryLockError::Poisoned(link)) => Some(self.with(&mut link.into_inner(), f)),
            Err(TryLockError::WouldBlock) => None,
        }
    }
    fn mail<T>(&mut self, f: impl FnOnce(&mut Mail) -> T) -> T {
        f(&mut self.rest().0)
    }
    fn closing<T>(&mut self, f: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        f(&mut self.rest().1)
    }
}

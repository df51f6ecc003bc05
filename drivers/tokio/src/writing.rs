//! What a writer does, with the whole connection or with its half.

use crate::link::Side;
use crate::message::{Message, Piece};
use crate::reading::Access;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use upframe::connection::SendError;
use upframe::frame::CloseCode;
use upframe_driver::{Error, Prepared};

pub(crate) fn poll_ready<S: AsyncWrite + Unpin>(
    link: &mut impl Access<S>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    link.with(|link| link.poll_ready(Side::Writer, cx)).map_err(Error::Io)
}

pub(crate) fn poll_flush<S: AsyncWrite + Unpin>(
    link: &mut impl Access<S>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    link.with(|link| link.poll_flush(Side::Writer, cx)).map_err(Error::Io)
}

/// Queues a message.
pub(crate) fn queue<S>(link: &mut impl Access<S>, message: &Message) -> Result<(), Error> {
    link.with(|link| {
        link.check()?;
        message.queue(&mut link.output)?;
        if message.is_close() {
            link.on_closing();
        }
        Ok(())
    })
}

/// Queues a fragment of a message.
pub(crate) fn queue_piece<S>(link: &mut impl Access<S>, piece: &Piece) -> Result<(), Error> {
    link.with(|link| {
        link.check()?;
        Ok(piece.queue(&mut link.output)?)
    })
}

/// Queues a message that is prepared for many connections.
pub(crate) fn queue_prepared<S>(link: &mut impl Access<S>, message: &Prepared) -> Result<(), Error> {
    link.with(|link| {
        link.check()?;
        Ok(link.output.send_prepared(message)?)
    })
}

/// Queues a Close, unless the connection is closing already.
pub(crate) fn queue_close<S>(link: &mut impl Access<S>, code: CloseCode, reason: &str) -> Result<(), Error> {
    link.with(|link| match link.output.close(code, reason) {
        Ok(()) => {
            link.on_closing();
            Ok(())
        }
        Err(SendError::Closing) => Ok(()),
        Err(error) => Err(error.into()),
    })
}

/// The end of a `Sink`: queues a Close with 1000, unless the connection is closing already, and flushes.
pub(crate) fn poll_close<S: AsyncWrite + Unpin>(
    link: &mut impl Access<S>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    queue_close(link, CloseCode::NORMAL, "")?;
    link.with(|link| {
        if link.check().is_err() {
            return Poll::Ready(Ok(())); // it is closed
        }
        link.poll_flush(Side::Writer, cx).map_err(Error::Io)
    })
}

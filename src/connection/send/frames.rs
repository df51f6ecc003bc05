//! The frames that a transmitter writes, each whole or not at all. [`Connection`](crate::Connection) documents the
//! errors.
//!
//! The source of keys is an argument, so that on a small machine one copy of this code serves all sources.

use super::state::Outgoing;
use crate::connection::closing::LocalClose;
use crate::connection::entropy::Keys;
use crate::connection::error::SendError;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::reply::{Reply, ReplyKind};
use crate::frame::close_code::CloseCode;
use crate::frame::header::Header;
use crate::frame::mask::key::MaskingKey;
use crate::frame::mask::key::PhasedKey;
use crate::frame::mask::loops::{apply_mask, copy_masked};
use crate::frame::opcode::Opcode;
use crate::target::{SMALL, copy};
use crate::utf8::check::check;
use crate::utf8::verdict::Verdict;

impl Outgoing {
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(in crate::connection) fn send<'o>(
        &mut self,
        keys: impl Keys,
        frame: DataFrame,
        payload: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        let mut header = self.check_fragment(frame, payload.len() as u64)?;
        let out = room_for(keys, &mut header, payload.len(), out)?;
        self.commit(frame);
        Ok(write(&header, payload, out))
    }

    pub(in crate::connection) fn send_in_place<'o>(
        &mut self,
        mut keys: impl Keys,
        frame: DataFrame,
        buffer: &'o mut [u8],
        headroom: usize,
    ) -> Result<&'o [u8], SendError> {
        let Some((room, payload)) = buffer.split_at_mut_checked(headroom) else {
            return Err(SendError::BufferTooSmall { required: headroom });
        };
        let mut header = self.check_fragment(frame, payload.len() as u64)?;
        if frame.is_plain_text() && check(payload) != Verdict::Whole {
            return Err(SendError::NotUtf8);
        }
        let required = masked(&keys, header).encoded_len();
        let Some(start) = headroom.checked_sub(required) else {
            return Err(SendError::BufferTooSmall { required });
        };
        header.masking_key = keys.draw()?;
        if let Some(key) = header.masking_key {
            apply_mask::<false>(payload, PhasedKey::new(key));
        }
        header.encode(room.get_mut(start..).unwrap_or_default())?;
        self.commit(frame);
        Ok(buffer.get(start..).unwrap_or_default())
    }

    /// Writes a header beside its payload: a server's, which masks nothing.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(in crate::connection) fn send_vectored<'a>(
        &mut self,
        message: Fragment<'a>,
        out: &'a mut [u8],
    ) -> Result<[&'a [u8]; 2], SendError> {
        let Fragment { frame, bytes } = message;
        let header = self.check_fragment(frame, bytes.len() as u64)?.encode(out)?;
        self.commit(frame);
        Ok([header, bytes])
    }

    pub(in crate::connection) fn begin_frame<'o>(
        &mut self,
        keys: impl Keys,
        frame: DataFrame,
        len: u64,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        let mut header = self.check_frame(frame, len)?;
        if len == 0 && frame.is_plain_text() && frame.place.is_last() && !self.text.is_whole() {
            return Err(SendError::NotUtf8);
        }
        let out = room_for(keys, &mut header, 0, out)?;
        self.commit(frame);
        self.begin(frame, len, header.masking_key);
        Ok(header.encode(out)?)
    }

    pub(in crate::connection) fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        let (frame, text) = self.check_payload(chunk)?;
        apply_mask::<false>(chunk, frame.key);
        Ok(self.take_payload(frame, text, chunk.len()))
    }

    /// The same at a server, which masks nothing.
    pub(in crate::connection) fn frame_payload_shared(&mut self, chunk: &[u8]) -> Result<u64, SendError> {
        let (frame, text) = self.check_payload(chunk)?;
        Ok(self.take_payload(frame, text, chunk.len()))
    }

    /// Whether a message in one frame may be sent now.
    pub(in crate::connection) fn may_send(&self, frame: DataFrame) -> Result<(), SendError> {
        self.check_frame(frame, 0).map(drop)
    }

    /// Writes a control frame, if data may be sent, too.
    pub(in crate::connection) fn control<'o>(
        &mut self,
        keys: impl Keys,
        opcode: Opcode,
        payload: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        // The payload of a control frame must not be longer than 125 bytes. [5.5-control-125-sent]
        if payload.len() > Header::MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        if self.frame.is_none() && !self.closing.is_open() {
            return Err(SendError::Closing);
        }
        self.control_anyway(keys, opcode, payload, out)
    }

    fn control_anyway<'o>(
        &mut self,
        keys: impl Keys,
        opcode: Opcode,
        payload: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        if self.frame.is_some() {
            return Err(SendError::FrameInProgress);
        }
        let mut header = Header::new(opcode, payload.len() as u64);
        let out = room_for(keys, &mut header, payload.len(), out)?;
        Ok(write(&header, payload, out))
    }

    /// Writes a Close with a code and a reason.
    pub(in crate::connection) fn close<'o>(
        &mut self,
        keys: impl Keys,
        code: CloseCode,
        reason: &str,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        let mut body = [0; Header::MAX_CONTROL_PAYLOAD];
        let body = close_body(code, reason, &mut body)?;
        self.close_after(keys, None, body, out)
    }

    /// Writes a Close, after the Pong that still waits.
    pub(in crate::connection) fn close_after<'o>(
        &mut self,
        mut keys: impl Keys,
        pong: Option<&[u8]>,
        body: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        if self.frame.is_some() {
            return Err(SendError::FrameInProgress);
        }
        if !self.closing.is_open() {
            return Err(SendError::Closing);
        }
        let pong_len = pong.map_or(0, |payload| control_len(&keys, payload.len()));
        // at most twice 131
        let required = control_len(&keys, body.len()).saturating_add(pong_len);
        let out = out.get_mut(..required).ok_or(SendError::BufferTooSmall { required })?;
        let pong_key = if pong.is_some() { keys.draw()? } else { None };
        let close_key = keys.draw()?;
        if let Some((first, second)) = out.split_at_mut_checked(pong_len) {
            let header = |opcode, payload: &[u8], masking_key| Header {
                masking_key,
                ..Header::new(opcode, payload.len() as u64)
            };
            if let Some(pong) = pong {
                write(&header(Opcode::Pong, pong, pong_key), pong, first);
            }
            write(&header(Opcode::Close, body, close_key), body, second);
        }
        self.closing.local = LocalClose::Sent;
        Ok(out)
    }

    pub(in crate::connection) fn answer<'o>(
        &mut self,
        keys: impl Keys,
        reply: &Reply,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        let opcode = match reply.kind {
            ReplyKind::Pong if self.closing.is_open() => Opcode::Pong,
            ReplyKind::Pong => return Ok(&[]),
            ReplyKind::Close => {
                self.closing.peer_closed();
                Opcode::Close
            }
            ReplyKind::Failure => {
                self.closing.failed();
                Opcode::Close
            }
        };
        if !self.closing.may_send_close() {
            return Ok(&[]);
        }
        let written = self.control_anyway(keys, opcode, &reply.payload, out)?;
        if opcode == Opcode::Close {
            self.closing.local = LocalClose::Sent;
        }
        Ok(written)
    }
}

/// Returns the body of a Close frame, after it checked code and reason (RFC 6455 §5.5.1, §7.4).
pub(in crate::connection) fn close_body<'a>(
    code: CloseCode,
    reason: &str,
    body: &'a mut [u8; Header::MAX_CONTROL_PAYLOAD],
) -> Result<&'a [u8], SendError> {
    // A code that may not appear in a frame is not sent. [7.4-sent]
    if !code.may_be_sent() {
        return Err(SendError::CloseCode);
    }
    let len = reason.len().saturating_add(2);
    let Some(body) = body.get_mut(..len) else { return Err(SendError::ControlTooLong) };
    if let Some((place, rest)) = body.split_first_chunk_mut() {
        // A Close has the code and the reason that the caller passed. [7.1.2-close-sent]
        *place = code.0.to_be_bytes();
        copy(reason.as_bytes(), rest);
    }
    Ok(body)
}

/// Returns the header as it will be at this end: only its length counts.
#[inline(always)]
fn masked(keys: &impl Keys, header: Header) -> Header {
    Header { masking_key: if keys.is_masked() { Some(MaskingKey([0; 4])) } else { None }, ..header }
}

/// Returns the length of a control frame with this payload at this end.
fn control_len(keys: &impl Keys, payload: usize) -> usize {
    masked(keys, Header::new(Opcode::Pong, payload as u64)).encoded_len().saturating_add(payload)
}

/// Returns the part of `out` for header and payload, and draws the key: the last check before writing.
#[inline(always)]
fn room_for<'o>(
    mut keys: impl Keys,
    header: &mut Header,
    payload: usize,
    out: &'o mut [u8],
) -> Result<&'o mut [u8], SendError> {
    // saturated, it is longer than any slice
    let required = masked(&keys, *header).encoded_len().saturating_add(payload);
    let out = out.get_mut(..required).ok_or(SendError::BufferTooSmall { required })?;
    header.masking_key = keys.draw()?;
    Ok(out)
}

/// Writes a frame over all of `out`, which has its length.
#[inline(always)]
fn write<'o>(header: &Header, payload: &[u8], out: &'o mut [u8]) -> &'o [u8] {
    let header_len = match out.first_chunk_mut() {
        // there is room for any header, so it is written in its place
        Some(front) if !SMALL => header.encode_whole(front),
        _ => header.encode(out).map_or(0, <[u8]>::len),
    };
    if let Some((_, place)) = out.split_at_mut_checked(header_len)
        && place.len() == payload.len()
    {
        match header.masking_key {
            // A client masks all frames that it sends. [5.1-client-masks]
            Some(key) => {
                copy_masked::<false>(payload, place, PhasedKey::new(key));
            }
            // A server masks no frame that it sends. [5.1-server-no-mask]
            None => copy(payload, place),
        }
    }
    out
}

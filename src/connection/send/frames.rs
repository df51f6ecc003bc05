//! The data frames that a transmitter writes, each whole or not at all. [`Connection`](crate::Connection) documents the
//! errors.
//!
//! The source of keys is an argument, so that on a small machine one copy of this code serves all sources.

use super::state::Outgoing;
use crate::connection::entropy::Keys;
use crate::connection::error::SendError;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::frame::header::Header;
use crate::frame::mask::key::MaskingKey;
use crate::frame::mask::key::PhasedKey;
use crate::frame::mask::loops::{apply_mask, copy_masked};
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
        let (out, header_len) = room_for(keys, &mut header, payload.len(), out)?;
        self.commit(frame);
        Ok(write(&header, header_len, payload, out))
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
        let (out, _) = room_for(keys, &mut header, 0, out)?;
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
}

/// Returns the header as it will be at this end: only its length counts.
#[inline(always)]
fn masked(keys: &impl Keys, header: Header) -> Header {
    Header { masking_key: if keys.is_masked() { Some(MaskingKey([0; 4])) } else { None }, ..header }
}

/// Returns the part of `out` for header and payload, and draws the key: the last check before writing.
#[inline(always)]
fn room_for<'o>(
    mut keys: impl Keys,
    header: &mut Header,
    payload: usize,
    out: &'o mut [u8],
) -> Result<(&'o mut [u8], usize), SendError> {
    let header_len = masked(&keys, *header).encoded_len();
    // saturated, it is longer than any slice
    let required = header_len.saturating_add(payload);
    let out = out.get_mut(..required).ok_or(SendError::BufferTooSmall { required })?;
    header.masking_key = keys.draw()?;
    Ok((out, header_len))
}

/// Writes a frame over all of `out`, which has its length.
#[inline(always)]
fn write<'o>(header: &Header, header_len: usize, payload: &[u8], out: &'o mut [u8]) -> &'o [u8] {
    let header_len = match out.first_chunk_mut() {
        _ if SMALL => header.encode(out).map_or(0, <[u8]>::len),
        // there is room for any header, so it is written in its place
        Some(front) => {
            header.encode_whole(front);
            header_len
        }
        None => {
            let _ = header.encode(out);
            header_len
        }
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

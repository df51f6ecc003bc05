//! Bytes of the protocol, written and read independently of any implementation under test.

mod base64;
mod frame;
mod head;
mod random;
mod reader;
mod sha1;

pub(crate) use base64::encode;
pub(crate) use frame::{Form, Frame, Kind, Message};
#[cfg(test)]
pub(crate) use frame::{mask, may_stand_in_a_close};
pub(crate) use head::{Head, Template, accept_value, preview};
pub(crate) use random::Random;
pub(crate) use reader::FrameReader;

//! Field values that stream by: single values and comma lists, cut anywhere (RFC 9110 §5.5, §5.6). Knows no rule of
//! WebSocket.

#[cfg(upframe_small)]
mod candidates_small;
#[cfg(not(upframe_small))]
mod candidates_words;
pub(crate) mod known;
pub(crate) mod letters;
pub(crate) mod list;
mod list_part;
#[cfg(upframe_small)]
pub(crate) mod list_small;
pub(crate) mod list_state;
#[cfg(not(upframe_small))]
pub(crate) mod list_words;
pub(crate) mod tokens;
pub(crate) mod value;
#[cfg(upframe_small)]
mod value_small;
#[cfg(not(upframe_small))]
mod value_words;

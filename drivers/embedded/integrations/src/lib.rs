//! WebSockets where boards have them: over TLS, over smoltcp, and over a modem. Each module is a page to copy from.
//!
//! | module | transport | driver |
//! |---|---|---|
//! | [`tls`] | embedded-tls over any embedded-io-async | `upframe-embedded` |
//! | [`tcp`] | sockets of smoltcp, polled by hand | none: the codec alone |
//! | [`modem`] | a UART with an AT modem, which blocks | `upframe-embedded` |
//!
//! `tests/` runs each, against other software or against each other. CI builds all of them for boards, too.

#![no_std]

#[allow(unused_attributes, reason = "as an example, the file is a crate of its own")]
#[path = "../../examples/blocking.rs"]
pub mod blocking;
pub mod modem;
pub mod tcp;
pub mod tls;

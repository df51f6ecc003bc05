#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]
#![doc = include_str!("../README.md")]
#[cfg(test)]
#[macro_use]
extern crate std;

mod error;
mod error_codes;
mod target;

pub mod connection;
pub mod deflate;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod keepalive;
pub mod message;
pub mod reconnect;
pub mod utf8;
#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/write-a-driver.md")]
pub mod write_a_driver {}

pub use connection::{Connection, Event, Settings};
pub use error::Error;

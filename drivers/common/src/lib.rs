#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]
#![doc = include_str!("../README.md")]

mod body;
mod deflate;
mod error;
mod head;
mod output;
mod random;
mod role;
mod written;

pub use body::BodyStart;
pub use deflate::broadcast::Broadcast;
pub use deflate::config::{Deflate, DeflateLevel};
pub use deflate::inflating::{Inflated, Inflating};
pub use deflate::optional::Optional;
pub use deflate::prepared::Prepared;
pub use error::Error;
pub use head::{Collector, Request, Response};
pub use output::Output;
pub use random::Random;
pub use role::Role;
pub use written::{written_answer, written_request};

#[doc(inline)]
pub use upframe::deflate::{DeflateParams, DeflatePolicy, Direction};

#![forbid(unsafe_code)]
#![deny(missing_docs, missing_debug_implementations, unreachable_pub)]
#![doc = include_str!("../README.md")]

mod case;
mod cases;
mod drive;
mod play;
mod report;
mod script;
#[cfg(test)]
mod self_check;
mod suite;
mod wire;

pub use case::{Case, Expectation, Role, Verdict};
pub use drive::{InProcess, Incoming, Link, Listener, Patience, Pipe, ServerUrl, Subject, Wait, Writer, connect};
pub use play::{Address, say};
pub use report::{Entry, Report};
pub use suite::Suite;

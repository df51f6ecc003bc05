//! The board: an LM3S6965 (Cortex-M3, 256 KiB of flash, 64 KiB of RAM), its clock, its serial line and its network.
//!
//! ```text
//! mmio ← clock, uart, mac      registers; the only `unsafe` except in `stack`
//! stack                        how deep the stack has been
//! mac ← net                    Ethernet, and smoltcp on top of it
//! jitter                       random numbers that are not secure
//! ```
//!
//! This code follows the data sheet. It has run in QEMU (`lm3s6965evb`).

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod clock;
pub mod jitter;
pub mod mac;
mod mmio;
pub mod net;
mod panic;
pub mod stack;
pub mod uart;

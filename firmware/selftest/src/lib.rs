//! Checks of the codec that need no operating system: the same code runs on the host and on microcontrollers.
//!
//! A check returns a number, which is printed: a count or a sum of what it observed, the same on every machine.
#![no_std]

mod closing;
mod frames;
mod handshake;
mod peers;
mod text;
mod violations;

use core::fmt;

/// The result of a check: a number, or the line where it failed.
type Checked = Result<u32, u32>;

/// The title of a check, and its function.
type Check = (&'static str, fn() -> Checked);

const CHECKS: [Check; 18] = [
    ("a server answers the request, whole", handshake::a_server_answers_the_request),
    ("a server answers the request, at every cut and byte by byte", handshake::a_server_answers_at_every_cut),
    ("a client sends a request and accepts the response, byte by byte", handshake::a_client_asks_and_takes_the_answer),
    ("a server refuses with a reason", handshake::a_server_refuses_and_says_why),
    ("a client accepts no other response", handshake::a_client_takes_no_other_answer),
    ("an accept value is that of RFC 6455", handshake::an_accept_value_is_that_of_the_standard),
    ("headers at the boundaries of the length forms", frames::headers_at_the_boundaries),
    ("messages of 0 to 300 bytes there and back, whole", frames::messages_there_and_back_whole),
    ("messages of 0 to 130 bytes there and back, byte by byte", frames::messages_there_and_back_byte_by_byte),
    ("a message of 65536 bytes streams through 48 bytes", frames::a_long_message_streams_through_a_small_buffer),
    ("text is the same at every cut of frames and of reads", text::text_is_the_same_at_every_cut),
    ("invalid text fails at the same byte at every cut", text::bad_text_fails_at_the_same_byte),
    ("control frames between fragments", closing::control_frames_between_fragments),
    ("a server closes, a client answers", closing::a_server_closes),
    ("a client closes, a server answers", closing::a_client_closes),
    ("a stream that ends without a Close is 1006", closing::a_stream_that_ends_without_a_close),
    ("a server's violations have their close codes, at every cut", violations::a_server_finds_them),
    ("a client's violations have their close codes, at every cut", violations::a_client_finds_them),
];

/// Runs all checks. Returns whether all passed.
pub fn run(out: &mut dyn fmt::Write) -> bool {
    let mut passed = 0;
    for (name, check) in CHECKS {
        let _ = match check() {
            Ok(number) => {
                passed += 1;
                writeln!(out, "ok      {name} ({number})")
            }
            Err(line) => writeln!(out, "FAILED  {name} (line {line})"),
        };
    }
    let _ = writeln!(out, "{passed} of {} passed", CHECKS.len());
    passed == CHECKS.len()
}

/// Ends a check with this line unless the condition holds.
macro_rules! ensure {
    ($holds:expr) => {
        if !$holds {
            return Err(line!());
        }
    };
}
use ensure;

/// Returns the value, or ends a check with this line.
macro_rules! given {
    ($option:expr) => {
        match $option.into_iter().next() {
            Some(given) => given,
            None => return Err(line!()),
        }
    };
}
use given;

#[test]
fn all_checks_pass_on_the_host() {
    extern crate std;
    let mut lines = std::string::String::new();
    assert!(run(&mut lines), "{lines}");
}

//! The types of the interface have names in this crate, so a program does not need `upframe` among its dependencies.
//! That this file compiles is the test; it must not name another of our crates.

use upframe_tokio::upframe::handshake::OriginProblem;
use upframe_tokio::{OriginError, OriginPolicy};

fn problem(error: &OriginError) -> OriginProblem {
    error.problem
}

#[test]
fn what_is_wrong_with_an_origin_can_be_told() {
    let error = OriginPolicy::list(&["https://example.com", "no origin"]).unwrap_err();
    assert_eq!((error.entry, problem(&error)), (1, OriginProblem::Scheme));
}

//! The types of the interface have names in this crate, so a program does not need `upframe` among its dependencies.
//! That this file compiles is the test; it must not name another of our crates.

use upframe_embedded::upframe::handshake::OriginProblem;
use upframe_embedded::{Decision, Field, OriginError, OriginPolicy};

const COOKIE: Field<'static> = ("Set-Cookie", "id=7");

fn problem(error: &OriginError) -> OriginProblem {
    error.problem
}

#[test]
fn fields_of_a_response_and_what_is_wrong_with_an_origin_have_names() {
    assert!(matches!(Decision::Accept(&[COOKIE]), Decision::Accept([("Set-Cookie", "id=7")])));
    let error = OriginPolicy::list(&["https://example.com", "no origin"]).unwrap_err();
    assert_eq!((error.entry, problem(&error)), (1, OriginProblem::Scheme));
}

//! The peers and the messages of the comparisons.

pub mod corpus;
pub mod random;
#[path = "../../../tests/scripts/deflate.rs"]
pub mod stream;
pub mod timing;
pub mod zlib;

//! The peers and the messages of the comparisons.

pub mod corpus;
#[path = "../../../tests/scripts/hostile_deflate.rs"]
pub mod hostile;
pub mod random;
#[path = "../../../tests/scripts/deflate.rs"]
pub mod stream;
pub mod timing;
pub mod zlib;

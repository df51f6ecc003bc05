//! The peers and the messages of the comparisons.

pub mod corpus;
pub mod random;
pub mod stream;
pub mod zlib;

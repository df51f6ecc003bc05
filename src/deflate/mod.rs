//! permessage-deflate without an allocator (RFC 7692).

pub(crate) mod compress;
pub(crate) mod params;
pub(crate) mod params_client;
mod params_element;
pub(crate) mod params_policy;
pub(crate) mod params_server;
pub(crate) mod prepared;
mod send;

pub use compress::{Balanced, Best, Compressed, Deflated, Deflater, Effort, Fast, Workspace};
pub use params::{DeflateParams, Direction};
pub use params_client::ClientDeflate;
pub use params_policy::DeflatePolicy;
pub use params_server::ServerDeflate;
pub use prepared::PreparedDeflate;

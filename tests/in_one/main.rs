//! All tests in one program, which is quicker to build than thirty: for `qa/mutants/run`. `cargo test` leaves it out.

#[path = "../authorities.rs"]
mod authorities;
#[path = "../bodies.rs"]
mod bodies;
#[path = "../captures.rs"]
mod captures;
#[path = "../client_handshake.rs"]
mod client_handshake;
#[path = "../client_request.rs"]
mod client_request;
#[path = "../closing.rs"]
mod closing;
#[path = "../compress.rs"]
mod compress;
#[path = "../compressed_captures.rs"]
mod compressed_captures;
#[path = "../control_frames.rs"]
mod control_frames;
#[path = "../corpus.rs"]
mod corpus;
#[path = "../deflate_negotiation.rs"]
mod deflate_negotiation;
#[path = "../deflate_receiving.rs"]
mod deflate_receiving;
#[path = "../ending.rs"]
mod ending;
#[path = "../extended_connect.rs"]
mod extended_connect;
#[path = "../extension.rs"]
mod extension;
#[path = "../extension_negotiation.rs"]
mod extension_negotiation;
#[path = "../found_by_fuzzing.rs"]
mod found_by_fuzzing;
#[path = "../framing.rs"]
mod framing;
#[path = "../halves.rs"]
mod halves;
#[path = "../http_heads.rs"]
mod http_heads;
#[path = "../inflate.rs"]
mod inflate;
#[path = "../messages.rs"]
mod messages;
#[path = "../pages.rs"]
mod pages;
#[path = "../properties.rs"]
mod properties;
#[path = "../secrets.rs"]
mod secrets;
#[path = "../sending.rs"]
mod sending;
#[path = "../server_answers.rs"]
mod server_answers;
#[path = "../server_handshake.rs"]
mod server_handshake;
#[path = "../shake_hands.rs"]
mod shake_hands;
#[path = "../short_path.rs"]
mod short_path;
#[path = "../sizes.rs"]
mod sizes;
#[path = "../small_or_fast.rs"]
mod small_or_fast;
#[path = "../streamed_frames.rs"]
mod streamed_frames;
#[path = "../streams.rs"]
mod streams;
#[path = "../text.rs"]
mod text;
#[path = "../twins.rs"]
mod twins;
#[path = "../whole_lines.rs"]
mod whole_lines;
#[path = "../words.rs"]
mod words;

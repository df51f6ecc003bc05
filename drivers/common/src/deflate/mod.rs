//! permessage-deflate (RFC 7692) for connections on a standard library.

pub(crate) mod broadcast;
pub(crate) mod config;
pub(crate) mod deflating;
pub(crate) mod inflating;
pub(crate) mod optional;
mod packer;
pub(crate) mod prepared;
mod scratch;

#[cfg(test)]
mod tests {
    use super::deflating::Deflating;
    use super::inflating::Inflating;
    use crate::{Deflate, DeflateLevel, DeflateParams, Direction, Output, Role};
    use upframe::connection::{Fragment, Settings};

    #[test]
    fn connections_that_take_turns_find_what_they_have_sent_before() {
        let params = DeflateParams { server: Direction::new(12, true), client: Direction::DEFAULT };
        for level in [DeflateLevel::Fast, DeflateLevel::Balanced, DeflateLevel::Best] {
            let sent = |connections: u32| {
                let deflate = Deflate::DEFAULT.with_level(level);
                let new = |_| Output::compressing(Role::Server, Settings::new(), 64, params, deflate);
                let mut outputs: Vec<_> = (0..connections).map(new).collect();
                let mut sum = 0;
                for turn in 0..12 {
                    for (user, output) in (1_u32..).zip(&mut outputs) {
                        let id = u64::from(user).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                        let text = format!("{{\"turn\":{turn},\"user\":\"{id:016x}{:016x}\"}}", !id.rotate_left(9));
                        output.send(Fragment::text(&text)).unwrap();
                        sum += output.bytes().len();
                        output.advance(usize::MAX);
                    }
                }
                sum / outputs.len()
            };
            let (alone, together) = (sent(1), sent(200));
            assert!(together <= alone + alone / 10, "{level:?}: {together} bytes, and {alone} alone");
        }
    }

    #[test]
    fn a_connection_without_compressed_messages_needs_little_memory() {
        let sizes = (size_of::<Deflating>(), size_of::<Inflating>());
        assert!(sizes.0 + sizes.1 <= 400, "{sizes:?}");
    }
}

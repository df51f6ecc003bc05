//! Heads: what the generator of the codec's own tests makes of bytes.

use super::Asked;
use crate::End;
use crate::random::Random;
use crate::scripts::{Unstructured, heads};

/// A head, and the end that receives it.
pub struct Case {
    pub end: End,
    pub asked: Asked,
    pub wire: Vec<u8>,
}

impl Case {
    /// For a client that asked for "chat", with the key of RFC 6455 §1.3.
    pub fn example((end, pieces): (End, &[&[u8]])) -> Self {
        let asked = Asked { nonce: *b"the sample nonce", subprotocols: &["chat"] };
        Self { end, asked, wire: pieces.concat() }
    }
}

/// So many generated ones.
pub fn generated(seed: u64, count: usize) -> impl Iterator<Item = Case> {
    let mut random = Random::new(seed);
    let cases = std::iter::repeat_with(move || {
        let case = heads::case(&mut Unstructured::new(&random.bytes())).ok()?;
        let end = if case.server { End::Server } else { End::Client };
        let asked = Asked { nonce: case.nonce, subprotocols: case.subprotocols };
        (!case.wire.is_empty()).then_some(Case { end, asked, wire: case.wire })
    });
    cases.flatten().take(count)
}

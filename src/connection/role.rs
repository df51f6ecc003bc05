//! Which end this is. A type and not a value, where the program knows: a server cannot mask, a client cannot forget to.

use super::{Entropy, NoEntropy};
use crate::frame::{MaskingKey, PeerMasking};
use core::fmt;

/// The server's end (RFC 6455 §5.1): what comes in is masked, what goes out is not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Server;

/// The client's end (RFC 6455 §5.1), with its source of masking keys: what goes out is masked, what comes in is not.
///
/// Not `Clone`: two clients with one state of a generator would use the same keys.
pub struct Client<E>(pub(crate) E);

impl<E> fmt::Debug for Client<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

/// An end that is chosen at run time: for libraries that hold both in one type.
pub enum Endpoint<E> {
    /// The server's end.
    Server,
    /// The client's end, with its source of masking keys.
    Client(E),
}

impl<E> fmt::Debug for Endpoint<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "Endpoint::Server",
            Self::Client(_) => "Endpoint::Client(..)",
        })
    }
}

/// Which end of a connection this is: [`Server`], [`Client`] or [`Endpoint`]. Sealed.
pub trait Role: sealed::Role {}

impl Role for Server {}
impl<E: Entropy> Role for Client<E> {}
impl<E: Entropy> Role for Endpoint<E> {}

/// What the receiving half needs to know of a [`Role`], without its source of keys. Sealed.
pub trait Side: sealed::Side {}

/// A server receives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ServerSide;
/// A client receives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientSide;
/// Which of them does is known at run time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EitherSide {
    pub(crate) server: bool,
}

impl Side for ServerSide {}
impl Side for ClientSide {}
impl Side for EitherSide {}

pub(crate) mod sealed {
    use super::*;

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Side: Copy + fmt::Debug {
        /// Whether this is the server's end.
        fn is_server(self) -> bool;
    }

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Role {
        /// What the receiver knows of it.
        type Side: super::Side;
        /// What the sender needs of it: a client's source, lent for one call. It is a `dyn` where the machine is not a 64-bit one, so
        /// that one copy of the code serves all sources.
        type Keys<'a>: Keys
        where
            Self: 'a;
        /// Lends it for one call.
        fn keys(&mut self) -> Self::Keys<'_>;
    }

    /// How frames are masked on this side.
    #[allow(
        unnameable_types,
        unreachable_pub,
        reason = "sealed; compilers before 1.95 do not see that `Role` leads here"
    )]
    pub trait Keys {
        /// Whether frames are masked.
        fn is_masked(&self) -> bool;
        /// A fresh key for one frame; none where frames are not masked.
        fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy>;
    }
}

impl sealed::Side for ServerSide {
    #[inline(always)]
    fn is_server(self) -> bool {
        true
    }
}

impl sealed::Side for ClientSide {
    #[inline(always)]
    fn is_server(self) -> bool {
        false
    }
}

impl sealed::Side for EitherSide {
    #[inline(always)]
    fn is_server(self) -> bool {
        self.server
    }
}

impl sealed::Role for Server {
    type Side = ServerSide;
    type Keys<'a> = Self;
    #[inline(always)]
    fn keys(&mut self) -> Self {
        *self
    }
}

impl<E: Entropy> sealed::Role for Client<E> {
    type Side = ClientSide;
    #[cfg(not(upframe_small))]
    type Keys<'a>
        = &'a mut E
    where
        E: 'a;
    #[cfg(upframe_small)]
    type Keys<'a>
        = &'a mut (dyn Entropy + 'a)
    where
        E: 'a;
    #[inline(always)]
    fn keys(&mut self) -> Self::Keys<'_> {
        &mut self.0
    }
}

impl<E: Entropy> sealed::Role for Endpoint<E> {
    type Side = EitherSide;
    #[cfg(not(upframe_small))]
    type Keys<'a>
        = Option<&'a mut E>
    where
        E: 'a;
    #[cfg(upframe_small)]
    type Keys<'a>
        = Option<&'a mut (dyn Entropy + 'a)>
    where
        E: 'a;
    #[inline(always)]
    fn keys(&mut self) -> Self::Keys<'_> {
        match self {
            Self::Server => None,
            Self::Client(entropy) => Some(entropy),
        }
    }
}

impl sealed::Keys for Server {
    #[cfg_attr(upframe_small, inline(never))]
    fn is_masked(&self) -> bool {
        false
    }
    #[inline(always)]
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        // [5.1-server-no-mask]
        Ok(None)
    }
}

impl<E: Entropy + ?Sized> sealed::Keys for &mut E {
    #[inline(always)]
    fn is_masked(&self) -> bool {
        true
    }
    /// §5.3: the key is fresh for each frame and comes from a strong source.
    #[inline]
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        let mut key = [0; 4];
        // [5.3-fresh] [5.3-no-entropy]
        self.fill(&mut key)?;
        // [5.1-client-masks]
        Ok(Some(MaskingKey(key)))
    }
}

impl<E: Entropy + ?Sized> sealed::Keys for Option<&mut E> {
    #[inline]
    fn is_masked(&self) -> bool {
        self.is_some()
    }
    #[inline]
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        match self {
            // [5.1-server-no-mask]
            None => Ok(None),
            // [5.1-client-masks]
            Some(entropy) => entropy.draw(),
        }
    }
}

/// What the mask bit of incoming frames must be at a server, or at a client (RFC 6455 §5.1).
pub(crate) const fn peer_masking(server: bool, unmasked_trusted: bool) -> PeerMasking {
    match (server, unmasked_trusted) {
        // [5.1-unmasked]
        (true, false) => PeerMasking::Required,
        // [5.1-trusted]
        (true, true) => PeerMasking::Optional,
        // [5.1-masked]
        (false, _) => PeerMasking::Forbidden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn a_source_of_keys_is_not_shown() {
        assert_eq!(
            format!("{:?} {:?}", Client("secret"), Endpoint::Client("secret")),
            "Client(..) Endpoint::Client(..)"
        );
    }
}

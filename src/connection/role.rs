//! Which end of a connection this is: a type, so that a server cannot mask, and a client cannot forget to.

use super::entropy::{Entropy, Keys, NoEntropy, Unmasked};
use crate::frame::mask::key::MaskingKey;
use core::fmt;

/// The server's end (RFC 6455 §5.1): received frames are masked, sent frames are not.
///
/// ```
/// use upframe::connection::{Connection, Receiver, Server, Settings};
/// struct Session {
///     connection: Connection<Server>,
/// }
/// let session = Session { connection: Connection::server(Settings::new()) };
/// let receiver = Receiver::<Server>::new(Settings::new());
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Server;

/// The client's end (RFC 6455 §5.1) with its source of masking keys: sent frames are masked, received frames are not.
///
/// A [`Receiver`](super::Receiver) draws no keys, so its role is `Client` without a source: `Receiver<Client>`. A
/// client with a source is not `Clone`, because two copies of one generator would draw the same keys.
///
/// ```
/// use upframe::connection::{
///     Client, Connection, NoEntropy, Receiver, Settings, Transmitter,
/// };
/// type Source = fn(&mut [u8]) -> Result<(), NoEntropy>;
/// fn in_two_tasks(
///     connection: Connection<Client<Source>>,
/// ) -> (Receiver<Client>, Transmitter<Client<Source>>) {
///     connection.split()
/// }
/// let source: Source = |_| Err(NoEntropy);
/// in_two_tasks(Connection::client(source, Settings::new()));
/// ```
pub struct Client<E = ()>(pub(crate) E);

/// An end that is chosen at run time, for programs that hold servers and clients in one type.
///
/// As with [`Client`], the role of a receiver has no source of keys: `Receiver<Endpoint>`.
///
/// ```
/// use upframe::connection::{Connection, Endpoint, NoEntropy, Settings};
/// type Source = fn(&mut [u8]) -> Result<(), NoEntropy>;
/// fn open(source: Option<Source>) -> Connection<Endpoint<Source>> {
///     let endpoint = source.map_or(Endpoint::Server, Endpoint::Client);
///     Connection::endpoint(endpoint, Settings::new())
/// }
/// open(None);
/// open(Some(|_| Err(NoEntropy)));
/// ```
pub enum Endpoint<E = ()> {
    /// The server's end.
    Server,
    /// The client's end with its source of masking keys.
    Client(E),
}

impl Clone for Client {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Client {}

impl Clone for Endpoint {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Endpoint {}

impl<E> fmt::Debug for Client<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
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
///
/// ```
/// use upframe::connection::{Connection, Role, Settings, State};
/// fn is_open<R: Role>(connection: &Connection<R>) -> bool {
///     connection.state() == State::Open
/// }
/// assert!(is_open(&Connection::server(Settings::new())));
/// ```
pub trait Role: sealed::Role {}

impl<R: sealed::Role> Role for R {}

pub(crate) mod sealed {
    use super::{Keys, fmt};

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Role {
        /// The same role without its source of keys: all that a receiver needs.
        type Keyless: super::Role<Keyless = Self::Keyless> + Copy + fmt::Debug;
        /// What a sender needs: the source of keys, borrowed for one call. On small machines it is a `dyn`, so that one
        /// copy of the code serves all sources.
        type Keys<'a>: Keys
        where
            Self: 'a;
        /// Whether this is the server's end.
        fn is_server(&self) -> bool;
        /// Borrows the source of keys.
        fn keys(&mut self) -> Self::Keys<'_>;
    }
}

impl sealed::Role for Server {
    type Keyless = Self;
    type Keys<'a> = Unmasked;
    #[inline(always)]
    fn is_server(&self) -> bool {
        true
    }
    #[inline(always)]
    fn keys(&mut self) -> Unmasked {
        Unmasked
    }
}

impl<E: Entropy> sealed::Role for Client<E> {
    type Keyless = Client;
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
    fn is_server(&self) -> bool {
        false
    }
    #[inline(always)]
    fn keys(&mut self) -> Self::Keys<'_> {
        &mut self.0
    }
}

impl<E: Entropy> sealed::Role for Endpoint<E> {
    type Keyless = Endpoint;
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
    fn is_server(&self) -> bool {
        matches!(self, Self::Server)
    }
    #[inline(always)]
    fn keys(&mut self) -> Self::Keys<'_> {
        match self {
            Self::Server => None,
            Self::Client(entropy) => Some(entropy),
        }
    }
}

/// The keys of a receiver: there are none, so nothing can be sent.
#[allow(unnameable_types, unreachable_pub, reason = "sealed")]
#[derive(Clone, Copy, Debug)]
pub struct NoKeys;

impl Keys for NoKeys {
    fn is_masked(&self) -> bool {
        true
    }
    fn draw(&mut self) -> Result<Option<MaskingKey>, NoEntropy> {
        Err(NoEntropy)
    }
}

impl sealed::Role for Client {
    type Keyless = Self;
    type Keys<'a> = NoKeys;
    #[inline(always)]
    fn is_server(&self) -> bool {
        false
    }
    fn keys(&mut self) -> NoKeys {
        NoKeys
    }
}

impl sealed::Role for Endpoint {
    type Keyless = Self;
    type Keys<'a> = NoKeys;
    #[inline(always)]
    fn is_server(&self) -> bool {
        matches!(self, Self::Server)
    }
    fn keys(&mut self) -> NoKeys {
        NoKeys
    }
}

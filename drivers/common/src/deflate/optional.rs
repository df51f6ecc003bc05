//! An extension that a program has, or does not have.

use upframe::frame::ReservedBits;
use upframe::handshake::{Extension, ExtensionWriter};

/// An extension that is offered and agreed to only if it is there. [`Deflate::server`](crate::Deflate::server) and
/// [`Deflate::client`](crate::Deflate::client) return one.
#[derive(Clone, Copy, Debug)]
pub struct Optional<X>(Option<X>);

impl<X> Optional<X> {
    /// Returns the extension, or none.
    #[must_use]
    pub const fn new(extension: Option<X>) -> Self {
        Self(extension)
    }

    /// Borrows the extension, if there is one.
    #[must_use]
    pub const fn as_ref(&self) -> Option<&X> {
        self.0.as_ref()
    }
}

impl<X: Extension> Extension for Optional<X> {
    fn begin(&mut self, name: &str) -> bool {
        self.0.as_mut().is_some_and(|extension| extension.begin(name))
    }

    fn parameter(&mut self, name: &str, value: Option<&str>) {
        if let Some(extension) = &mut self.0 {
            extension.parameter(name, value);
        }
    }

    fn end(&mut self) -> bool {
        self.0.as_mut().is_some_and(Extension::end)
    }

    fn reserved_bits(&self) -> ReservedBits {
        self.0.as_ref().map_or(ReservedBits::NONE, Extension::reserved_bits)
    }

    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        if let Some(extension) = &self.0 {
            extension.write(list);
        }
    }

    fn wants_more(&self) -> bool {
        self.0.as_ref().is_some_and(Extension::wants_more)
    }
}

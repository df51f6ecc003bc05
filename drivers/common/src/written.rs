//! Heads in buffers that grow until they are long enough.

use upframe::handshake::{ClientHandshake, Extensions, RequestError};
use upframe::http::WriteError;

/// Calls `write` with a buffer, again with a longer one if that is too small, and returns what it wrote. `write`
/// returns the length.
///
/// ```
/// use upframe::http::{Method, Response};
/// let response = Response::new(404, "Not Found");
/// let head = upframe_driver::written_answer(|out| {
///     response.write(Method::GET, out).map(<[u8]>::len)
/// });
/// assert!(head.unwrap().starts_with(b"HTTP/1.1 404 Not Found\r\n"));
/// ```
///
/// # Errors
///
/// Those of `write`, except [`WriteError::BufferTooSmall`].
pub fn written_answer(mut write: impl FnMut(&mut [u8]) -> Result<usize, WriteError>) -> Result<Vec<u8>, WriteError> {
    let mut out = vec![0; 256];
    loop {
        match write(&mut out) {
            Ok(len) => {
                out.truncate(len);
                return Ok(out);
            }
            Err(WriteError::BufferTooSmall { required }) => out.resize(required, 0),
            Err(error) => return Err(error),
        }
    }
}

/// Returns the request of a client.
///
/// ```
/// use upframe::handshake::{ClientHandshake, ClientRequest, Uri};
/// # fn main() -> Result<(), upframe_driver::Error> {
/// let request = ClientRequest::new(Uri::parse("ws://server.example.com/chat")?);
/// let handshake = ClientHandshake::new(request, &mut upframe_driver::Random::new())?;
/// let head = upframe_driver::written_request(&handshake)?;
/// assert!(head.starts_with(b"GET /chat HTTP/1.1\r\n"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`ClientHandshake::write_request`], except [`RequestError::BufferTooSmall`].
pub fn written_request<X: Extensions>(handshake: &ClientHandshake<'_, X>) -> Result<Vec<u8>, RequestError> {
    let mut out = vec![0; 512];
    loop {
        match handshake.write_request(&mut out).map(<[u8]>::len) {
            Ok(len) => {
                out.truncate(len);
                return Ok(out);
            }
            Err(RequestError::BufferTooSmall { required }) => out.resize(required, 0),
            Err(error) => return Err(error),
        }
    }
}

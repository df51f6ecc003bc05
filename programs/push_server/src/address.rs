//! The address to listen on.

use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use tokio::net::TcpListener;

/// A host and a port.
#[derive(Debug, Eq, PartialEq)]
pub struct Address {
    /// A name, or an IP address without brackets.
    host: String,
    port: u16,
}

impl Default for Address {
    fn default() -> Self {
        Self { host: Ipv4Addr::LOCALHOST.to_string(), port: 8080 }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Why a text is not an address.
#[derive(Debug, Eq, PartialEq)]
pub enum Problem {
    Port,
    Host,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Port => "no port from 0 to 65535, such as in localhost:8080",
            Self::Host => "not a host; an IPv6 address is in brackets, such as [::1]:8080",
        })
    }
}

impl std::error::Error for Problem {}

impl FromStr for Address {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (host, port) = text.rsplit_once(':').unwrap_or(match text.parse::<u16>() {
            Ok(_) => ("", text),
            Err(_) => (text, ""),
        });
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(host) => host.parse::<Ipv6Addr>().map_err(|_| Problem::Host)?.to_string(),
            None if host.is_empty() => Self::default().host,
            None if host.contains([':', '/', '[', ']', ' ']) => return Err(Problem::Host),
            None => host.to_owned(),
        };
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| digits).ok_or(Problem::Port)?;
        Ok(Self { host, port })
    }
}

impl Address {
    /// Listens. A name can have several IP addresses: the first one that works counts.
    ///
    /// # Errors
    ///
    /// A sentence that tells what to do.
    pub async fn listen(&self) -> Result<TcpListener, String> {
        TcpListener::bind((&*self.host, self.port)).await.map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => {
                format!("{self} is in use by another program; pass another address, for example 127.0.0.1:0")
            }
            _ => format!("cannot listen on {self}: {error}"),
        })
    }
}

/// Returns the address for a browser on this machine.
pub fn to_open(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_or_a_port_alone() {
        for (text, want) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("localhost:9999", "localhost:9999"),
            ("9999", "127.0.0.1:9999"),
            (":9999", "127.0.0.1:9999"),
            ("0", "127.0.0.1:0"),
            ("[::1]:0", "[::1]:0"),
            ("[::]:80", "[::]:80"),
            ("0.0.0.0:65535", "0.0.0.0:65535"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), want);
        }
        for (text, problem) in [
            ("", Problem::Port),
            ("localhost", Problem::Port),
            ("localhost:", Problem::Port),
            ("localhost:x", Problem::Port),
            ("localhost:+1", Problem::Port),
            ("localhost:65536", Problem::Port),
            ("99999", Problem::Port),
            ("::1", Problem::Host),
            ("::1:80", Problem::Host),
            ("[]:80", Problem::Host),
            ("[a]:80", Problem::Host),
            ("[::1", Problem::Host),
            ("http://a:80", Problem::Host),
            ("a b:80", Problem::Host),
        ] {
            assert_eq!(text.parse::<Address>().unwrap_err(), problem, "{text}");
        }
    }

    #[test]
    fn a_browser_on_this_machine_opens_this_machine() {
        for (listens, opens) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("127.0.0.2:1", "127.0.0.2:1")] {
            assert_eq!(to_open(listens.parse().unwrap()).to_string(), opens);
        }
    }
}

//! Where the stream is: the arguments `--redis` and `--redis-key`.

use redis::{Client, ConnectionAddr, ConnectionInfo};

/// The longest name of a stream, in bytes.
const MAX_KEY: usize = 128;

/// A checked address and the names of all keys.
#[derive(Clone)]
pub struct Config {
    pub client: Client,
    /// The address for the log, without user and password.
    pub shown: String,
    /// The stream of all news.
    pub stream: String,
}

impl Config {
    /// Checks a URL `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]` and the name of a stream. `rediss://` is Redis
    /// over TLS, with the certificate authorities of the system, or those in the file that `SSL_CERT_FILE` names.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with them. The text never contains the URL, which may have a password.
    pub fn new(url: &str, stream: &str) -> Result<Self, String> {
        let Some((scheme, _)) = url.split_once("://") else {
            return Err("--redis: expected redis://HOST:PORT".into());
        };
        match scheme {
            "redis" => {}
            #[cfg(feature = "redis-tls")]
            "rediss" => {
                // fails if there is one already
                let _ = rustls::crypto::ring::default_provider().install_default();
            }
            #[cfg(not(feature = "redis-tls"))]
            "rediss" => {
                return Err("--redis: rediss:// needs a program that was built with --features redis-tls".into());
            }
            _ => return Err("--redis: the URL must begin with redis:// or rediss://".into()),
        }
        // `#insecure` would accept any certificate
        if url.contains('#') {
            return Err("--redis: the URL must not have a fragment".into());
        }
        let client = Client::open(url).map_err(|error| format!("--redis: {}", without_detail(&error)))?;
        let shown = shown(client.get_connection_info());
        // Braces choose the node of a Redis Cluster; the other keys have the name of the stream in braces.
        let is_bad = |c: char| c.is_control() || c == '{' || c == '}';
        if stream.is_empty() || stream.len() > MAX_KEY || stream.contains(is_bad) {
            return Err(format!("--redis-key: expected 1 to {MAX_KEY} bytes without braces and control characters"));
        }
        Ok(Self { client, shown, stream: stream.into() })
    }

    /// Returns the name of a key that belongs to the stream, on the same node of a Redis Cluster.
    pub fn key(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.stream)
    }
}

fn shown(info: &ConnectionInfo) -> String {
    let database = match info.redis_settings().db() {
        0 => String::new(),
        number => format!("/{number}"),
    };
    match info.addr() {
        ConnectionAddr::Tcp(host, port) if host.contains(':') => format!("redis://[{host}]:{port}{database}"),
        ConnectionAddr::Tcp(host, port) => format!("redis://{host}:{port}{database}"),
        ConnectionAddr::TcpTls { host, port, .. } if host.contains(':') => {
            format!("rediss://[{host}]:{port}{database}")
        }
        ConnectionAddr::TcpTls { host, port, .. } => format!("rediss://{host}:{port}{database}"),
        _ => "Redis".into(),
    }
}

/// Returns the first part of an error's text: what follows may quote the URL.
fn without_detail(error: &redis::RedisError) -> String {
    let text = error.to_string();
    text.split(" - ").next().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(url: &str, key: &str) -> String {
        Config::new(url, key).map(|_| ()).expect_err("it is wrong")
    }

    #[test]
    fn the_address_is_shown_without_the_password() {
        for (url, shown) in [
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://user:secret@cache.example:7000/2", "redis://cache.example:7000/2"),
            ("redis://:secret@[::1]:7000", "redis://[::1]:7000"),
        ] {
            assert_eq!(Config::new(url, "news").expect(url).shown, shown);
        }
    }

    #[cfg(feature = "redis-tls")]
    #[test]
    fn the_address_of_redis_over_tls_is_shown_without_the_password() {
        for (url, shown) in [
            ("rediss://user:secret@cache.example/2", "rediss://cache.example:6379/2"),
            ("rediss://:secret@[::1]:7000", "rediss://[::1]:7000"),
        ] {
            assert_eq!(Config::new(url, "news").expect(url).shown, shown);
        }
    }

    #[cfg(not(feature = "redis-tls"))]
    #[test]
    fn a_build_without_tls_says_so() {
        assert!(problem("rediss://user:secret@127.0.0.1", "news").ends_with("built with --features redis-tls"));
    }

    #[test]
    fn a_bad_url_is_an_error_that_does_not_show_the_password() {
        for url in [
            "",
            "127.0.0.1:6379",
            "http://user:secret@127.0.0.1:6379",
            "redist://user:secret@127.0.0.1:6379",
            "rediss://user:secret@127.0.0.1:6379/#insecure",
            "redis://",
            "redis://user:secret@",
            "redis://user:secret@0.0.0.0:6379",
            "redis://user:secret@127.0.0.1:65536",
            "redis://user:secret@127.0.0.1:6379/secret",
            "redis://user:secret@127.0.0.1:6379?protocol=secret",
            "redis://user:se cret@ho st:6379",
        ] {
            let problem = problem(url, "news");
            assert!(problem.starts_with("--redis: ") && !problem.contains("secret"), "{url}: {problem}");
        }
    }

    #[test]
    fn a_bad_key_is_an_error() {
        for key in ["", "{a}", "a}", "a\nb", &"k".repeat(MAX_KEY + 1)] {
            assert!(problem("redis://127.0.0.1", key).starts_with("--redis-key: "), "{key:?}");
        }
        assert!(Config::new("redis://127.0.0.1", &"k".repeat(MAX_KEY)).is_ok());
    }
}

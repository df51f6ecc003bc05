//! `--redis`, against a stand-in that speaks the protocol of Redis: what happens if Redis is missing, or refuses.
//! `qa/cluster/run` has a real one.

mod common;

use std::process::{Command, Stdio};

/// Runs the program to its end, and returns what it wrote to standard error.
fn fails(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_push_server"));
    let output = command.args(["127.0.0.1:0"]).args(arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_stream_without_redis_is_an_error() {
    assert_eq!(fails(&["--redis-key", "news"]), "push_server: --redis-key needs --redis; try --help\n");
}

#[cfg(not(feature = "redis"))]
#[test]
fn a_build_without_redis_says_so() {
    let expected =
        "push_server: --redis: this program was built without it; build it with --features redis; try --help\n";
    assert_eq!(fails(&["--redis", "redis://127.0.0.1"]), expected);
}

#[cfg(feature = "redis")]
mod with_redis {
    use super::*;
    use common::{GUARD, Program, body, field, text};
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Something that answers commands like Redis.
    struct Redis {
        url: String,
    }

    impl Redis {
        /// `answer` gets the words of each command. `None` ends the connection.
        fn start(answer: impl Fn(&[String]) -> Option<String> + Send + Sync + 'static) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("redis://{}", listener.local_addr().unwrap());
            let answer = Arc::new(answer);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let answer = answer.clone();
                    thread::spawn(move || serve(&stream, &*answer));
                }
            });
            Self { url }
        }
    }

    fn serve(stream: impl Read + Write, answer: &dyn Fn(&[String]) -> Option<String>) -> Option<()> {
        let mut reader = BufReader::new(stream);
        fn number(reader: &mut impl BufRead) -> Option<usize> {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            line.trim().get(1..)?.parse::<usize>().ok()
        }
        loop {
            let words = number(&mut reader)?;
            let mut command = Vec::new();
            for _ in 0..words {
                let mut word = vec![0; number(&mut reader)? + 2];
                reader.read_exact(&mut word).ok()?;
                word.truncate(word.len() - 2);
                command.push(String::from_utf8(word).ok()?);
            }
            reader.get_mut().write_all(answer(&command)?.as_bytes()).ok()?;
            reader.get_mut().flush().ok()?;
        }
    }

    /// An empty stream on which nothing happens: what all answers but those of a test are like.
    fn quiet(command: &[String]) -> Option<String> {
        match &*command[0] {
            "XREVRANGE" => Some("*0\r\n".into()),
            "XREAD" => {
                // Blocks.
                thread::sleep(Duration::from_secs(1));
                Some("*-1\r\n".into())
            }
            _ => Some("+OK\r\n".into()),
        }
    }

    /// Starts the program; what it writes to standard error comes line by line.
    fn start(arguments: &[&str]) -> (Program, Receiver<String>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_push_server"));
        command.args(["127.0.0.1:0", "--report", "0"]).args(arguments).stderr(Stdio::piped());
        let mut program = Program::run(&mut command);
        let (send, lines) = channel();
        let errors = BufReader::new(program.child.stderr.take().unwrap());
        thread::spawn(move || errors.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        (program, lines)
    }

    /// Waits until the health check has this status.
    fn wait_for_health(program: &Program, status: &str) {
        let start = Instant::now();
        loop {
            let response = program.ask("GET /healthz", "", "");
            if response.starts_with(&format!("HTTP/1.1 {status} ")) {
                return;
            }
            assert!(start.elapsed() < GUARD, "{response}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_bad_url_is_an_error_that_does_not_show_the_password() {
        for url in ["127.0.0.1:6379", "http://u:secret@h", "rediss://u:secret@h/x", "redis://", "redis://u:secret@h/x"]
        {
            let problem = fails(&["--redis", url]);
            assert!(problem.starts_with("push_server: --redis: ") && !problem.contains("secret"), "{url}: {problem}");
        }
        assert!(fails(&["--redis", "redis://h", "--redis-key", "{x}"]).starts_with("push_server: --redis-key: "));
    }

    /// Redis over TLS at `localhost`, with a certificate that is made now. Returns its URL and the certificate.
    #[cfg(feature = "redis-tls")]
    fn with_tls() -> (String, String) {
        use rustls::pki_types::PrivateKeyDer;
        use rustls::{ServerConfig, ServerConnection, StreamOwned};
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("rediss://localhost:{}", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
                thread::spawn(move || serve(tls, &quiet));
            }
        });
        (url, made.cert.pem())
    }

    #[cfg(feature = "redis-tls")]
    #[test]
    fn redis_is_reached_over_tls_if_its_certificate_is_trusted() {
        let (url, certificate) = with_tls();
        let (program, log) = start(&["--redis", &url]);
        let line = log.recv_timeout(GUARD).unwrap();
        assert!(line.contains(&url) && line.contains("invalid peer certificate"), "{line}");
        drop(program);
        let file = std::env::temp_dir().join(format!("push_server-{}.pem", std::process::id()));
        std::fs::write(&file, certificate).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_push_server"));
        command.args(["127.0.0.1:0", "--report", "0", "--redis", &url]).env("SSL_CERT_FILE", &file);
        let program = Program::run(&mut command);
        wait_for_health(&program, "200");
        drop(program);
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_key_that_is_no_stream_is_an_error() {
        let redis = Redis::start(|command| match &*command[0] {
            "XREVRANGE" => Some("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n".into()),
            _ => quiet(command),
        });
        let problem = fails(&["--redis", &redis.url]);
        assert!(problem.contains("WRONGTYPE") && problem.contains(&redis.url), "{problem}");
    }

    #[test]
    fn a_password_that_is_wrong_is_an_error() {
        let redis = Redis::start(|command| match &*command[0] {
            "AUTH" => Some("-WRONGPASS invalid username-password pair\r\n".into()),
            _ => quiet(command),
        });
        let problem = fails(&["--redis", &redis.url.replace("redis://", "redis://user:secret@")]);
        assert!(problem.contains("authentication failed") && !problem.contains("secret"), "{problem}");
    }

    #[test]
    fn without_redis_the_program_waits_and_says_so_once() {
        // Nobody listens there.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (program, log) = start(&["--redis", &format!("redis://127.0.0.1:{port}")]);
        let line = log.recv_timeout(GUARD).unwrap();
        assert!(line.contains("refused") && line.contains("wait until it is back"), "{line}");
        for path in ["/", "/poll", "/ws", "/healthz"] {
            let response = program.ask(&format!("GET {path}"), "", "");
            assert!(response.starts_with("HTTP/1.1 503 ") && field(&response, "retry-after").is_some(), "{response}");
            assert!(body(&response).contains("does not have the news yet"), "{response}");
        }
        // Several attempts later, the log says nothing more.
        thread::sleep(Duration::from_secs(1));
        assert!(log.try_recv().is_err());
        // It serves as soon as Redis is there.
        let redis = TcpListener::bind(("127.0.0.1", port)).unwrap();
        thread::spawn(move || {
            for stream in redis.incoming().flatten() {
                thread::spawn(move || serve(&stream, &quiet));
            }
        });
        wait_for_health(&program, "200");
        assert!(log.recv_timeout(GUARD).unwrap().contains("back after"));
    }

    #[test]
    fn a_program_that_waits_for_redis_ends_when_asked_to() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (mut program, log) = start(&["--redis", &format!("redis://127.0.0.1:{port}")]);
        log.recv_timeout(GUARD).unwrap();
        let status = Command::new("kill").arg("-TERM").arg(program.child.id().to_string()).status().unwrap();
        assert!(status.success());
        assert!(program.child.wait().unwrap().success());
    }

    #[test]
    fn more_news_than_can_wait_are_refused_and_lost_ones_are_counted() {
        // Redis does not like the script.
        let redis = Redis::start(|command| match &*command[0] {
            "EVALSHA" => Some("-OOM command not allowed when used memory > 'maxmemory'\r\n".into()),
            _ => quiet(command),
        });
        let (mut program, log) = start(&["--redis", &redis.url]);
        wait_for_health(&program, "200");
        let mut statuses = Vec::new();
        for n in 0..1001 {
            let response = program.ask("POST /news", "", &format!("news {n}"));
            statuses.push(response[9..12].to_string());
            if statuses[n] == "503" {
                assert!(body(&response).contains("1000 news wait for Redis already"), "{response}");
            }
        }
        let last = statuses.pop();
        assert!(statuses.iter().all(|status| status == "202"), "{statuses:?}");
        assert_eq!(last.as_deref(), Some("503"));
        let line = log.recv_timeout(GUARD).unwrap();
        assert!(line.contains("OOM") && line.contains("news wait until it is back"), "{line}");
        let status = Command::new("kill").arg("-TERM").arg(program.child.id().to_string()).status().unwrap();
        assert!(status.success());
        assert!(program.child.wait().unwrap().success());
        let rest: Vec<String> = log.iter().collect();
        assert_eq!(rest.len(), 1, "{rest:?}");
        assert!(rest[0].contains("1000 news were accepted, but Redis did not take them"), "{rest:?}");
    }

    #[test]
    fn other_programs_may_add_to_the_stream() {
        let redis = Redis::start(|command| {
            let entry = |id: &str, field: &str, text: &str| {
                let (n, m) = (id.len(), text.len());
                format!("*2\r\n${n}\r\n{id}\r\n*2\r\n$4\r\n{field}\r\n${m}\r\n{text}\r\n")
            };
            match &*command[0] {
                "XREVRANGE" => Some(format!(
                    "*3\r\n{}{}{}",
                    entry("7-2", "text", "good"),
                    entry("7-1", "what", "no text"),
                    entry("7-0", "text", "two\nlines")
                )),
                _ => quiet(command),
            }
        });
        let (program, log) = start(&["--redis", &redis.url]);
        wait_for_health(&program, "200");
        let expected = r#"{"latest":"7-2","news":[{"id":"7-0","text":"two lines"},{"id":"7-2","text":"good"}]}"#;
        assert_eq!(program.news("0-0"), expected);
        assert!(log.recv_timeout(GUARD).unwrap().contains("7-1 of the stream is left out: it has no field `text`"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn news_that_were_cut_off_before_they_were_read_are_a_gap() {
        let entry = |id: &str| format!("*2\r\n$3\r\n{id}\r\n*2\r\n$4\r\ntext\r\n$1\r\nx\r\n");
        let is_cut = Arc::new(AtomicBool::new(false));
        let (cut, ended) = (is_cut.clone(), AtomicBool::new(false));
        let redis = Redis::start(move |command| {
            let count = command.iter().position(|word| word == "COUNT").map(|at| &*command[at + 1]);
            match (&*command[0], count) {
                // What the program reads again, in one transaction.
                ("XRANGE", _) | ("XREVRANGE", Some("1")) => Some("+QUEUED\r\n".into()),
                ("EXEC", _) => {
                    let (first, last) = (entry("9-0"), entry("9-1"));
                    Some(format!("*3\r\n*1\r\n{first}*1\r\n{last}*2\r\n{first}{last}"))
                }
                ("XREVRANGE", _) => Some(format!("*1\r\n{}", entry("5-0"))),
                // The connection ends, and the stream goes on without this process.
                ("XREAD", _) if !ended.load(Ordering::Relaxed) => {
                    if cut.load(Ordering::Relaxed) {
                        ended.store(true, Ordering::Relaxed);
                        return None;
                    }
                    thread::sleep(Duration::from_millis(20));
                    Some("*-1\r\n".into())
                }
                _ => quiet(command),
            }
        });
        let (program, log) = start(&["--redis", &redis.url]);
        wait_for_health(&program, "200");
        let (mut listener, since) = program.listen("/ws").await;
        assert_eq!(since, "5-0");
        is_cut.store(true, Ordering::Relaxed);
        assert_eq!(text(&mut listener).await, r#"{"gap":{"after":"8-18446744073709551615","lost":null}}"#);
        assert_eq!(text(&mut listener).await, r#"{"id":"9-0","text":"x"}"#);
        assert_eq!(text(&mut listener).await, r#"{"id":"9-1","text":"x"}"#);
        assert!(log.iter().any(|line| line.contains("between 5-0 and 9-0 were cut off")));
        // A client that comes from elsewhere and has seen 9-0 misses nothing.
        let mut other = program.open("/ws?since=9-0").await;
        assert!(text(&mut other).await.contains("hello"));
        assert_eq!(text(&mut other).await, r#"{"id":"9-1","text":"x"}"#);
    }
}

//! Redis, two servers and a proxy.

use crate::listener::News;
use crate::lossy::Lossy;
use crate::poster::Poster;
use crate::processes::{Process, free_port, read_log, wait_for, wait_for_port};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    Haproxy,
    Nginx,
}

/// How long a server that is asked to end stays open, in seconds: the health checks find that out within 2.
const DRAIN: &str = "3";

pub struct Cluster {
    pub work: PathBuf,
    /// The address of the proxy.
    pub address: String,
    server: PathBuf,
    redis_port: u16,
    /// The servers reach Redis through this.
    pub lossy: Lossy,
    ports: [u16; 2],
    redis: Option<Process>,
    servers: [Option<Process>; 2],
    _proxy: Process,
}

impl Cluster {
    /// Starts all of it in an empty directory. `config` is the configuration of the proxy.
    pub fn start(work: PathBuf, server: PathBuf, config: &Path, proxy: Proxy) -> Self {
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).expect("a directory");
        let work = work.canonicalize().expect("a directory");
        let (redis_port, ports, port) = (free_port(), [free_port(), free_port()], free_port());
        // The files of users, with other ports.
        let mut text = fs::read_to_string(config).expect("a configuration");
        text = text.replace("# server 127.0.0.1:8081", "server 127.0.0.1:8081");
        for (from, to) in [(8000, port), (8080, ports[0]), (8081, ports[1])] {
            assert!(text.contains(&format!("127.0.0.1:{from}")), "the configuration has no port {from}");
            text = text.replace(&format!("127.0.0.1:{from}"), &format!("127.0.0.1:{to}"));
        }
        let text = text.replace("/tmp/", &format!("{}/", work.display()));
        let path = work.join("proxy.conf");
        fs::write(&path, text).expect("a configuration");
        let redis = start_redis(&work, redis_port);
        let lossy = Lossy::start(redis_port);
        let servers = [0, 1].map(|n| Some(start_server(&work, &server, n, ports[n], lossy.port)));
        let mut command = match proxy {
            Proxy::Haproxy => Command::new("haproxy"),
            Proxy::Nginx => Command::new("nginx"),
        };
        command.arg(if proxy == Proxy::Haproxy { "-f" } else { "-c" }).arg(path);
        let proxy = Process::start(&work, "proxy", &mut command);
        wait_for_port(port);
        let address = format!("127.0.0.1:{port}");
        Self { work, address, server, redis_port, lossy, ports, redis: Some(redis), servers, _proxy: proxy }
    }

    pub fn kill_first(&mut self) {
        self.servers[0].take().expect("it runs").kill();
    }

    pub fn start_first(&mut self) {
        self.start_server(0);
    }

    /// Asks the second server to end, waits for that, and starts it again.
    pub fn restart_second(&mut self) {
        let server = self.servers[1].take().expect("it runs");
        server.signal("TERM");
        server.wait();
        self.start_server(1);
    }

    fn start_server(&mut self, n: usize) {
        self.servers[n] = Some(start_server(&self.work, &self.server, n, self.ports[n], self.lossy.port));
    }

    pub fn kill_redis(&mut self) {
        self.redis.take().expect("it runs").kill();
    }

    pub fn start_redis(&mut self) {
        self.redis = Some(start_redis(&self.work, self.redis_port));
    }

    /// Returns what the servers have logged.
    pub fn logs(&self) -> [String; 2] {
        [0, 1].map(|n| read_log(&self.work, &format!("server-{n}")))
    }

    /// Returns all that is in the stream.
    pub fn stream(&self) -> Vec<News> {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.redis_port.to_string(), "--json", "XRANGE", "push_server:news", "-", "+"]);
        let output = command.output().expect("redis-cli");
        let entries: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let entry =
            |entry: &Value| (entry[0].as_str().unwrap_or("?").into(), entry[1][1].as_str().unwrap_or("?").into());
        entries.as_array().expect("a list").iter().map(entry).collect()
    }
}

fn start_redis(work: &Path, port: u16) -> Process {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "", "--dir"]);
    let process = Process::start(work, "redis", command.arg(work));
    wait_for_port(port);
    process
}

fn start_server(work: &Path, server: &Path, n: usize, port: u16, redis_port: u16) -> Process {
    let name = format!("server-{n}");
    let mut command = Command::new(server);
    command.arg(format!("127.0.0.1:{port}")).args(["--redis", &format!("redis://127.0.0.1:{redis_port}")]);
    let process = Process::start(work, &name, command.args(["--drain", DRAIN]));
    let poster = Poster::new(&format!("127.0.0.1:{port}"));
    wait_for(&format!("{name} to start"), || (poster.health() == Some(200)).then_some(()));
    process
}

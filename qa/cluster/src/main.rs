//! Two processes of push_server on one Redis behind one proxy. 200 clients listen through the proxy while 2,000 news are
//! posted through it, answers of Redis get lost, a process is killed and started again, the other one is restarted by
//! SIGTERM, and Redis is killed for five seconds. In the end, each client must have each news once, in the order of the stream.
//!
//! Nothing here depends on how fast the machine is: each step begins when the one before has had its effect.

mod cluster;
mod listener;
mod lossy;
mod memory;
mod poster;
mod processes;

use cluster::{Cluster, Proxy};
use listener::{Heard, News, listen};
use poster::{Posted, Poster};
use processes::{read_log, wait_for};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The number of posts at once.
const POSTERS: usize = 4;

/// How far the slowest client may be behind before posting waits for it: clients that come back must find the news that
/// they missed.
const LEAD: usize = 300;

/// The number of answers of Redis that are lost on the way.
const LOST: usize = 20;

/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(5);

const USAGE: &str = "usage: upframe-qa-cluster WORK PUSH_SERVER haproxy|nginx CONFIG CLIENTS NEWS
       upframe-qa-cluster WORK PUSH_SERVER memory";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [work, server, "memory"] => memory::measure(&runtime, work.as_ref(), server.as_ref()),
        [work, server, proxy @ ("haproxy" | "nginx"), config, clients, news] => {
            let (Ok(clients), Ok(news)) = (clients.parse(), news.parse()) else { panic!("{USAGE}") };
            let proxy = if *proxy == "haproxy" { Proxy::Haproxy } else { Proxy::Nginx };
            let cluster = Cluster::start(work.into(), server.into(), config.as_ref(), proxy);
            run(&runtime, cluster, clients, news);
        }
        _ => panic!("{USAGE}"),
    }
}

fn run(runtime: &tokio::runtime::Runtime, mut cluster: Cluster, clients: usize, news: usize) {
    let start = Instant::now();
    let heard: Vec<Arc<Heard>> = (0..clients).map(|_| Arc::default()).collect();
    for one in &heard {
        runtime.spawn(listen(cluster.address.clone(), one.clone()));
    }
    let run = Run { heard, address: cluster.address.clone(), posted: AtomicUsize::new(0), news };
    run.wait_for_connections();
    run.all(&mut cluster);
    let reconnected = run.heard.iter().map(|heard| heard.connections.load(Ordering::Relaxed) - 1).sum::<usize>();
    println!(
        "{clients} clients, {news} news, {reconnected} reconnections: each client has each news once, in order; {:.1} s",
        start.elapsed().as_secs_f32()
    );
}

struct Run {
    heard: Vec<Arc<Heard>>,
    address: String,
    /// The number of news that were confirmed.
    posted: AtomicUsize,
    news: usize,
}

impl Run {
    fn all(&self, cluster: &mut Cluster) {
        let eighth = self.news / 8;
        println!("answers of Redis are lost");
        self.with_lost_answers(cluster, 0..eighth);
        thread::scope(|scope| {
            let posting = self.start_posting(scope, eighth..eighth * 4);
            self.wait_for_posted(eighth * 2);
            println!("the first process is killed");
            cluster.kill_first();
            self.wait_for_posted(eighth * 3);
            cluster.start_first();
            println!("the second process is restarted");
            cluster.restart_second();
            posting();
        });
        self.wait_for_clients();
        self.without_redis(cluster, eighth * 4..eighth * 6);
        thread::scope(|scope| self.start_posting(scope, eighth * 6..self.news)());
        self.check(cluster);
    }

    /// Posts without keys. Redis adds news, but the answer does not arrive: only the processes know that, and send them
    /// again.
    fn with_lost_answers(&self, cluster: &Cluster, news: std::ops::Range<usize>) {
        let poster = Poster::new(&self.address);
        let every = news.len().div_ceil(LOST);
        for n in news {
            if n % every == 0 {
                wait_for("an answer to be lost", || cluster.lossy.has_lost().then_some(()));
                cluster.lossy.lose_one();
            }
            let posted = poster.post_once(&text(n));
            assert_ne!(posted, Posted::Unknown, "no process has died yet");
            self.posted.fetch_add(1, Ordering::Relaxed);
        }
        self.wait_for_clients();
    }

    /// Redis is killed, news are accepted, nobody is cut, and all of it arrives when Redis is back.
    fn without_redis(&self, cluster: &mut Cluster, news: std::ops::Range<usize>) {
        self.wait_for_connections();
        let ends = || self.heard.iter().map(|one| one.ends.load(Ordering::Relaxed)).sum::<usize>();
        let (before, logs) = (ends(), cluster.logs());
        println!("Redis is killed");
        cluster.kill_redis();
        let away = Instant::now();
        let poster = Poster::new(&self.address);
        // As soon as the process knows, it accepts without waiting.
        for n in news.clone() {
            wait_for("news to be accepted", || (poster.post(&text(n)) == Posted::Accepted).then_some(()));
        }
        assert_eq!(poster.health(), Some(200), "processes without Redis still take clients");
        thread::sleep(AWAY.saturating_sub(away.elapsed()));
        let heard = self.heard.iter().map(|one| one.count()).max();
        println!("Redis is back");
        cluster.start_redis();
        // Posting again tells when they are in the stream, and adds nothing.
        for n in news {
            wait_for("news to be confirmed", || (poster.post(&text(n)) == Posted::Confirmed).then_some(()));
            self.posted.fetch_add(1, Ordering::Relaxed);
        }
        self.wait_for_clients();
        assert!(heard < self.heard.iter().map(|one| one.count()).max(), "they came after Redis was back");
        assert_eq!(before, ends(), "nobody was cut");
        for (n, before) in logs.iter().enumerate() {
            let new = || cluster.logs()[n].strip_prefix(&**before).expect("a log only grows").to_string();
            let lines = |part: &str| new().lines().filter(|line| line.contains(part)).count();
            // A process has two connections, and the second one may come back later than the news.
            wait_for("the log to tell that Redis is back", || (lines("back after") > 0).then_some(()));
            assert_eq!((lines("news wait until"), lines("back after")), (1, 1), "the log tells why, once:\n{}", new());
        }
    }

    /// Starts to post; the result waits for the end of it.
    fn start_posting<'s>(
        &'s self,
        scope: &'s thread::Scope<'s, '_>,
        news: std::ops::Range<usize>,
    ) -> impl FnOnce() + use<'s> {
        let posters: Vec<_> = (0..POSTERS)
            .map(|poster| news.clone().skip(poster).step_by(POSTERS))
            .map(|news| scope.spawn(|| self.post(news)))
            .collect();
        || posters.into_iter().for_each(|poster| poster.join().expect("posting does not panic"))
    }

    fn post(&self, news: impl Iterator<Item = usize>) {
        let poster = Poster::new(&self.address);
        for n in news {
            wait_for("the clients to follow", || (self.slowest() + LEAD >= n).then_some(()));
            wait_for("news to be confirmed", || (poster.post(&text(n)) == Posted::Confirmed).then_some(()));
            self.posted.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wait_for_connections(&self) {
        wait_for("all clients to connect", || self.heard.iter().all(|one| one.is_connected()).then_some(()));
    }

    fn slowest(&self) -> usize {
        self.heard.iter().map(|heard| heard.count()).min().unwrap_or(0)
    }

    fn wait_for_posted(&self, news: usize) {
        wait_for("news to be posted", || (self.posted.load(Ordering::Relaxed) >= news).then_some(()));
    }

    /// Waits until each client has as many news as were posted; reports of the servers may be among them.
    fn wait_for_clients(&self) {
        let posted = self.posted.load(Ordering::Relaxed);
        wait_for("the clients to hear all news", || (self.slowest() >= posted).then_some(()));
    }

    fn check(&self, cluster: &Cluster) {
        let mut stream = cluster.stream();
        let is_posted = |(_, text): &News| text.starts_with("news ");
        let last = stream.iter().rposition(is_posted).expect("there are news");
        stream.truncate(last + 1);
        let texts: Vec<_> = stream.iter().filter(|news| is_posted(news)).map(|(_, text)| text.clone()).collect();
        let expected: HashSet<String> = (0..self.news).map(text).collect();
        assert_eq!(texts.len(), self.news, "the stream has each news once");
        assert_eq!(texts.into_iter().collect::<HashSet<_>>(), expected, "the stream has all news");
        for (n, heard) in self.heard.iter().enumerate() {
            wait_for("the last news", || (heard.count() >= stream.len()).then_some(()));
            let news = heard.news.lock().expect("no panic");
            let differs = news.iter().zip(&stream).position(|(heard, expected)| heard != expected);
            assert!(differs.is_none(), "client {n} has other news than the stream from item {differs:?} on");
            let wrong = heard.wrong.lock().expect("no panic");
            assert!(wrong.is_empty(), "client {n}: {wrong:?}");
        }
        let going_away: usize = self.heard.iter().map(|heard| heard.going_away.load(Ordering::Relaxed)).sum();
        assert!(going_away > 0, "the process that was restarted said good-bye with 1001");
        let redis = read_log(&cluster.work, "redis");
        assert!(redis.contains("Ready to accept connections"), "{redis}");
    }
}

fn text(n: usize) -> String {
    format!("news {n}")
}

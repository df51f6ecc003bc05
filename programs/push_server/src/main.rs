//! Shows news from a server in three ways, side by side: `cargo run --package push_server`, then open the address that
//! it prints.
//!
//! * `board`, with `log`, `news` and `id`, has the news and tells who waits for them;
//! * `routes` is the site: the page, and `polls`, `publish`, `ws` and `echo` behind it; `origin` tells which pages may
//!   use it, and `size` counts bytes;
//! * `server` accepts connections, within the bounds of `files` and of time; `wire` is one connection below HTTP, on
//!   TCP or on `tls`; `http1` and `http2` serve it, with `streams`; `counters` and `counting` count;
//! * `store` has the news for one process, or for several with `shared`; `health` tells a proxy how the process is;
//! * `arguments`, `stdin`, `report` and `signals` are what the program has besides.

mod address;
mod arguments;
mod board;
mod counters;
mod counting;
mod echo;
mod files;
mod health;
mod http1;
mod http2;
mod id;
mod lines;
mod log;
mod news;
mod origin;
mod polls;
mod publish;
mod report;
mod routes;
mod server;
#[cfg(feature = "redis")]
mod shared;
mod signals;
mod site;
mod size;
mod stdin;
mod store;
mod streams;
mod terminal;
#[cfg_attr(not(feature = "tls"), path = "without_tls.rs")]
mod tls;
mod wire;
mod ws;

use arguments::{Arguments, USAGE};
use health::Stage;
use server::Server;
use site::Site;
use std::process::ExitCode;
use std::sync::Arc;
use store::Store;
use tls::Tls;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("push_server: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let Some(arguments) = arguments::parse().map_err(|error| format!("{error}; try --help"))? else {
        println!("{USAGE}");
        return Ok(());
    };
    let tls = arguments.tls.as_ref().map(Tls::new).transpose()?;
    let room = files::make_room(arguments.connections)?;
    let runtime = Runtime::new().map_err(|error| format!("cannot start: {error}"))?;
    let done = runtime.block_on(serve(arguments, tls, room));
    // a thread that waits for standard input does not end
    runtime.shutdown_background();
    done
}

async fn serve(arguments: Arguments, tls: Option<Tls>, room: files::Room) -> Result<(), String> {
    let mut signals = signals::Signals::new().map_err(|error| format!("cannot wait for signals: {error}"))?;
    let listener = arguments.address.listen().await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let store = Store::new(&arguments);
    let site = Arc::new(Site::new(store.board(), &arguments));
    if store.has_the_news() {
        site.stage.set(Stage::Open);
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    let server = Server::new(listener, site.clone(), tls, room);

    println!("open {scheme}://{}/", address::to_open(address));
    stdin::publish_lines(site.board.clone());
    let mut opened = None;
    let mut problem = Ok(());
    let end = async {
        let open = async {
            opened = Some(store.open(&site, arguments.report).await?);
            site.stage.set(Stage::Open);
            std::future::pending().await
        };
        tokio::select! {
            result = open => return problem = result,
            () = signals.asked_to_end() => {}
        }
        // The process still takes clients, and a proxy learns that it should send no more of them.
        site.stage.set(Stage::Leaving);
        tokio::time::sleep(arguments.drain).await;
    };
    server.run(end).await;
    if let Some(opened) = opened {
        opened.close().await;
    }
    problem
}

//! The same with compression: a window of 10 bits in and one of 9 bits out.
#![no_std]
#![no_main]

use upframe_budgets::embedded::{Stream, Timer, block_on, echo};
use upframe_embedded::{
    Config, Decision, Deflate, DeflateMemory, Head, ServerOptions, SmallTables, Workspace, accept_with_deflate,
};

#[upframe_budgets::entry]
fn main() -> ! {
    let (mut inflate, mut window) = ([0; 1024 + 512 + 16], [0; 512]);
    let (mut tables, mut workspace) = (SmallTables::new(), Workspace::new());
    let (inflate, tables, window, workspace) = (&mut inflate[..], &mut tables, &mut window[..], &mut workspace);
    let mut deflate = Deflate::new(10, DeflateMemory { inflate, tables, window, workspace });
    loop {
        let (mut receive, mut send) = ([0; 512], [0; 512]);
        let _ = block_on(async {
            let (options, config) = (ServerOptions::new(), Config::new());
            let decide = |_: &Head<'_>| Decision::Accept(&[]);
            let accept =
                accept_with_deflate(Stream, Timer, &mut receive, &mut send, options, config, decide, &mut deflate);
            echo(accept.await?).await
        });
    }
}

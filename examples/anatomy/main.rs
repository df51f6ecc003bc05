//! One session with every byte explained, for people who are learning the protocol: `cargo run --example anatomy`.
//!
//! A client and a server talk in memory. [`session`] lets them say something, [`explain`] says what each byte of it is for.

mod explain;
mod session;

fn main() {
    print!("{}", session::session().text);
}

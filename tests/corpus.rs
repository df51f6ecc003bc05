//! Replays the inputs that fuzzing has kept: `fuzz/corpus` has a folder for each target, with inputs that reach
//! different code.

mod laws;
mod scripts;
mod targets;
mod twin;

use std::fs;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut inputs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort_unstable();
    assert!(inputs.len() > 20, "a corpus of {}", inputs.len());
    for input in inputs {
        println!("{}", input.display());
        run(&fs::read(input).unwrap());
    }
}

#[test]
fn the_corpus_of_connections_keeps_the_laws() {
    replay("connection", targets::connection::run);
}

#[test]
fn the_corpus_of_heads_keeps_the_laws() {
    replay("handshake", targets::handshake::run);
}

#[test]
fn the_corpus_of_field_sections_keeps_the_rules() {
    replay("extended_connect", targets::extended_connect::run);
}

#[test]
fn the_crate_and_its_twin_agree_on_the_corpus() {
    replay("twin", targets::twin);
}

#[test]
fn what_the_corpus_sends_is_received() {
    replay("round_trip", targets::round_trip);
}

#[test]
fn two_ends_agree_on_the_corpus() {
    replay("two_ends", targets::two_ends);
}

#[test]
fn the_corpus_of_compressed_messages_is_inflated_as_the_twin_does() {
    replay("inflate", |data| drop(targets::inflate(data)));
}

#[test]
fn what_the_corpus_compresses_is_read_back() {
    replay("deflate_round_trip", |data| drop(targets::deflate_round_trip(data)));
}

#[test]
fn offers_and_answers_of_the_corpus_mean_what_the_twin_says() {
    replay("negotiation", targets::negotiation);
}

#[test]
fn a_connection_yields_the_compressed_messages_of_the_corpus_as_its_twin_does() {
    replay("deflate_connection", targets::deflate_connection);
}

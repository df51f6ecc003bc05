//! `httparse`: the reader of heads that most peers are built on.

use crate::peer::{Contender, Offer, Peer};
use crate::rows::handshake::{FIELDS, REQUEST, each};
use crate::socket::Socket;
use crate::stream::Stream;
use httparse::{EMPTY_HEADER, Request};
use std::hint::black_box;

pub struct Httparse;

const NO_WEBSOCKET: &str = "reads heads only";

impl Peer for Httparse {
    fn name(&self) -> &'static str {
        "httparse"
    }

    fn receive(&self, _: &Stream, _: Socket) -> Offer {
        Err(NO_WEBSOCKET)
    }

    fn mask(&self, _: usize) -> Offer {
        Err(NO_WEBSOCKET)
    }

    fn send(&self, _: usize, _: bool) -> Offer {
        Err(NO_WEBSOCKET)
    }

    fn prepared(&self, _: usize) -> Offer {
        Err(NO_WEBSOCKET)
    }

    fn serve(&self) -> Offer {
        Err(NO_WEBSOCKET)
    }

    fn connect(&self) -> Offer {
        Err(NO_WEBSOCKET)
    }

    fn head(&self) -> Offer {
        Ok(head())
    }

    fn accept_key(&self) -> Offer {
        Err(NO_WEBSOCKET)
    }
}

fn head() -> Contender {
    let read = |see: &mut dyn FnMut(&[u8])| {
        let mut headers = [EMPTY_HEADER; 32];
        let mut request = Request::new(&mut headers);
        assert!(request.parse(black_box(REQUEST.as_bytes())).expect("a request").is_complete());
        assert_eq!(request.headers.len(), FIELDS);
        see(&[]);
    };
    each(read, None).lacks("the head must lie whole in memory; Host, lengths and bodies are not judged")
}

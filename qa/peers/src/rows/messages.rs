//! Whole messages out of fragments.

use super::{Row, Unit, receive};
use crate::peer::Peer;
use crate::socket::Socket;
use crate::stream::Stream;

pub fn rows(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    let streams = [Stream::in_four(64, 1 << 15), Stream::in_four(1024, 1 << 16), Stream::in_four(1 << 16, 8 << 16)];
    let row = |stream: Stream| Row {
        section: "whole messages",
        feature: None,
        name: stream.name.clone(),
        unit: Unit::Nanoseconds,
        items: stream.items,
        want: stream.want.clone(),
        offers: Row::offers(peers, |peer| peer.messages(&stream, Socket::new(stream.wire.clone(), stream.piece))),
        limit: Some(receive::limit(&stream)),
    };
    streams.map(row).into()
}

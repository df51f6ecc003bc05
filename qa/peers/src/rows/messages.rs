//! Whole messages out of fragments.

use super::{Row, Unit, receive};
use crate::peer::{Offer, Peer};
use crate::socket::Socket;
use crate::stream::Stream;

/// What a contender is asked for.
type Ask = fn(&dyn Peer, &Stream, Socket) -> Offer;

pub fn rows(peers: &[Box<dyn Peer>]) -> Vec<Row> {
    let streams = [Stream::in_four(64, 1 << 15), Stream::in_four(1024, 1 << 16), Stream::in_four(1 << 16, 8 << 16)];
    let ways: [(&'static str, Ask); 2] = [
        ("whole messages", |peer, stream, socket| peer.messages(stream, socket)),
        ("whole messages, assembled elsewhere", |peer, stream, socket| peer.assembled(stream, socket)),
    ];
    let row = |(section, ask): (&'static str, Ask), stream: &Stream| Row {
        section,
        feature: None,
        name: stream.name.clone(),
        unit: Unit::Nanoseconds,
        items: stream.items,
        want: stream.want.clone(),
        offers: Row::offers(peers, |peer| ask(peer, stream, Socket::new(stream.wire.clone(), stream.piece))),
        limit: Some(receive::limit(stream)),
    };
    ways.iter().flat_map(|way| streams.iter().map(|stream| row(*way, stream)).collect::<Vec<_>>()).collect()
}

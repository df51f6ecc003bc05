//! Compression of what is sent: negotiation, the deflater with each effort, and its messages.

use crate::opaque::{byte, bytes, entropy, flag, kind, place, reserved_bits, sink, text, word};
use upframe::connection::{Connection, Endpoint, Fragment, Role, Settings, Transmitter};
use upframe::deflate::{
    Balanced, Best, ClientDeflate, DeflatePolicy, Deflater, Direction, Effort, Fast, PreparedDeflate, ServerDeflate,
    Workspace,
};
use upframe::handshake::{Answer, ClientHandshake, ClientRequest, Outcome, ServerHandshake, ServerOptions, Uri};

fn direction() -> Direction {
    Direction::new(byte(), flag())
}

fn policy() -> DeflatePolicy {
    let policy = DeflatePolicy::new().with_outgoing(direction()).with_incoming(direction());
    sink((policy.outgoing(), policy.incoming()));
    if flag() { policy.with_whole_messages() } else { policy }
}

fn settings() -> Settings {
    Settings::new().with_reserved_bits(reserved_bits())
}

#[inline(never)]
pub fn negotiation() {
    let deflate = ServerDeflate::new(policy()).with_fallback(policy());
    let mut server = ServerHandshake::with_extension(ServerOptions::new(), deflate);
    if let Some(Outcome::Upgrade(upgrade)) = server.receive(&mut &*bytes()) {
        if let Some(params) = server.extension().agreed(&upgrade) {
            let (outgoing, incoming) = (params.outgoing(flag()), params.incoming(flag()));
            sink((outgoing.window_bits(), outgoing.window(), incoming.takes_over()));
        }
        sink(upgrade.has_extension());
        sink(server.accept(&upgrade, Settings::new(), &[], bytes()).is_ok());
    }
    let Ok(uri) = Uri::parse(text()) else { return };
    let deflate = ClientDeflate::new(policy()).with_fallback(policy());
    let Ok(mut client) = ClientHandshake::with_extension(ClientRequest::new(uri), deflate, &mut entropy) else {
        return;
    };
    sink(client.write_request(bytes()));
    if let Some(Answer::Agreed(_)) = client.receive(&mut &*bytes()) {
        sink(client.extension().agreed());
    }
}

#[inline(never)]
pub fn sending() {
    each(Fast, &mut Workspace::<256, 0>::new());
    each(Fast, &mut Workspace::<256, 64>::new());
    each(Balanced, &mut Workspace::<256, 64>::new());
    each(Best, &mut Workspace::<256, 64>::default());
}

#[inline(never)]
fn each<E: Effort, const H: usize, const T: usize>(effort: E, workspace: &mut Workspace<H, T>) {
    let mut deflater = Deflater::new(direction(), effort, bytes());
    let mut server = Connection::server(settings());
    let mut transmitter = Transmitter::server(settings());
    let mut client = Connection::client(entropy, settings());
    let endpoint = if flag() { Endpoint::Server } else { Endpoint::Client(entropy) };
    let mut either = Connection::endpoint(endpoint, settings());
    while flag() {
        let message = &*bytes();
        if let Some(compressed) = deflater.compress(workspace, message, bytes()) {
            sink((compressed.len(), compressed.longest_distance()));
            deflater.commit(message, compressed);
        }
        let mut input = &*bytes();
        let deflated = deflater.deflate(workspace, &mut input, flag(), bytes());
        sink((deflated.len(), deflated.is_complete()));
        match byte() {
            0 => deflater.absorb(bytes()),
            1 => deflater.forget(),
            2 => deflater.rehash(workspace),
            _ => deflater.note_plain(),
        }
        sink((deflater.direction(), Workspace::<H, T>::bound(word())));
        by(&mut server, &mut deflater, workspace);
        by(&mut client, &mut deflater, workspace);
        by(&mut either, &mut deflater, workspace);
        sink(transmitter.send_compressed(fragment(), &mut deflater, workspace, bytes()));
        sink(PreparedDeflate::plain_only(fragment(), &mut *bytes()).map(|prepared| prepared.plain().len()));
        if let Ok(prepared) = PreparedDeflate::new(fragment(), byte(), effort, workspace, &mut *bytes()) {
            sink((prepared.plain().len(), prepared.compressed().map(<[u8]>::len), prepared.longest_distance()));
            sink(server.send_prepared_compressed(&prepared, Some(&mut deflater)));
            sink(transmitter.send_prepared_compressed(&prepared, Some(&mut deflater)));
            sink((prepared.message().len(), prepared.move_to(|memory, used| memory.get(..used).map(<[u8]>::len))));
        }
    }
    sink(deflater.into_memory().len());
}

fn fragment() -> Fragment<'static> {
    Fragment::extended(kind(), reserved_bits(), bytes()).at(place())
}

#[inline(never)]
fn by<R: Role, E: Effort, const H: usize, const T: usize>(
    connection: &mut Connection<R>,
    deflater: &mut Deflater<&'static mut [u8], E>,
    workspace: &mut Workspace<H, T>,
) {
    sink(connection.send_compressed(fragment(), deflater, workspace, bytes()));
}

//! On `upframe-std`.

use crate::{Asked, Failure, close_asked, told};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ConnectionCommon, ServerConfig, ServerConnection, SideData, StreamOwned};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::thread;
use upframe_std::{
    ClientRequest, Config, Error, Incoming, OverTcp, ServerOptions, Transport, Uri, WebSocket, client_with,
};

fn echo<S: Transport>(websocket: &mut WebSocket<S>) -> Result<(), Error> {
    while let Some(message) = websocket.next() {
        let message = message?;
        if let Some((code, reason)) = close_asked(message.to_text()) {
            return websocket.close(code, reason);
        }
        if message.is_data() {
            websocket.send(message)?;
        }
    }
    Ok(())
}

/// The TLS of a connection, as a transport.
fn over<C, D>(connection: C, tcp: TcpStream) -> io::Result<OverTcp<StreamOwned<C, TcpStream>>>
where
    C: DerefMut + Deref<Target = ConnectionCommon<D>>,
    D: SideData,
{
    Ok(OverTcp::new(StreamOwned::new(connection, tcp.try_clone()?), tcp).with_finish(|tls| {
        tls.conn.send_close_notify();
        tls.flush()
    }))
}

fn accepted<S: Transport>(transport: S, config: Config) -> Result<(), Error> {
    echo(&mut Incoming::receive(transport, ServerOptions::new(), config)?.accept()?)
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, config: Config) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    match tls {
        Some(tls) => accepted(over(ServerConnection::new(tls)?, stream)?, config)?,
        None => accepted(stream, config)?,
    }
    Ok(())
}

pub fn server(asked: &Asked) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let tls = asked.tls.server("http/1.1")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        let tls = tls.clone();
        thread::spawn(move || told(serve(stream, tls, config)));
    }
}

pub fn client(asked: &Arc<Asked>) -> Result<(), Failure> {
    let clients: Vec<_> = (0..asked.connections)
        .map(|_| {
            let asked = asked.clone();
            thread::spawn(move || one_client(&asked))
        })
        .collect();
    clients.into_iter().try_for_each(|client| client.join().map_err(|_| "panic")?)
}

fn one_client(asked: &Asked) -> Result<(), Failure> {
    let mut config = Config::new().with_limits(asked.limits);
    config.deflate = asked.deflate;
    let uri = Uri::parse(&asked.url)?;
    let host = uri.host().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, uri.port()))?;
    stream.set_nodelay(true)?;
    let request = ClientRequest::new(uri);
    if uri.is_secure() {
        let connection = ClientConnection::new(asked.tls.client(None)?, ServerName::try_from(host.to_owned())?)?;
        echo(&mut client_with(request, over(connection, stream)?, config)?.0)?;
    } else {
        echo(&mut client_with(request, stream, config)?.0)?;
    }
    Ok(())
}

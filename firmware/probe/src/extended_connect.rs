//! The opening handshake in HTTP/2 and HTTP/3.

use crate::handshake::{Any, answered, options};
use crate::opaque::{bytes, entropy, fields, flag, sink, text, texts};
use upframe::connection::Settings;
use upframe::deflate::{DeflatePolicy, ServerDeflate};
use upframe::handshake::{
    Answer, ClientRequest, ConnectAnswer, ConnectFields, ConnectOutcome, ConnectRequest, ConnectRequestJudge,
    ConnectResponseJudge, Extensions, OriginPolicy, Origins, Uri,
};

#[inline(never)]
pub fn all() {
    serve(ConnectRequestJudge::new(options()));
    serve(ConnectRequestJudge::new(options().with_origins(OriginPolicy::same_host())));
    serve(ConnectRequestJudge::with_extension(options(), Any));
    let judge = ConnectRequestJudge::with_extension(options(), ServerDeflate::new(DeflatePolicy::new()));
    if let ConnectOutcome::Tunnel(tunnel) = judge.finish() {
        sink(judge.extension().agreed_in_tunnel(&tunnel));
    }
    let Ok(uri) = Uri::parse(text()) else { return };
    let request = ClientRequest::new(uri).with_subprotocols(texts()).with_origin(text()).with_fields(fields());
    if let Ok(request) = ConnectRequest::new(request) {
        ask(request);
    }
    if let Ok(request) = ConnectRequest::with_extension(request, Any) {
        ask(request);
    }
    respond(ConnectResponseJudge::new(texts()));
    respond(ConnectResponseJudge::with_extension(texts(), Any));
    sink(entropy(bytes()));
}

fn serve<X: Extensions, O: Origins>(mut judge: ConnectRequestJudge<'_, X, O>) {
    while flag() {
        judge.field(bytes(), bytes());
    }
    match judge.finish() {
        ConnectOutcome::Tunnel(tunnel) => {
            sink((tunnel.subprotocol(), tunnel.has_extension()));
            sink((tunnel.without_subprotocol(), tunnel.without_extension()));
            sink(judge.settings(&tunnel, Settings::new()));
            match judge.accept(&tunnel, Settings::new(), fields(), bytes()) {
                Ok((section, connection)) => {
                    sink(connection.state());
                    read(section);
                }
                Err(error) => sink(error),
            }
            if let Ok(section) = judge.fields(&tunnel, fields(), bytes()) {
                read(section);
            }
        }
        ConnectOutcome::Refusal(refusal) => {
            sink(refusal.connect_status());
            for field in refusal.connect_fields() {
                sink(field);
            }
        }
        ConnectOutcome::Malformed(problem) => sink(problem),
        ConnectOutcome::PlainHttp | ConnectOutcome::OtherProtocol => {}
    }
    sink(judge.extension());
}

fn ask<X: Extensions>(request: ConnectRequest<'_, X>) {
    match request.fields(bytes()) {
        Ok(section) => read(section),
        Err(error) => sink(error),
    }
    respond(request.into_judge());
}

fn respond<X: Extensions>(mut judge: ConnectResponseJudge<'_, X>) {
    while flag() {
        while flag() {
            judge.field(bytes(), bytes());
        }
        match judge.finish() {
            ConnectAnswer::Agreed(agreed) => answered(Answer::Agreed(agreed)),
            ConnectAnswer::Refused { status } => sink(status),
            ConnectAnswer::Interim => {}
            ConnectAnswer::Failed(failure) => sink(failure),
            ConnectAnswer::Malformed(problem) => sink(problem),
        }
    }
    sink(judge.extension());
}

fn read(section: ConnectFields<'_>) {
    for (name, value) in section {
        sink((name, value));
    }
}

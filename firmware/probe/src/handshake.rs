//! The opening handshake: both sides, and the rules alone.

use crate::opaque::{byte, bytes, entropy, fields, flag, reserved_bits, sink, text, texts, word};
use upframe::connection::Settings;
use upframe::frame::ReservedBits;
use upframe::handshake::{
    AcceptValue, Answer, Both, ClientHandshake, ClientRequest, Extension, ExtensionWriter, Extensions, Failure, Key,
    OriginPolicy, Origins, Outcome, Refusal, RequestJudge, ResponseJudge, ServerHandshake, ServerOptions, Upgrade, Uri,
    accept_key, write_extensions,
};
use upframe::http::{Head, HeadLimits, Method};

/// An extension that returns arbitrary values.
pub struct Any;

impl Extension for Any {
    fn begin(&mut self, name: &str) -> bool {
        sink(name);
        flag()
    }
    fn parameter(&mut self, name: &str, value: Option<&str>) {
        sink((name, value));
    }
    fn end(&mut self) -> bool {
        flag()
    }
    fn reserved_bits(&self) -> ReservedBits {
        reserved_bits()
    }
    fn write(&self, list: &mut ExtensionWriter<'_, '_>) {
        while flag() {
            list.element(text());
            list.parameter(text());
            list.parameter_with(text(), text(), flag());
            list.parameter_number(text(), word());
        }
    }
}

pub fn options() -> ServerOptions<'static> {
    let options = ServerOptions::new().with_subprotocols(texts()).with_limits(limits());
    options
}

fn limits() -> HeadLimits {
    HeadLimits::SMALL_DEVICE.with_bytes(word() as u32).with_fields(word() as u16)
}

#[inline(never)]
pub fn server() {
    if flag() { serve(ServerHandshake::new(options())) } else { serve(ServerHandshake::with_extension(options(), Any)) }
}

fn serve<X: Extensions, O: Origins>(mut handshake: ServerHandshake<'_, X, O>) {
    while flag() {
        let mut head = Head::wanting(texts(), bytes());
        let (mut input, mut shared) = (bytes(), &*bytes());
        let outcome = match byte() {
            0 => handshake.receive(&mut input),
            1 => handshake.receive(&mut shared),
            2 => handshake.receive_with(&mut shared, |span| head.push(span)),
            _ => handshake.receive_with(&mut input, |span| head.push(span)),
        };
        sink((handshake.is_begun(), handshake.method() == Method::HEAD));
        match handshake.receive_request_line(&mut shared, |span| head.push(span)) {
            Some(Ok(mut line)) => sink(core::ptr::from_ref(line.extension_mut())),
            Some(Err(refusal)) => sink(refusal),
            None => {}
        }
        if let Some(Outcome::Upgrade(upgrade)) = &outcome {
            let accepted = if flag() {
                handshake.accept(upgrade, Settings::new(), fields(), bytes())
            } else {
                handshake.accept_with(&accept_value(upgrade.key()), upgrade, Settings::new(), fields(), bytes())
            };
            let settings = handshake.settings(upgrade, Settings::new());
            sink((settings.reserved_bits(), settings.is_pong_automatic(), settings.is_unmasked_trusted()));
            sink(settings.limits().message);
            sink(handshake.write_response(&accept_value(upgrade.key()), upgrade, fields(), bytes()));
            match accepted {
                Ok((response, connection)) => sink((response.len(), connection.state())),
                Err(error) => sink(error),
            }
        }
        judged(outcome);
    }
    sink(handshake.extension());
}

fn judged(outcome: Option<Outcome<'_>>) {
    match outcome {
        None => {}
        Some(Outcome::Upgrade(upgrade)) => upgraded(upgrade),
        Some(Outcome::PlainHttp(ordinary)) => {
            sink((ordinary.has_body(), ordinary.body(), ordinary.may_keep_alive()));
            sink(Refusal::UpgradeRequired.write(ordinary.method(), bytes()));
            sink(Refusal::UpgradeRequired.write_without_body(bytes()));
        }
        Some(Outcome::Refusal(refusal)) => {
            sink((refusal.status(), refusal.reason(), refusal.body()));
            for field in refusal.fields() {
                sink(field);
            }
            sink(refusal.write(Method::of(bytes()), bytes()));
        }
    }
}

fn upgraded(upgrade: Upgrade<'_>) {
    sink((upgrade.subprotocol(), upgrade.without_subprotocol(), upgrade.without_extension()));
    sink(upgrade.accept_value().as_str());
}

#[inline(never)]
pub fn client() {
    let uri = match Uri::parse(text()) {
        Ok(uri) => uri,
        Err(error) => return sink(error),
    };
    sink((uri.is_secure(), uri.host(), uri.port(), uri.resource()));
    let request = ClientRequest::new(uri)
        .with_subprotocols(texts())
        .with_origin(text())
        .with_fields(fields())
        .with_limits(limits());
    let mut entropy = entropy;
    if flag() {
        if let Ok(handshake) = ClientHandshake::new(request, &mut entropy) {
            ask(handshake);
        }
    } else if flag() {
        if let Ok(handshake) = ClientHandshake::with_extension(request, Any, &mut entropy) {
            ask(handshake);
        }
    } else if flag() {
        if let Ok(handshake) = ClientHandshake::with_key(request, Both::new(Any, Any), key(), &accept_value(&key())) {
            ask(handshake);
        }
    } else if let Ok(handshake) = ClientHandshake::with_key(request, Any, key(), &accept_value(&key())) {
        ask(handshake);
    }
}

fn ask<X: Extensions>(mut handshake: ClientHandshake<'_, X>) {
    sink(handshake.write_request(bytes()));
    if let Ok(parts) = handshake.request_parts(bytes()) {
        sink((parts.method(), parts.target()));
        for field in parts.fields() {
            sink(field);
        }
    }
    while flag() {
        let mut head = Head::new(bytes());
        let (mut input, mut shared) = (bytes(), &*bytes());
        let answer = match byte() {
            0 => handshake.receive(&mut input),
            1 => handshake.receive(&mut shared),
            2 => handshake.receive_with(&mut shared, |span| head.push(span)),
            _ => handshake.receive_with(&mut input, |span| head.push(span)),
        };
        if let Some(answer) = answer {
            answered(answer);
        }
        sink((handshake.is_begun(), handshake.key().as_str()));
    }
    sink(handshake.extension());
    response(handshake.into_judge());
}

pub fn answered(answer: Answer<'_>) {
    match answer {
        Answer::Agreed(agreed) => {
            sink((agreed.subprotocol(), agreed.settings(Settings::new()).reserved_bits()));
            sink(agreed.connect(entropy, Settings::new()).state());
        }
        Answer::Refused { status, body } => sink((status, body)),
        Answer::Failed(Failure::Head(error)) => sink((error.violation, error.offset)),
        Answer::Failed(failure) => sink(failure),
    }
}

#[inline(never)]
pub fn rules() {
    sink(write_extensions(&Any, bytes()));
    match OriginPolicy::list(texts()) {
        Ok(policy) => policed(policy),
        Err(error) => sink((error.entry, error.problem)),
    }
    let both = Both::new(Any, Any);
    sink((both.first().is_some(), both.second().is_some(), both.is_swapped()));
    serve(ServerHandshake::with_extension(options(), both));
    let mut handshake = ServerHandshake::new(options());
    if let Some(Ok(mut line)) = handshake.receive_request_line(&mut bytes(), |_| {}) {
        line.set_options(options());
    }
    policed(if flag() { OriginPolicy::any() } else { OriginPolicy::same_host() });
    if let Ok(value) = accept_key(text()) {
        sink(value.as_str());
    }
    let key = key();
    sink((key.as_str(), key.accept_value().as_str()));

    if flag() {
        request(RequestJudge::new(options()))
    } else {
        request(RequestJudge::with_extension(options(), Any))
    }
    if flag() {
        response(ResponseJudge::new(&key, texts()))
    } else if flag() {
        response(ResponseJudge::with_accept(&accept_value(&key), texts(), Any))
    } else {
        response(ResponseJudge::with_extension(&key, texts(), Any))
    }
}

fn key() -> Key {
    let mut nonce = [0; 16];
    nonce.fill(byte());
    Key::parse(bytes()).unwrap_or(Key::new(nonce))
}

/// The accept value as a machine with SHA-1 computes it.
fn accept_value(key: &Key) -> AcceptValue {
    sink(&key.sha1_input()[..]);
    let mut digest = [0; 20];
    digest.fill(byte());
    AcceptValue::from_sha1(digest)
}

fn policed(policy: OriginPolicy) {
    let policy = if flag() { policy.or_same_host() } else { policy.required() };
    sink(policy.allows(flag().then(text), flag().then(text)));
    serve(ServerHandshake::new(options().with_origins(policy)));
    request(RequestJudge::new(options().with_origins(policy)));
}

fn request<X: Extensions, O: Origins>(mut judge: RequestJudge<'_, X, O>) {
    judge.request_line(bytes(), bytes(), byte());
    while flag() {
        judge.field(bytes(), bytes());
    }
    let outcome = judge.finish();
    if let Outcome::Upgrade(upgrade) = &outcome {
        sink((judge.settings(upgrade, Settings::new()), judge.write_extensions(upgrade, bytes())));
    }
    sink(judge.extension());
    judged(Some(outcome));
}

fn response<X: Extensions>(mut judge: ResponseJudge<'_, X>) {
    while flag() {
        judge.field(bytes(), bytes());
    }
    sink(judge.extension());
    answered(judge.finish(word() as u16, byte()));
}

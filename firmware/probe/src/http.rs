//! Heads and responses of HTTP.

use crate::opaque::{bytes, fields, flag, sink, text, texts, word};
use upframe::http::{Head, HeadLimits, HeadReader, Method, Response, Span};

#[inline(never)]
pub fn all() {
    let limits = HeadLimits::DEFAULT.with_bytes(word() as u32).with_fields(word() as u16);
    head(if flag() { HeadReader::request(limits) } else { HeadReader::response(limits) });
    let response =
        Response::new(word() as u16, text()).with_fields(fields()).with_body(bytes()).with_keep_alive(flag());
    sink(response.write(Method::of(bytes()), bytes()));
    sink(response.write_head(bytes()));
}

fn head(mut reader: HeadReader) {
    let mut head = if flag() { Head::new(bytes()) } else { Head::wanting(texts(), bytes()) };
    while flag() {
        let (mut input, mut shared) = (bytes(), &*bytes());
        sink((reader.read_field(&mut input), reader.read_field(&mut shared)));
        while let Some(span) = if flag() { reader.read(&mut input) } else { reader.read(&mut shared) } {
            head.push(&span);
            match span {
                Span::Failed(error) => sink((error.violation.status(), error.offset)),
                span => sink(span),
            }
        }
        sink((reader.taken(), reader.is_at_start()));
        if flag() {
            reader.read_next();
        }
    }
    sink((head.method(), head.target(), head.path(), head.host(), head.status(), head.reason()));
    sink((head.field(text()), head.left_out()));
    if let Ok(values) = head.values(text()) {
        values.for_each(sink);
    }
    if let Ok(fields) = head.fields() {
        fields.for_each(sink);
    }
    for field in head.kept() {
        sink(field);
    }
    head.clear();
}

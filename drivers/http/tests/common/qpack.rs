//! Field sections without a dynamic table (RFC 9204): all that there is between ends that have not allowed one.

use httlib_huffman::{DecoderSpeed, decode};

/// Names and values, in order.
pub type Section = Vec<(Vec<u8>, Vec<u8>)>;

/// Writes a field section: each field is a literal with a literal name, without Huffman code (RFC 9204 §4.5.6).
pub fn write<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut out = vec![0, 0];
    for (name, value) in pairs {
        put_integer(0x20, 3, name.len(), &mut out);
        out.extend_from_slice(name);
        put_integer(0, 7, value.len(), &mut out);
        out.extend_from_slice(value);
    }
    out
}

/// Reads a field section. `None`: it is malformed, or needs a dynamic table.
pub fn read(section: &[u8]) -> Option<Section> {
    let rest = &mut &section[..];
    // the required insert count, and the base, which is that of an empty table
    if integer(8, rest)? != 0 {
        return None;
    }
    integer(7, rest)?;
    let mut fields = Section::new();
    while let Some(first) = rest.first() {
        let field = match first >> 4 {
            // an entry of the static table (§4.5.2)
            0b1100..=0b1111 => {
                let (name, value) = *TABLE.get(integer(6, rest)?)?;
                (name.into(), value.into())
            }
            // the name of one (§4.5.4)
            0b0101 | 0b0111 => (TABLE.get(integer(4, rest)?)?.0.into(), text(7, rest)?),
            // a literal name (§4.5.6)
            0b0010 | 0b0011 => (text(3, rest)?, text(7, rest)?),
            _ => return None,
        };
        fields.push(field);
    }
    Some(fields)
}

/// RFC 9204 §4.1.2: the bit before the length tells whether the text is Huffman-coded.
fn text(bits: u32, rest: &mut &[u8]) -> Option<Vec<u8>> {
    let coded = rest.first()? & (1 << bits) != 0;
    let len = integer(bits, rest)?;
    let (text, after) = rest.split_at_checked(len)?;
    *rest = after;
    if !coded {
        return Some(text.to_vec());
    }
    let mut plain = Vec::new();
    decode(text, &mut plain, DecoderSpeed::FourBits).ok()?;
    Some(plain)
}

/// RFC 7541 §5.1, which RFC 9204 takes over, up to 2^28.
fn integer(bits: u32, rest: &mut &[u8]) -> Option<usize> {
    let most = (1 << bits) - 1;
    let (first, after) = rest.split_first()?;
    *rest = after;
    let mut number = usize::from(*first) & most;
    if number < most {
        return Some(number);
    }
    for shift in [0, 7, 14, 21] {
        let (next, after) = rest.split_first()?;
        *rest = after;
        number += usize::from(next & 0x7F) << shift;
        if next & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn put_integer(flags: u8, bits: u32, value: usize, out: &mut Vec<u8>) {
    let most = (1_usize << bits) - 1;
    if value < most {
        return out.push(flags | value as u8);
    }
    out.push(flags | most as u8);
    let mut rest = value - most;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// RFC 9204, appendix A.
static TABLE: [(&str, &str); 99] = [
    (":authority", ""),
    (":path", "/"),
    ("age", "0"),
    ("content-disposition", ""),
    ("content-length", "0"),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("referer", ""),
    ("set-cookie", ""),
    (":method", "CONNECT"),
    (":method", "DELETE"),
    (":method", "GET"),
    (":method", "HEAD"),
    (":method", "OPTIONS"),
    (":method", "POST"),
    (":method", "PUT"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "103"),
    (":status", "200"),
    (":status", "304"),
    (":status", "404"),
    (":status", "503"),
    ("accept", "*/*"),
    ("accept", "application/dns-message"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-ranges", "bytes"),
    ("access-control-allow-headers", "cache-control"),
    ("access-control-allow-headers", "content-type"),
    ("access-control-allow-origin", "*"),
    ("cache-control", "max-age=0"),
    ("cache-control", "max-age=2592000"),
    ("cache-control", "max-age=604800"),
    ("cache-control", "no-cache"),
    ("cache-control", "no-store"),
    ("cache-control", "public, max-age=31536000"),
    ("content-encoding", "br"),
    ("content-encoding", "gzip"),
    ("content-type", "application/dns-message"),
    ("content-type", "application/javascript"),
    ("content-type", "application/json"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "image/gif"),
    ("content-type", "image/jpeg"),
    ("content-type", "image/png"),
    ("content-type", "text/css"),
    ("content-type", "text/html; charset=utf-8"),
    ("content-type", "text/plain"),
    ("content-type", "text/plain;charset=utf-8"),
    ("range", "bytes=0-"),
    ("strict-transport-security", "max-age=31536000"),
    ("strict-transport-security", "max-age=31536000; includesubdomains"),
    ("strict-transport-security", "max-age=31536000; includesubdomains; preload"),
    ("vary", "accept-encoding"),
    ("vary", "origin"),
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "1; mode=block"),
    (":status", "100"),
    (":status", "204"),
    (":status", "206"),
    (":status", "302"),
    (":status", "400"),
    (":status", "403"),
    (":status", "421"),
    (":status", "425"),
    (":status", "500"),
    ("accept-language", ""),
    ("access-control-allow-credentials", "FALSE"),
    ("access-control-allow-credentials", "TRUE"),
    ("access-control-allow-headers", "*"),
    ("access-control-allow-methods", "get"),
    ("access-control-allow-methods", "get, post, options"),
    ("access-control-allow-methods", "options"),
    ("access-control-expose-headers", "content-length"),
    ("access-control-request-headers", "content-type"),
    ("access-control-request-method", "get"),
    ("access-control-request-method", "post"),
    ("alt-svc", "clear"),
    ("authorization", ""),
    ("content-security-policy", "script-src 'none'; object-src 'none'; base-uri 'none'"),
    ("early-data", "1"),
    ("expect-ct", ""),
    ("forwarded", ""),
    ("if-range", ""),
    ("origin", ""),
    ("purpose", "prefetch"),
    ("server", ""),
    ("timing-allow-origin", "*"),
    ("upgrade-insecure-requests", "1"),
    ("user-agent", ""),
    ("x-forwarded-for", ""),
    ("x-frame-options", "deny"),
    ("x-frame-options", "sameorigin"),
];

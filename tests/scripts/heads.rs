//! Heads of requests and responses: valid ones in which a field may be odd, and heads with changed bytes.

use super::super::twin::digest::{accept_value, base64};
use super::{Result, Unstructured, mutate, once_in, pick, sizes};

/// A head, the end that reads it, and how it is cut.
#[derive(Clone, Debug)]
pub struct Case {
    pub server: bool,
    pub nonce: [u8; 16],
    pub subprotocols: &'static [&'static str],
    pub origins: Option<Policy>,
    /// The limits of bytes and of fields of a head.
    pub limits: (u32, u16),
    pub wire: Vec<u8>,
    pub sizes: [usize; 3],
}

const SUBPROTOCOLS: [&[&str]; 4] = [&[], &["chat"], &["superchat", "chat"], &["v2.chat", "mqtt", "Chat"]];
/// A list of origins, whether pages of the host of the request may connect, and whether an origin is required.
pub type Policy = (&'static [&'static str], bool, bool);

const ORIGINS: [Option<Policy>; 7] = [
    None,
    None,
    Some((&[], false, false)),
    Some((&["http://a"], false, false)),
    Some((&["https://b", "HTTP://a:80"], false, false)),
    Some((&[], true, false)),
    Some((&["https://b:443"], true, true)),
];

pub fn case(u: &mut Unstructured) -> Result<Case> {
    let server = u.arbitrary()?;
    let nonce = u.arbitrary()?;
    let limits = match u.int_in_range(0..=9)? {
        0 => (u.int_in_range(0..=500)?, 128),
        1 => (32 << 10, u.int_in_range(0..=12)?),
        _ => (32 << 10, 128),
    };
    let (subprotocols, origins) = (pick(u, &SUBPROTOCOLS)?, pick(u, &ORIGINS)?);
    let mut wire = if server { request(u, nonce)? } else { responses(u, nonce)? };
    mutate(u, &mut wire)?;
    let sizes = sizes(u)?;
    match u.int_in_range(0..=15)? {
        0 | 1 => wire.extend(u.bytes(u.len())?),
        2 => wire = u.bytes(u.len())?.to_vec(),
        3..=10 => wire.extend(b"\x81\x00 what follows"),
        _ => {}
    }
    Ok(Case { server, nonce, subprotocols, origins, limits, wire, sizes })
}

fn request(u: &mut Unstructured, nonce: [u8; 16]) -> Result<Vec<u8>> {
    let mut head = Head::default();
    let empty = odd(u, "", &["\r\n", "\r\n\r\n", "\n", "\r", " "])?;
    let method = odd(u, "GET", &["POST", "HEAD", "get", "GE", "GETT", "", "G ET", "OPTIONS", "G\u{c9}T"])?;
    let target = odd(
        u,
        "/chat",
        &[
            "/",
            "/a?b=c%20",
            "http://h/p",
            "HTTPS://h",
            "ws://h/",
            "wss://[::1]:8/",
            "http://",
            "http:///p",
            "ws://?q",
            "*",
            "h:443",
            "chat",
            "/a#b",
            "/a b",
            "/\u{e9}",
            "",
            "ftp://h/",
            "http://:8080/x",
            "http://@/",
            "http://u:p@h/",
            "http://h:abc/",
            "http://h:65535/x",
            "http://h:65536",
            "http://]/",
            "http://[::1]x/",
            "https://[v1.x]?q",
            "ws:8",
            "httpx:80",
            "h:0",
            "[::1]:443",
            "foo/bar",
            "http://a%zz/",
            "http:/h",
            "//",
            "/\u{1}",
        ],
    )?;
    let version = odd(
        u,
        "HTTP/1.1",
        &[
            "HTTP/1.0",
            "HTTP/1.0",
            "HTTP/1.0",
            "HTTP/1.2",
            "HTTP/1.9",
            "HTTP/2.0",
            "HTTP/0.9",
            "http/1.1",
            "HTTP/1.10",
            "HTTP/1",
            "HTTP/1.x",
            "",
        ],
    )?;
    head.line(u, &format!("{empty}{method} {target} {version}"))?;

    let host = [
        "",
        "a b",
        "a/b",
        "a:8080",
        "[::1]:80",
        "a@b",
        "%41",
        "a_b!",
        "\u{e9}",
        "a\t",
        "a,b",
        "a#b",
        "a\"b",
        "localhost:",
        "localhost:es",
        "localhost:()",
        "h:-1",
        "a:80:80",
        "h:65535",
        "h:65536",
        "h:99999",
        "::1",
        "[::1",
        "]",
        "[]",
        "[g]",
        "[::1]x",
        "%",
        "a%zz",
        "a%00",
        "%0",
        "[fe80::1%25eth0]",
        "[v1.x]",
        "[v.x]",
        "[v1.]",
        "[1:2:3:4:5:6:7:8]",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7::]",
        "[1:2:3:4:5:6:7:8::]",
        "[1::2::3]",
        "[::12345]",
        "[::ffff:1.2.3.4]:1",
        "[::1.2.3.256]",
        "[::1.2.3]",
        "[::01.2.3.4]",
        "[1:2:3:4:5:6:7:1.2.3.4]",
        ":80",
        "a:\t",
        "a :80",
        "a/",
        "a?",
    ];
    head.field(u, "Host", "server.example.com", &host, 5)?;
    // an ordinary request, whose body counts
    let ordinary = once_in(u, 12)?;
    if !ordinary {
        head.field(
            u,
            "Upgrade",
            "websocket",
            &[
                "WebSocket",
                "h2c, websocket",
                "websocket/13",
                "websockets",
                "web socket",
                ",websocket,",
                "\"websocket\"",
                "",
                "h2c",
                "websocket;q=1",
                "a b, websocket",
                "websocket x",
            ],
            16,
        )?;
    }
    let connection = [
        "keep-alive, Upgrade",
        "upgrade",
        "keep-alive",
        "close, upgrade",
        "close",
        "not-upgradeable",
        "upgrade;x",
        "x y, upgrade",
        ",,\tUPGRADE\t,",
        "Upgrade upgrade",
        "",
        "\"upgrade\"",
        "up\u{e9}, upgrade",
    ];
    head.field(u, "Connection", "Upgrade", &connection, 16)?;
    let key = base64(&nonce);
    let cut = &key[1..];
    let longer = format!("A{key}");
    let keys = [
        "",
        cut,
        &longer,
        "dGhlIHNhbXBsZSBub25jZR==",
        "dGhlIHNhbXBsZSBub25jZQ=A",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25j-Q==",
        "dGhlIHNhbXBs ZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ==,",
        "dGhlIHNhbXBsZSBub25jZWA=",
    ];
    head.field(u, "Sec-WebSocket-Key", &key, &keys, 16)?;
    let versions = [
        "8", "13, 8", "013", "8,13", "13,13", "13,", ",13", "", "1 3", "13 8", "13a", "-13", "0x0D", "130", "1",
        "13 , 7 ", "13,,8", "+13",
    ];
    head.field(u, "Sec-WebSocket-Version", "13", &versions, 8)?;
    if once_in(u, 2)? {
        let list = list(u, &["chat", "superchat", "v2.chat", "mqtt", "Chat", "soap", "cha", "chatt", "p0", "p1"])?;
        head.field(
            u,
            "Sec-WebSocket-Protocol",
            &list,
            &[
                "",
                ",",
                "chat, chat",
                "chat;x",
                "a b",
                "\"chat\"",
                "ch\u{e4}t",
                "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p",
                "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
                "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,q",
                "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,a",
            ],
            3,
        )?;
    }
    extensions(u, &mut head, 3)?;
    if once_in(u, 3)? {
        head.field(
            u,
            "Origin",
            "http://a",
            &[
                "https://b",
                "HTTP://A",
                "http://a.evil",
                "http://",
                "null",
                "",
                "http://a b",
                "http://a, http://a",
                "http://\u{e4}",
            ],
            4,
        )?;
    }
    if once_in(u, if ordinary { 2 } else { 6 })? {
        let odd = ["1", "00", "", "0 0", "-0", "+0", "0,0", "0x0", " ", "10"];
        let large = ["18446744073709551615", "18446744073709551616", "5, 5", "99999999999999999999"];
        head.field(u, "Content-Length", "0", &[&odd[..], &large].concat(), 2)?;
    }
    if once_in(u, if ordinary { 3 } else { 24 })? {
        head.field(u, "Transfer-Encoding", "chunked", &["identity", "", "CHUNKED", "gzip, chunked", "chunked,"], 2)?;
    }
    head.others(u)?;
    head.whole(u)
}

fn responses(u: &mut Unstructured, nonce: [u8; 16]) -> Result<Vec<u8>> {
    let mut wire = vec![];
    while once_in(u, 6)? {
        let mut head = Head::default();
        let line = odd(
            u,
            "HTTP/1.1 100 Continue",
            &["HTTP/1.1 103 Early Hints", "HTTP/1.0 102", "HTTP/1.1 199 \u{e9}", "HTTP/1.1 100"],
        )?;
        head.line(u, line)?;
        head.others(u)?;
        wire.extend(head.whole(u)?);
    }
    let mut head = Head::default();
    let odd_lines = [
        "HTTP/1.1 101",
        "HTTP/1.1 101 ",
        "HTTP/1.0 101 x",
        "HTTP/1.0 101 x",
        "HTTP/1.0 101 x",
        "HTTP/1.2 101 x",
        "HTTP/1.1 200 OK",
        "HTTP/1.1 302 Found",
        "HTTP/1.0 503 no",
        "HTTP/1.1 426 Upgrade Required",
        "HTTP/2.0 101 x",
        "HTTP/1.1 1011",
        "HTTP/1.1 10",
        "HTTP/1.1 099",
        "HTTP/1.1  101",
        "ICY 101",
        "HTTP/1.1 101 a\0",
        "HTTP/1.1\t101",
        "HTTP/1.1 999 x",
    ];
    // another status, with a body
    let refused = once_in(u, 12)?;
    let usual = if refused { "HTTP/1.1 401 Unauthorized" } else { "HTTP/1.1 101 Switching Protocols" };
    let line = odd(u, usual, &odd_lines)?;
    head.line(u, line)?;
    head.field(
        u,
        "Upgrade",
        "websocket",
        &["WebSocket", "h2c, websocket", "websocket,", "websockets", "web socket", "", "websocket/13"],
        16,
    )?;
    head.field(
        u,
        "Connection",
        "Upgrade",
        &["keep-alive, Upgrade", "upgrade,", "keep-alive", "close", "not-upgradeable", "", "upgrade;x", "x y, upgrade"],
        16,
    )?;
    let accept = accept_value(&base64(&nonce));
    let (cut, longer, lower) = (&accept[..27], format!("{accept}A"), accept.to_lowercase());
    let twice = format!("{accept}, {accept}");
    let last = format!("{cut}A");
    let other = format!("{}{}", if accept.starts_with('A') { 'B' } else { 'A' }, &accept[1..]);
    let accepts = [cut, &longer, &lower, &twice, &last, &other, "", "a b", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="];
    head.field(u, "Sec-WebSocket-Accept", &accept, &accepts, 12)?;
    if once_in(u, 2)? {
        let one = pick(u, &["chat", "superchat", "Chat", "mqtt", "v2.chat"])?;
        head.field(
            u,
            "Sec-WebSocket-Protocol",
            one,
            &["", "chat, superchat", "CHAT", "cha", "chatt", "\"chat\"", "chat,", "ch at"],
            6,
        )?;
    }
    extensions(u, &mut head, 5)?;
    if once_in(u, if refused { 2 } else { 8 })? {
        head.field(u, "Content-Length", "10", &["", "x", "0", "18446744073709551616", "10, 10"], 2)?;
        if once_in(u, 3)? {
            head.field(u, "Transfer-Encoding", "chunked", &["identity", ""], 2)?;
        }
    }
    head.others(u)?;
    wire.extend(head.whole(u)?);
    Ok(wire)
}

fn extensions(u: &mut Unstructured, head: &mut Head, one_in: u32) -> Result<()> {
    if !once_in(u, one_in)? {
        return Ok(());
    }
    let mut value = String::new();
    for i in 0..u.int_in_range(0..=3)? {
        value += if i == 0 { "" } else { pick(u, &[",", ", ", " ,", ",,", " "])? };
        value += pick(u, &["permessage-deflate", "permessage-deflate", "x", "x", "", "a b"])?;
        for _ in 0..u.int_in_range(0..=2)?.min(u.int_in_range(0..=2)?) {
            value += pick(u, &[";", "; ", " ;\t", ";;"])?;
            value += pick(u, &["a", "client_max_window_bits", "", "a b"])?;
            value += pick(
                u,
                &[
                    "",
                    "=1",
                    "=\"15\"",
                    " = x",
                    "=",
                    "=\"\"",
                    "=\"a b\"",
                    "=\"a,b\"",
                    "=\"a;b\"",
                    "=\"\\1\\5\"",
                    "=\"a\\\"\"",
                    "=\"a",
                    "=a\"b\"",
                    "=\"a\"b",
                    "==1",
                    "=\"\\",
                    "=\"a\" ",
                ],
            )?;
        }
    }
    head.lines.push(format!("Sec-WebSocket-Extensions: {value}"));
    Ok(())
}

/// A comma-separated list, mostly valid.
fn list(u: &mut Unstructured, tokens: &[&str]) -> Result<String> {
    let mut list = String::new();
    for i in 0..u.int_in_range(1..=5)? {
        list += if i == 0 { "" } else { pick(u, &[", ", ",", " ,\t", ", , "])? };
        list += pick(u, tokens)?;
    }
    Ok(list)
}

/// Returns `good`, or one of the others in one of ten cases.
fn odd<'s>(u: &mut Unstructured, good: &'s str, others: &[&'s str]) -> Result<&'s str> {
    if once_in(u, 10)? { pick(u, others) } else { Ok(good) }
}

/// The lines of a head.
#[derive(Default)]
struct Head {
    start: String,
    lines: Vec<String>,
}

impl Head {
    fn line(&mut self, _: &mut Unstructured, line: &str) -> Result<()> {
        self.start = line.into();
        Ok(())
    }

    /// Adds a field. In one of `one_in` cases it is missing, duplicated, in two lines, or has another value.
    fn field(&mut self, u: &mut Unstructured, name: &str, good: &str, others: &[&str], one_in: u32) -> Result<()> {
        let name = match u.int_in_range(0..=3)? {
            0 => name.to_lowercase(),
            1 => name.to_uppercase(),
            _ => name.into(),
        };
        let mut add = |value: &str, space: &str| self.lines.push(format!("{name}:{space}{value}"));
        if !once_in(u, one_in)? {
            add(good, " ");
            return Ok(());
        }
        match u.int_in_range(0..=7)? {
            0 => {}
            1 => (add(good, ""), add(good, " ")).1,
            2 => (add(good, " "), add(pick(u, others)?, " ")).1,
            3 => (add(pick(u, others)?, " "), add(good, " ")).1,
            4 => add(&format!("{good} \t"), "\t "),
            _ => add(pick(u, others)?, " "),
        }
        Ok(())
    }

    /// Adds fields that were not asked for, and lines that are not valid fields.
    fn others(&mut self, u: &mut Unstructured) -> Result<()> {
        for _ in 0..u.int_in_range(0..=3)? {
            let line = pick(
                u,
                &[
                    "Cookie: a=b; c=d",
                    "User-Agent: x",
                    "Expect: 100-continue",
                    "X:",
                    "Sec-WebSocket-Keys: a",
                    "Hosts: b",
                ],
            )?;
            self.lines.push(line.into());
        }
        if once_in(u, 16)? {
            let line = pick(
                u,
                &[
                    "no colon",
                    " folded",
                    "\tfolded: a",
                    "A : b",
                    ": b",
                    "A\u{e9}: b",
                    "A: b\0",
                    "A: b\u{7F}",
                    "A: b\rc",
                    "A: b\nB: c",
                    "(A): b",
                ],
            )?;
            self.lines.push(line.into());
        }
        Ok(())
    }

    /// Returns the lines in any order, followed by the empty line.
    fn whole(mut self, u: &mut Unstructured) -> Result<Vec<u8>> {
        if !self.lines.is_empty() {
            let first = u.choose_index(self.lines.len())?;
            self.lines.rotate_left(first);
        }
        let end = odd(u, "\r\n", &["\n", "\r", "\r\r\n"])?;
        let lines = self.lines.join("\r\n");
        let between = if lines.is_empty() { "" } else { "\r\n" };
        Ok(format!("{}\r\n{lines}{between}{end}", self.start).into_bytes())
    }
}

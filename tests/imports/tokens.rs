//! Rust code as names and punctuation, without comments, texts and unit tests.

/// The names, numbers and signs of a text. `::` is one sign.
pub fn tokens(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (vec![], text);
    while let Some(first) = rest.chars().next() {
        let len = match first {
            _ if first.is_whitespace() => first.len_utf8(),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, '"'),
            '\'' => match character(rest) {
                Some(len) => len,
                // a lifetime
                None => 1 + name(&rest[1..]),
            },
            _ if first.is_alphanumeric() || first == '_' => {
                let len = name(rest);
                let behind = &rest[len..];
                match &rest[..len] {
                    "r" | "br" | "cr" if behind.starts_with(['"', '#']) && raw(behind).is_some() => {
                        len + raw(behind).unwrap_or_default()
                    }
                    "b" | "c" if behind.starts_with('"') => len + quoted(behind, '"'),
                    "b" if behind.starts_with('\'') => len + quoted(behind, '\''),
                    token => {
                        found.push(token);
                        len
                    }
                }
            }
            _ => {
                let len = if rest.starts_with("::") { 2 } else { first.len_utf8() };
                found.push(&rest[..len]);
                len
            }
        };
        rest = &rest[len..];
    }
    found
}

fn name(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The length of a text or character between quotes, in which `\` escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = true; // the first quote does not end it
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// The length of a character literal. `None`: a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut inside = text[1..].char_indices();
    let (_, first) = inside.next()?;
    let (end, second) = inside.next()?;
    if first == '\\' { Some(quoted(text, '\'')) } else { (second == '\'').then_some(end + 2) }
}

/// The length of `"…"` with any number of `#` around it.
fn raw(text: &str) -> Option<usize> {
    let hashes = text.find(|c| c != '#')?;
    text[hashes..].starts_with('"').then_some(())?;
    let end = format!("\"{}", &text[..hashes]);
    text[hashes + 1..].find(&end).map(|at| hashes + 1 + at + end.len())
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        match rest {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// Without all items below `#[cfg(test)]`.
pub fn without_tests(tokens: Vec<&str>) -> Vec<&str> {
    let (mut kept, mut rest) = (vec![], &tokens[..]);
    while let [first, more @ ..] = rest {
        if let ["#", "[", "cfg", "(", "test", ")", "]", item @ ..] = rest {
            rest = &item[item_len(item)..];
        } else {
            kept.push(*first);
            rest = more;
        }
    }
    kept
}

/// How many tokens an item has: up to its semicolon or the end of its block.
fn item_len(tokens: &[&str]) -> usize {
    let (mut depth, mut is_block) = (0_usize, false);
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_block |= *token == "{" && depth == 1;
        if depth == 0 && (*token == ";" || is_block && *token == "}") {
            // the semicolon of a `use` with a group
            return at + 1 + usize::from(*token == "}" && tokens.get(at + 1) == Some(&";"));
        }
    }
    tokens.len()
}

#[test]
fn comments_texts_and_lifetimes_are_left_out() {
    let text = "fn f<'a>() { b'}'; '{'; '\\''; \"{ \\\" {\"; r#\"{\"{\"#; b\"{\"; /* { /* { */ { */ x::y } // {\n";
    assert_eq!(tokens(text).concat(), "fnf<>(){;;;;;;x::y}");
}

#[test]
fn unit_tests_are_left_out() {
    let text = "a(); #[cfg(test)] use x::{y, z}; #[cfg(test)]\nmod tests { fn f() { {} } } b(); #[cfg(test)] #[macro_use] extern crate std; c";
    assert_eq!(without_tests(tokens(text)).concat(), "a();b();c");
}

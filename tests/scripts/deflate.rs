//! DEFLATE that no compressor makes: blocks that are well formed, mostly.

/// Where choices come from: bytes of a fuzzer, or a generator.
pub trait Choices {
    /// Returns a number below `n`, and 0 if `n` is 0 or the choices have run out.
    fn below(&mut self, n: usize) -> usize;

    fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// Returns `true` in one of `n` cases, and `false` if the choices have run out.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) + 1 == n
    }
}

/// Bits, from the lowest of each byte up.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    bytes: Vec<u8>,
    /// How many bits of the last byte are used; 0: all.
    used: u32,
}

impl Bits {
    /// Adds the lowest `n` bits.
    pub fn put(&mut self, value: u64, n: u32) {
        for bit in 0..n {
            if self.used == 0 {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> bit & 1) as u8) << self.used;
            self.used = (self.used + 1) % 8;
        }
    }

    /// Adds a code, whose bits come from the highest down.
    pub fn put_code(&mut self, (code, len): (u64, u32)) {
        for bit in (0..len).rev() {
            self.put(code >> bit, 1);
        }
    }

    fn put_any<C: Choices>(&mut self, choices: &mut C, n: u32) {
        let value = choices.below(1 << n);
        self.put(value as u64, n);
    }

    pub fn align(&mut self) {
        self.used = 0;
    }

    pub fn put_bytes(&mut self, bytes: &[u8]) {
        assert_eq!(self.used, 0);
        self.bytes.extend(bytes);
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Returns the codes of these lengths, as code and length by symbol (RFC 1951 §3.2.2).
pub fn codes(lens: &[u8]) -> Vec<(u64, u32)> {
    let (mut codes, mut code) = (vec![(0, 0); lens.len()], 0);
    for len in 1..=15 {
        code <<= 1;
        for (of, found) in lens.iter().zip(&mut codes) {
            if *of == len {
                *found = (code, u32::from(len));
                code += 1;
            }
        }
    }
    codes
}

/// The order of the lengths of the codes for code lengths.
pub const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

fn length_extra(symbol: usize) -> u32 {
    match symbol {
        265..=284 => (symbol as u32 - 261) / 4,
        _ => 0,
    }
}

fn distance_extra(symbol: usize) -> u32 {
    (symbol as u32 / 2).saturating_sub(1).min(13)
}

/// The largest distance symbol that `made` bytes have room for, whatever its extra bits are.
fn reach(made: usize) -> usize {
    let nearest = |symbol: usize| match symbol {
        0..=3 => symbol + 1,
        _ => ((2 + symbol % 2) << (symbol / 2 - 1)) + 1,
    };
    (0..30).rev().find(|symbol| nearest(symbol + 1) <= made + 1).unwrap_or_default()
}

/// Makes a message after `history` bytes.
pub fn message<C: Choices>(choices: &mut C, history: usize) -> Vec<u8> {
    let (mut bits, mut made) = (Bits::default(), history);
    let sound = choices.below(2) == 0;
    for _ in 0..=choices.below(4) {
        let last = choices.once_in(6);
        block(choices, &mut bits, last, &mut made, sound);
    }
    // Nearly all end with the header of an empty stored block.
    if !choices.once_in(20) {
        bits.put(0, 3);
    }
    bits.into_bytes()
}

/// Adds a block. `made` counts how many bytes it inflates to, at least. `sound`: no error is planted.
pub fn block<C: Choices>(choices: &mut C, bits: &mut Bits, last: bool, made: &mut usize, sound: bool) {
    bits.put(u64::from(last), 1);
    match choices.below(4) {
        0 => stored(choices, bits, made, sound),
        1 => fixed(choices, bits, made, sound),
        _ => dynamic(choices, bits, made, sound),
    }
    if last {
        bits.align();
    }
}

fn stored<C: Choices>(choices: &mut C, bits: &mut Bits, made: &mut usize, sound: bool) {
    bits.put(0, 2);
    bits.align();
    let bytes: Vec<u8> = (0..choices.below(60)).map(|_| choices.byte()).collect();
    let len = bytes.len() as u16;
    let bad = u16::from(!sound && choices.once_in(40));
    bits.put_bytes(&len.to_le_bytes());
    bits.put_bytes(&(!len ^ bad).to_le_bytes());
    bits.put_bytes(&bytes);
    *made += bytes.len();
}

fn fixed<C: Choices>(choices: &mut C, bits: &mut Bits, made: &mut usize, sound: bool) {
    bits.put(1, 2);
    let lens: Vec<u8> = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
    let codes = codes(&lens);
    for _ in 0..choices.below(80) {
        let bad = !sound && choices.once_in(300);
        if choices.below(3) > 0 || (*made == 0 && !bad) {
            bits.put_code(codes[choices.below(256)]);
            *made += 1;
            continue;
        }
        let symbol = 257 + choices.below(if bad { 31 } else { 29 });
        bits.put_code(codes[symbol]);
        bits.put_any(choices, length_extra(symbol));
        let distance = choices.below(if bad { 32 } else { reach(*made) + 1 });
        bits.put_code((distance as u64, 5));
        bits.put_any(choices, distance_extra(distance));
        *made += 3;
    }
    bits.put_code(codes[256]);
}

/// Returns the lengths of a complete code with some of these symbols, sometimes broken.
fn code<C: Choices>(choices: &mut C, symbols: usize, must: Option<usize>, sound: bool) -> Vec<u8> {
    let most = if choices.once_in(3) { symbols } else { symbols.min(12) };
    let count = 1 + choices.below(most);
    let mut used: Vec<usize> = (0..symbols).collect();
    for at in 0..count {
        let with = at + choices.below(symbols - at);
        used.swap(at, with);
    }
    used.truncate(count);
    if let Some(must) = must
        && !used.contains(&must)
    {
        used[0] = must;
    }
    let mut lens = vec![1u8; used.len().min(2)];
    while lens.len() < used.len() {
        // Mostly a deep one is split, so that there are long codes.
        let at = if choices.below(2) == 0 { lens.len() - 1 } else { choices.below(lens.len()) };
        let shortest = (0..lens.len()).min_by_key(|at| lens[*at]).unwrap_or_default();
        let at = if lens[at] < 15 { at } else { shortest };
        lens[at] += 1;
        lens.push(lens[at]);
    }
    let mut all = vec![0; symbols];
    for (symbol, len) in used.iter().zip(lens) {
        all[*symbol] = len;
    }
    if !sound && choices.once_in(12) {
        all[choices.below(symbols)] = choices.below(16) as u8;
    }
    all
}

fn dynamic<C: Choices>(choices: &mut C, bits: &mut Bits, made: &mut usize, sound: bool) {
    bits.put(2, 2);
    let (literals, distances) = (257 + choices.below(30), 1 + choices.below(30));
    bits.put(literals as u64 - 257, 5);
    bits.put(distances as u64 - 1, 5);
    let must = (sound || !choices.once_in(30)).then_some(256);
    let literal_lens = code(choices, literals, must, sound);
    let distance_lens = code(choices, distances, None, sound);
    lengths(choices, bits, &[literal_lens.clone(), distance_lens.clone()].concat(), sound);
    let (literal_codes, distance_codes) = (codes(&literal_lens), codes(&distance_lens));
    let used: Vec<usize> = (0..literals).filter(|symbol| literal_lens[*symbol] > 0 && *symbol != 256).collect();
    for _ in 0..choices.below(120) {
        if used.is_empty() {
            break;
        }
        let symbol = used[choices.below(used.len())];
        let bad = !sound && choices.once_in(500);
        let near: Vec<usize> = (0..distances)
            .filter(|distance| distance_lens[*distance] > 0 && (bad || (*made > 0 && *distance <= reach(*made))))
            .collect();
        if symbol > 256 && near.is_empty() {
            continue;
        }
        bits.put_code(literal_codes[symbol]);
        *made += 1;
        if symbol > 256 {
            bits.put_any(choices, length_extra(symbol));
            let distance = near[choices.below(near.len())];
            bits.put_code(distance_codes[distance]);
            bits.put_any(choices, distance_extra(distance));
            *made += 2;
        }
    }
    bits.put_code(literal_codes[256]);
}

/// Adds code lengths, in a code of 13 symbols with 4 bits and 6 with 5. Runs are repeated or not.
fn lengths<C: Choices>(choices: &mut C, bits: &mut Bits, lens: &[u8], sound: bool) {
    let of: Vec<u8> = [[4; 13].as_slice(), &[5; 6]].concat();
    let codes = codes(&of);
    bits.put(15, 4);
    for symbol in ORDER {
        bits.put(u64::from(of[symbol]), 3);
    }
    if !sound && choices.once_in(20) {
        // a repetition before the first length
        bits.put_code(codes[16]);
    }
    let mut at = 0;
    while at < lens.len() {
        let run = lens[at..].iter().take_while(|len| **len == lens[at]).count();
        if lens[at] == 0 && run >= 3 && !choices.once_in(4) {
            let n = run.min(138);
            let (symbol, less, extra) = if n < 11 { (17, 3, 3) } else { (18, 11, 7) };
            bits.put_code(codes[symbol]);
            bits.put((n - less) as u64, extra);
            at += n;
        } else if at > 0 && lens[at] == lens[at - 1] && run >= 3 && !choices.once_in(4) {
            let n = run.min(6);
            bits.put_code(codes[16]);
            bits.put(n as u64 - 3, 2);
            at += n;
        } else {
            bits.put_code(codes[usize::from(lens[at])]);
            at += 1;
        }
    }
}

//! A naive inflater, bit by bit, as RFC 1951 and RFC 7692 §7.2.2 are written: the twin of the real one.

use upframe::deflate::InflateViolation::{self, *};

/// What a message inflates to, and the failure with its offset.
pub type Naive = (Vec<u8>, Result<(), (InflateViolation, u64)>);

/// Inflates a message after `history`, with distances up to `window`.
pub fn inflate(message: &[u8], history: &[u8], window: usize) -> Naive {
    inflate_to(message, history, window, u64::MAX)
}

/// The same, up to a limit of the inflated message.
pub fn inflate_to(message: &[u8], history: &[u8], window: usize, limit: u64) -> Naive {
    let bytes = [message, &[0, 0, 0xFF, 0xFF]].concat();
    let mut reader = Reader { bytes, at: 0, out: history.to_vec(), floor: history.len(), window, limit };
    let end = reader.message(message.len());
    let at = reader.at.saturating_sub(1) / 8;
    let offset = if matches!(end, Err(Unfinished | BitsAfterEnd)) { message.len() } else { at.min(message.len()) };
    (reader.out.split_off(reader.floor), end.map_err(|violation| (violation, offset as u64)))
}

/// The same for the beginning of a message: `Ok` means that more can come.
pub fn inflate_front(front: &[u8], history: &[u8], window: usize, limit: u64) -> Naive {
    let mut reader =
        Reader { bytes: front.to_vec(), at: 0, out: history.to_vec(), floor: history.len(), window, limit };
    let end = match reader.message(front.len()) {
        Err(Unfinished | BitsAfterEnd) => Ok(()),
        end => end,
    };
    let at = reader.at.saturating_sub(1) / 8;
    (reader.out.split_off(reader.floor), end.map_err(|violation| (violation, at as u64)))
}

struct Reader {
    bytes: Vec<u8>,
    /// The next bit.
    at: usize,
    out: Vec<u8>,
    floor: usize,
    window: usize,
    limit: u64,
}

/// The first code of each length from 1 bit up, and the symbols of the codes from there on.
type Codes = Vec<(u32, Vec<usize>)>;

/// The codes of these lengths (RFC 1951 §3.2.2).
fn codes(lens: &[u32], or: [InflateViolation; 2], incomplete: bool) -> Result<Codes, InflateViolation> {
    let (mut codes, mut code) = (vec![], 0);
    for len in 1..=15 {
        code <<= 1;
        let symbols: Vec<usize> = (0..lens.len()).filter(|symbol| lens[*symbol] == len).collect();
        let first = code;
        code += symbols.len() as u32;
        if code > 1 << len {
            return Err(or[0]);
        }
        codes.push((first, symbols));
    }
    let longest = lens.iter().max().copied().unwrap_or_default();
    if code != 1 << 15 && !(incomplete && longest <= 1) {
        return Err(or[1]);
    }
    codes.truncate(longest.max(1) as usize);
    Ok(codes)
}

impl Reader {
    fn message(&mut self, len: usize) -> Result<(), InflateViolation> {
        let mut last = false;
        loop {
            if self.at == 8 * self.bytes.len() || (last && self.at == 8 * len) {
                return Ok(());
            }
            if self.at + 3 > 8 * self.bytes.len() {
                return Err(BitsAfterEnd);
            }
            last = self.take(1)? == 1;
            match self.take(2)? {
                0 => self.stored()?,
                1 => {
                    let lens: Vec<u32> = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
                    let codes = [&lens[..], &[5; 32]].map(|lens| codes(lens, [BlockType; 2], false).unwrap());
                    self.symbols(&codes)?;
                }
                2 => {
                    let codes = self.lengths()?;
                    self.symbols(&codes)?;
                }
                _ => return Err(BlockType),
            }
            if last {
                self.at = self.at.next_multiple_of(8);
            }
        }
    }

    fn take(&mut self, n: u32) -> Result<u32, InflateViolation> {
        let mut value = 0;
        for bit in 0..n {
            let byte = self.bytes.get(self.at / 8).ok_or(Unfinished)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Ok(value)
    }

    /// The symbol of the next code; `None` if the bits are none.
    fn symbol(&mut self, codes: &Codes) -> Result<Option<usize>, InflateViolation> {
        let mut code = 0;
        for (first, symbols) in codes {
            code = code << 1 | self.take(1)?;
            if let Some(symbol) = code.checked_sub(*first).and_then(|at| symbols.get(at as usize)) {
                return Ok(Some(*symbol));
            }
        }
        Ok(None)
    }

    fn stored(&mut self) -> Result<(), InflateViolation> {
        self.at = self.at.next_multiple_of(8);
        let (len, check) = (self.take(16)?, self.take(16)?);
        if len ^ check != 0xFFFF {
            return Err(StoredLength);
        }
        for _ in 0..len {
            let byte = self.take(8)? as u8;
            self.put(byte)?;
        }
        Ok(())
    }

    fn put(&mut self, byte: u8) -> Result<(), InflateViolation> {
        if (self.out.len() - self.floor) as u64 == self.limit {
            return Err(TooBig);
        }
        self.out.push(byte);
        Ok(())
    }

    fn lengths(&mut self) -> Result<[Codes; 2], InflateViolation> {
        let literals = self.take(5)? as usize + 257;
        let distances = self.take(5)? as usize + 1;
        let count = self.take(4)? as usize + 4;
        if literals > 286 || distances > 30 {
            return Err(TooManyCodes);
        }
        let mut lens = [0; 19];
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].into_iter().take(count) {
            lens[symbol] = self.take(3)?;
        }
        let code = codes(&lens, [LengthCodeOversubscribed, LengthCodeIncomplete], false)?;
        let mut all = vec![];
        while all.len() < literals + distances {
            let symbol = self.symbol(&code)?.unwrap();
            let (len, times) = match symbol {
                16 => {
                    let times = 3 + self.take(2)?;
                    (*all.last().ok_or(RepeatBeforeFirst)?, times)
                }
                17 => (0, 3 + self.take(3)?),
                18 => (0, 11 + self.take(7)?),
                len => (len as u32, 1),
            };
            all.extend((0..times).map(|_| len));
            if all.len() > literals + distances {
                return Err(RepeatPastLast);
            }
        }
        if all[256] == 0 {
            return Err(NoEndOfBlock);
        }
        let (first, second) = all.split_at(literals);
        Ok([
            codes(first, [LiteralCodeOversubscribed, LiteralCodeIncomplete], true)?,
            codes(second, [DistanceCodeOversubscribed, DistanceCodeIncomplete], true)?,
        ])
    }

    fn symbols(&mut self, [literals, distances]: &[Codes; 2]) -> Result<(), InflateViolation> {
        loop {
            let symbol = self.symbol(literals)?.ok_or(NoLength)?;
            let len = match symbol {
                0..=255 => {
                    self.put(symbol as u8)?;
                    continue;
                }
                256 => return Ok(()),
                257..=264 => symbol - 254,
                265..=284 => {
                    let extra = (symbol as u32 - 261) / 4;
                    3 + ((4 + (symbol - 261) % 4) << extra) + self.take(extra)? as usize
                }
                285 => 258,
                _ => return Err(NoLength),
            };
            let distance = match self.symbol(distances)?.ok_or(NoDistance)? {
                symbol @ 0..=3 => symbol + 1,
                symbol @ 4..=29 => {
                    let extra = symbol as u32 / 2 - 1;
                    1 + ((2 + symbol % 2) << extra) + self.take(extra)? as usize
                }
                _ => return Err(NoDistance),
            };
            if distance > self.out.len().min(self.window) {
                return Err(DistanceTooFar);
            }
            for _ in 0..len {
                self.put(self.out[self.out.len() - distance])?;
            }
        }
    }
}

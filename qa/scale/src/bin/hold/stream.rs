//! Which message comes next, on which connection, and what must come back.

/// xorshift64*: the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 32) as usize % n
    }
}

/// Orders in which all connections have their turn once.
pub struct Order(Random);

impl Order {
    pub fn new() -> Self {
        Self(Random(0x9E37_79B9_7F4A_7C15))
    }

    pub fn shuffled(&mut self, count: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count as u32).collect();
        for i in (1..count).rev() {
            order.swap(i, self.0.below(i + 1));
        }
        order
    }
}

/// Messages of 16 to 64 bytes, masked, and the echo of each.
pub struct Pool {
    frames: Vec<Vec<u8>>,
    echoes: Vec<Vec<u8>>,
}

/// Few enough to stay in a near cache: the connections are what is far.
const MESSAGES: usize = 1024;

impl Pool {
    pub fn new() -> Self {
        let (mut random, mut frames, mut echoes) = (Random(77), Vec::new(), Vec::new());
        for _ in 0..MESSAGES {
            let payload: Vec<u8> = (0..16 + random.below(49)).map(|_| (random.next() >> 56) as u8).collect();
            let key = ((random.next() >> 32) as u32).to_be_bytes();
            let masked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
            frames.push([0x82, 0x80 | payload.len() as u8].into_iter().chain(key).chain(masked).collect());
            echoes.push([&[0x82, payload.len() as u8], &payload[..]].concat());
        }
        Self { frames, echoes }
    }

    /// What comes at this turn.
    #[inline(always)]
    pub fn frame(&self, turn: usize) -> &[u8] {
        &self.frames[turn % MESSAGES]
    }

    /// The sum of so many turns.
    pub fn expected(&self, turns: usize) -> Sum {
        let mut sum = Sum::new();
        (0..turns).for_each(|turn| sum.add(&self.echoes[turn % MESSAGES]));
        sum
    }
}

/// A hash of all echoes in their order, a word at a time.
#[derive(Debug, Eq, PartialEq)]
pub struct Sum(u64);

impl Sum {
    pub fn new() -> Self {
        Self(0)
    }

    #[inline(always)]
    pub fn add(&mut self, echo: &[u8]) {
        let (words, tail) = echo.as_chunks::<8>();
        words.iter().for_each(|word| self.step(u64::from_le_bytes(*word)));
        let tail = tail.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.step(tail ^ (echo.len() as u64) << 56);
    }

    #[inline(always)]
    fn step(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

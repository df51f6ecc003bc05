//! Compressed messages: what the programs `inflate`, `deflate_fixed` and `deflate_dynamic` share.

use crate::{read, write};
use upframe::deflate::{Deflater, Direction, Effort, Inflater, SmallTables, Workspace};

/// Inflates messages in a window of 10 bits, and yields their pieces.
pub fn inflate(mut to: impl FnMut(&[u8], bool)) {
    let mut inflater = Inflater::new([0; Inflater::memory(10)]).with_window_bits(10);
    let (mut tables, mut buf) = (SmallTables::new(), [0; 512]);
    loop {
        inflater.begin_message();
        let mut input = &*read(&mut buf);
        while let Ok(Some(piece)) = inflater.inflate(&mut tables, &mut input, true) {
            to(piece.as_bytes(), piece.is_last());
        }
    }
}

/// Compresses what was inflated, in a window of 9 bits.
pub fn echo<E: Effort, const T: usize>(effort: E) {
    let mut workspace = Workspace::<256, T>::new();
    let mut deflater = Deflater::new(Direction::new(9, true), effort, [0; 512]);
    let mut out = [0; 256];
    inflate(|piece, is_last| {
        let mut input = piece;
        loop {
            let deflated = deflater.deflate(&mut workspace, &mut input, is_last, &mut out);
            write(out.get(..deflated.len()).unwrap_or_default());
            if deflated.is_complete() || deflated.len() == 0 {
                return;
            }
        }
    });
}

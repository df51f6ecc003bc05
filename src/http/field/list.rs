//! Splits comma lists that stream by, over several lines (RFC 9110 §5.6.1). Two ways with the same result: runs on most
//! machines, bytes on small ones.

use super::list_part::Part;
#[cfg(upframe_small)]
use super::list_small as way;
#[cfg(not(upframe_small))]
use super::list_words as way;

/// Reads a list of tokens, and tells which of the known tokens each element is.
pub(crate) type ElementReader = way::ElementReader;

/// A part of an element of a list.
pub(crate) type ElementPart<'v> = Part<way::Piece<'v>>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::letters::Letters;
    use crate::http::span::Run;
    use std::vec::Vec;

    #[test]
    fn elements_are_told_apart_at_every_cut() {
        let list = b"a ,, Bc\t,b c, d;e ,bC";
        for cut in 1..list.len() {
            let (mut elements, mut ends) = (ElementReader::new(), Vec::<ElementPart<'static>>::new());
            for (i, bytes) in list.chunks(cut).enumerate() {
                let run = Run { bytes, last: (i + 1) * cut >= list.len() };
                let show = |part: ElementPart<'_>| {
                    ends.extend(match part {
                        ElementPart::Token(_) => None,
                        ElementPart::End(found) => Some(ElementPart::End(found)),
                        ElementPart::Empty => Some(ElementPart::Empty),
                        ElementPart::Invalid => Some(ElementPart::Invalid),
                    });
                };
                #[cfg(upframe_small)]
                elements.read_any(run, &["bc", "a"], Letters::AnyCase, false, show);
                #[cfg(not(upframe_small))]
                elements.read_until(run, &["bc", "a"], Letters::AnyCase, {
                    let mut show = show;
                    move |part| {
                        show(part);
                        false
                    }
                });
            }
            ends.dedup();
            let want = [
                ElementPart::End(2),
                ElementPart::Empty,
                ElementPart::End(1),
                ElementPart::Invalid,
                ElementPart::End(1),
            ];
            assert_eq!(ends, want, "{cut}");
        }
    }
}

//! Applies Git's deltas, and tells which bytes of the result are new.
//!
//! A delta makes a version from its base by copying ranges of the base and
//! inserting bytes of its own. Whoever has looked at the base need only look
//! at the insertions and at the joints between copies.

use std::ops::Range;

/// What the head of a delta promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) base: u64,
    pub(super) result: u64,
}

/// Reads the two sizes in front of a delta's instructions.
pub(super) fn sizes(delta: &[u8]) -> Option<(Sizes, &[u8])> {
    let (base, rest) = size(delta)?;
    let (result, rest) = size(rest)?;
    Some((Sizes { base, result }, rest))
}

fn size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, &byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        value |= bits.checked_shl(7 * at as u32).filter(|v| v >> (7 * at) == bits)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// Makes `out` from `base`, and `fresh` the ranges of `out` that did not come
/// from it: ascending and apart, with an empty range at each joint between
/// bytes that were not neighbours in the base. The ends of the base count as
/// neighbours of the ends of the result.
pub(super) fn apply(
    base: &[u8],
    delta: &[u8],
    out: &mut Vec<u8>,
    fresh: &mut Vec<Range<usize>>,
) -> Result<(), &'static str> {
    let (sizes, mut rest) = sizes(delta).ok_or("the delta has no sizes")?;
    if sizes.base != base.len() as u64 {
        return Err("the delta is for a base of another size");
    }
    let result = usize::try_from(sizes.result).map_err(|_| "the delta's result is too large")?;
    out.clear();
    // What a delta says of itself is checked by its callers; here it ends no program.
    out.try_reserve(result).map_err(|_| "the delta makes more than there is room for")?;
    fresh.clear();
    let mut expected = 0; // where in the base a copy would continue the last one
    while let Some((&instruction, tail)) = rest.split_first() {
        if instruction & 0x80 != 0 {
            let (offset, len, tail) = copy(instruction, tail).ok_or("the delta is cut short")?;
            let copied = offset
                .checked_add(len)
                .and_then(|end| base.get(offset..end))
                .ok_or("the delta copies from beyond its base")?;
            if offset != expected {
                mark_joint(fresh, out.len());
            }
            push(out, copied, result)?;
            expected = offset + len;
            rest = tail;
        } else {
            let len = usize::from(instruction);
            if len == 0 {
                return Err("the delta has an unknown instruction");
            }
            let inserted = tail.get(..len).ok_or("the delta is cut short")?;
            mark_inserted(fresh, out.len(), len);
            push(out, inserted, result)?;
            rest = &tail[len..];
        }
    }
    if out.len() != result {
        return Err("the delta's result is shorter than it promises");
    }
    if expected != base.len() {
        mark_joint(fresh, result);
    }
    Ok(())
}

fn push(out: &mut Vec<u8>, bytes: &[u8], limit: usize) -> Result<(), &'static str> {
    if bytes.len() > limit - out.len() {
        return Err("the delta's result is longer than it promises");
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// Reads the operands of a copy: offset, length and what follows.
fn copy(instruction: u8, bytes: &[u8]) -> Option<(usize, usize, &[u8])> {
    let mut rest = bytes;
    let mut operand = |bits: Range<u32>| {
        let mut value = 0usize;
        for (place, bit) in bits.enumerate() {
            if instruction & 1 << bit != 0 {
                let (&byte, tail) = rest.split_first()?;
                value |= usize::from(byte) << (8 * place);
                rest = tail;
            }
        }
        Some(value)
    };
    let offset = operand(0..4)?;
    let len = operand(4..7)?;
    Some((offset, if len == 0 { 0x1_0000 } else { len }, rest))
}

/// A joint needs no mark of its own where an insertion ends.
fn mark_joint(fresh: &mut Vec<Range<usize>>, at: usize) {
    if fresh.last().is_none_or(|last| last.end < at) {
        fresh.push(at..at);
    }
}

fn mark_inserted(fresh: &mut Vec<Range<usize>>, start: usize, len: usize) {
    match fresh.last_mut() {
        Some(last) if last.end == start => last.end += len,
        _ => fresh.push(start..start + len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Copy(usize, usize),
        Insert(Vec<u8>),
    }

    fn varint(mut value: usize, out: &mut Vec<u8>) {
        while value > 0x7f {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    fn encode(base: usize, result: usize, steps: &[Step]) -> Vec<u8> {
        let mut out = Vec::new();
        varint(base, &mut out);
        varint(result, &mut out);
        for step in steps {
            match step {
                Step::Copy(offset, len) => {
                    out.push(0xff);
                    out.extend((*offset as u32).to_le_bytes());
                    out.extend(&(*len as u32).to_le_bytes()[..3]);
                }
                Step::Insert(bytes) => {
                    out.push(bytes.len() as u8);
                    out.extend(bytes);
                }
            }
        }
        out
    }

    fn applied(base: &[u8], steps: &[Step]) -> (Vec<u8>, Vec<Range<usize>>) {
        let expected: Vec<u8> = steps
            .iter()
            .flat_map(|step| match step {
                Step::Copy(offset, len) => base[*offset..offset + len].to_vec(),
                Step::Insert(bytes) => bytes.clone(),
            })
            .collect();
        let (mut out, mut fresh) = (Vec::new(), Vec::new());
        let delta = encode(base.len(), expected.len(), steps);
        apply(base, &delta, &mut out, &mut fresh).unwrap();
        assert_eq!(out, expected);
        (out, fresh)
    }

    #[test]
    fn insertions_and_joints_are_fresh() {
        use Step::{Copy, Insert};
        let base = b"0123456789";
        let fresh = |steps: &[Step]| -> Vec<(usize, usize)> {
            applied(base, steps).1.iter().map(|range| (range.start, range.end)).collect()
        };
        assert!(fresh(&[Copy(0, 10)]).is_empty());
        assert!(fresh(&[Copy(0, 4), Copy(4, 6)]).is_empty());
        assert_eq!(fresh(&[Copy(0, 4), Copy(6, 4)]), [(4, 4)]);
        assert_eq!(fresh(&[Copy(0, 4), Insert(b"ab".to_vec()), Copy(4, 6)]), [(4, 6)]);
        assert_eq!(fresh(&[Copy(0, 4), Insert(b"ab".to_vec()), Copy(6, 4)]), [(4, 6)]);
        assert_eq!(fresh(&[Copy(2, 8)]), [(0, 0)]);
        assert_eq!(fresh(&[Copy(0, 8)]), [(8, 8)]);
        assert_eq!(fresh(&[Copy(5, 2), Insert(b"x".to_vec())]), [(0, 0), (2, 3)]);
    }

    #[test]
    fn damage_is_named() {
        let (mut out, mut fresh) = (Vec::new(), Vec::new());
        let mut fails = |delta: &[u8]| apply(b"base", delta, &mut out, &mut fresh).unwrap_err();
        assert!(fails(&[]).contains("no sizes"));
        assert!(fails(&[0xff; 12]).contains("no sizes"));
        assert!(fails(&[5, 1, 1, b'x']).contains("another size"));
        assert!(fails(&[4, 1, 0]).contains("unknown instruction"));
        assert!(fails(&[4, 2, 2, b'x']).contains("cut short"));
        assert!(fails(&[4, 2, 0x91, 3]).contains("cut short"));
        assert!(fails(&[4, 2, 0x91, 3, 2]).contains("beyond"));
        assert!(fails(&[4, 1, 0x91, 0, 2]).contains("longer"));
        assert!(fails(&[4, 3, 0x91, 0, 2]).contains("shorter"));
    }

    proptest! {
        #[test]
        fn what_is_not_fresh_lies_in_the_base_in_one_piece(
            base in proptest::collection::vec(any::<u8>(), 1..60),
            plan in proptest::collection::vec((any::<bool>(), 0usize..60, 1usize..20), 0..8),
        ) {
            let steps: Vec<Step> = plan
                .into_iter()
                .map(|(copies, offset, len)| {
                    let offset = offset % base.len();
                    if copies {
                        Step::Copy(offset, len.min(base.len() - offset))
                    } else {
                        Step::Insert(vec![b'i'; len])
                    }
                })
                .collect();
            let (out, fresh) = applied(&base, &steps);
            let mut at = 0;
            for range in fresh.iter().chain([&(out.len()..out.len())]) {
                prop_assert!(at <= range.start && range.start <= range.end);
                let kept = &out[at..range.start];
                let in_base = base.windows(kept.len().max(1)).any(|part| part == kept);
                prop_assert!(kept.is_empty() || in_base);
                at = range.end;
            }
        }

        #[test]
        fn no_bytes_make_it_panic(
            base in proptest::collection::vec(any::<u8>(), 0..8),
            delta in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let _ = apply(&base, &delta, &mut Vec::new(), &mut Vec::new());
        }
    }
}

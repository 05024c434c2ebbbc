//! Reads single objects of a repository, wherever they lie, each made from its bases anew
//! or from what was read before. Whoever wants all objects walks packs instead; see `walk`.

use std::{collections::HashMap, sync::Arc};

use leeward_model::{ObjectId, Reason};

use super::{
    delta,
    inflate::Inflate,
    limits::Limits,
    object::Kind,
    objects::{Objects, corrupt},
    pack::Shape,
};

/// Reads single objects, and remembers the last few and what they are built on.
pub(super) struct Reader<'a> {
    objects: &'a Objects,
    limits: Limits,
    /// Of what lies between only every [`SPARSE_STEP`]th is remembered.
    is_sparse: bool,
    inflate: Inflate,
    bases: HashMap<(usize, u64), Read>,
    base_bytes: usize,
}

/// Remembered bases hold no more than this.
const BASES_BYTES: usize = 24 << 20;

/// Of a chain of deltas one in so many is remembered by a sparse reader: what is built on
/// the same chain does not begin at its foot.
const SPARSE_STEP: usize = 16;

/// An object read.
pub(super) type Read = (Kind, Arc<Vec<u8>>);

impl<'a> Reader<'a> {
    pub(super) fn new(objects: &'a Objects) -> Self {
        Self {
            objects,
            limits: Limits::default(),
            is_sparse: false,
            inflate: Inflate::new(),
            bases: HashMap::new(),
            base_bytes: 0,
        }
    }

    /// One for few objects, whose bases are mostly not asked for: what lies between is
    /// forgotten, and its memory used again.
    pub(super) fn sparse(objects: &'a Objects) -> Self {
        Self { is_sparse: true, ..Self::new(objects) }
    }

    /// Reads an object, from whichever copy can be read.
    pub(super) fn read(&mut self, id: &ObjectId) -> Result<Read, Reason> {
        let mut failure = None;
        for (number, pack) in self.objects.packs.iter().enumerate() {
            let Some(place) = pack.index.find(id.as_bytes()) else { continue };
            let read = pack
                .index
                .offset(place)
                .ok_or_else(|| corrupt("the pack index is damaged"))
                .and_then(|offset| self.packed(number, offset));
            match read {
                Ok(object) => return Ok(object),
                Err(reason) => failure = Some(reason),
            }
        }
        match self.objects.loose(id) {
            Ok(Some(loose)) => {
                let (kind, mut bytes) = (loose.kind, Vec::new());
                loose.read_all(self.limits.object, &mut bytes)?;
                Ok((kind, Arc::new(bytes)))
            }
            Ok(None) => Err(failure.unwrap_or(Reason::Missing)),
            Err(reason) => Err(failure.unwrap_or(reason)),
        }
    }

    /// Reads an object that has to be of a kind.
    pub(super) fn read_kind(&mut self, id: &ObjectId, kind: Kind) -> Result<Arc<Vec<u8>>, Reason> {
        match self.read(id)? {
            (found, bytes) if found == kind => Ok(bytes),
            (found, _) => {
                let detail = format!("the object is a {found:?}, where a {kind:?} should be");
                Err(Reason::Corrupt(detail.to_lowercase()))
            }
        }
    }

    fn packed(&mut self, number: usize, offset: u64) -> Result<Read, Reason> {
        let objects = self.objects;
        let pack = &objects.packs[number];
        let mut deltas = Vec::new();
        let mut at = offset;
        let (kind, mut bytes) = loop {
            if let Some((kind, bytes)) = self.bases.get(&(number, at)) {
                break (*kind, Arc::clone(bytes));
            }
            let entry = pack.entry(at).map_err(corrupt)?;
            if entry.size > self.limits.object {
                return Err(Reason::Limit("size of an object".into()));
            }
            let base = match entry.shape {
                Shape::Whole(kind) => {
                    let mut bytes = Vec::new();
                    let unpacked = pack.inflate(&entry, pack.end(), &mut self.inflate, &mut bytes);
                    unpacked.map_err(corrupt)?;
                    let bytes = Arc::new(bytes);
                    if deltas.is_empty() || !self.is_sparse {
                        self.remember((number, at), kind, &bytes);
                    }
                    break (kind, bytes);
                }
                Shape::OffsetDelta(base) => base,
                Shape::NamedDelta(id) => {
                    let place = pack.index.find(id);
                    let base = place.and_then(|place| pack.index.offset(place));
                    base.ok_or_else(|| corrupt("the base of the delta is not in the pack"))?
                }
            };
            deltas.push((at, entry));
            at = base;
            if deltas.len() as u32 > pack.index.len() {
                return Err(corrupt("the deltas form a cycle"));
            }
        };
        let (mut delta, mut fresh, mut output) = (Vec::new(), Vec::new(), 0);
        let mut spare = Vec::new();
        for (place, (at, entry)) in deltas.iter().enumerate().rev() {
            let unpacked = pack.inflate(entry, pack.end(), &mut self.inflate, &mut delta);
            unpacked.map_err(corrupt)?;
            let result = delta::sizes(&delta).map_or(0, |(sizes, _)| sizes.result);
            output += result;
            if result > self.limits.object || output > self.limits.output {
                return Err(Reason::Limit("size of an object".into()));
            }
            let mut made = std::mem::take(&mut spare);
            delta::apply(&bytes, &delta, &mut made, &mut fresh).map_err(corrupt)?;
            let base = std::mem::replace(&mut bytes, Arc::new(made));
            let is_asked_for = place == 0;
            let is_step = (deltas.len() - place) % SPARSE_STEP == 0;
            if is_asked_for || is_step || !self.is_sparse {
                self.remember((number, *at), kind, &bytes);
            }
            // Nobody else may have it: it is written over.
            spare = Arc::into_inner(base).unwrap_or_default();
        }
        Ok((kind, bytes))
    }

    fn remember(&mut self, at: (usize, u64), kind: Kind, bytes: &Arc<Vec<u8>>) {
        if bytes.len() > BASES_BYTES / 8 {
            return;
        }
        if self.base_bytes + bytes.len() > BASES_BYTES {
            self.bases.clear();
            self.base_bytes = 0;
        }
        self.base_bytes += bytes.len();
        self.bases.insert(at, (kind, Arc::clone(bytes)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        fixture::{Part, append, name, pack},
        inside::Inside,
    };
    use super::*;

    /// A pack of chains that branch, each version a byte longer than its base.
    fn comb() -> (tempfile::TempDir, Objects, Vec<usize>) {
        let mut parts = vec![Part::Whole(Kind::Blob, vec![b'x'; 10])];
        let mut sizes = vec![10];
        for number in 1..400_usize {
            // A long chain with teeth, some of them further chains.
            let base = if number % 3 == 0 { number - 1 } else { number.saturating_sub(3) };
            parts.push(Part::Offset(base, append(sizes[base], b'a' + (number % 26) as u8)));
            sizes.push(sizes[base] + 1);
        }
        let (dir, pack) = pack(&parts);
        let inside = Inside::new(dir.path()).unwrap();
        let mut objects = Objects::alone(&inside, &dir.path().join("nothing"), 20);
        objects.packs.push(pack);
        (dir, objects, sizes)
    }

    #[test]
    fn a_sparse_reader_reads_the_same() {
        let (_dir, objects, sizes) = comb();
        let plain = |number| Reader::new(&objects).read(&name(number)).unwrap();
        let orders: [Vec<u32>; 4] = [
            (0..400).collect(),
            (0..400).rev().collect(),
            (0..400).map(|number| number * 137 % 400).collect(),
            vec![399, 399, 0, 0, 380, 399],
        ];
        for order in orders {
            let (mut sparse, mut dense) = (Reader::sparse(&objects), Reader::new(&objects));
            for number in order {
                let read = sparse.read(&name(number)).unwrap();
                assert_eq!(read, plain(number));
                assert_eq!(read, dense.read(&name(number)).unwrap());
                assert_eq!(read.1.len(), sizes[number as usize]);
            }
        }
    }

    #[test]
    fn a_sparse_reader_remembers_steps_of_a_chain() {
        let (_dir, objects, _) = comb();
        let (mut sparse, mut dense) = (Reader::sparse(&objects), Reader::new(&objects));
        for reader in [&mut sparse, &mut dense] {
            reader.read(&name(397)).unwrap();
        }
        let steps = dense.bases.len() / SPARSE_STEP;
        assert!(steps > 5 && sparse.bases.len() <= steps + 1, "{steps} {}", sparse.bases.len());
    }
}

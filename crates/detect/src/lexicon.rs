//! Who is who: the words, hosts and products that name each vendor, made once
//! from the dossiers and the list of other vendors.

use std::collections::HashMap;

use leeward_dossier::{
    Library,
    schema::{self, Evidence},
};

/// A vendor, or a family of credentials that has dossiers of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner(pub(crate) u16);

#[derive(Debug)]
struct Vendor {
    name: String,
    /// Serves other vendors' models under keys of its own.
    gateway: bool,
    /// Its client is used for other vendors' compatible APIs.
    compatible: bool,
    not_with: Vec<String>,
}

/// Which words there may be: by their ends and their length, in any case.
#[derive(Debug)]
struct Outlines(Vec<u64>);

/// Bits for outlines, as a power of two: a few hundred words in 4 KiB, so that few others
/// share one.
const OUTLINE_BITS: u32 = 15;

impl Default for Outlines {
    fn default() -> Self {
        Self(vec![0; 1 << (OUTLINE_BITS - 6)])
    }
}

impl Outlines {
    fn add(&mut self, word: &str) {
        let (place, bit) = Self::bit(word.as_bytes());
        self.0[place] |= bit;
    }

    fn may_have(&self, word: &[u8]) -> bool {
        let (place, bit) = Self::bit(word);
        self.0[place] & bit != 0
    }

    fn bit(word: &[u8]) -> (usize, u64) {
        let at = |place: usize| word.get(place).map_or(0, |byte| u32::from(byte | 0x20));
        let ends = at(0) | at(1) << 8 | at(word.len().wrapping_sub(1)) << 16;
        // Knuth's multiplicative constant, 2^32 divided by the golden ratio.
        let hash = (ends | (word.len() as u32) << 24).wrapping_mul(0x9E37_79B1);
        let hash = hash >> (32 - OUTLINE_BITS);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

/// A word met inside longer ones.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Root {
    word: String,
    owner: Owner,
    /// Which letters it has: a word that lacks one of them does not hold it.
    letters: u32,
}

/// Shorter words stand in longer ones by chance.
const SHORTEST_ROOT: usize = 6;

/// Which letters a word has, in either case, as bits by their last five; others share them.
fn letters(word: &[u8]) -> u32 {
    word.iter().fold(0, |all, byte| all | 1 << (byte & 31))
}

#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    vendors: Vec<Vendor>,
    families: HashMap<String, Owner>,
    words: HashMap<String, Owner>,
    hosts: HashMap<String, Owner>,
    /// Words of families, also met inside longer words (`mistralapikey`).
    roots: Vec<Root>,
    /// Vendors' names that are ordinary words too.
    plain: HashMap<String, Owner>,
    /// Of `words` and `plain`: nearly every word of a text is asked about, and nearly none
    /// is among them.
    outlines: Outlines,
    /// Beginnings of products' names, by their first byte: nearly every word of
    /// a text is asked about, and nearly none begins like one.
    products: Vec<Vec<(String, Owner)>>,
}

impl Lexicon {
    /// Whoever serves an address that no dossier and no list knows.
    pub(crate) const STRANGER: Owner = Owner(u16::MAX - 1);

    pub(crate) fn new(library: &Library) -> Self {
        let mut lexicon = Self { products: vec![Vec::new(); 256], ..Self::default() };
        for dossier in library.dossiers() {
            let owner = lexicon.family(&dossier.family, &dossier.provider);
            lexicon.learn(owner, &dossier.detect.evidence);
        }
        for rival in library.rivals() {
            let owner = lexicon.rival(rival);
            for word in &rival.words {
                lexicon.words.entry(word.to_ascii_lowercase()).or_insert(owner);
            }
            for word in &rival.plain_words {
                lexicon.plain.insert(word.to_ascii_lowercase(), owner);
            }
            for host in &rival.hosts {
                lexicon.hosts.entry(host.to_ascii_lowercase()).or_insert(owner);
            }
        }
        lexicon.roots.sort();
        lexicon.roots.dedup();
        for word in lexicon.words.keys().chain(lexicon.plain.keys()) {
            lexicon.outlines.add(word);
        }
        lexicon
    }

    fn vendor(&mut self, name: &str, gateway: bool, compatible: bool) -> Owner {
        self.vendors.push(Vendor {
            name: name.to_owned(),
            gateway,
            compatible,
            not_with: Vec::new(),
        });
        Owner(self.vendors.len() as u16 - 1)
    }

    /// A vendor that also has dossiers keeps the owner it has from them.
    fn rival(&mut self, rival: &schema::Vendor) -> Owner {
        let known = rival.words.iter().find_map(|word| self.words.get(word.as_str())).copied();
        let owner = known.unwrap_or_else(|| self.vendor(&rival.name, false, false));
        let vendor = &mut self.vendors[usize::from(owner.0)];
        vendor.gateway |= rival.gateway;
        vendor.compatible |= rival.compatible;
        owner
    }

    fn family(&mut self, family: &str, provider: &str) -> Owner {
        if let Some(&owner) = self.families.get(family) {
            return owner;
        }
        let owner = self.vendor(provider, false, false);
        self.families.insert(family.to_owned(), owner);
        owner
    }

    fn learn(&mut self, owner: Owner, evidence: &Evidence) {
        for word in evidence.words.iter().map(|word| word.to_ascii_lowercase()) {
            if word.len() >= SHORTEST_ROOT {
                let letters = letters(word.as_bytes());
                self.roots.push(Root { word: word.clone(), owner, letters });
            }
            self.words.insert(word, owner);
        }
        for host in &evidence.hosts {
            self.hosts.insert(host.to_ascii_lowercase(), owner);
        }
        for name in evidence.products.iter().map(|name| name.to_ascii_lowercase()) {
            if let Some(&first) = name.as_bytes().first() {
                self.products[usize::from(first)].push((name, owner));
            }
        }
        let vendor = &mut self.vendors[usize::from(owner.0)];
        vendor.not_with.extend(evidence.not_with.iter().map(|word| word.to_ascii_lowercase()));
    }

    /// The owner that stands for a dossier family.
    pub(crate) fn owner_of(&self, family: &str) -> Option<Owner> {
        self.families.get(family).copied()
    }

    pub(crate) fn name(&self, owner: Owner) -> &str {
        self.vendors.get(usize::from(owner.0)).map_or("another service", |vendor| &vendor.name)
    }

    /// Whether it serves other vendors' models under keys of its own.
    pub(crate) fn is_gateway(&self, owner: Owner) -> bool {
        self.vendors.get(usize::from(owner.0)).is_some_and(|vendor| vendor.gateway)
    }

    /// Whether its name also stands on other vendors' compatible APIs.
    pub(crate) fn is_compatible(&self, owner: Owner) -> bool {
        self.vendors.get(usize::from(owner.0)).is_some_and(|vendor| vendor.compatible)
    }

    /// Whether `word`, beside the owner's own word in a name, makes the name
    /// mean something else.
    pub(crate) fn spoils(&self, owner: Owner, word: &str) -> bool {
        self.vendors[usize::from(owner.0)].not_with.iter().any(|known| known == word)
    }

    /// Whether a word, in any case, may name somebody; if not, it names nobody.
    pub(crate) fn may_know(&self, word: &[u8]) -> bool {
        self.outlines.may_have(word) || self.may_hold_root(word)
    }

    /// Whether a word, in any case, has all letters of a root, and is longer: what is a
    /// root itself is among the words.
    fn may_hold_root(&self, word: &[u8]) -> bool {
        if word.len() <= SHORTEST_ROOT {
            return false;
        }
        let letters = letters(word);
        self.roots.iter().any(|root| root.letters & !letters == 0)
    }

    /// Who a lower-case word names.
    pub(crate) fn word(&self, word: &str) -> Option<Owner> {
        if !self.may_know(word.as_bytes()) {
            return None;
        }
        self.words.get(word).copied().or_else(|| {
            let inside = |root: &&Root| word.contains(root.word.as_str());
            self.roots.iter().find(inside).map(|root| root.owner)
        })
    }

    /// Who a lower-case word names where it cannot be ordinary prose.
    pub(crate) fn plain_word(&self, word: &str) -> Option<Owner> {
        self.word(word).or_else(|| self.plain.get(word).copied())
    }

    /// Whether a value, in any case, begins with the first letter of a product's name.
    pub(crate) fn may_begin_product(&self, value: &[u8]) -> bool {
        let first = value.first().map(|byte| usize::from(byte.to_ascii_lowercase()));
        first.and_then(|first| self.products.get(first)).is_some_and(|names| !names.is_empty())
    }

    /// Whose host a lower-case name is, by its longest known ending.
    pub(crate) fn host(&self, host: &str) -> Option<Owner> {
        let mut rest = host;
        loop {
            if let Some(&owner) = self.hosts.get(rest) {
                return Some(owner);
            }
            rest = &rest[rest.find('.')? + 1..];
        }
    }

    /// Whose product a lower-case value begins with the name of.
    pub(crate) fn product(&self, value: &str) -> Option<Owner> {
        // A product has a name beyond the vendor's own: `mistral-small`.
        let goes_on = |rest: &str| {
            rest.len() > 1
                && rest
                    .starts_with(|c: char| matches!(c, '-' | '/' | ':' | '.') || c.is_ascii_digit())
        };
        let known = self.products.get(usize::from(*value.as_bytes().first()?))?.iter();
        let is_it =
            |(name, _): &&(String, Owner)| value.strip_prefix(name.as_str()).is_some_and(goes_on);
        // Of two that share a name, the vendor that was learnt first.
        known.filter(is_it).map(|&(_, owner)| owner).min()
    }
}

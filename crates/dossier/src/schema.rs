//! The dossier file, field by field: a mirror of the TOML that a security
//! team writes about one credential type. Nothing is checked here beyond
//! shape; see `check` for what makes a file a dossier.
//!
//! Unknown fields are errors, so that a misspelt one is never silently unread.

use leeward_model::StepName;
use serde::{Deserialize, Serialize};

use crate::{
    administer::Administer,
    probe::{Answer, Probe},
};

/// The version of the format this build reads.
pub const SCHEMA: u32 = 1;

/// One credential type, as written.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DossierFile {
    /// Format version, [`SCHEMA`].
    pub schema: u32,
    /// What people call it, such as `Mistral AI API key`.
    pub name: String,
    /// Who issues it.
    pub provider: String,
    /// Kinds of one family share fingerprints: a value keeps its identity when
    /// it turns out to be the other kind.
    pub family: String,
    /// Two or three sentences: what it is and what it opens.
    pub summary: String,
    /// How it is recognised.
    pub detect: Detect,
    /// How bad a leak is.
    pub severity: SeverityPage,
    /// What must be true for an attack.
    #[serde(default)]
    pub prerequisites: Vec<String>,
    /// What a holder can do.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// What that means for the owner.
    #[serde(default)]
    pub impacts: Vec<Impact>,
    /// How to find out whether a value is live.
    #[serde(default)]
    pub verify: Verify,
    /// How to find out what a live value reaches.
    #[serde(default)]
    pub assess: Assess,
    /// How credentials of this kind are administered with an administrator's.
    #[serde(default)]
    pub administer: Option<Administer>,
    /// How to close an exposure.
    #[serde(default)]
    pub remediation: Vec<Step>,
    /// Tools and places known to keep such values.
    #[serde(default)]
    pub consumers: Vec<ConsumerRule>,
    /// What narrows such a value, and what does not exist though advised.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// Compromised packages that took such values.
    #[serde(default)]
    pub advisories: Vec<Advisory>,
    /// Texts that must be found, or must not be; the dossier's own tests.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<Reference>,
}

/// How a credential is recognised.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// Texts without which there is no such credential nearby, ASCII case
    /// folded. The prefilter looks for these and nothing else. Those of a
    /// pattern are written as they stand in the value: under base64 and the
    /// like they are looked for in that spelling alone.
    pub anchors: Vec<String>,
    /// What the value itself looks like.
    pub shape: Shape,
    /// Randomness of a value in bits; below 100 a public fingerprint could be
    /// guessed back, so such kinds are refused for now.
    pub entropy_bits: u32,
    /// Words that name the vendor; only for values that prove nothing alone.
    #[serde(default)]
    pub evidence: Evidence,
    /// Names that variables holding it have in the wild.
    #[serde(default)]
    pub names: Vec<String>,
    /// Files it is often found in, as paths or endings.
    #[serde(default)]
    pub files: Vec<String>,
    /// The other half of a two-part credential.
    #[serde(default)]
    pub companion: Option<CompanionRule>,
    /// A documented pattern that is too loose to trust; shown at low
    /// confidence only.
    #[serde(default)]
    pub loose: Option<Loose>,
    /// A value of this shape that comes without its surroundings is taken for
    /// this kind, where several have the same shape.
    #[serde(default)]
    pub bare: bool,
    /// Fingerprints of values that the provider itself published as examples.
    #[serde(default)]
    pub published_examples: Vec<String>,
}

/// What a value looks like.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// A run of exactly this many characters of an alphabet, with nothing in
    /// it that says whose it is: everything depends on context.
    Token(Token),
    /// A regular expression with enough of its own to be recognised alone.
    Pattern(Pattern),
}

/// A value without a mark of its own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The characters it is made of.
    pub alphabet: Alphabet,
    /// How many of them.
    pub length: usize,
    /// Character classes of which every real value has at least one.
    #[serde(default)]
    pub classes: Vec<Class>,
}

/// Characters that values are made of.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// `A-Z a-z 0-9`
    Alphanumeric,
    /// `A-Z a-z 0-9 + /`
    Base64,
    /// `0-9 a-f`, either case
    Hex,
}

/// A class of characters.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// `A-Z`
    Upper,
    /// `a-z`
    Lower,
    /// `0-9`
    Digit,
}

/// A value that carries its own mark.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Regular expression over bytes, matched around an anchor; it matches the
    /// whole value and nothing else.
    pub regex: String,
    /// Characters that may not adjoin the value on either side.
    pub boundary: String,
    /// Longest value in bytes; bounds the window in which the expression runs.
    pub longest: usize,
    /// How to make a value for the examples: text with `{n}` for n random
    /// letters and digits, `{n:base32}` for n of `A-Z2-7`.
    pub sample: String,
}

/// What in the surroundings says that a value is this vendor's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Words in names: `mistral` in `MISTRAL_API_KEY` or `mistralApiKey`.
    #[serde(default)]
    pub words: Vec<String>,
    /// Hosts of its API.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Beginnings of the names of its products, such as model names.
    #[serde(default)]
    pub products: Vec<String>,
    /// Words that turn a name with the vendor's word into something else, such
    /// as `keystone` in `mistral_keystone_password`.
    #[serde(default)]
    pub not_with: Vec<String>,
    /// Words of which one must stand in the name beside the vendor's word, for
    /// kinds that only their name tells apart.
    #[serde(default)]
    pub only_with: Vec<String>,
}

/// The other half of a two-part credential.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CompanionRule {
    /// Its name in reports, such as `access-key-id`.
    pub role: String,
    /// What it looks like; its anchors are the dossier's.
    pub regex: String,
    /// Characters that may not adjoin it on either side.
    pub boundary: String,
    /// How to make one for the examples, as for a pattern.
    pub sample: String,
    /// How far from it the secret may lie, in bytes.
    pub within: usize,
    /// Words of which one must stand in the name that the secret is bound to.
    pub secret_names: Vec<String>,
}

/// A pattern for the low-confidence lane.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Loose {
    /// Regular expression whose group `value` is the value.
    pub regex: String,
    /// Who documents it so, and what is wrong with it.
    pub why: String,
}

/// How bad a leak is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityPage {
    /// Before anything else is known.
    pub base: Level,
    /// One sentence.
    pub why: String,
    /// What makes it better or worse.
    #[serde(default)]
    pub moves: Vec<Move>,
}

/// Severity, as written.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth knowing.
    Low,
    /// Worth a ticket.
    Medium,
    /// Worth today.
    High,
    /// Worth waking somebody.
    Critical,
}

/// Something that moves the severity.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The circumstance.
    pub when: String,
    /// Which way.
    pub effect: Effect,
}

/// Which way a circumstance moves the severity.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Worse.
    Raises,
    /// Better.
    Lowers,
}

/// Something a holder can do.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Short name, such as `extract-data`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What an attacker does with it.
    pub attacker: String,
    /// Requests of the provider's API that it covers, as `METHOD /path`.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// Why a live value of this kind has it although no read-only request can
    /// prove it; shown as inferred, never as proven.
    #[serde(default)]
    pub inferred: Option<String>,
    /// Why no value of this kind has it.
    #[serde(default)]
    pub denied: Option<String>,
}

/// What an attack means for the owner.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    /// Short name, such as `financial-loss`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What happens.
    pub text: String,
    /// Ids of the permissions that lead to it.
    #[serde(default)]
    pub from: Vec<String>,
}

/// How to find out whether a value is live.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// The only hosts a value may ever be sent to.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What a reader must know before asking.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Headers of an answer in which the provider names the exchange, the most
    /// telling first.
    #[serde(default)]
    pub correlation: Vec<String>,
    /// Kinds of the same family that a refused value may be instead; asked
    /// when one value is looked at closely.
    #[serde(default)]
    pub also: Vec<String>,
    /// What answers mean, where a question does not say otherwise.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Read-only questions in the order they are asked. Those that name nobody
    /// decide whether the value is live, the first that does ending the
    /// matter; those that name the owner are asked afterwards, about a value
    /// that is.
    #[serde(default)]
    pub requests: Vec<Probe>,
}

/// How to find out what a live value reaches.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Assess {
    /// What a reader must know of the limits of this.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Requests that are never made, as `METHOD /path` with `{}` for a varying
    /// part, and why: no question of the dossier may be one of them.
    #[serde(default)]
    pub never: Vec<Never>,
    /// Read-only questions in the order they are asked.
    #[serde(default)]
    pub requests: Vec<Probe>,
}

/// Requests that only look harmless.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    /// As `METHOD /path`; `{}` is any one segment, `**` any rest.
    pub request: String,
    /// What it would do.
    pub why: String,
}

/// One step of closing an exposure.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which of the eight.
    #[serde(with = "step_name")]
    pub step: StepName,
    /// What to do, in a line.
    pub title: String,
    /// How, and what is true for this provider.
    pub text: String,
    /// Whether a program can do it.
    pub automated: Automated,
    /// The page where a person does it.
    #[serde(default)]
    pub link: Option<String>,
}

/// A tool or place known to keep such values.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerRule {
    /// What it is called, such as `LiteLLM`.
    pub title: String,
    /// Where it keeps its settings: `~/…` is below the user's home, anything
    /// else is the end of a path, whole names; `*` in a name is any part of it.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Texts that such a file holds, all of them, for names that many tools
    /// use.
    #[serde(default)]
    pub contains: Vec<String>,
    /// How a new value gets there.
    pub switch: String,
    /// Where else it keeps values, if no program reads that.
    #[serde(default)]
    pub unseen: Option<String>,
}

/// Something that would narrow what a value can do.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Short name, such as `expiration`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Whether the provider has it.
    pub exists: bool,
    /// Whether a program can see how it is set.
    pub readable: Reach,
    /// Whether a program can set it.
    pub settable: Reach,
    /// What to do about it, or what to do since it does not exist.
    pub advice: String,
    /// The page where a person sets it, or where it is described.
    #[serde(default)]
    pub link: Option<String>,
}

/// How a program gets at something.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Through the provider's API, with an administrator's credential.
    AdminApi,
    /// Not at all: a person looks.
    No,
}

/// `dossiers/advisories.toml`: packages that stole whatever credentials they
/// met, and are no provider's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AdvisoriesFile {
    /// By name.
    #[serde(default)]
    pub advisories: Vec<Advisory>,
}

/// Packages that were compromised and took credentials.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// Its name, as published.
    pub id: String,
    /// What the packages did, and what a hit means.
    pub text: String,
    /// Which they are.
    pub packages: Vec<BadPackage>,
    /// Where it was published.
    pub link: String,
}

/// A compromised package.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BadPackage {
    /// Whose registry.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: String,
    /// The versions, each written out.
    pub versions: Vec<String>,
}

/// A package registry, by what resolves from it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Ecosystem {
    /// Python's.
    Pypi,
    /// JavaScript's.
    Npm,
}

impl Level {
    /// The name as written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl From<Level> for leeward_model::Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::Low,
            Level::Medium => Self::Medium,
            Level::High => Self::High,
            Level::Critical => Self::Critical,
        }
    }
}

/// Whether a program can carry out a step.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Automated {
    /// With nothing but the value itself.
    Yes,
    /// With an administrator's credential.
    WithAdmin,
    /// In part; the text says which.
    Partly,
    /// Only a person can.
    No,
}

/// A text that must be found, or must not be. Placeholders stand for random
/// values made when it is run: `{secret}` for one that fits the shape,
/// `{companion}` for the other half, `{alnum32}`, `{hex32}` and the like for
/// look-alikes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether `{secret}` must be found as this type, or nothing may be.
    pub found: bool,
    /// The file it lies in, if that matters.
    #[serde(default)]
    pub path: Option<String>,
}

/// Where a fact comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What it is.
    pub title: String,
    /// Where it is.
    pub url: String,
}

/// The file that names vendors who are not (yet) a dossier's own: evidence of
/// them speaks against a value being somebody else's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RivalsFile {
    /// The vendors.
    pub vendors: Vec<Vendor>,
}

/// Somebody else whose credentials lie beside ours.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// What it is called.
    pub name: String,
    /// Words that name it in identifiers, lower-case.
    pub words: Vec<String>,
    /// Names of it that are ordinary words too, such as `together`: they count
    /// within longer names and as values, not in prose.
    #[serde(default)]
    pub plain_words: Vec<String>,
    /// Hosts of its API; endings.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Serves other vendors' models under keys of its own, so that a model's
    /// name beside its key says nothing about whose key it is.
    #[serde(default)]
    pub gateway: bool,
    /// Its client and variable names are also used for other vendors'
    /// compatible APIs.
    #[serde(default)]
    pub compatible: bool,
}

/// Everything that is built into the binary.
#[derive(Debug, Deserialize, Serialize)]
pub struct Bundle {
    /// Dossiers by id, sorted.
    pub dossiers: Vec<(String, DossierFile)>,
    /// The other vendors.
    pub rivals: RivalsFile,
    /// Packages that stole credentials and belong to no provider.
    pub advisories: AdvisoriesFile,
}

/// A step by its name; the model's nouns have no wire form.
mod step_name {
    use leeward_model::StepName;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
    pub(super) fn serialize<S: Serializer>(step: &StepName, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(step.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StepName, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

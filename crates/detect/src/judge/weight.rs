//! The weights, each a log-odds (natural logarithm) with its reason. They were
//! set on the development contexts; contexts that nobody tuned on hold them to
//! account in the accuracy test.

/// A token of the right shape in a text that names the vendor somewhere is
/// far more often anything else.
pub(super) const PRIOR: f32 = -3.5;

/// `MISTRAL_API_KEY = …`: who writes this means it.
pub(super) const OWN_CREDENTIAL_NAME: f32 = 6.5;
/// `mistral: …` or `MistralClient("…")`: the name says whose, not what.
pub(super) const OWN_NAME: f32 = 4.4;
/// `mistral_worker: …`: the name says whose, and something unknown.
pub(super) const OWN_NAME_AND_MORE: f32 = 2.4;
/// `MISTRAL_WORKSPACE_ID = …`: ours, and no credential.
pub(super) const OWN_OTHER_THING: f32 = -3.0;
/// `mistral_keystone_password`: the vendor's word with another meaning.
pub(super) const OTHER_MEANING: f32 = -6.0;
/// `AZURE_MISTRAL_KEY`: somebody else's key for the same models.
pub(super) const GATEWAY_NAME: f32 = -6.0;
/// `COHERE_API_KEY`.
pub(super) const RIVAL_NAME: f32 = -6.0;
/// `OPENAI_API_KEY`, used for compatible APIs too.
pub(super) const COMPATIBLE_NAME: f32 = -1.2;
/// `api_key`, `Authorization: Bearer`.
pub(super) const GENERIC_CREDENTIAL: f32 = 1.5;
/// `password`, which API keys seldom are.
pub(super) const GENERIC_PASSWORD: f32 = 0.3;
/// `MISTRAL_PASSWORD`, more often a service account's.
pub(super) const OWN_PASSWORD: f32 = 2.0;
/// `ACME_API_KEY`: a credential of somebody we never heard of.
pub(super) const UNKNOWN_CREDENTIAL: f32 = -3.0;
/// `foo = …`.
pub(super) const UNKNOWN_NAME: f32 = -1.8;
/// `request_id`, `sha256`, `url`.
pub(super) const NOT_SECRET: f32 = -5.0;

/// Reads like words rather than like random characters.
pub(super) const WORDS: f32 = -6.0;
/// Between the two.
pub(super) const HALF_WORDS: f32 = -0.5;
/// As random as a key.
pub(super) const RANDOM: f32 = 1.0;
/// 0.37 % of random values have no digit; far more of what else there is.
pub(super) const NO_DIGIT: f32 = -0.8;
/// A placeholder, by repetition, sequence or spelling.
pub(super) const PLACEHOLDER: f32 = -8.0;
/// Lacks a class of characters that real values have.
pub(super) const CLASSES: f32 = -6.0;
/// The value is itself a name (`"…": {`).
pub(super) const NAMES_SOMETHING: f32 = -4.0;
/// A segment of a path, or a piece of longer base64.
pub(super) const IN_PATH: f32 = -2.5;
/// Published by the provider as an example.
pub(super) const PUBLISHED: f32 = -12.0;

/// Strength of evidence right beside the value.
pub(super) const HOST: f32 = 5.0;
pub(super) const IMPORT: f32 = 4.4;
pub(super) const WORD: f32 = 4.2;
pub(super) const PRODUCT: f32 = 3.4;
/// The evidence names what encloses the value.
pub(super) const PARENT: f32 = 1.0;
/// What it loses by each enclosing structure to leave …
pub(super) const PER_LEVEL: f32 = 0.45;
/// … by lying inside a structure beside the value …
pub(super) const NESTED: f32 = 1.2;
/// … or beside the structure that holds the value …
pub(super) const NESTED_ELSEWHERE: f32 = 3.6;
/// … by each line, less for ours than for others', whose nearness has to
/// be plain before it counts …
pub(super) const PER_LINE: f32 = 0.07;
pub(super) const PER_LINE_RIVAL: f32 = 0.22;
/// … by each byte, on one line …
pub(super) const PER_BYTE: f32 = 0.004;
/// … by each blank line …
pub(super) const PER_BLANK: f32 = 0.45;
/// … by each section heading …
pub(super) const PER_SECTION: f32 = 1.2;
/// … by naming a neighbour that is a credential itself …
pub(super) const NAMES_CREDENTIAL: f32 = 2.6;
/// … or something else …
pub(super) const NAMES_OTHER: f32 = 0.5;
/// … or a structure that the value is not in …
pub(super) const NAMES_NEIGHBOUR: f32 = 2.6;
/// … by lying outside a named structure that is somebody else's …
pub(super) const OUTSIDE_HOLDER: f32 = 2.8;
/// … by being the name of a user or a database …
pub(super) const ACCOUNT: f32 = 2.2;
/// … by being seen from a use of the variable, not from the value.
pub(super) const PER_USE: f32 = 0.4;
/// Most that lines, bytes or blanks cost.
pub(super) const FAR: f32 = 4.0;
/// An import speaks for the whole file.
pub(super) const IMPORT_FAR: f32 = 1.2;
/// `password` beside the vendor's name, but not its address.
pub(super) const ACCOUNT_PASSWORD: f32 = -3.2;
/// `APP_SECRET` in a file that has `MISTRAL_API_KEY=` too.
pub(super) const OWN_VARIABLE: f32 = -2.2;
/// `MISTRAL_KEY` beside `MISTRAL_ENDPOINT=https://….azure.com`.
pub(super) const OWN_NAME_ELSEWHERE: f32 = -7.0;
/// Another vendor is named nearer or more plainly.
pub(super) const RIVAL_NEARER: f32 = -3.5;
/// Another vendor is named about as near.
pub(super) const RIVAL_NEAR: f32 = -1.0;
/// No evidence of the vendor within reach.
pub(super) const ALONE: f32 = -1.0;
/// `ACME_URL=https://api.mistral.ai` beside `ACME_API_KEY`.
pub(super) const SHARED_PREFIX: f32 = 3.2;

/// The path names the vendor.
pub(super) const PATH_NAMES: f32 = 2.6;
/// `secrets/mistral_api_key`, with a value and nothing else in it.
pub(super) const WHOLE_FILE: f32 = 3.0;
/// A file that credentials are kept in.
pub(super) const CREDENTIAL_FILE: f32 = 0.6;
/// Tests, examples and documentation count less, never nothing.
pub(super) const TEST_FILE: f32 = -0.2;

/// A value with a mark of its own.
pub(super) const MARKED: f32 = 4.0;
/// Both halves of a two-part credential, one bound to its name.
pub(super) const PAIRED: f32 = 3.5;
/// The loosely documented form, by itself.
pub(super) const LOOSE: f32 = -1.5;

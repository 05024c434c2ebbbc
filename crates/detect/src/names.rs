//! Names, split into words, and what each word says of the thing named.
//!
//! The lists hold ordinary words of configuration and code. Vendors are not
//! among them: those come from the dossiers.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

/// What a word in a name says of the value bound to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The value is a credential: `key`, `token`, `authorization`.
    Credential,
    /// Says nothing about what the value is, nor whose: `prod`, `default`.
    Qualifier,
    /// Stands between a name and its value: `value`, `default`, `content`.
    Holder,
    /// The value is something else: `id`, `hash`, `url`.
    NotSecret,
    /// Grammar, keywords and type names; never part of a name.
    Grammar,
}

const CREDENTIAL: &str = "key keys apikey apikeys token tokens secret secrets password passwd pass pwd \
    auth authorization bearer credential credentials creds cred authentication authkey accesstoken accesskey \
    apitoken secretkey apisecret authtoken passwort clef cle clave chave llave chiave schluessel kluc";

const QUALIFIER: &str = "api access private client clients user service services account my our app application \
    ai llm llms ml nlp lm model models chat chats completion completions inference provider providers primary \
    secondary backup main test tests testing dev develop development prod production stage staging env \
    environment environ config conf cfg configuration setting settings option options opt opts param params \
    parameter parameters arg args header headers x vite next public react expo nuxt gatsby vue angular ng \
    local build raw plain global self this cls data new old current temp tmp ocr embed embedding \
    embeddings embedder embedders transcription stt tts asr rag agent agents bot bots code coder autocomplete tab fim large small \
    medium tiny nano mini platform cloud server backend frontend remote endpoint custom compatible free paid \
    personal team shared input field form entry live sandbox alt extra spare pool list array first second \
    third one two three real actual valid working active g m k d o t e n a b c s f h p j w y z r u v q i l \
    gen generation generator assistant copilot translate translation summarize summary vision text voice \
    audio speech image moderation classifier completor engine gateway proxy connector connection conn \
    integration plugin extension ext mcp tool tools base demo studio console plateforme workspace org project \
    runtime process system sys http https request req sdk lib kwargs props state store stores ctx \
    context secretmanager vault common default defaults fallback super admin root root platformkey eu us \
    fr en de int ci cd job deploy deployment action actions github buildconfig bundle plist stringfrom \
    secure wizard onboarding setup init initial override forced optional required null undefined none true false \
    vars variables variable var key1 key2 v1 v2 credentials3 latest large medium";

const HOLDER: &str = "value val values content contents default defaultvalue stringvalue secretstring string \
    literal data body text initialvalue currentvalue placeholder entry kv set put add const final let example \
    raw getenv unwrap orelse getordefault get fetch lookup env environ or else to owned into str some ok";

const NOT_SECRET: &str = "id ids uid uids guid guids uuid uuids hash hashes md md5 sha sha1 sha256 sha512 checksum \
    checksums digest digests sum commit commits rev revision etag trace traceid span spanid cookie cookies csrf \
    xsrf nonce salt iv sig signature signatures fingerprint fingerprints integrity chunk chunks asset file files filename \
    filepath path paths dir version versions ref refs hex blob tree object layer snapshot node device serial \
    tag tags run task event message messages conversation conversations thread url uri urls endpointurl host hostname name names \
    label title description type kind region zone bucket slug cache cached crc adler etags xref uniqid unique \
    identifier requestid correlation correlationid invocation sessionid sid jsessionid phpsessid gravatar avatar \
    class classname css style color width height date time timestamp port size length count index offset \
    session csrftoken xsrftoken sequence seq order invoice receipt license sitekey recaptcha captcha measurement analytics pixel gtm dsn \
    webhook callback redirect state verifier challenge jti kid nbf thumbprint seed shard partition wallet \
    address contract txid transaction block merkle magnet infohash torrent isrc isbn ean upc sku batch bibtex doi \
    agentid fileid workspaceid orgid organization organisation library libraryid dataset datasetid jobid \
    deploymentid connectorid identified toolcall toolcallid callid tokenizer vocab checkpoint weights lockfile resolved \
    etagweak chunkhash contenthash buildid buildhash releaseid";

const GRAMMAR: &str = "is was are be being been equals equal as to the an it its here use using with for from \
    of in on at and or not if else return returns def function fn func let const var val static final readonly \
    pub private protected public export import set setx setenv unset echo print println printf log console \
    string str char text any object void int bool boolean byte bytes optional option maybe secretstr anystr number \
    cstring wstring std nsstring usize number mut ref type interface struct class enum new await async yield lambda \
    declare local global my our nonlocal assert case when then end do done begin unsafe extern override virtual update where select insert into values \
    cdata kv put npx curl wget sudo concat format sprintf fmt by";

/// Words before `key` that make it something other than a credential.
const NOT_CREDENTIAL_KEYS: &str = "cache primary foreign sort partition hash object storage redis idempotency \
    dedup lookup unique react query row column index map dict group i18n translation message routing shard \
    sticky session state registry host known public sitekey site widget measurement license product activation \
    ssh pgp gpg rsa pem deploy host encryption csrf signing jwt";

static ROLES: LazyLock<HashMap<&'static str, Role>> = LazyLock::new(|| {
    // Later lists win: a word that is both grammar and a qualifier, such as
    // `public`, keeps the meaning listed last.
    [
        (GRAMMAR, Role::Grammar),
        (QUALIFIER, Role::Qualifier),
        (HOLDER, Role::Holder),
        (NOT_SECRET, Role::NotSecret),
        (CREDENTIAL, Role::Credential),
    ]
    .into_iter()
    .flat_map(|(list, role)| list.split_whitespace().map(move |word| (word, role)))
    .collect()
});

static NOT_KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| NOT_CREDENTIAL_KEYS.split_whitespace().collect());

/// The role of a lower-case word, if it is a known one.
pub(crate) fn role(word: &str) -> Option<Role> {
    ROLES.get(word).copied()
}

/// Whether `word` before `key` makes it something else than a credential.
pub(crate) fn spoils_key(word: &str) -> bool {
    NOT_KEYS.contains(&word)
}

/// Whether `word` before `secret` makes it something else than an API key.
pub(crate) fn spoils_secret(word: &str) -> bool {
    const WORDS: [&str; 9] = [
        "jwt",
        "session",
        "encryption",
        "signing",
        "cookie",
        "webhook",
        "csrf",
        "nextauth",
        "oauth",
    ];
    WORDS.contains(&word)
}

/// Whether a byte belongs to a name as people write names in code,
/// configuration and header lines.
pub(crate) fn is_name_byte(byte: u8) -> bool {
    kind_of(byte) != 0
}

/// Kinds of the bytes of names, as bits.
pub(crate) const LOWER: u8 = 1;
pub(crate) const UPPER: u8 = 2;
pub(crate) const DIGIT: u8 = 4;
pub(crate) const DOT: u8 = 8;
pub(crate) const MARK: u8 = 16;

/// Of which kind a byte of a name is; 0 if it belongs to none.
pub(crate) fn kind_of(byte: u8) -> u8 {
    /// Every byte of a text near a candidate is asked about.
    static KINDS: [u8; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = match byte as u8 {
                b'a'..=b'z' => LOWER,
                b'A'..=b'Z' => UPPER,
                b'0'..=b'9' => DIGIT,
                b'.' => DOT,
                b'_' | b'-' | b'$' | b'@' | b'/' => MARK,
                _ => 0,
            };
            byte += 1;
        }
        table
    };
    KINDS[usize::from(byte)]
}

/// Splits a name at `_ - .`, at camel-case humps and around digits, and folds
/// the words to lower case: `X-MistralAPIKey_2` is `x mistral api key 2`.
pub(crate) fn words(name: &[u8]) -> Vec<String> {
    let lower = |word: Range<usize>| String::from_utf8(name[word].to_ascii_lowercase()).ok();
    word_ranges(name).filter_map(lower).collect()
}

/// Where the words of a name stand in it.
pub(crate) fn word_ranges(name: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += name[at..].iter().position(u8::is_ascii_alphanumeric)?;
        let start = at;
        at += 1;
        while name.get(at).is_some_and(u8::is_ascii_alphanumeric) && !is_hump(name, at) {
            at += 1;
        }
        Some(start..at)
    })
}

/// Whether a new word begins at `at`: `mistral|Key`, `API|Key`, `key|2`.
pub(crate) fn is_hump(part: &[u8], at: usize) -> bool {
    let (before, here) = (part[at - 1], part[at]);
    let next_is_lower = part.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    match (before, here) {
        (b'0'..=b'9', b'0'..=b'9') => false,
        (b'0'..=b'9', _) | (_, b'0'..=b'9') => true,
        (b'a'..=b'z', b'A'..=b'Z') => true,
        (b'A'..=b'Z', b'A'..=b'Z') => next_is_lower,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_where_people_split_them() {
        let split = |name: &str| words(name.as_bytes()).join(" ");
        assert_eq!(split("MISTRAL_API_KEY"), "mistral api key");
        assert_eq!(split("X-MistralAPIKey_2"), "x mistral api key 2");
        assert_eq!(split("spring.ai.mistralai.api-key"), "spring ai mistralai api key");
        assert_eq!(split("mistralAIApiKey"), "mistral ai api key");
        assert_eq!(split("ChatMistralAI"), "chat mistral ai");
    }
}

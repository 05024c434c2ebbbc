//! Tells a read of a name from a mention of it: `os.environ["NAME"]`,
//! `${NAME}`, `secrets.NAME`, `secretKeyRef`, `os.environ/NAME` and their like,
//! by what stands around the name. No language is parsed: a name counts where
//! it is expanded, is looked up in something called after environment or
//! secrets, or is the value of a field called so.

use std::{ops::Range, path::PathBuf};

use memchr::memmem::Finder;

use super::{
    around::{Around, is_word},
    consumer::By,
};

/// A name under which the value is held somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// The name itself.
    pub(super) text: String,
    /// The Kubernetes Secret that it is a key of.
    pub(super) of: Option<String>,
    /// Many things are called so: only files below this directory are taken
    /// to mean this one.
    pub(super) within: Option<PathBuf>,
}

/// A read of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) span: Range<usize>,
    pub(super) how: By,
    /// The name that it is handed on as.
    pub(super) alias: Option<String>,
}

/// Every read of a name in a text. `lists` says whether a bare item of a list
/// hands a variable on, as in compose files.
pub(super) fn reads(text: &[u8], name: &Name, lists: bool) -> Vec<Read> {
    let mut reads = Vec::new();
    for start in Finder::new(name.text.as_bytes()).find_iter(text) {
        let span = start..start + name.text.len();
        let before = start.checked_sub(1).map(|at| text[at]);
        let after = text.get(span.end).copied();
        if before.is_some_and(is_word) || after.is_some_and(is_word) {
            continue;
        }
        let around = Around::new(text, &span);
        let how = around.expanded().or_else(|| around.looked_up(name)).or_else(|| {
            let by_list = lists && around.is_item();
            (around.is_named_by_field() || around.follows_flag() || by_list).then_some(By::Variable)
        });
        if let Some(how) = how {
            let alias = around.alias().filter(|alias| *alias != name.text);
            reads.push(Read { span, how, alias });
        }
    }
    if let Some(secret) = &name.of {
        whole_secrets(text, secret, &mut reads);
    }
    reads
}

/// Where a manifest takes a Kubernetes Secret as a whole.
fn whole_secrets(text: &[u8], secret: &str, reads: &mut Vec<Read>) {
    for start in Finder::new(secret.as_bytes()).find_iter(text) {
        let span = start..start + secret.len();
        let is_more = |byte: u8| is_word(byte) || matches!(byte, b'-' | b'.');
        let before = start.checked_sub(1).map(|at| text[at]);
        if before.is_some_and(is_more) || text.get(span.end).copied().is_some_and(is_more) {
            continue;
        }
        let around = Around::new(text, &span);
        let field = around.field().unwrap_or_default().to_lowercase();
        let taken = matches!(field.as_str(), "secretname" | "existingsecret" | "existing_secret")
            || field == "name" && around.near("secretRef:", 2, 0);
        if taken {
            reads.push(Read { span, how: By::ManifestSecret, alias: None });
        }
    }
}

/// Whether a name is spelt as environment variables are.
pub(super) fn is_variable(name: &[u8]) -> bool {
    name.len() >= 3
        && name[0].is_ascii_uppercase()
        && name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<By> {
        let name = Name { text: "X_KEY".into(), of: None, within: None };
        reads(text.as_bytes(), &name, true).first().map(|read| read.how)
    }

    #[test]
    fn reads_in_many_syntaxes() {
        for text in [
            "os.environ[\"X_KEY\"]",
            "os.environ.get('X_KEY')",
            "os.getenv(\"X_KEY\", None)",
            "key = process.env.X_KEY;",
            "process.env['X_KEY']",
            "import.meta.env.X_KEY",
            "const { X_KEY, B } = process.env;",
            "Deno.env.get(\"X_KEY\")",
            "import { X_KEY } from '$env/static/private'",
            "std::env::var(\"X_KEY\")?",
            "env!(\"X_KEY\")",
            "os.Getenv(\"X_KEY\")",
            "os.LookupEnv(\"X_KEY\")",
            "ENV[\"X_KEY\"]",
            "ENV.fetch('X_KEY')",
            "env('X_KEY')",
            "$_ENV['X_KEY']",
            "getenv('X_KEY')",
            "System.getenv(\"X_KEY\")",
            "Sys.getenv(\"X_KEY\")",
            "Environment.GetEnvironmentVariable(\"X_KEY\")",
            "curl -H \"Bearer $X_KEY\"",
            "key: ${X_KEY}",
            "key: ${X_KEY:-none}",
            "key: ${X_KEY:?missing}",
            "echo %X_KEY%",
            "$env:X_KEY | tool",
            "\"apiKey\": \"{env:X_KEY}\"",
            "api_key: os.environ/X_KEY",
            "api_key_env_var = \"X_KEY\"",
            "apiKeyEnv: X_KEY",
            "environment:\n  - X_KEY\n",
            "docker run -e X_KEY app",
            "ARG X_KEY",
            "os.environ[\\\"X_KEY\\\"]\\n",
            "$(X_KEY)",
            "RUN --mount=type=secret,id=X_KEY cat",
        ] {
            assert_eq!(read(text), Some(By::Variable), "{text}");
        }
        for text in ["${{ secrets.X_KEY }}", "st.secrets[\"X_KEY\"]", "secrets['X_KEY']"] {
            assert_eq!(read(text), Some(By::Secret), "{text}");
        }
        assert_eq!(read("value = var.X_KEY"), Some(By::TerraformVariable));
        assert_eq!(read("{{ .Values.X_KEY }}"), Some(By::HelmValue));
        assert_eq!(read("secretKeyRef:\n  name: a\n  key: X_KEY\n"), Some(By::ManifestKey));
    }

    #[test]
    fn mentions_and_settings_are_no_reads() {
        for text in [
            "Set X_KEY before you start.",
            "X_KEY=",
            "X_KEY: str",
            "MY_X_KEY",
            "X_KEY_2",
            "os.environ[\"X_KEY\"] = value",
            "$env:X_KEY = 'a'",
            "Sys.setenv(X_KEY = 'a')",
            "os.putenv(\"X_KEY\", a)",
            "| `X_KEY` | the key |",
            "key: X_KEY",
            "$MY_X_KEY",
            "print(\"X_KEY\")",
            "export X_KEY=a",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn names_that_it_is_handed_on_as() {
        let alias = |text: &str| {
            let name = Name { text: "x-key".into(), of: None, within: None };
            reads(text.as_bytes(), &name, true).into_iter().next().and_then(|read| read.alias)
        };
        let manifest =
            "- name: X_KEY\n  valueFrom:\n    secretKeyRef:\n      name: a\n      key: x-key\n";
        assert_eq!(alias(manifest).as_deref(), Some("X_KEY"));
        assert_eq!(alias("  X_KEY: ${{ secrets.x-key }}").as_deref(), Some("X_KEY"));
        assert_eq!(alias("  api_key: ${{ secrets.x-key }}"), None);
    }

    #[test]
    fn a_key_of_another_secret_is_another_key() {
        let name = Name { text: "key".into(), of: Some("ours".into()), within: None };
        let how = |text: &str| -> Vec<By> {
            reads(text.as_bytes(), &name, false).into_iter().map(|read| read.how).collect()
        };
        assert_eq!(how("secretKeyRef:\n  name: ours\n  key: key\n"), [By::ManifestKey]);
        assert!(how("secretKeyRef:\n  name: theirs\n  key: key\n").is_empty());
        assert_eq!(how("envFrom:\n- secretRef:\n    name: ours\n"), [By::ManifestSecret]);
        assert_eq!(how("secret:\n  secretName: ours\n"), [By::ManifestSecret]);
        assert!(how("secretName: ours-too\n").is_empty());
    }
}

//! What kind of thing a file is, told by its path and by what it says of
//! itself. Tools that keep one provider's values are not known here: they come
//! from the dossier.

use std::path::Path;

use leeward_dossier::schema::ConsumerRule;

/// What kind of place uses a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsumerKind {
    /// `.env` and its like.
    Dotenv,
    /// What a shell reads when it starts.
    ShellProfile,
    /// What a shell was told before; nobody reads it, but the value stands there.
    ShellHistory,
    /// Settings of a build service, by its name.
    Ci(&'static str),
    /// A Kubernetes manifest.
    Kubernetes,
    /// Values or templates of a Helm chart.
    Helm,
    /// A compose file.
    Compose,
    /// Instructions for a container image.
    Dockerfile,
    /// Terraform configuration or variables.
    Terraform,
    /// A Terraform state, which keeps values in plain.
    TerraformState,
    /// A tool that the dossier knows, by its title.
    Tool(String),
    /// A notebook.
    Notebook,
    /// Settings of an editor or a development environment.
    Editor,
    /// Source code, by its language.
    Source(&'static str),
    /// Another configuration file.
    Config,
    /// Documentation or text; a mention, not a use.
    Text,
    /// Anything else.
    Other,
}

impl ConsumerKind {
    /// What people call it.
    pub fn title(&self) -> &str {
        match self {
            Self::Dotenv => "dotenv file",
            Self::ShellProfile => "shell profile",
            Self::ShellHistory => "shell history",
            Self::Ci(service) => service,
            Self::Kubernetes => "Kubernetes manifest",
            Self::Helm => "Helm chart",
            Self::Compose => "compose file",
            Self::Dockerfile => "Dockerfile",
            Self::Terraform => "Terraform configuration",
            Self::TerraformState => "Terraform state",
            Self::Tool(title) => title,
            Self::Notebook => "notebook",
            Self::Editor => "editor settings",
            Self::Source(language) => language,
            Self::Config => "configuration file",
            Self::Text => "text",
            Self::Other => "file",
        }
    }

    /// What a person should know before switching a place of this kind.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::ShellProfile => "open shells keep the old value until they are started anew",
            Self::ShellHistory => "nothing reads it; delete the line",
            Self::Ci(_) => "best a reference to a secret of the service, set there",
            Self::Kubernetes => "apply it, then restart what reads it as a variable",
            Self::Compose | Self::Dockerfile => "running containers keep the old value",
            Self::Terraform => "apply it; the state and saved plans keep the old value",
            Self::TerraformState => {
                "rewritten by the next apply; older versions of the state keep the old value"
            }
            Self::Notebook => "saved output may repeat it, and a running kernel keeps it",
            Self::Source(_) => "read it from the environment instead of writing a new one here",
            Self::Text => "take it out; nothing has to be switched",
            _ => "",
        }
    }
}

/// Languages by the ending of a file's name.
const LANGUAGES: &[(&str, &str)] = &[
    ("py pyw pyi", "Python"),
    ("js mjs cjs jsx", "JavaScript"),
    ("ts mts cts tsx", "TypeScript"),
    ("vue svelte astro", "web component"),
    ("go", "Go"),
    ("rs", "Rust"),
    ("java", "Java"),
    ("kt kts", "Kotlin"),
    ("scala", "Scala"),
    ("cs fs vb", ".NET"),
    ("rb rake", "Ruby"),
    ("php", "PHP"),
    ("swift m mm", "Swift or Objective-C"),
    ("dart", "Dart"),
    ("ex exs", "Elixir"),
    ("clj cljs", "Clojure"),
    ("hs", "Haskell"),
    ("lua", "Lua"),
    ("r rmd", "R"),
    ("jl", "Julia"),
    ("pl pm", "Perl"),
    ("c h cc cpp cxx hpp", "C or C++"),
    ("sh bash zsh fish", "shell script"),
    ("ps1 psm1 bat cmd", "Windows script"),
    ("sql", "SQL"),
    ("el", "Emacs Lisp"),
    ("html htm", "HTML"),
];

const CONFIG: &[&str] = &[
    "json",
    "json5",
    "jsonc",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "properties",
    "xml",
    "plist",
    "hcl",
    "http",
    "har",
    "nix",
];

const TEXT: &[&str] = &["md", "mdx", "rst", "txt", "adoc", "log", "org", "tex"];

/// Recognises a file. `text` is what is at hand of it, `home` where `~` is.
pub(super) fn of(
    path: &Path,
    text: &[u8],
    rules: &[ConsumerRule],
    home: Option<&Path>,
) -> ConsumerKind {
    if let Some(rule) = rule(path, text, rules, home) {
        return ConsumerKind::Tool(rule.title.clone());
    }
    let shown = path.to_string_lossy().to_lowercase();
    let name = shown.rsplit(['/', '\\']).next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let yaml = matches!(ending, "yaml" | "yml");
    let says = |words: &[&str]| words.iter().all(|word| has(text, word));
    match () {
        () if let Some(service) = ci(&shown, name) => ConsumerKind::Ci(service),
        () if is_dotenv(name) => ConsumerKind::Dotenv,
        () if is_profile(&shown, name) => ConsumerKind::ShellProfile,
        () if name.ends_with("_history") || name == "consolehost_history.txt" => {
            ConsumerKind::ShellHistory
        }
        () if name.contains(".tfstate") => ConsumerKind::TerraformState,
        () if matches!(ending, "tf" | "tfvars") || name.contains(".tfvars.") => {
            ConsumerKind::Terraform
        }
        () if name.ends_with(".tf.json") || name == "terragrunt.hcl" => ConsumerKind::Terraform,
        () if name.starts_with("dockerfile")
            || name.starts_with("containerfile")
            || ending == "dockerfile" =>
        {
            ConsumerKind::Dockerfile
        }
        () if yaml && (name.starts_with("docker-compose") || name.starts_with("compose")) => {
            ConsumerKind::Compose
        }
        () if yaml && says(&["services:", "image:"]) && !says(&["apiVersion:"]) => {
            ConsumerKind::Compose
        }
        () if yaml && (name.starts_with("values") || has(text, "{{ .Values")) => ConsumerKind::Helm,
        () if yaml && says(&["apiVersion:", "kind:"]) => ConsumerKind::Kubernetes,
        () if ending == "json" && says(&["\"apiVersion\"", "\"kind\""]) => ConsumerKind::Kubernetes,
        () if ending == "ipynb" => ConsumerKind::Notebook,
        () if is_editor(&shown, name) => ConsumerKind::Editor,
        () if CONFIG.contains(&ending) => ConsumerKind::Config,
        () if TEXT.contains(&ending) || is_text(name) => ConsumerKind::Text,
        () => LANGUAGES
            .iter()
            .find(|(endings, _)| endings.split(' ').any(|known| known == ending))
            .map_or(ConsumerKind::Other, |(_, language)| ConsumerKind::Source(language)),
    }
}

/// The dossier's rule for a file, if it has one.
pub(super) fn rule<'r>(
    path: &Path,
    text: &[u8],
    rules: &'r [ConsumerRule],
    home: Option<&Path>,
) -> Option<&'r ConsumerRule> {
    rules.iter().find(|rule| {
        rule.paths.iter().any(|pattern| is_at(path, pattern, home))
            && rule.contains.iter().all(|word| has(text, word))
    })
}

/// Whether a path is one that a pattern of the dossier means.
fn is_at(path: &Path, pattern: &str, home: Option<&Path>) -> bool {
    let (below_home, pattern) = match pattern.strip_prefix("~/") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let mut names = path.iter().rev();
    let mut matched = 0;
    for wanted in pattern.rsplit('/') {
        if !names.next().is_some_and(|name| fits(&name.to_string_lossy(), wanted)) {
            return false;
        }
        matched += 1;
    }
    !below_home
        || home.is_some_and(|home| {
            path.ancestors().nth(matched).is_some_and(|above| above == home || same(above, home))
        })
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Whether a name fits one in which `*` is any part.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(mut name) = name.strip_prefix(before) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return name.ends_with(part);
        }
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    true
}

fn has(text: &[u8], word: &str) -> bool {
    memchr::memmem::find(text, word.as_bytes()).is_some()
}

fn ci(path: &str, name: &str) -> Option<&'static str> {
    let below = |folder: &str| path.contains(folder);
    Some(match name {
        _ if below(".github/workflows/") || below(".github/actions/") => "GitHub Actions",
        ".gitlab-ci.yml" | ".gitlab-ci.yaml" => "GitLab CI",
        _ if name.ends_with(".gitlab-ci.yml") || below(".gitlab/ci/") => "GitLab CI",
        _ if below(".circleci/") => "CircleCI",
        _ if name.starts_with("jenkinsfile") => "Jenkins",
        _ if name.starts_with("azure-pipelines") || below(".azure-pipelines/") => "Azure Pipelines",
        "bitbucket-pipelines.yml" => "Bitbucket Pipelines",
        ".travis.yml" => "Travis CI",
        ".drone.yml" => "Drone",
        _ if name.starts_with(".woodpecker") || below(".woodpecker/") => "Woodpecker",
        _ if below(".buildkite/") => "Buildkite",
        _ if below(".forgejo/workflows/") || below(".gitea/workflows/") => "Forgejo Actions",
        _ => return None,
    })
}

fn is_dotenv(name: &str) -> bool {
    name == ".env" || name.starts_with(".env.") || name.ends_with(".env") || name == ".dev.vars"
}

fn is_profile(path: &str, name: &str) -> bool {
    const NAMES: &[&str] = &[
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_aliases",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".zlogin",
        ".kshrc",
        ".cshrc",
        ".tcshrc",
        ".envrc",
        ".renviron",
        ".xprofile",
        "config.fish",
        "profile.ps1",
        "environment",
    ];
    NAMES.contains(&name) && (name != "environment" || path.ends_with("etc/environment"))
        || name.ends_with("_profile.ps1")
        || path.contains("environment.d/")
}

/// What people read, without an ending that says so.
fn is_text(name: &str) -> bool {
    let names = ["metadata", "pkg-info", "readme", "changelog", "license", "contributing"];
    names.contains(&name)
}

fn is_editor(path: &str, name: &str) -> bool {
    [".vscode/", ".idea/", "code/user/", ".cursor/", ".zed/", "nvim/", "sublime text"]
        .iter()
        .any(|folder| path.contains(folder))
        || name.ends_with(".code-workspace")
        || name.ends_with(".sublime-settings")
        || matches!(name, ".vimrc" | "init.vim" | ".emacs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> ConsumerKind {
        of(Path::new(path), text.as_bytes(), &[], None)
    }

    #[test]
    fn kinds_by_path_and_content() {
        use ConsumerKind as K;
        for (path, text, wanted) in [
            ("a/.env", "", K::Dotenv),
            (".env.production", "", K::Dotenv),
            ("home/.zshrc", "", K::ShellProfile),
            ("home/.bash_history", "", K::ShellHistory),
            ("x/.github/workflows/ci.yml", "", K::Ci("GitHub Actions")),
            ("x/.gitlab-ci.yml", "", K::Ci("GitLab CI")),
            ("x/.circleci/config.yml", "", K::Ci("CircleCI")),
            ("x/Jenkinsfile", "", K::Ci("Jenkins")),
            ("x/azure-pipelines.yml", "", K::Ci("Azure Pipelines")),
            ("k.yaml", "apiVersion: v1\nkind: Secret\n", K::Kubernetes),
            ("k.yaml", "{{ .Values.key }}", K::Helm),
            ("values-prod.yaml", "", K::Helm),
            ("compose.yaml", "", K::Compose),
            ("stack.yml", "services:\n  a:\n    image: b\n", K::Compose),
            ("Dockerfile.dev", "", K::Dockerfile),
            ("main.tf", "", K::Terraform),
            ("prod.tfvars", "", K::Terraform),
            ("prod.auto.tfvars.json", "", K::Terraform),
            ("terraform.tfstate.backup", "", K::TerraformState),
            ("a.ipynb", "", K::Notebook),
            (".vscode/settings.json", "", K::Editor),
            ("a.py", "", K::Source("Python")),
            ("App.tsx", "", K::Source("TypeScript")),
            ("application.properties", "", K::Config),
            ("README.md", "", K::Text),
            ("a.dist-info/METADATA", "", K::Text),
            ("blob.bin", "", K::Other),
        ] {
            assert_eq!(kind(path, text), wanted, "{path}");
        }
    }

    #[test]
    fn tools_of_the_dossier_come_first() {
        let rule = |paths: &[&str], contains: &[&str]| ConsumerRule {
            title: "Tool".into(),
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            contains: contains.iter().map(|&word| word.to_owned()).collect(),
            switch: String::new(),
            unseen: None,
        };
        let home = Path::new("/home/ada");
        let rules = [rule(&["~/.tool/.env", "tool*.yaml"], &[]), rule(&["*.json"], &["marker"])];
        let is_tool = |path: &str, text: &str| {
            of(Path::new(path), text.as_bytes(), &rules, Some(home))
                == ConsumerKind::Tool("Tool".into())
        };
        assert!(is_tool("/home/ada/.tool/.env", ""));
        assert!(!is_tool("/home/bob/.tool/.env", ""));
        assert!(is_tool("a/tool_prod.yaml", ""));
        assert!(!is_tool("a/mytool.yaml", ""));
        assert!(is_tool("a/b.json", "x marker y"));
        assert!(!is_tool("a/b.json", "x"));
    }
}

//! Which language a file is in, by its name, and by its text where the name
//! says too little.

use std::path::Path;

/// A language or format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    Go,
    Rust,
    Java,
    Kotlin,
    CSharp,
    Ruby,
    Php,
    Shell,
    Dockerfile,
    /// A file of Docker Compose.
    Compose,
    /// A manifest of Kubernetes.
    Kubernetes,
    /// A workflow of GitHub Actions.
    Workflow,
    Terraform,
    /// Values for Terraform's variables.
    TerraformValues,
    /// Configuration of Spring, as properties or YAML.
    Spring,
    /// Configuration of the gateway LiteLLM.
    LiteLlm,
    /// A dotenv file.
    Dotenv,
    /// A notebook of Jupyter.
    Notebook,
    Json,
    Yaml,
    /// Anything else.
    Other,
}

impl Language {
    /// By name and text.
    pub fn of(file: &Path, text: &[u8]) -> Self {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let path = file.to_string_lossy().replace('\\', "/").to_ascii_lowercase();
        let (stem, kind) = name.rsplit_once('.').unwrap_or((&name, ""));
        if name == ".env" || name.starts_with(".env.") || kind == "env" {
            return Self::Dotenv;
        }
        if stem == "dockerfile" || name.starts_with("dockerfile.") || kind == "dockerfile" {
            return Self::Dockerfile;
        }
        match kind {
            "py" | "pyi" | "pyw" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "ts" | "mts" | "cts" | "tsx" => Self::TypeScript,
            "go" => Self::Go,
            "rs" => Self::Rust,
            "java" => Self::Java,
            "kt" | "kts" => Self::Kotlin,
            "cs" => Self::CSharp,
            "rb" | "rake" => Self::Ruby,
            "php" => Self::Php,
            "sh" | "bash" | "zsh" | "ksh" => Self::Shell,
            "tf" => Self::Terraform,
            "tfvars" => Self::TerraformValues,
            "ipynb" => Self::Notebook,
            "json" => Self::Json,
            "properties" if is_of_spring(stem) => Self::Spring,
            "yml" | "yaml" => yaml(&path, stem, text),
            _ => by_first_line(text),
        }
    }

    /// Whether values are literals of a programming language.
    pub(super) fn is_code(self) -> bool {
        matches!(
            self,
            Self::Python
                | Self::JavaScript
                | Self::TypeScript
                | Self::Go
                | Self::Rust
                | Self::Java
                | Self::Kotlin
                | Self::CSharp
                | Self::Ruby
                | Self::Php
        )
    }

    /// What begins a comment that ends with its line.
    pub(super) fn comment(self) -> &'static [&'static str] {
        match self {
            Self::JavaScript
            | Self::TypeScript
            | Self::Go
            | Self::Rust
            | Self::Java
            | Self::Kotlin
            | Self::CSharp => &["//", "*", "/*"],
            Self::Php => &["//", "#", "*", "/*"],
            Self::Terraform | Self::TerraformValues => &["#", "//"],
            Self::Spring => &["#", "!"],
            Self::Json | Self::Notebook | Self::Other => &[],
            _ => &["#"],
        }
    }
}

fn is_of_spring(stem: &str) -> bool {
    ["application", "bootstrap"].iter().any(|name| {
        stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

fn yaml(path: &str, stem: &str, text: &[u8]) -> Language {
    let has =
        |start: &str| text.split(|&b| b == b'\n').any(|line| line.starts_with(start.as_bytes()));
    if path.contains(".github/workflows/") {
        Language::Workflow
    } else if stem.contains("compose") && has("services:") {
        Language::Compose
    } else if has("apiVersion:") && has("kind:") {
        Language::Kubernetes
    } else if has("model_list:") || has("litellm_settings:") {
        Language::LiteLlm
    } else if is_of_spring(stem) {
        Language::Spring
    } else {
        Language::Yaml
    }
}

fn by_first_line(text: &[u8]) -> Language {
    let first = text.split(|&b| b == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let Some(program) = first.strip_prefix("#!") else { return Language::Other };
    let has = |name: &str| program.split(['/', ' ']).any(|word| word.trim_end().starts_with(name));
    if ["sh", "bash", "zsh", "dash", "ksh"].iter().any(|name| has(name)) {
        Language::Shell
    } else if has("python") {
        Language::Python
    } else if has("ruby") {
        Language::Ruby
    } else if has("php") {
        Language::Php
    } else if has("node") {
        Language::JavaScript
    } else {
        Language::Other
    }
}

//! Programs and files that a command line is read by: data, and short on
//! purpose. A program that is missing here is no hole by itself: what it prints
//! is looked at once more where the agent lets an output be replaced.

/// Print or send what the files in their arguments hold.
pub(super) const READERS: &[&str] = &[
    "cat",
    "bat",
    "batcat",
    "tac",
    "nl",
    "head",
    "tail",
    "less",
    "more",
    "most",
    "strings",
    "xxd",
    "od",
    "hexdump",
    "base64",
    "base32",
    "rev",
    "cut",
    "sort",
    "uniq",
    "paste",
    "fold",
    "tr",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "ack",
    "awk",
    "gawk",
    "sed",
    "jq",
    "yq",
    "tee",
    "diff",
    "cmp",
    "comm",
    "column",
    "pr",
    "view",
    "type",
    "gc",
    "get-content",
    "select-string",
    "findstr",
    // These send.
    "curl",
    "wget",
    "scp",
    "rsync",
    "nc",
    "ncat",
    "http",
    "xh",
    "mail",
    "pbcopy",
    "xclip",
    "clip",
];

/// Print their arguments.
pub(super) const PRINTERS: &[&str] = &["echo", "printf", "print", "write-output", "write-host"];

/// Run what follows them.
pub(super) const WRAPPERS: &[&str] =
    &["sudo", "doas", "command", "builtin", "exec", "nohup", "time", "nice", "stdbuf", "xargs"];

/// Run a line that they are given.
pub(super) const SHELLS: &[&str] =
    &["sh", "bash", "zsh", "dash", "ksh", "fish", "eval", "pwsh", "powershell", "cmd"];

/// Run a line somewhere else.
pub(super) const REMOTES: &[&str] = &[
    "ssh", "docker", "podman", "nerdctl", "kubectl", "oc", "lxc", "wsl", "vagrant", "heroku",
    "fly", "flyctl", "railway", "adb",
];

/// Change the files in their arguments.
pub(super) const WRITERS: &[&str] =
    &["tee", "sed", "cp", "mv", "rm", "ln", "install", "dd", "truncate", "touch", "set-content"];

/// Where keys are kept, by the last part of a path. What follows `.env.` may be
/// anything but one of [`EXAMPLES`].
pub(super) const KEY_FILES: &[&str] = &[".env", ".netrc", ".authinfo", "auth.json", "keys.json"];

/// Endings of files that show which names there are.
pub(super) const EXAMPLES: &[&str] = &["example", "sample", "template", "dist", "schema"];

/// Files by which a user says what Leeward leaves alone.
pub(super) const OWN: &[&str] = &[".leeward-ignore.toml", "leeward.toml"];

//! The wheel for real: built with maturin, installed into an environment of its own below
//! the target directory, and used from Python, by hand and by the engines that the
//! recipes in `integrations/lake` are for. Wants Python 3.10 or later with `venv`, Java 17
//! or later, and a registry of Python's packages, once.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use leeward_detect::{Detector, Options, Scratch};
use leeward_dossier::Library;
use leeward_model::{Blob, Origin};
use rand::RngExt as _;
use serde_json::{Value, json};

/// What is installed beside the wheel.
const REQUIREMENTS: &str = include_str!("python/requirements.txt");

#[test]
fn the_module_finds_what_the_detector_finds_and_lets_others_run() {
    pytest("test_detector.py");
}

#[test]
fn spark_dask_and_ray_run_the_recipes() {
    run(Command::new("java").arg("-version"), "install a Java runtime, 17 or later, for Spark");
    pytest("test_engines.py");
}

/// Runs a file of tests in the environment.
fn pytest(file: &str) {
    let tests = here().join("tests/python");
    let expected = environment().join("expected.json");
    static EXPECTED: OnceLock<()> = OnceLock::new();
    EXPECTED.get_or_init(|| fs::write(&expected, expectation().to_string()).unwrap());
    let mut python = Command::new(environment().join("venv/bin/python"));
    python.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).arg(tests.join(file));
    python.current_dir(environment());
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("LEEWARD_EXPECTED", &expected);
    python.env("LEEWARD_DOSSIERS", root().join("dossiers"));
    python.env("LEEWARD_RECIPES", root().join("integrations/lake"));
    run(&mut python, "a test of the module fails, see above");
}

/// The directory with the environment, in which the wheel is installed.
fn environment() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wheel");
        fs::create_dir_all(&folder).unwrap();
        let venv = folder.join("venv");
        let installed = folder.join("installed.txt");
        if fs::read_to_string(&installed).ok().as_deref() != Some(REQUIREMENTS) {
            let next = "install Python 3.10 or later, with `venv` and `pip`";
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv), next);
            let packages = here().join("tests/python/requirements.txt");
            let mut pip = Command::new(venv.join("bin/pip"));
            // They are kept as they are installed; a cache would take as much again.
            pip.args(["install", "-q", "--no-cache-dir", "--disable-pip-version-check"]);
            pip.arg("-r").arg(packages);
            run(&mut pip, "is a registry of Python's packages reached?");
            fs::write(&installed, REQUIREMENTS).unwrap();
        }
        let wheels = folder.join("wheels");
        let _ = fs::remove_dir_all(&wheels);
        let mut maturin = Command::new(venv.join("bin/maturin"));
        maturin.args(["build", "-q", "--locked", "--interpreter"]).arg(venv.join("bin/python"));
        maturin.arg("--manifest-path").arg(here().join("Cargo.toml"));
        maturin.arg("--target-dir").arg(target()).arg("--out").arg(&wheels);
        run(&mut maturin, "the wheel is not built, see above");
        let wheel = fs::read_dir(&wheels).unwrap().next().unwrap().unwrap().path();
        let mut pip = Command::new(venv.join("bin/pip"));
        pip.args(["install", "-q", "--disable-pip-version-check", "--no-deps"]);
        pip.arg("--force-reinstall").arg(wheel);
        run(&mut pip, "the wheel is not installed, see above");
        folder
    })
}

/// Runs a program to its end, and says what to do if that is not a good one.
fn run(command: &mut Command, next: &str) {
    match command.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
            write!(said, "{}", String::from_utf8_lossy(&output.stderr)).unwrap();
            panic!("{said}\n{command:?} fails: {next}");
        }
        Err(error) => panic!("{command:?} cannot be started ({error}): {next}"),
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> &'static Path {
    here().parent().unwrap().parent().unwrap()
}

/// The target directory, in which everything below the module is built already.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// Texts of all sorts, and what the detector finds in them, as the module is to tell it.
fn expectation() -> Value {
    let library = Library::builtin();
    let detector = Detector::new(&library, Options { low: true });
    let texts: Vec<Vec<u8>> = (0..400).map(text).collect();
    let names: Vec<&str> = (0..texts.len()).map(name).collect();
    let mut scratch = Scratch::default();
    let mut look = |origin: &dyn Fn(usize) -> Origin<'static>| -> Vec<Value> {
        let mut found = Vec::new();
        for (row, text) in texts.iter().enumerate() {
            detector.scan(&Blob::whole(text, origin(row)), &mut scratch, |it| {
                let (span, start) = (it.span, it.start);
                let (dossier, print) = (it.dossier.as_str().to_owned(), it.fingerprint.to_string());
                let place = (row, span.start, span.end, start.line, start.column, dossier, print);
                found.push(json!(place));
            });
        }
        found
    };
    let found = look(&|row| Origin::File(Path::new(name(row))));
    let nameless = look(&|_| Origin::Stdin);
    // Each byte is a character of Latin 1, so that JSON can hold any.
    let texts: Vec<String> =
        texts.iter().map(|text| text.iter().copied().map(char::from).collect()).collect();
    json!({ "texts": texts, "names": names, "found": found, "nameless": nameless })
}

/// What the file of a text is called; one speaks for what is in it.
fn name(row: usize) -> &'static str {
    ["a.txt", ".env", "x/y.py", "mistral.json"][row % 4]
}

/// A text with nothing, with a key in one of several forms, or with what cannot be one.
fn text(number: usize) -> Vec<u8> {
    let mut rng = rand::rng();
    let letters = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut any = || char::from(letters[rng.random_range(0..letters.len())]);
    let key = format!("aB3{}", (0..29).map(|_| any()).collect::<String>());
    let before = "größer, señor, \u{1f511}\n".repeat(number % 5);
    let line = match number % 8 {
        0 => format!("MISTRAL_API_KEY={key}"),
        1 => format!(r#"{{"provider": "mistral", "api_key": "{key}"}}"#),
        2 => format!("client = Mistral(api_key='{key}')"),
        3 => format!("mistral is a wind, and {key} is nothing"),
        4 => {
            return format!("MISTRAL_API_KEY={key}")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
        }
        5 => return [b"\xff\xfe\x80 MISTRAL_API_KEY=", key.as_bytes(), b"\xff"].concat(),
        6 => key,
        _ => String::new(),
    };
    format!("{before}{line}\n").into_bytes()
}

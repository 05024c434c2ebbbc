//! A SOPS file, by the user's own `sops`: it knows every kind of key that such
//! a file may be encrypted to, and writes its formats as nobody else does. The
//! value goes in by its standard input (`set --value-stdin`, since SOPS 3.11),
//! never as an argument.
//!
//! It works on a copy beside the file, which then takes the file's place in
//! one go. A file is not made here: which keys it is for is the user's to say.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use leeward_model::Secret;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    Access, Destination, Held, Keeper, Receipt, Reference, Trouble,
    fields::{self, Field, Fields},
    file::Place,
    other_keys,
};

pub(super) struct Sops<'a> {
    access: &'a Access,
    file: PathBuf,
    key: Vec<String>,
}

/// Why a run was of no use, as far as it is told by how it ended.
struct Failed {
    code: Option<i32>,
    is_old: bool,
    is_plain: bool,
}

impl<'a> Sops<'a> {
    pub(super) fn new(access: &'a Access, file: PathBuf, key: Vec<String>) -> Self {
        Self { access, file, key }
    }

    /// One run of the program. What it says is looked at and not shown: it may
    /// hold values.
    fn run(
        &self,
        args: &[&str],
        file: &Path,
        more: &[&str],
        input: Option<&[u8]>,
    ) -> Result<Result<Zeroizing<Vec<u8>>, Failed>, Trouble> {
        let program = self.access.sops.as_deref().unwrap_or(Path::new("sops"));
        let failed = |error: io::Error| {
            Trouble::Missing(format!(
                "the program `{}` does not start ({}): install SOPS 3.11 or later",
                program.display(),
                error.kind()
            ))
        };
        let mut command = Command::new(program);
        command.args(args).arg(file).args(more);
        for variable in ["SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY"] {
            if let Some(value) = self.access.secret(variable) {
                #[expect(clippy::disallowed_methods, reason = "the program reads it")]
                let value = String::from_utf8_lossy(value.expose()).into_owned();
                command.env(variable, value);
            }
        }
        let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A program that ends early says why by how it ends.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(failed)?;
        let stdout = Zeroizing::new(output.stdout);
        if output.status.success() {
            return Ok(Ok(stdout));
        }
        let said = Zeroizing::new(output.stderr);
        let says = |text: &str| said.windows(text.len()).any(|window| window == text.as_bytes());
        Ok(Err(Failed {
            code: output.status.code(),
            is_old: says("flag provided but not defined"),
            is_plain: says("metadata not found"),
        }))
    }

    fn trouble(&self, failed: &Failed) -> Trouble {
        let file = self.file.display();
        match failed {
            Failed { is_old: true, .. } => Trouble::Missing(
                "the program `sops` is too old to take a value by its standard input: install \
                 SOPS 3.11 or later"
                    .to_owned(),
            ),
            Failed { is_plain: true, .. } => Trouble::Refused(format!(
                "`{file}` is not encrypted by SOPS: encrypt it first (`sops encrypt --in-place {}`)",
                super::shell(&file.to_string())
            )),
            Failed { code: Some(128), .. } => Trouble::Denied(format!(
                "`sops` has no key that opens `{file}`: give it one, such as by SOPS_AGE_KEY_FILE"
            )),
            Failed { code: Some(51 | 52), .. } => Trouble::Refused(format!(
                "`{file}` was changed past SOPS, its authentication code does not fit: find out \
                 by whom before you put anything in"
            )),
            Failed { .. } => Trouble::System(format!(
                "`sops` could not read or write `{file}`: `sops decrypt {}` says why",
                super::shell(&file.to_string())
            )),
        }
    }

    /// The file's content as JSON.
    fn decrypted(&self, file: &Path) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let args = ["decrypt", "--output-type", "json"];
        self.run(&args, file, &[], None)?.map_err(|failed| self.trouble(&failed))
    }

    fn place(&self) -> Result<Place, Trouble> {
        let place = Place::find(&self.file)?;
        if place.path().exists() {
            return Ok(place);
        }
        let file = self.file.display();
        Err(Trouble::Absent(format!(
            "there is no `{file}`: make it with `sops edit {}`, which encrypts it to the keys of \
             your `.sops.yaml`",
            super::shell(&file.to_string())
        )))
    }

    /// The value under the key, and how many stand beside it.
    fn held(&self, json: &[u8]) -> Result<(Option<Field>, usize), Trouble> {
        let (last, above) = self.key.split_last().ok_or_else(|| not_understood(&self.file))?;
        let mut text = json;
        for step in above {
            let steps: std::collections::BTreeMap<String, &RawValue> =
                match serde_json::from_slice(text) {
                    Ok(steps) => steps,
                    Err(_) => return Err(self.no_mapping(step)),
                };
            match steps.get(step) {
                Some(raw) => text = raw.get().as_bytes(),
                None => return Ok((None, 0)),
            }
        }
        let fields = Fields::read(text).ok_or_else(|| self.no_mapping(last))?;
        Ok((fields.get(last), fields.others(last)))
    }

    fn no_mapping(&self, step: &str) -> Trouble {
        Trouble::Refused(format!(
            "in `{}` the step `{step}` of the key is in no mapping: check the key",
            self.file.display()
        ))
    }

    fn receipt(&self, changed: bool, text: String) -> Receipt {
        let facts = [("file", self.file.display().to_string()), ("key", self.key.join("/"))];
        Receipt::new(changed, text, facts)
    }
}

impl Keeper for Sops<'_> {
    fn plan(&self) -> Vec<String> {
        let (file, key) = (self.file.display(), self.key.join("/"));
        vec![
            format!("run `sops decrypt` on `{file}`, to see what `{key}` holds"),
            format!(
                "if that is not the new value, run `sops set --value-stdin` on a copy, with the \
                 value on its standard input, and put the copy in the place of `{file}`; other \
                 keys and the file's recipients stay"
            ),
        ]
    }

    fn put(&self, value: &Secret) -> Result<Receipt, Trouble> {
        let place = self.place()?;
        let (file, key) = (self.file.display(), self.key.join("/"));
        let before = place.read()?;
        let (held, others) = self.held(&self.decrypted(place.path())?)?;
        if held.is_some_and(|held| held.is(value)) {
            let text =
                format!("`{file}` holds the value under `{key}` already: nothing was written");
            return Ok(self.receipt(false, text));
        }
        let name = place.path().file_name().unwrap_or_default();
        // SOPS tells formats by how names end.
        let copy = place.beside(&format!("-{}", name.to_string_lossy()), before.as_deref())?;
        let index: String =
            self.key.iter().map(|step| format!("[{}]", fields::key(step))).collect();
        let quoted = fields::quoted(value)?;
        self.run(&["set", "--value-stdin"], copy.path(), &[&index], Some(quoted.as_bytes()))?
            .map_err(|failed| self.trouble(&failed))?;
        // Nothing takes the file's place that does not hold the value.
        let (held, _) = self.held(&self.decrypted(copy.path())?)?;
        if !held.is_some_and(|held| held.is(value)) {
            return Err(not_understood(&self.file));
        }
        let new = std::fs::read(copy.path())
            .map_err(|error| super::file::system(&file.to_string(), "cannot be written", &error))?;
        place.replace(before.as_ref().map(|bytes| bytes.as_slice()), &new)?;
        let text =
            format!("encrypted the value into `{file}` under `{key}`, {} kept", other_keys(others));
        Ok(self.receipt(true, text))
    }

    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        let place = Place::find(&self.file)?;
        if !place.path().exists() {
            return Ok(Held::Absent);
        }
        let (held, _) = self.held(&self.decrypted(place.path())?)?;
        Ok(match held {
            Some(Field::Text(text)) if is_it(&text) => Held::Yes,
            Some(_) => Held::No,
            None => Held::Absent,
        })
    }

    fn reference(&self) -> Reference {
        Destination::Sops { file: self.file.clone(), key: self.key.clone() }.reference()
    }
}

fn not_understood(file: &Path) -> Trouble {
    Trouble::NotUnderstood(format!(
        "`sops` did not do as it is known to: `{}` was left as it was; try it by hand",
        file.display()
    ))
}

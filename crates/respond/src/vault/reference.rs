//! How code and configuration refer to a value that lies in a place: never by
//! the value, and in the words of the place's own tools.

use super::{Destination, destination};

/// How a value in a place is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The place as the user wrote it.
    pub place: String,
    /// A command of the place's own tool that prints the value, for a shell to
    /// put into a variable.
    pub command: Option<String>,
    /// Name and key, if the value is in a Kubernetes Secret.
    pub secret_key: Option<(String, String)>,
    /// The name under which a workflow of GitHub Actions has it.
    pub workflow_secret: Option<String>,
    /// How a process gets it as a variable of its environment, as a sentence
    /// without its subject.
    pub way: String,
}

impl Reference {
    pub(super) fn to(destination: &Destination) -> Self {
        let mut reference = Self {
            place: destination.to_string(),
            command: command(destination),
            secret_key: None,
            workflow_secret: None,
            way: String::new(),
        };
        reference.way = match destination {
            Destination::Kubernetes { name, key, .. } => {
                reference.secret_key = Some((name.clone(), key.clone()));
                "comes from the Secret by `secretKeyRef` in the container's `env`".to_owned()
            }
            Destination::GitHub { name, environment, .. } => {
                reference.workflow_secret = Some(name.clone());
                let job = environment
                    .as_ref()
                    .map(|environment| format!(", in a job with `environment: {environment}`"));
                format!("is `${{{{ secrets.{name} }}}}` in a workflow{}", job.unwrap_or_default())
            }
            Destination::Env { file, .. } => format!(
                "is read from `{}` by whatever loads dotenv files, or by `set -a; . {}; set +a`",
                file.display(),
                shell(&file.display().to_string()),
            ),
            Destination::Sops { file, key } if key.len() == 1 => format!(
                "is set for a program by `sops exec-env {} 'PROGRAM'`",
                shell(&file.display().to_string())
            ),
            _ => "is set by a shell from the command, or by the place's own agent".to_owned(),
        };
        reference
    }

    /// A line of shell that exports a variable with the value, if a command
    /// prints it.
    pub fn export(&self, variable: &str) -> Option<String> {
        let command = self.command.as_ref().filter(|_| destination::is_variable(variable))?;
        Some(format!("export {variable}=\"$({command})\""))
    }
}

fn command(destination: &Destination) -> Option<String> {
    Some(match destination {
        Destination::Vault { path, key } => {
            let (mount, path) = path.split_once('/')?;
            vault_command(mount, path, key)
        }
        Destination::Aws { region, name, key } => {
            let region = region.clone().or_else(|| destination::arn_region(name));
            let region = region.map(|region| format!(" --region {region}")).unwrap_or_default();
            let one_of = key.as_ref().map(|key| {
                format!(" | jq -r {}", shell(&format!(".[{}]", super::fields::key(key))))
            });
            format!(
                "aws secretsmanager get-secret-value{region} --secret-id {} --query SecretString \
                 --output text{}",
                shell(name),
                one_of.unwrap_or_default()
            )
        }
        Destination::Kubernetes { namespace, name, key } => {
            let namespace = namespace.as_ref().map(|namespace| format!(" --namespace {namespace}"));
            format!(
                "kubectl get secret{} {name} --output {} | base64 --decode",
                namespace.unwrap_or_default(),
                shell(&format!("jsonpath={{.data['{}']}}", key.replace('.', "\\.")))
            )
        }
        Destination::Sops { file, key } => {
            let index: String =
                key.iter().map(|key| format!("[{}]", super::fields::key(key))).collect();
            format!(
                "sops decrypt --extract {} {}",
                shell(&index),
                shell(&file.display().to_string())
            )
        }
        Destination::Age { file } => {
            format!("age --decrypt --identity KEY-FILE {}", shell(&file.display().to_string()))
        }
        Destination::GitHub { .. } | Destination::Env { .. } => return None,
    })
}

pub(super) fn vault_command(mount: &str, path: &str, key: &str) -> String {
    format!("vault kv get -mount={} -field={} {}", shell(mount), shell(key), shell(path))
}

/// A word of a shell's command.
pub fn shell(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(text: &str) -> Option<String> {
        Destination::parse(text).expect(text).reference().export("KEY")
    }

    #[test]
    fn commands_are_those_of_the_place() {
        assert_eq!(
            export("vault:secret/team/app#api key").as_deref(),
            Some(r#"export KEY="$(vault kv get -mount=secret -field='api key' team/app)""#)
        );
        assert_eq!(
            export("aws:eu-west-1/prod/app#k").as_deref(),
            Some(
                "export KEY=\"$(aws secretsmanager get-secret-value --region eu-west-1 \
                 --secret-id prod/app --query SecretString --output text | jq -r '.[\"k\"]')\""
            )
        );
        assert_eq!(
            export("kubernetes:prod/app#api.key").as_deref(),
            Some(
                "export KEY=\"$(kubectl get secret --namespace prod app --output \
                 'jsonpath={.data['\\''api\\.key'\\'']}' | base64 --decode)\""
            )
        );
        assert_eq!(export("github:acme/app#KEY"), None);
    }
}

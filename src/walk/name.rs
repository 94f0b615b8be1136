//! What a file or folder is by its name alone.

use super::{FileKind, reason};
use crate::tree::CONFIG_NAMES;

/// What the name of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// To be read as this.
    Take(FileKind),
    /// Known, and no manifest.
    Leave(&'static str),
    /// Nothing that the run knows of.
    Nothing,
}

/// What a folder of this name holds, if it holds nothing for the run.
pub(super) enum Holds {
    /// Code of others; there is no point in counting what is in it.
    Dependencies,
    /// Pipelines and their settings.
    Ci,
}

/// `above` is the name of the folder it lies in.
pub(super) fn of_folder(above: &str, name: &str) -> Option<Holds> {
    match name {
        "node_modules" | ".terraform" | ".venv" => Some(Holds::Dependencies),
        ".circleci" | ".woodpecker" | ".buildkite" => Some(Holds::Ci),
        "workflows" | "actions" | "ISSUE_TEMPLATE" if is_of_forge(above) => Some(Holds::Ci),
        _ => None,
    }
}

/// Folders whose files are settings of a forge. Folders in them may hold anything, manifests for tests among it.
pub(super) fn is_of_forge(name: &str) -> bool {
    matches!(name, ".github" | ".gitlab" | ".gitea" | ".forgejo")
}

pub(super) fn of_file(name: &str) -> Named {
    if CONFIG_NAMES.contains(&name) {
        return Named::Take(FileKind::Config);
    }
    match name {
        "kustomization.yaml" | "kustomization.yml" | "Kustomization" => return Named::Take(FileKind::Kustomization),
        ".sops.yaml" | ".sops.yml" => return Named::Take(FileKind::SopsConfig),
        _ if is_lock(name) => return Named::Leave(reason::LOCK),
        _ if is_ci(name) => return Named::Leave(reason::CI),
        _ => {}
    }
    let Some((_, extension)) = name.rsplit_once('.') else { return Named::Nothing };
    match extension {
        "yaml" | "yml" => Named::Take(FileKind::Yaml),
        "json" => Named::Take(FileKind::Json),
        "template" | "example" if name.strip_suffix(extension).is_some_and(|rest| rest.ends_with(".yaml.")) => {
            Named::Take(FileKind::Template)
        }
        "j2" | "jinja" | "jinja2" => Named::Leave(reason::JINJA),
        _ => Named::Nothing,
    }
}

/// Hidden files that say something about the repo and are looked at like any other.
pub(super) fn is_known_although_hidden(name: &str) -> bool {
    matches!(of_file(name), Named::Take(FileKind::SopsConfig | FileKind::Config))
}

fn is_lock(name: &str) -> bool {
    let stem = ["yaml", "yml", "json"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension).and_then(|rest| rest.strip_suffix('.')));
    match stem {
        Some(stem) => {
            matches!(stem, "package-lock" | "pnpm-lock" | "npm-shrinkwrap" | "conda-lock") || stem.ends_with(".lock")
        }
        None => name.ends_with(".lock"),
    }
}

fn is_ci(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml")) else { return false };
    matches!(
        stem,
        ".gitlab-ci"
            | ".travis"
            | ".drone"
            | ".woodpecker"
            | ".cirrus"
            | ".appveyor"
            | "appveyor"
            | "azure-pipelines"
            | "bitbucket-pipelines"
            | "cloudbuild"
            | "codefresh"
            | "buildspec"
    ) || stem.ends_with(".gitlab-ci")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        use FileKind::*;
        for (name, expected) in [
            ("a.yaml", Named::Take(Yaml)),
            ("a.yml", Named::Take(Yaml)),
            ("values.yaml", Named::Take(Yaml)),
            ("a.sops.yaml", Named::Take(Yaml)),
            ("a.json", Named::Take(Json)),
            ("kustomization.yaml", Named::Take(Kustomization)),
            ("Kustomization", Named::Take(Kustomization)),
            ("kustomization", Named::Nothing),
            ("my-kustomization.yaml", Named::Take(Yaml)),
            ("db.sops.yaml.template", Named::Take(Template)),
            ("db.yaml.template", Named::Take(Template)),
            ("db.yaml.example", Named::Take(Template)),
            ("db.json.example", Named::Nothing),
            ("template", Named::Nothing),
            ("notyaml.template", Named::Nothing),
            (".sops.yaml", Named::Take(SopsConfig)),
            ("tidegate.yaml", Named::Take(Config)),
            (".tidegate.yaml", Named::Take(Config)),
            ("package-lock.json", Named::Leave(reason::LOCK)),
            ("pnpm-lock.yaml", Named::Leave(reason::LOCK)),
            ("vendir.lock.yml", Named::Leave(reason::LOCK)),
            ("Chart.lock", Named::Leave(reason::LOCK)),
            ("wedlock.yaml", Named::Take(Yaml)),
            (".gitlab-ci.yml", Named::Leave(reason::CI)),
            ("azure-pipelines.yaml", Named::Leave(reason::CI)),
            ("deploy.gitlab-ci.yml", Named::Leave(reason::CI)),
            ("a.yaml.j2", Named::Leave(reason::JINJA)),
            ("README.md", Named::Nothing),
            ("Makefile", Named::Nothing),
            ("", Named::Nothing),
        ] {
            assert_eq!(of_file(name), expected, "{name}");
        }
    }
}

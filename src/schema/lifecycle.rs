//! Which version of a project serves which API: from when on, and until when.

use foldhash::{HashMap, HashMapExt};
use std::sync::LazyLock;

static TEXT: &str = include_str!("../../schemas/lifecycle.tsv");

/// An API that is on its way out, or gone.
#[derive(Clone, Copy, Debug)]
pub struct Gone {
    /// Whose versions count.
    pub project: &'static str,
    /// The first version that warns of it.
    pub deprecated: Option<&'static str>,
    /// The first version that does not serve it.
    pub removed: Option<&'static str>,
    /// What takes its place: an apiVersion, or one with a kind.
    pub replacement: Option<&'static str>,
    /// Whether another apiVersion is all it takes, where none of `lost` is in use.
    pub rename: bool,
    /// Fields that the replacement does not have; `[]` stands for every item.
    pub lost: &'static str,
}

/// A kind or a field that older versions do not have.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// Whose versions count.
    pub project: &'static str,
    /// The first version that has it.
    pub version: &'static str,
    /// The field, or the kind as a whole.
    pub field: Option<&'static str>,
}

type ByName<T> = HashMap<&'static str, T>;

/// All that is known, by apiVersion and kind.
#[derive(Debug)]
pub struct Lifecycle {
    gone: ByName<ByName<Gone>>,
    since: ByName<ByName<Vec<Since>>>,
}

/// What the program brings along, read once.
pub static LIFECYCLE: LazyLock<Lifecycle> = LazyLock::new(Lifecycle::read);

impl Lifecycle {
    fn read() -> Lifecycle {
        let mut lifecycle = Lifecycle { gone: HashMap::new(), since: HashMap::new() };
        let some = |text: &'static str| (text != "-").then_some(text);
        for line in TEXT.lines() {
            let columns: Vec<&'static str> = line.split('\t').collect();
            match columns[..] {
                ["gone", project, api_version, kind, deprecated, removed, replacement, how, lost] => {
                    let gone = Gone {
                        project,
                        deprecated: some(deprecated),
                        removed: some(removed),
                        replacement: some(replacement),
                        rename: how == "rename",
                        lost: some(lost).unwrap_or_default(),
                    };
                    lifecycle.gone.entry(api_version).or_default().insert(kind, gone);
                }
                ["since", project, api_version, kind, version, field] => {
                    let since = Since { project, version, field: some(field) };
                    lifecycle.since.entry(api_version).or_default().entry(kind).or_default().push(since);
                }
                _ => {}
            }
        }
        lifecycle
    }

    /// What is known of the end of an API.
    pub fn gone(&self, api_version: &str, kind: &str) -> Option<&Gone> {
        let kinds = self.gone.get(api_version)?;
        kinds.get(kind).or_else(|| kinds.get("*"))
    }

    /// What older versions do not have of a kind.
    pub fn since(&self, api_version: &str, kind: &str) -> &[Since] {
        let kinds = self.since.get(api_version);
        kinds.and_then(|kinds| kinds.get(kind)).map_or(&[], Vec::as_slice)
    }
}

/// A project as people call it.
pub fn title(project: &str) -> &str {
    match project {
        "kubernetes" => "Kubernetes",
        "cloudnative-pg" => "CloudNativePG",
        "flux" => "Flux",
        "external-secrets" => "External Secrets",
        "cilium" => "Cilium",
        _ => project,
    }
}

/// Major and minor of a version, for comparing; a patch makes no difference to what is served.
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let version = version.trim_start_matches('v');
    let mut parts = version.split(['.', '-', '+']);
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

/// Whether `version` is `other` or a later one.
pub fn is_from(version: &str, other: &str) -> bool {
    minor(version) >= minor(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#')).count();
        let lifecycle = &LIFECYCLE;
        let gone: usize = lifecycle.gone.values().map(HashMap::len).sum();
        let since: usize = lifecycle.since.values().flat_map(HashMap::values).map(Vec::len).sum();
        assert_eq!(gone + since, lines);
        let gone = lifecycle.gone("batch/v1beta1", "CronJob").expect("a row");
        assert_eq!((gone.removed, gone.replacement, gone.rename), (Some("1.25"), Some("batch/v1"), true));
        assert!(lifecycle.gone("batch/v1", "CronJob").is_none());
        assert_eq!(lifecycle.since("postgresql.cnpg.io/v1", "DatabaseRole")[0].version, "1.30");
    }

    #[test]
    fn versions_compare_by_minor() {
        for (version, other, expected) in [
            ("1.25", "1.25", true),
            ("1.9", "1.25", false),
            ("v2.7.5", "2.7", true),
            ("0.17.0", "0.16.0", true),
            ("1.36", "0", true),
            ("2.6.4", "2.7", false),
        ] {
            assert_eq!(is_from(version, other), expected, "{version} from {other}");
        }
    }
}

//! The schemas that the program brings along: text, one line a definition, sorted by name. Nothing of it is parsed
//! until a kind is asked for; a line is found by halving.

use std::sync::OnceLock;

/// The definitions of one group, or of Kubernetes itself.
#[derive(Debug)]
pub struct Shipped {
    /// The group; empty for all of Kubernetes' own.
    pub group: &'static str,
    text: &'static str,
    /// The definitions, a line each, once one was asked for.
    lines: OnceLock<Vec<&'static str>>,
}

macro_rules! shipped {
    ($($group:literal),+ $(,)?) => {
        /// Kubernetes' own kinds.
        pub static KUBERNETES: Shipped = Shipped::new("", include_str!("../../schemas/kubernetes.txt"));

        /// Custom kinds, by group.
        pub static CUSTOM: [Shipped; [$($group),+].len()] = [$(
            Shipped::new($group, include_str!(concat!("../../schemas/crds/", $group, ".txt"))),
        )+];
    };
}

shipped!(
    "acme.cert-manager.io",
    "argoproj.io",
    "barmancloud.cnpg.io",
    "bitnami.com",
    "cert-manager.io",
    "cilium.io",
    "external-secrets.io",
    "fluxcd.controlplane.io",
    "gateway.networking.k8s.io",
    "generators.external-secrets.io",
    "helm.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "monitoring.coreos.com",
    "notification.toolkit.fluxcd.io",
    "policy.networking.k8s.io",
    "postgresql.cnpg.io",
    "source.extensions.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "trust.cert-manager.io",
);

/// Where a kind of `group` would be kept.
pub fn of_group(group: &str) -> (usize, &'static Shipped) {
    match CUSTOM.binary_search_by(|shipped| shipped.group.cmp(group)) {
        Ok(at) => (at + 1, &CUSTOM[at]),
        Err(_) => (0, &KUBERNETES),
    }
}

impl Shipped {
    const fn new(group: &'static str, text: &'static str) -> Shipped {
        Shipped { group, text, lines: OnceLock::new() }
    }

    /// The releases it knows, the oldest first; a single `-` where it knows one without a number.
    pub fn releases(&self) -> impl DoubleEndedIterator<Item = &'static str> + use<> {
        let head = self.text.lines().next().unwrap_or_default();
        head.strip_prefix("# releases").unwrap_or_default().split_whitespace()
    }

    /// The known release that stands for `asked`: itself, else the newest before it, else the oldest.
    pub fn release(&self, asked: &str) -> &'static str {
        let wanted = numbers(asked);
        let before = self.releases().rev().find(|known| numbers(known) <= wanted);
        before.or_else(|| self.releases().next()).unwrap_or("-")
    }

    /// The compact text of `name` in a known release.
    pub fn find(&self, name: &str, release: &str) -> Option<&'static str> {
        let wanted = numbers(release);
        self.lines_of(name).find_map(|(range, json)| {
            let (first, last) = ends(range);
            (numbers(first) <= wanted && wanted <= numbers(last)).then_some(json)
        })
    }

    /// The releases, first and last, of each form that `name` has had.
    pub fn ranges(&self, name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.lines_of(name).map(|(range, _)| ends(range))
    }

    /// The kinds it knows, as `group/version/kind`, or `version/kind` for the core.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.lines().iter().map(|line| name_of(line)).filter(|name| name.contains('/'))
    }

    /// Range and text of every line of `name`.
    fn lines_of(&self, name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = self.lines();
        let from = lines.partition_point(|line| name_of(line) < name);
        lines[from..].iter().map_while(move |line| line.strip_prefix(name)?.strip_prefix(' ')?.split_once(' '))
    }

    fn lines(&self) -> &[&'static str] {
        self.lines.get_or_init(|| {
            let text = self.text;
            let mut start = 0;
            let ends = memchr::memchr_iter(b'\n', text.as_bytes());
            // The first line tells the releases.
            ends.map(|end| &text[std::mem::replace(&mut start, end + 1)..end]).skip(1).collect()
        })
    }
}

/// What a line defines.
fn name_of(line: &str) -> &str {
    memchr::memchr(b' ', line.as_bytes()).map_or(line, |end| &line[..end])
}

/// First and last of a range of releases.
fn ends(range: &'static str) -> (&'static str, &'static str) {
    range.split_once('-').filter(|_| range != "-").unwrap_or((range, range))
}

/// The numbers of a version, for comparing; no release has more than three.
fn numbers(version: &str) -> [u32; 3] {
    let mut numbers = [0; 3];
    let parts = version.split('.').filter_map(|part| part.parse().ok());
    numbers.iter_mut().zip(parts).for_each(|(number, part)| *number = part);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_and_sorted() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/crds");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("a folder of the project")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().trim_end_matches(".txt").to_owned())
            .collect();
        files.sort();
        assert_eq!(files, CUSTOM.iter().map(|shipped| shipped.group).collect::<Vec<_>>());
        for shipped in CUSTOM.iter().chain([&KUBERNETES]) {
            let lines: Vec<&str> = shipped.text.lines().skip(1).collect();
            assert_eq!(shipped.lines(), lines);
            let names: Vec<&str> = lines.iter().map(|line| line.split_once(' ').expect("a name").0).collect();
            assert!(names.is_sorted(), "{} is not sorted", shipped.group);
            for name in &names {
                assert!(shipped.lines_of(name).next().is_some(), "{name} is not found");
            }
        }
    }

    #[test]
    fn a_release_is_the_nearest_that_is_known() {
        for (asked, expected) in [("1.34", "1.34"), ("1.34.2", "1.34"), ("1.20", "1.30"), ("1.99", "1.37")] {
            assert_eq!(KUBERNETES.release(asked), expected, "{asked}");
        }
        let (_, cnpg) = of_group("postgresql.cnpg.io");
        assert_eq!(cnpg.release("1.28"), "-");
        assert!(cnpg.find("postgresql.cnpg.io/v1/Cluster", "-").is_some());
        assert!(cnpg.find("postgresql.cnpg.io/v1/Clusters", "-").is_none());
        assert!(KUBERNETES.find("apps/v1/Deployment", "1.36").is_some());
        assert!(KUBERNETES.find("v1/Pod", "1.30").is_some());
    }
}

//! What SOPS says of a document or a file: whether it is encrypted, which leaves ought to be, and which files a
//! `.sops.yaml` or their own name promises to be encrypted.

use crate::manifest::{Manifests, Parsed};
use crate::tree;
use crate::yaml::{Dialect, Identity, Kind, Step, Value, Visit, walk};
use regex::Regex;

const RECIPIENTS: &[&str] = &["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms", "key_groups"];

/// The `sops:` block of a document.
#[derive(Debug)]
pub struct Block<'w> {
    /// The root of its document.
    pub root: Value<'w>,
    /// The mapping under `sops`.
    pub metadata: Value<'w>,
}

impl<'w> Block<'w> {
    /// The block of a document, if it has one. A mapping of another tool under that key is none.
    pub fn of(root: Value<'w>) -> Option<Block<'w>> {
        let metadata = root.get("sops").filter(|value| value.is_mapping())?;
        let has = |key: &str| usize::from(metadata.get(key).is_some());
        let recipients = usize::from(RECIPIENTS.iter().any(|key| metadata.get(key).is_some()));
        (has("mac") + has("lastmodified") + has("version") + recipients >= 2).then_some(Block { root, metadata })
    }

    /// Whether it has the checksum over all values.
    pub fn has_mac(&self) -> bool {
        self.metadata.get("mac").and_then(Value::raw).is_some_and(|mac| !mac.is_empty())
    }

    /// Whether anyone at all can decrypt it.
    pub fn has_recipient(&self) -> bool {
        RECIPIENTS.iter().filter_map(|key| self.metadata.get(key)).any(|list| list.is_sequence() && !list.is_empty())
    }

    /// Which leaves ought to be encrypted; nothing where comments decide or a pattern cannot be read.
    pub fn selector(&self) -> Option<Selector> {
        Selector::read(self.metadata)
    }

    /// Every leaf of the document beside the block itself.
    pub fn leaves(&self) -> Vec<Leaf<'w>> {
        let mut leaves = Vec::new();
        walk(self.root, &mut |steps, value| {
            if steps.first() == Some(&Step::Key("sops")) {
                return Visit::Past;
            }
            if value.style().is_some() {
                leaves.push(Leaf { path: keys(steps), value });
            }
            Visit::Into
        });
        leaves
    }
}

/// A scalar of an encrypted document with the keys that lead to it.
#[derive(Debug)]
pub struct Leaf<'w> {
    /// The keys, outermost first.
    pub path: Vec<&'w str>,
    /// The scalar.
    pub value: Value<'w>,
}

impl Leaf<'_> {
    /// Whether SOPS has encrypted it.
    pub fn is_encrypted(&self) -> bool {
        is_encrypted(self.value)
    }

    /// Whether SOPS would leave it as it is even where it is selected: nothing and the empty text.
    pub fn is_empty(&self) -> bool {
        self.value.kind() == Kind::Null || self.value.raw().is_none_or(str::is_empty)
    }
}

/// Whether a scalar is encrypted.
pub fn is_encrypted(value: Value<'_>) -> bool {
    value.raw().is_some_and(|text| text.starts_with("ENC["))
}

fn keys<'w>(steps: &[Step<'w>]) -> Vec<&'w str> {
    steps
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Index(_) => None,
        })
        .collect()
}

/// Which leaves SOPS encrypts, by the names of their keys.
#[derive(Debug, Default)]
pub struct Selector {
    unencrypted_suffix: Option<String>,
    encrypted_suffix: Option<String>,
    unencrypted_regex: Option<Regex>,
    encrypted_regex: Option<Regex>,
}

impl Selector {
    fn read(metadata: Value<'_>) -> Option<Selector> {
        let text = |key: &str| metadata.get(key).and_then(Value::raw).filter(|text| !text.is_empty());
        if text("encrypted_comment_regex").is_some() || text("unencrypted_comment_regex").is_some() {
            return None;
        }
        let regex = |key: &str| text(key).map(Regex::new).transpose().ok();
        let mut selector = Selector {
            unencrypted_suffix: text("unencrypted_suffix").map(str::to_owned),
            encrypted_suffix: text("encrypted_suffix").map(str::to_owned),
            unencrypted_regex: regex("unencrypted_regex")?,
            encrypted_regex: regex("encrypted_regex")?,
        };
        if selector.unencrypted_suffix.is_none()
            && selector.encrypted_suffix.is_none()
            && selector.unencrypted_regex.is_none()
            && selector.encrypted_regex.is_none()
        {
            selector.unencrypted_suffix = Some("_unencrypted".into());
        }
        Some(selector)
    }

    /// Whether a leaf under these keys is to be encrypted. A later setting overrules an earlier one, as in SOPS.
    pub fn selects(&self, path: &[&str]) -> bool {
        let mut selected = true;
        if let Some(suffix) = &self.unencrypted_suffix {
            selected = !path.iter().any(|key| key.ends_with(suffix));
        }
        if let Some(suffix) = &self.encrypted_suffix {
            selected = path.iter().any(|key| key.ends_with(suffix));
        }
        if let Some(regex) = &self.unencrypted_regex
            && path.iter().any(|key| regex.is_match(key))
        {
            selected = false;
        }
        if let Some(regex) = &self.encrypted_regex {
            selected = path.iter().any(|key| regex.is_match(key));
        }
        selected
    }
}

/// Whether any document of a file has a `sops:` block.
pub fn has_block(parsed: &Parsed<'_>) -> bool {
    roots(parsed).any(|root| Block::of(root).is_some())
}

/// The roots of all documents of a file.
pub fn roots<'w>(parsed: &Parsed<'w>) -> impl Iterator<Item = Value<'w>> + use<'w> {
    let file = parsed.file;
    file.documents().iter().filter_map(|document| document.root).map(|root| Value::new(file, root, Dialect::Kubectl))
}

/// Why a file is expected to be encrypted.
#[derive(Clone, Copy, Debug)]
pub enum Claim<'w> {
    /// Its name has the part `sops`.
    Name,
    /// This `path_regex` of a `.sops.yaml` matches it.
    Rule(Value<'w>),
}

/// Whether the file is a `.sops.yaml`.
pub fn is_config(path: &str) -> bool {
    let folder = path.strip_suffix(".sops.yaml").or_else(|| path.strip_suffix(".sops.yml"));
    folder.is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

fn folder(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or("", |at| &path[..=at])
}

/// The creation rules of every `.sops.yaml`, compiled once.
#[derive(Debug, Default)]
pub struct CreationRules<'w> {
    /// In order of root and folder.
    configs: Vec<Config<'w>>,
}

/// What one `.sops.yaml` says of the files beside it and below.
#[derive(Debug)]
struct Config<'w> {
    root: usize,
    folder: &'w str,
    /// Its rules up to the first that cannot be read.
    rules: Vec<(Regex, Value<'w>)>,
}

impl<'w> CreationRules<'w> {
    /// The rules of all files.
    pub fn new(manifests: &Manifests<'w>) -> CreationRules<'w> {
        let all = manifests.files.iter().filter(|parsed| is_config(parsed.path));
        let mut configs: Vec<Config<'w>> = all
            .map(|parsed| Config { root: parsed.root, folder: folder(parsed.path), rules: read_rules(parsed) })
            .collect();
        configs.sort_by_key(|config| (config.root, config.folder));
        // Of two in one folder, sops takes `.sops.yaml`, which stands before `.sops.yml`.
        configs.dedup_by_key(|config| (config.root, config.folder));
        CreationRules { configs }
    }

    /// Why a file is expected to be encrypted, if it is. A pattern that would match a kustomization in the same
    /// folder says how files are encrypted and not which, for kustomizations never are.
    pub fn claim(&self, parsed: &Parsed<'w>) -> Option<Claim<'w>> {
        if is_config(parsed.path) {
            return None;
        }
        let named = [".sops.yaml", ".sops.yml", ".sops.json", ".sops.yaml.template"];
        let stems = named.iter().filter_map(|end| parsed.path.strip_suffix(end));
        if stems.into_iter().any(|stem| !stem.is_empty() && !stem.ends_with('/')) {
            return Some(Claim::Name);
        }
        let start = self.configs.partition_point(|config| config.root < parsed.root);
        let own = &self.configs[start..];
        let own = &own[..own.partition_point(|config| config.root == parsed.root)];
        if own.is_empty() {
            return None;
        }
        let mut above = folder(parsed.path);
        loop {
            if let Ok(at) = own.binary_search_by_key(&above, |config| config.folder) {
                return own[at].rule_of(&parsed.path[above.len()..]);
            }
            if above.is_empty() {
                return None;
            }
            above = folder(&above[..above.len() - 1]);
        }
    }
}

impl<'w> Config<'w> {
    fn rule_of(&self, path: &str) -> Option<Claim<'w>> {
        let (regex, pattern) = self.rules.iter().find(|(regex, _)| regex.is_match(path))?;
        let beside = format!("{}kustomization.yaml", folder(path));
        (!regex.is_match(&beside)).then_some(Claim::Rule(*pattern))
    }
}

/// The rules of one config in order. One without a pattern takes every file, and one whose pattern cannot be read may:
/// what stands behind it is not known to be reached.
fn read_rules<'w>(config: &Parsed<'w>) -> Vec<(Regex, Value<'w>)> {
    let rules = roots(config).next().and_then(|root| root.get("creation_rules"));
    let read = rules.into_iter().flat_map(Value::items).map_while(|rule| {
        let pattern = rule.get("path_regex")?;
        Some((Regex::new(pattern.raw()?).ok()?, pattern))
    });
    read.collect()
}

/// The index of a file of a root.
pub fn find(manifests: &Manifests<'_>, root: usize, path: &str) -> Option<usize> {
    manifests.files.binary_search_by(|file| (file.root, file.path).cmp(&(root, path))).ok()
}

/// A readable file beside the encrypted one that it was made of.
#[derive(Debug)]
pub struct Twin<'w> {
    /// The index of the encrypted file.
    pub encrypted: usize,
    /// The values that are readable here and encrypted there.
    pub readable: Vec<Value<'w>>,
    /// Whether all that is encrypted there is readable here.
    pub complete: bool,
}

/// The encrypted file of which `at` shows values, if there is one.
pub fn twin<'w>(manifests: &Manifests<'w>, at: usize) -> Option<Twin<'w>> {
    let parsed = &manifests.files[at];
    let name = tree::name(parsed.path);
    let (stem, end) = name.rsplit_once('.').filter(|(_, end)| matches!(*end, "yaml" | "yml" | "json"))?;
    if stem.is_empty() || stem.ends_with(".sops") || stem.ends_with(".enc") {
        return None;
    }
    let bare = [".decrypted", ".dec", ".plain"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    let bare = bare.strip_suffix(".sops").unwrap_or(bare);
    let encrypted = if bare == stem {
        encrypted_beside(manifests, at, end)?
    } else {
        let beside = |mark: &&str| find(manifests, parsed.root, &format!("{}{bare}{mark}.{end}", folder(parsed.path)));
        [".sops", ".enc", ""].iter().find_map(beside)?
    };
    if has_block(parsed) {
        return None;
    }
    let mut secret: Vec<Vec<&str>> = roots(&manifests.files[encrypted])
        .filter_map(Block::of)
        .flat_map(|block| block.leaves())
        .filter(Leaf::is_encrypted)
        .map(|leaf| one_form(leaf.path))
        .collect();
    secret.sort();
    secret.dedup();
    let mut readable: Vec<(Identity, Value<'w>)> = Vec::new();
    let mut met = vec![false; secret.len()];
    for root in roots(parsed) {
        walk(root, &mut |steps, value| {
            let text = value.raw().unwrap_or_default();
            if value.style().is_some()
                && value.kind() != Kind::Null
                && !super::credential::is_placeholder(text)
                && !super::credential::is_reference(text)
                && let Ok(at) = secret.binary_search(&one_form(keys(steps)))
            {
                met[at] = true;
                readable.push((value.identity(), value));
            }
            Visit::Into
        });
    }
    let complete = met.iter().all(|met| *met);
    let readable: Vec<Value<'w>> = readable.into_iter().map(|(_, value)| value).collect();
    (!readable.is_empty()).then_some(Twin { encrypted, readable, complete })
}

/// The index of `name.sops.end` or `name.enc.end` beside file number `at`, `name.end`: it stands near it in the order of
/// paths, so nothing has to be put together or looked up.
fn encrypted_beside(manifests: &Manifests<'_>, at: usize, end: &str) -> Option<usize> {
    let own = &manifests.files[at];
    let start = &own.path[..own.path.len() - end.len()];
    let rest = |other: usize| {
        let other = &manifests.files[other];
        other.path.strip_prefix(start).filter(|_| other.root == own.root)
    };
    let before = (0..at).rev().map_while(|other| Some((other, rest(other)?)));
    let behind = (at + 1..manifests.files.len()).map_while(|other| Some((other, rest(other)?)));
    let mut beside = before.chain(behind).filter_map(|(other, rest)| {
        let mark = rest.strip_suffix(end)?.strip_suffix('.')?;
        let rank = ["sops", "enc"].iter().position(|known| *known == mark)?;
        Some((rank, other))
    });
    let first = beside.next()?;
    Some(beside.fold(first, std::cmp::Ord::min).1)
}

/// `stringData` becomes `data`.
fn one_form(mut path: Vec<&str>) -> Vec<&str> {
    if let Some(first) = path.first_mut()
        && *first == "stringData"
    {
        *first = "data";
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    fn selects(metadata: &str, path: &[&str]) -> bool {
        let file = parse(SourceId(0), metadata.into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        Selector::read(root).expect("a selector").selects(path)
    }

    #[test]
    fn settings_overrule_each_other() {
        assert!(selects("version: 3.9.0\n", &["data", "password"]));
        assert!(!selects("version: 3.9.0\n", &["data_unencrypted", "password"]));
        assert!(selects("encrypted_regex: ^(data|stringData)$\n", &["data", "password"]));
        assert!(!selects("encrypted_regex: ^(data|stringData)$\n", &["metadata", "name"]));
        assert!(!selects("unencrypted_regex: ^(kind|metadata)$\n", &["metadata", "name"]));
        assert!(selects("unencrypted_regex: ^(kind|metadata)$\n", &["spec"]));
        assert!(!selects("encrypted_suffix: _secret\n", &["password"]));
    }
}

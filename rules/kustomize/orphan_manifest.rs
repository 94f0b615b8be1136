//! Manifests that lie beside a kustomization and are in nobody's list.

mod mentions;
mod twins;

use self::mentions::{Mention, commented, mentioned};
use self::twins::{Identity, identity, is_parallel, twins};
use super::is_apart;
use crate::declare_rule;
use crate::finding::{Confidence, Edit};
use crate::graph::{Graph, sops};
use crate::manifest::{Kustomization, Resource, Role};
use crate::render::lies_in;
use crate::rule::{Context, Sink, World};
use crate::source::Span;
use crate::tree;
use crate::yaml::{Value, Visit, walk};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds files with Kubernetes objects that lie in the folder of a kustomization, and that neither it nor any other
    /// one lists. Where the entry is there and commented out, that is a note.
    ///
    /// ## Why it matters
    /// Where a folder has a kustomization, kustomize, Flux and Argo CD apply what it lists and pass over the rest without
    /// a word. The backup, the policy or the alert that somebody wrote, and that others reviewed, is nowhere.
    ///
    /// ## Instead
    /// List the file under `resources`, or delete it; git keeps what was there.
    ///
    /// ## Limits
    /// Only beside kustomizations that some target builds. Patches, data of generators, values of charts, settings of
    /// tools, samples and files that another text of the repo names in its place are left alone. What scripts outside the
    /// read files apply is not known, so it has medium confidence; low where a folder holds more unlisted files than
    /// listed ones, or objects that are often applied once by hand.
    pub static RULE {
        id: "kustomize/orphan-manifest",
        summary: "a manifest beside a kustomization that nothing lists",
        scope: Repo,
        codes: [
            "unlisted" => (Warning, Medium, Gitops),
            "commented-out" => (Note, High, Gitops),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Groups whose objects are settings of programs: no API server takes them.
const SETTINGS: &[&str] = &[
    "kustomize.config.k8s.io",
    "config.kubernetes.io",
    "builtin",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "apiserver.config.k8s.io",
    "audit.k8s.io",
    "client.authentication.k8s.io",
    "kind.x-k8s.io",
    "k3d.io",
    "ctlptl.dev",
    "eksctl.io",
    "kops.k8s.io",
    "skaffold",
    "cli.kyverno.io",
    "backstage.io",
    "kpt.dev",
    "viaduct.ai",
];

/// Kinds from which a cluster starts, so that somebody applies them by hand.
const BY_HAND: &[(&str, &str)] = &[
    ("fluxcd.controlplane.io", "FluxInstance"),
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("argoproj.io", "AppProject"),
    ("", "Namespace"),
    ("", "Secret"),
    ("batch", "Job"),
    ("", "Pod"),
];

/// As many unlisted files may be slips, however few are listed.
const SLIPS: usize = 2;

struct Orphan<'a, 'w> {
    path: &'w str,
    root: usize,
    beside: &'a Kustomization<'w>,
    objects: Vec<&'w Resource<'w>>,
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut orphans = orphans(context.world);
    if orphans.is_empty() {
        return;
    }
    let commented = commented(context.world);
    let mentioned = mentioned(context.world, &orphans);
    orphans.retain(|orphan| match mentioned.get(&(orphan.root, orphan.path)) {
        Some(Mention::Elsewhere) => false,
        // The entry that is commented out is such a comment itself.
        Some(Mention::Comment) => commented.contains_key(&(orphan.root, orphan.path.to_owned())),
        None => true,
    });
    let mut crowd: HashMap<(usize, &str), usize> = HashMap::new();
    for orphan in &orphans {
        if !commented.contains_key(&(orphan.root, orphan.path.to_owned())) {
            *crowd.entry((orphan.root, orphan.beside.folder)).or_default() += 1;
        }
    }
    let twins = twins(context.world, &orphans);
    for orphan in &orphans {
        let entry = commented.get(&(orphan.root, orphan.path.to_owned())).copied();
        let count = crowd.get(&(orphan.root, orphan.beside.folder)).copied().unwrap_or_default();
        report(orphan, entry, count, &twins, sink);
    }
}

/// Files beside a kustomization that is built, and that no kustomization names.
fn orphans<'a, 'w>(world: &'a World<'w>) -> Vec<Orphan<'a, 'w>> {
    let manifests = world.manifests;
    let used = |root: usize, path: &str| world.told.used.contains(root, path);
    let mut built: HashMap<(usize, &str), &Kustomization<'w>> = HashMap::new();
    let mut named: HashSet<(usize, &str)> = HashSet::new();
    for one in &manifests.kustomizations {
        let file = &manifests.files[one.file];
        if used(one.root, file.path) {
            built.insert((one.root, one.folder), one);
        }
        let includes = one.includes.iter().map(|(path, _)| path);
        named.extend(includes.chain(&one.patches).chain(&one.data).map(|path| (one.root, path.as_str())));
    }
    // What lies in one folder stands together, so most are asked for the folder of the one before.
    let mut last: Option<((usize, &str), Option<&Kustomization<'w>>)> = None;
    let mut built_beside = |root: usize, path: &'w str| {
        let folder = (root, tree::parent(path));
        match last {
            Some((other, beside)) if other == folder => beside,
            _ => last.insert((folder, built.get(&folder).copied())).1,
        }
    };
    let mut objects: HashMap<(usize, &str), Vec<&'w Resource<'w>>> = HashMap::new();
    for resource in world.resources {
        if built_beside(resource.root, resource.path).is_some() {
            objects.entry((resource.root, resource.path)).or_default().push(resource);
        }
    }
    let applied: HashSet<(usize, &str)> =
        world.graphs.iter().flat_map(Graph::resources).map(|object| (object.root, object.path)).collect();
    let plain = plain_folders(world);
    let is_plain = |root: usize, path: &str| plain.iter().any(|(at, folder)| *at == root && lies_in(path, folder));
    let mut found = Vec::new();
    for (parsed, role) in manifests.files.iter().zip(&manifests.roles) {
        if *role != Role::Manifests {
            continue;
        }
        let key = (parsed.root, parsed.path);
        let Some(beside) = built_beside(parsed.root, parsed.path) else { continue };
        if named.contains(&key) || used(parsed.root, parsed.path) || is_other(parsed.path) || applied.contains(&key) {
            continue;
        }
        let objects = objects.remove(&key).unwrap_or_default();
        if is_plain(parsed.root, parsed.path) {
            continue;
        }
        if !objects.is_empty() && objects.iter().all(|object| is_for_a_cluster(object)) {
            found.push(Orphan { path: parsed.path, root: parsed.root, beside, objects });
        }
    }
    found
}

/// Folders that Argo CD is told to take as they are, whatever kustomization lies in them.
fn plain_folders(world: &World<'_>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for resource in world.resources.iter().filter(|resource| resource.group == "argoproj.io") {
        walk(resource.value, &mut |_, value| {
            let told = value.get("directory").filter(|directory| directory.is_mapping());
            if let Some(path) = told.and(value.get("path")).and_then(Value::raw)
                // Up to the first step that a generator fills in.
                && let Some(folder) = tree::normalize(path.split("{{").next().unwrap_or_default())
            {
                found.push((resource.root, folder));
            }
            Visit::Into
        });
    }
    found
}

/// Whether the name of a file says that it is something else than a manifest to be applied.
fn is_other(path: &str) -> bool {
    let name = tree::name(path).to_ascii_lowercase();
    let words = ["patch", "values", "example", "sample", "template", "test", "backup", "old", "disabled"];
    is_apart(path) || name.starts_with(['.', '_']) || name.split(['.', '-', '_']).any(|word| words.contains(&word))
}

fn is_for_a_cluster(object: &Resource<'_>) -> bool {
    object.whole
        && object.name_value().is_some()
        && !SETTINGS.contains(&object.group)
        && !is_key_of_sops(object)
        && !(object.group.is_empty() && (object.kind == "Config" || object.api_version != "v1"))
}

/// Whether a Secret holds the key without which nothing in the cluster is decrypted: it has to be there before.
fn is_key_of_sops(object: &Resource<'_>) -> bool {
    let fields = ["data", "stringData"].into_iter().filter_map(|field| object.at(&[field]));
    let mut keys = fields.flat_map(Value::entries).map(|(key, _)| key);
    object.is("", "Secret") && keys.any(|key| key.ends_with(".agekey") || key.ends_with(".asc"))
}

fn is_encrypted(orphan: &Orphan<'_, '_>) -> bool {
    orphan.objects.iter().any(|object| sops::Block::of(object.value).is_some())
}

fn report<'w>(
    orphan: &Orphan<'_, 'w>,
    entry: Option<Span>,
    crowd: usize,
    twins: &HashMap<Identity<'w>, Vec<&'w Resource<'w>>>,
    sink: &mut Sink<'_, 'w>,
) {
    let [first, ..] = orphan.objects.as_slice() else { return };
    let name = tree::name(orphan.path);
    let what = match orphan.objects.len() {
        1 => first.title(),
        count => format!("{} and {} more", first.title(), count - 1),
    };
    let code = if entry.is_some() { "commented-out" } else { "unlisted" };
    let message = match entry {
        Some(_) => format!("nothing applies {what}: the entry of `{name}` is commented out"),
        None => format!("nothing applies {what}: no kustomization lists `{name}`"),
    };
    let finding = sink.finding(code, first, first.headline(), message).label("not applied");
    if let Some(entry) = entry {
        finding.related(entry, "commented out here").help("delete the file if it is not to come back; git keeps it");
        return;
    }
    let list = orphan.beside.value.get("resources");
    let place = list.and_then(Value::key_span).unwrap_or_else(|| orphan.beside.value.span().before());
    let finding = finding.related(place, "the kustomization beside it lists others");
    let encrypted = is_encrypted(orphan);
    let twin = |object: &&'w Resource<'w>| {
        let same = twins.get(&identity(object)?)?;
        same.iter().find(|other| other.path != orphan.path && !is_parallel(other.path, orphan.path))
    };
    if let Some(twin) = orphan.objects.iter().find_map(twin) {
        finding
            .related(twin.headline().span(), "the same object")
            .help(format!("delete `{name}` if that is the one that counts"));
        return;
    }
    let finding = match list.and_then(|list| listed(list, name)) {
        // Listed where nothing decrypts, the ciphertext would replace the Secret that somebody applied by hand.
        _ if encrypted => finding.help(format!("list `{name}` only if what applies this folder decrypts it")),
        Some(edits) => finding.suggestion("list it, if it is meant to be applied", edits),
        None => finding.help(format!("list `{name}` under `resources` if it is meant to be applied, or delete it")),
    };
    let files = list.into_iter().flat_map(Value::items).count();
    let by_hand = orphan.objects.iter().all(|object| BY_HAND.contains(&(object.group, object.kind)));
    if crowd > SLIPS.max(files) || by_hand {
        finding.confidence(Confidence::Low);
    }
}

/// One more entry behind the last, where each stands on a line of its own.
fn listed(list: Value<'_>, name: &str) -> Option<Vec<Edit>> {
    let last = list.items().last()?;
    let text = list.file()?.text();
    let span = last.origin().editable()?;
    let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let lead = &text[start..span.start as usize];
    let end = text[span.end as usize..].find('\n').map_or(text.len(), |at| span.end as usize + at);
    let end = start + text[start..end].trim_end_matches('\r').len();
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let alone = lead.trim_start_matches(' ') == "- " && !text[span.range()].contains('\n');
    (alone && plain).then(|| {
        let place = Span::new(span.source, end as u32..end as u32);
        let line = if text[end..].starts_with('\r') { "\r\n" } else { "\n" };
        vec![Edit { span: place, text: format!("{line}{lead}{name}") }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_no_manifest() {
        for (path, other) in [
            ("a/size-patch.yaml", true),
            ("a/patch.yaml", true),
            ("a/_off.yaml", true),
            ("a/docs/x.yaml", true),
            ("a/dispatcher.yaml", false),
            ("a/queries.yaml", false),
        ] {
            assert_eq!(is_other(path), other, "{path}");
        }
    }
}

//! Kinds and fields that the cluster is too old for.

use crate::declare_rule;
use crate::rule::{Context, Sink, lives};
use crate::schema::lifecycle::{Since, is_from, title};
use crate::schema::shipped::KUBERNETES;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    /// ## What it does
    /// Finds kinds and fields that are newer than what runs in the cluster: kinds of Kubernetes by
    /// `--kubernetes-version` or the config, kinds and fields of CloudNativePG by `--cnpg-version` or the config.
    ///
    /// ## Why it matters
    /// The API server refuses a kind that it does not know, and drops or refuses a field that the installed definition
    /// does not have. A `Database` needs operator 1.25: before that nothing makes it.
    ///
    /// ## Instead
    /// The means of the installed version, or an upgrade first.
    ///
    /// ## Limits
    /// Kubernetes is known from 1.30 on, CloudNativePG from 1.21 on. Where no version is stated the newest is assumed
    /// and nothing is too new. Of several clusters with several versions the newest counts.
    pub static RULE {
        id: "schema/not-yet-served",
        summary: "a kind or a field that is newer than the cluster",
        scope: Repo,
        codes: ["kind" => (Error, High, Validity), "field" => (Error, High, Validity)],
        since: "0.1.0",
        check: check,
    }
}

/// Since when a kind is there.
#[derive(Clone, Copy)]
struct Born {
    /// The release of Kubernetes that brought it, where it was not always there.
    first: Option<&'static str>,
    /// What older versions of its project do not have.
    since: &'static [Since],
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let oldest = KUBERNETES.releases().next().unwrap_or_default();
    let mut known: HashMap<(&str, &str), Born> = HashMap::new();
    lives::each(context, |resource, stated, lifecycle| {
        let Born { first, since } = *known.entry((resource.api_version, resource.kind)).or_insert_with(|| {
            let (api_version, kind) = (resource.api_version, resource.kind);
            let first = KUBERNETES.ranges(&format!("{api_version}/{kind}")).map(|(first, _)| first).next();
            Born { first: first.filter(|first| *first != oldest), since: lifecycle.since(api_version, kind) }
        });
        if first.is_none() && since.is_empty() {
            return;
        }
        let Some(written) = resource.value.get("kind") else { return };
        if let Some(first) = first
            && let Some(newest) = stated.newest("kubernetes", resource.path)
            && !is_from(&newest.version, first)
        {
            let message = format!("{} is of a kind that Kubernetes {first} brings", resource.title());
            sink.finding("kind", resource, resource.value.get("apiVersion").unwrap_or(written), message)
                .label(format!("Kubernetes {} does not serve it", newest.version))
                .help("write an apiVersion that this version serves, or upgrade first");
            return;
        }
        for since in since {
            let Some(newest) = stated.newest(since.project, resource.path) else { continue };
            if is_from(&newest.version, since.version) {
                continue;
            }
            let project = title(since.project);
            match since.field {
                None => {
                    let message = format!("{} is of a kind that {project} {} brings", resource.title(), since.version);
                    sink.finding("kind", resource, written, message)
                        .label(format!("unknown to {project} {}", newest.version))
                        .help(format!("upgrade the operator to {} or later first", since.version));
                    return;
                }
                Some(field) => {
                    let path: Vec<&str> = field.split('.').collect();
                    let Some(value) = resource.at(&path).filter(|value| !value.is_null()) else { continue };
                    let message =
                        format!("{} has `{field}`, which {project} {} brings", resource.title(), since.version);
                    let place = value.key_or_span();
                    sink.finding("field", resource, value, message)
                        .underline(place)
                        .label(format!("unknown to {project} {}", newest.version))
                        .help(format!("upgrade the operator to {} or later first, or remove it", since.version));
                }
            }
        }
    });
}

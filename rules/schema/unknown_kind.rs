//! Kinds of which nothing is known.

use crate::config::closest;
use crate::declare_rule;
use crate::manifest::{Resource, split_api_version};
use crate::rule::{Context, Sink};
use crate::schema::lifecycle::LIFECYCLE;
use crate::schema::shipped::{CUSTOM, KUBERNETES};
use crate::source::Span;
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Says of which kinds no schema is known, once a kind, and finds kinds that Kubernetes does not have although
    /// their group is one of its own.
    ///
    /// ## Why it matters
    /// Objects of a kind without a schema are not checked: neither fields nor values. A kind that Kubernetes does not
    /// have is refused on apply, mostly for a slip in `kind` or `apiVersion`.
    ///
    /// ## Instead
    /// Keep the CustomResourceDefinition in the repo, or name a folder that holds it with `--crds`. JSON schemas in the
    /// layout of other validators do as well.
    ///
    /// ## Limits
    /// Documents without a name are no objects of a cluster and are passed over, as are kinds that a known release has
    /// ended.
    pub static RULE {
        id: "schema/unknown-kind",
        summary: "a kind of which no schema is known",
        scope: Repo,
        codes: ["unknown" => (Note, High, Validity), "misspelt" => (Error, High, Validity)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut kinds: BTreeMap<(usize, &str, &str), Vec<&'w Resource<'w>>> = BTreeMap::new();
    for resource in context.world.resources {
        let is_named = || resource.name_value().is_some() || resource.at(&["metadata", "generateName"]).is_some();
        if context.validity(resource).unknown_kind
            && is_named()
            && LIFECYCLE.gone(resource.api_version, resource.kind).is_none()
        {
            kinds.entry((resource.root, resource.api_version, resource.kind)).or_default().push(resource);
        }
    }
    if kinds.is_empty() {
        return;
    }
    let known: Vec<(&str, &str)> = KUBERNETES.kinds().filter_map(|name| name.rsplit_once('/')).collect();
    for ((_, api_version, kind), objects) in kinds {
        match slip(api_version, kind, &known) {
            Some(slip) => objects.into_iter().for_each(|object| misspelt(object, &slip, sink)),
            None if is_of_a_cluster(api_version) => unknown(api_version, kind, &objects, sink),
            None => {}
        }
    }
}

/// What was meant, where it can be no kind of anybody's.
struct Slip {
    /// The field that is wrong.
    field: &'static str,
    /// The apiVersion or the kind that was meant.
    meant: String,
}

/// A kind under a group of Kubernetes' own, or under a group without a dot, is Kubernetes' or nobody's.
fn slip(api_version: &str, kind: &str, known: &[(&str, &str)]) -> Option<Slip> {
    let (group, _) = split_api_version(api_version);
    let known = || known.iter().copied();
    let is_of_group = |version: &str| version.strip_prefix(group).is_some_and(|rest| rest.starts_with('/'));
    let is_own = !group.contains('.') || known().any(|(version, _)| is_of_group(version));
    if !is_own {
        return None;
    }
    if known().any(|(version, _)| version == api_version) {
        let near = closest(kind, known().filter(|(version, _)| *version == api_version).map(|(_, kind)| kind));
        if let Some(near) = near {
            return Some(Slip { field: "kind", meant: near.to_owned() });
        }
    }
    // Beta and alpha versions come and go; the stable one is what is meant.
    let mut homes = known().filter(|(version, name)| *name == kind && *version != api_version);
    homes
        .find(|(version, _)| !version.contains("alpha") && !version.contains("beta"))
        .map(|(version, _)| Slip { field: "apiVersion", meant: version.to_owned() })
}

/// Whether an apiVersion can be one of a cluster at all: other programs use the same two keys for files of their own.
fn is_of_a_cluster(api_version: &str) -> bool {
    api_version.split_once('/').is_some_and(|(group, _)| group.contains('.'))
}

fn misspelt<'w>(resource: &'w Resource<'w>, slip: &Slip, sink: &mut Sink<'_, 'w>) {
    let Some(value) = resource.value.get(slip.field) else { return };
    let message = match slip.field {
        "kind" => format!("`{}` has no kind `{}`", resource.api_version, resource.kind),
        _ => format!("`{}` has no kind `{}`, `{}` has", resource.api_version, resource.kind, slip.meant),
    };
    sink.finding("misspelt", resource, value, message)
        .label("the API server does not know it")
        .help(format!("did you mean `{}`?", slip.meant));
}

fn unknown<'w>(api_version: &str, kind: &str, objects: &[&'w Resource<'w>], sink: &mut Sink<'_, 'w>) {
    let Some((first, others)) = objects.split_first() else { return };
    let Some(value) = first.value.get("kind") else { return };
    let message = format!("no schema of kind `{kind}` of `{api_version}` is known, so its fields are not checked");
    let (group, _) = split_api_version(api_version);
    let of_group = CUSTOM.iter().filter(|shipped| shipped.group == group).flat_map(|shipped| shipped.kinds());
    let names: Vec<(&str, &str)> = of_group.filter_map(|name| name.rsplit_once('/')).collect();
    let mut finding = sink.finding("unknown", first, value, message).label("nothing is known of it");
    let others: HashSet<Span> = others.iter().map(|other| other.span()).filter(|span| *span != first.span()).collect();
    match others.len() {
        0 => {}
        1 => finding = finding.note("1 more manifest is of this kind"),
        more => finding = finding.note(format!("{more} more manifests are of this kind")),
    }
    if let Some((version, _)) = names.iter().find(|(_, name)| *name == kind) {
        finding.help(format!("write `{version}` if the installed version serves it: that one is known"));
    } else if let Some(near) = closest(kind, names.iter().map(|(_, name)| *name)) {
        finding.help(format!("did you mean `{near}`?"));
    } else {
        finding.help("keep its CustomResourceDefinition in the repo, or name a folder that holds it with `--crds`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_kubernetes_own_groups_is_known() {
        let known: Vec<(&str, &str)> = KUBERNETES.kinds().filter_map(|name| name.rsplit_once('/')).collect();
        for (api_version, kind, expected) in [
            ("apps/v1", "Deploymnet", Some("Deployment")),
            ("v1", "Deployment", Some("apps/v1")),
            ("app/v1", "Deployment", Some("apps/v1")),
            ("apps/v1", "deployment", Some("Deployment")),
            ("rbac.authorization.k8s.io/v1", "RoleBindng", Some("RoleBinding")),
            ("example.org/v1", "Deployment", None),
            ("gateway.networking.k8s.io/v1", "XMesh", None),
            ("v1alpha1", "HostnameConfig", None),
        ] {
            assert_eq!(
                slip(api_version, kind, &known).map(|slip| slip.meant).as_deref(),
                expected,
                "{api_version} {kind}"
            );
        }
    }
}

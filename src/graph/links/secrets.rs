//! Links of Secrets: who makes one, and who takes something from it.

use super::cnpg::namespace_of;
use super::{End, Presence, Relation, Site, distinct};
use crate::graph::cnpg::GROUP;
use crate::graph::secrets::{Found, Made, Maker};
use crate::graph::workload::Workload;
use crate::manifest::Resource;
use crate::yaml::{Step, Value, Visit, walk};

/// Kinds that take what they need from Secrets, beside those that make pods.
const READERS: &[(&str, &str)] = &[
    (GROUP, "Cluster"),
    (GROUP, "Pooler"),
    ("barmancloud.cnpg.io", "ObjectStore"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
];

/// Whether an object takes what it needs from Secrets: it makes pods, or is of a kind that names them.
pub fn is_reader(resource: &Resource<'_>) -> bool {
    READERS.contains(&(resource.group, resource.kind)) || Workload::of(resource).is_some()
}

pub(super) fn add<'w>(site: &mut Site<'_, 'w>) {
    // Those that the operator makes for a cluster are shown where somebody asks for them, copies where they come from.
    let told = |made: &&Made<'w>| made.by.group != GROUP && !made.by.is("", "Secret") && made.maker != Maker::Pushed;
    let secrets = site.secrets;
    for made in secrets.made().iter().filter(told) {
        let to = end(site, made);
        site.add(End::Object(made.by), Relation::MakesSecret, to, Some(made.by.headline().span()));
    }
    let all: Vec<&'w Resource<'w>> = site.graph.resources().iter().copied().filter(|one| one.whole).collect();
    for reader in distinct(&all).filter(|resource| is_reader(resource)) {
        reads(reader, site);
    }
    made_by_clusters(site);
}

/// The Secret that something makes: as it is written, or only made.
fn end<'w>(site: &Site<'_, 'w>, made: &Made<'w>) -> Vec<End<'w>> {
    let named = site.graph.named("", "Secret", &made.name);
    let same: Vec<End<'w>> =
        named.into_iter().filter(|secret| secret.namespace.is_same(&made.namespace)).map(End::Object).collect();
    if !same.is_empty() {
        return same;
    }
    let (namespace, name) = (made.namespace.clone(), made.name.to_string());
    let presence = made.doubt.clone().map_or(Presence::Made, Presence::Unknown);
    vec![End::Named { group: "", kind: "Secret", namespace, name, presence }]
}

/// Clusters, as makers of those Secrets that somebody asks for.
fn made_by_clusters(site: &mut Site<'_, '_>) {
    let mut more = Vec::new();
    for link in &site.links {
        let End::Named { kind: "Secret", namespace, name, presence: Presence::Made, .. } = &link.to else { continue };
        let Found::Made(made) = site.secrets.find(namespace, name) else { continue };
        let clusters = made.into_iter().filter(|made| made.by.is(GROUP, "Cluster"));
        more.extend(clusters.map(|made| (made.by, link.to.clone())));
    }
    for (maker, to) in more {
        site.add(End::Object(maker), Relation::MakesSecret, [to], None);
    }
}

/// What `reader` takes from Secrets.
fn reads<'w>(reader: &'w Resource<'w>, site: &mut Site<'_, 'w>) {
    let is_client = Workload::of(reader).is_some();
    let is_release = reader.kind == "HelmRelease";
    let Some(spec) = reader.at(&["spec"]) else { return };
    let namespace = namespace_of(reader);
    let mut found: Vec<(Value<'w>, Relation, bool)> = Vec::new();
    walk(spec, &mut |steps, value| {
        if skipped(reader, steps) {
            return Visit::Past;
        }
        if let Some(name) = secret_in(steps, value) {
            let optional = value.get("optional").and_then(Value::as_bool) == Some(true);
            let password = is_client && steps.iter().any(|step| matches!(step, Step::Key("env" | "envFrom")));
            let relation = if password { Relation::AuthenticatesWith } else { Relation::ReadsSecret };
            // What a chart makes of its values is not known.
            let values = is_release && matches!(steps.first(), Some(Step::Key("values")));
            found.push((name, relation, optional || values));
        }
        Visit::Into
    });
    for (name, relation, only_known) in found {
        let mut ends = site.secret_named(&namespace, name);
        if only_known {
            ends.retain(|end| match end {
                End::Named { presence, .. } => *presence == Presence::Made,
                _ => true,
            });
        }
        site.add(End::Object(reader), relation, ends, Some(name.span()));
    }
}

/// What is told as something else: passwords of roles, and names of what is no Secret.
fn skipped(reader: &Resource<'_>, steps: &[Step<'_>]) -> bool {
    match steps.last() {
        Some(Step::Key("secretTemplate" | "secretStoreRef" | "inheritedMetadata")) => true,
        Some(Step::Key("passwordSecret" | "authQuerySecret" | "bootstrap")) => reader.group == GROUP,
        _ => false,
    }
}

/// The name of the Secret that a field names, if it names one.
fn secret_in<'w>(steps: &[Step<'w>], value: Value<'w>) -> Option<Value<'w>> {
    let Some(Step::Key(key)) = steps.last() else {
        // Entries of `valuesFrom`, `substituteFrom` and `imagePullSecrets`.
        let [.., Step::Key(list), Step::Index(_)] = steps else { return None };
        let of_kind = value.get("kind").and_then(Value::known) == Some("Secret");
        let lists = matches!(*list, "valuesFrom" | "substituteFrom") && of_kind || *list == "imagePullSecrets";
        return lists.then(|| value.get("name")).flatten();
    };
    let parent = match steps {
        [.., Step::Key(parent), _] => *parent,
        _ => "",
    };
    let name = || value.get("name").filter(|name| name.raw().is_some());
    let text = || Some(value).filter(|value| value.raw().is_some() && !value.is_null());
    match *key {
        "secretName"
        | "existingSecret"
        | "serverTLSSecret"
        | "serverCASecret"
        | "clientCASecret"
        | "replicationTLSSecret" => text(),
        "secretKeyRef"
        | "secretRef"
        | "superuserSecret"
        | "secret"
        | "clientTLSSecret"
        | "applicationCredentials"
        | "endpointCA"
        | "sslKey"
        | "sslCert"
        | "sslRootCert"
        | "bindPassword" => name(),
        "password" => name().filter(|_| value.get("key").is_some()),
        _ if matches!(parent, "s3Credentials" | "azureCredentials") => name(),
        _ => None,
    }
}

//! What may make a Secret without saying so: names that are not known in full, objects of kinds that nobody told us of,
//! charts, scripts. It never says that a Secret is there, only that nobody can tell.

use crate::graph::kyverno;
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Step, Value, Visit, has_placeholder, placeholder, walk};
use foldhash::HashMap;

/// What may make Secrets.
#[derive(Debug, Default)]
pub(super) struct Hints<'w> {
    unnamed: Vec<Unnamed<'w>>,
    /// Objects of unknown kinds and values of charts, by the texts in them.
    texts: HashMap<&'w str, &'w Resource<'w>>,
    /// Releases of charts and objects of unknown kinds, by name and namespace.
    owners: HashMap<&'w str, Vec<(Namespace<'w>, &'w Resource<'w>)>>,
    scripts: Vec<(&'w str, &'w Resource<'w>)>,
    /// Policies that generate Secrets in namespaces that they choose.
    generators: Vec<&'w Resource<'w>>,
}

#[derive(Debug)]
struct Unnamed<'w> {
    by: &'w Resource<'w>,
    namespace: Namespace<'w>,
    /// The name as it is written.
    pattern: String,
    /// Whether something is put before and behind it.
    renamed: bool,
    /// Namespaces that it is surely not in.
    except: Vec<&'w str>,
}

/// Groups whose objects make no Secrets, or those that are told elsewhere.
const KNOWN_GROUPS: &[&str] = &[
    "acme.cert-manager.io",
    "apps",
    "argoproj.io",
    "autoscaling",
    "autoscaling.k8s.io",
    "barmancloud.cnpg.io",
    "batch",
    "bitnami.com",
    "cert-manager.io",
    "cilium.io",
    "dragonflydb.io",
    "external-secrets.io",
    "fluxcd.controlplane.io",
    "gateway.envoyproxy.io",
    "generators.external-secrets.io",
    "grafana.integreatly.org",
    "helm.cattle.io",
    "k8s.cni.cncf.io",
    "keda.sh",
    "metallb.io",
    "monitoring.coreos.com",
    "networking.istio.io",
    "policy",
    "postgresql.cnpg.io",
    "security.istio.io",
    "traefik.containo.us",
    "traefik.io",
    "trust.cert-manager.io",
    "volsync.backube",
];

/// Whether nobody told us what an operator makes of `resource`.
fn is_strange(resource: &Resource<'_>) -> bool {
    let group = resource.group;
    !group.is_empty()
        && !KNOWN_GROUPS.contains(&group)
        && !group.ends_with(".k8s.io")
        && !group.ends_with(".toolkit.fluxcd.io")
}

/// Words of the fields in which charts name a Secret that they do not make.
const USES: [&str; 6] =
    ["secretKeyRef", "secretRef", "existingSecret", "secretName", "existingSecretName", "secretStoreRef"];

impl<'w> Hints<'w> {
    /// Enters a Secret whose name is not known in full.
    pub(super) fn unnamed(&mut self, by: &'w Resource<'w>, namespace: Namespace<'w>, pattern: &str, renamed: bool) {
        self.unnamed.push(Unnamed { by, namespace, pattern: pattern.to_owned(), renamed, except: Vec::new() });
    }

    /// Enters a Secret that may be in every namespace but some.
    pub(super) fn anywhere(&mut self, by: &'w Resource<'w>, reason: &str, pattern: &str, except: Vec<&'w str>) {
        let namespace = Namespace::Unknown(reason.to_owned());
        self.unnamed.push(Unnamed { by, namespace, pattern: pattern.to_owned(), renamed: by.delivery.renames, except });
    }

    /// Every such Secret; with its name where the name is known and the namespace is not.
    pub(super) fn unnamed_ones(&self) -> impl Iterator<Item = (&'w Resource<'w>, &Namespace<'w>, Option<&str>)> {
        self.unnamed.iter().map(|one| {
            let is_whole = !one.renamed && !one.pattern.is_empty() && !has_placeholder(&one.pattern);
            (one.by, &one.namespace, is_whole.then_some(one.pattern.as_str()))
        })
    }

    /// Looks for what an object may make. `told` says that what it makes was entered.
    pub(super) fn look_at(&mut self, resource: &'w Resource<'w>, told: bool) {
        match (resource.group, resource.kind) {
            ("helm.toolkit.fluxcd.io", "HelmRelease") | ("helm.cattle.io", "HelmChart") => self.release(resource),
            ("kyverno.io" | "policies.kyverno.io", _) => {
                self.every_text(resource);
                self.generators
                    .extend(Some(resource).filter(|policy| kyverno::generates(policy, |kind| kind == "Secret")));
            }
            ("batch", _) | ("apps", _) | ("", "ConfigMap" | "Pod") => self.scripts(resource),
            _ if told || !is_strange(resource) => {}
            _ => {
                self.every_text(resource);
                self.own(resource, resource.written_name(), resource.namespace.clone());
            }
        }
    }

    fn own(&mut self, resource: &'w Resource<'w>, name: Option<&'w str>, namespace: Namespace<'w>) {
        if let Some(name) = name {
            self.owners.entry(name).or_default().push((namespace, resource));
        }
    }

    fn release(&mut self, resource: &'w Resource<'w>) {
        let spec = |key: &str| resource.at(&["spec", key]).filter(|value| !value.is_null());
        let namespace = match spec("targetNamespace") {
            Some(target) => super::written::namespace_of(target),
            None => resource.namespace.clone(),
        };
        for name in [spec("releaseName").and_then(Value::known), resource.written_name()] {
            self.own(resource, name, namespace.clone());
        }
        let mut search = |values: Value<'w>| {
            walk(values, &mut |steps, value| {
                let uses = |step: &Step<'w>| matches!(step, Step::Key(key) if USES.contains(key));
                match value.known().filter(|text| is_name(text)) {
                    Some(text) if !steps.iter().rev().take(2).any(uses) => {
                        self.texts.entry(text).or_insert(resource);
                    }
                    _ => {}
                }
                Visit::Into
            });
        };
        match &resource.values {
            Some(values) => search(values.value),
            None => spec("values").into_iter().for_each(&mut search),
        }
    }

    fn every_text(&mut self, resource: &'w Resource<'w>) {
        let Some(spec) = resource.at(&["spec"]) else { return };
        let mut partial = Vec::new();
        walk(spec, &mut |steps, value| {
            let speaks = |step: &Step<'w>| match step {
                Step::Key(key) => key.as_bytes().windows(6).any(|part| part.eq_ignore_ascii_case(b"secret")),
                Step::Index(_) => false,
            };
            if let Some(text) = value.known() {
                if is_name(text) {
                    self.texts.entry(text).or_insert(resource);
                }
            } else if let Some(text) = value.as_str()
                && has_placeholder(text)
                && steps.iter().any(speaks)
            {
                partial.push(text);
            }
            Visit::Into
        });
        for text in partial {
            let anywhere = Namespace::Unknown(format!("where {} makes Secrets is not known", resource.title()));
            self.unnamed(resource, anywhere, text, false);
        }
    }

    fn scripts(&mut self, resource: &'w Resource<'w>) {
        walk(resource.value, &mut |_, value| {
            if let Some(text) = value.raw()
                && ["create secret", "patch secret", "kind: Secret", "/secrets", "apply -f -", "\"Secret\""]
                    .iter()
                    .any(|part| memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some())
            {
                self.scripts.push((text, resource));
            }
            Visit::Into
        });
    }

    /// Why there may be Secrets of any name in any namespace, if so.
    pub(super) fn open_reason(&self) -> Option<String> {
        let makes = |text: &str| {
            ["create secret", "kind: Secret", "apply -f -"]
                .iter()
                .any(|part| memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some())
        };
        let policy = self.generators.first().map(|by| format!("{} may generate Secrets", by.title()));
        policy.or_else(|| {
            let (_, by) = self.scripts.iter().find(|(text, _)| makes(text))?;
            Some(format!("a script of {} may make Secrets", by.title()))
        })
    }

    /// Objects of which nobody told us what they make, by the namespace that they are in.
    pub(super) fn strangers(&self) -> Vec<(&str, &'w Resource<'w>)> {
        let all = self.owners.values().flatten();
        let mut all: Vec<_> = all.filter_map(|(namespace, by)| Some((namespace.known()?, *by))).collect();
        all.sort_by_key(|(namespace, by)| (*namespace, by.kind, by.written_name()));
        all
    }

    /// Whether a script speaks of the Secret `name`, and may add to it.
    pub(super) fn is_scripted(&self, name: &str) -> bool {
        self.scripts.iter().any(|(text, _)| text.contains(name))
    }

    /// Why something that is not told may make the Secret `name` of `namespace`, if so.
    pub(super) fn of(&self, namespace: &Namespace<'_>, name: &str) -> Option<String> {
        let here = |other: &Namespace<'_>| *other == Namespace::None || other.may_be(namespace);
        let partial = self.unnamed.iter().find(|one| {
            let fits = match one.renamed {
                true => name.contains(&one.pattern) || has_placeholder(&one.pattern),
                false => may_be_name(&one.pattern, name),
            };
            fits && here(&one.namespace) && !namespace.known().is_some_and(|name| one.except.contains(&name))
        });
        if let Some(one) = partial {
            return Some(format!("{} may make it: its name is not known in full", one.by.title()));
        }
        if let Some(by) = self.texts.get(name) {
            return Some(format!("{} names it, and may make it", by.title()));
        }
        let stems = name.match_indices(['-', '.']).map(|(at, _)| &name[..at]).chain([name]);
        let owner = stems.filter_map(|stem| self.owners.get(stem)).flatten().find(|(other, _)| here(other));
        if let Some((_, by)) = owner {
            return Some(format!("{} may make Secrets of such a name", by.title()));
        }
        let script = self.scripts.iter().find(|(text, _)| text.contains(name));
        script.map(|(_, by)| format!("a script of {} names it, and may make it", by.title()))
    }
}

/// Whether a text could be the name of a Secret.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    text.len() > 1 && text.len() < 254 && text.bytes().all(allowed)
}

/// Whether `pattern`, in which `${VAR}` and the like stand for any text, could be `name`.
pub fn may_be_name(pattern: &str, name: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = pattern;
    while let Some(found) = placeholder(rest) {
        let at = found.as_ptr().addr() - rest.as_ptr().addr();
        literals.push(&rest[..at]);
        rest = &rest[at + found.len()..];
    }
    if literals.is_empty() {
        return pattern == name;
    }
    let (Some(middle), Some(last)) = (name.strip_prefix(literals[0]), Some(rest)) else { return false };
    let Some(mut middle) = middle.strip_suffix(last) else { return false };
    for literal in &literals[1..] {
        match middle.find(literal) {
            Some(at) => middle = &middle[at + literal.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_known_in_full_could_be_some() {
        for (pattern, name, fits) in [
            ("${APP}-db", "shop-db", true),
            ("${APP}-db", "shop-dbs", false),
            ("pre-${A}-mid-${B}", "pre-x-mid-y", true),
            ("pre-${A}-mid-${B}", "pre-x-y", false),
            ("${A}", "anything", true),
            ("<< inputs.app >>-s3", "shop-s3", true),
            ("a-${X}-a", "a-a", false),
            ("plain", "plain", true),
            ("plain", "plane", false),
        ] {
            assert_eq!(may_be_name(pattern, name), fits, "{pattern} {name}");
        }
    }
}

//! Pods as the repo describes them: workloads with the labels and ports of their template, and why pods may run that
//! are not seen. Who reaches them is not judged here.

use super::Graph;
use super::operators::installs;
use crate::config::Role;
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Text, Value, has_placeholder};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is known of a label that is or may be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelValue<'w> {
    /// It is there and has this value.
    Is(Cow<'w, str>),
    /// It is there; why its value is not known.
    Hidden(String),
    /// It may be there, and why that is not known.
    Perhaps(String),
    /// It is surely not there, whatever else may be.
    Missing,
}

impl LabelValue<'_> {
    fn as_label(&self) -> Label<'_> {
        match self {
            LabelValue::Is(value) => Label::Is(value),
            LabelValue::Hidden(reason) => Label::Hidden(reason),
            LabelValue::Perhaps(reason) => Label::Perhaps(reason),
            LabelValue::Missing => Label::Absent,
        }
    }
}

/// The answer to a question for one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label<'l> {
    /// It is there and has this value.
    Is(&'l str),
    /// It is there; why its value is not known.
    Hidden(&'l str),
    /// It may be there, and why that is not known.
    Perhaps(&'l str),
    /// It is not there.
    Absent,
}

/// The labels of a pod or a namespace, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels<'w> {
    entries: BTreeMap<Cow<'w, str>, LabelValue<'w>>,
    more: Option<String>,
}

impl<'w> Labels<'w> {
    /// No labels at all.
    pub fn none() -> Labels<'w> {
        Labels::default()
    }

    /// Adds a label, or replaces the one with that key.
    pub fn insert(&mut self, key: impl Into<Cow<'w, str>>, value: LabelValue<'w>) {
        self.entries.insert(key.into(), value);
    }

    /// Takes a label away.
    pub fn remove(&mut self, key: &str) {
        self.entries.remove(key);
    }

    /// Adds a label whose value is known.
    pub fn set(&mut self, key: &'static str, value: impl Into<Cow<'w, str>>) {
        self.insert(key, LabelValue::Is(value.into()));
    }

    /// Adds what a mapping of labels says.
    pub fn read(&mut self, labels: Option<Value<'w>>) {
        let Some(labels) = labels.filter(|labels| !labels.is_null()) else { return };
        if !labels.is_mapping() {
            self.admit_more("the labels are no mapping");
            return;
        }
        for (key, value) in labels.entries() {
            if has_placeholder(key) {
                self.admit_more(format!("a label's key holds `{key}`"));
                continue;
            }
            let value = match value.text() {
                Text::Known(text) => LabelValue::Is(Cow::Borrowed(text)),
                // An empty value is decoded as an empty text.
                Text::Other(crate::yaml::Kind::Null) => LabelValue::Is(Cow::Borrowed("")),
                Text::Other(_) => LabelValue::Hidden(format!("the value of label `{key}` is no text")),
                Text::Partial(_) | Text::Encrypted => LabelValue::Hidden(
                    value.unknown().unwrap_or_else(|| format!("the value of label `{key}` cannot be read")),
                ),
            };
            self.insert(key, value);
        }
    }

    /// Puts `other` on top: where both know a label, that of `other` counts.
    pub fn overlay(&mut self, other: Labels<'w>) {
        for (key, value) in other.entries {
            // What may be there does not hide what surely is.
            if !matches!(value, LabelValue::Perhaps(_)) || !self.entries.contains_key(&key) {
                self.entries.insert(key, value);
            }
        }
        if let Some(reason) = other.more {
            self.admit_more(reason);
        }
    }

    /// Says that there may be labels which are not seen, and why.
    pub fn admit_more(&mut self, reason: impl Into<String>) {
        self.more.get_or_insert_with(|| reason.into());
    }

    /// Whether a label that is not listed is surely not there.
    pub fn is_complete(&self) -> bool {
        self.more.is_none()
    }

    /// Every label that is or may be there, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Label<'_>)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value.as_label()))
    }

    /// What is known of the label `key`.
    pub fn get(&self, key: &str) -> Label<'_> {
        match self.entries.get(key) {
            Some(value) => value.as_label(),
            None => match &self.more {
                Some(reason) => Label::Perhaps(reason),
                None => Label::Absent,
            },
        }
    }

    /// Whether they put a namespace into a service mesh, which carries the traffic of its pods and encrypts it.
    pub fn join_mesh(&self) -> bool {
        self.known().any(|(key, value)| MESH_LABELS.contains(&key) && value != "disabled" && value != "none")
    }

    /// Labels with known keys and values, by key.
    pub fn known(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().filter_map(|(key, value)| match value {
            LabelValue::Is(value) => Some((key.as_ref(), value.as_ref())),
            LabelValue::Hidden(_) | LabelValue::Perhaps(_) | LabelValue::Missing => None,
        })
    }
}

/// Labels by which a namespace takes part in a mesh.
pub const MESH_LABELS: &[&str] = &["istio.io/dataplane-mode", "istio-injection", "istio.io/rev", "linkerd.io/inject"];

/// A port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerPort<'w> {
    /// Its name, if it has one.
    pub name: Option<&'w str>,
    /// Its number, if it is known.
    pub number: Option<u16>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'w str,
}

/// An object that makes pods from a template, or a pod itself.
#[derive(Clone, Debug)]
pub struct Workload<'w> {
    /// The object.
    pub resource: &'w Resource<'w>,
    /// Labels of its pods.
    pub labels: Labels<'w>,
    /// Ports of its containers.
    pub ports: Vec<ContainerPort<'w>>,
    /// Whether its pods share the network of their node, where network policies have no say.
    pub host_network: bool,
}

struct PodKind {
    group: &'static str,
    kind: &'static str,
    /// Where its pod template lies; nothing for the object itself.
    template: &'static [&'static str],
    /// Labels that its controller adds.
    added: &'static [&'static str],
}

const TEMPLATE: &[&str] = &["spec", "template"];

const POD_KINDS: &[PodKind] = &[
    PodKind { group: "", kind: "Pod", template: &[], added: &[] },
    PodKind { group: "", kind: "ReplicationController", template: TEMPLATE, added: &[] },
    PodKind { group: "apps", kind: "Deployment", template: TEMPLATE, added: &["pod-template-hash"] },
    PodKind { group: "apps", kind: "ReplicaSet", template: TEMPLATE, added: &[] },
    PodKind {
        group: "apps",
        kind: "StatefulSet",
        template: TEMPLATE,
        added: &["controller-revision-hash", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"],
    },
    PodKind {
        group: "apps",
        kind: "DaemonSet",
        template: TEMPLATE,
        added: &["controller-revision-hash", "pod-template-generation"],
    },
    PodKind { group: "batch", kind: "Job", template: TEMPLATE, added: JOB_LABELS },
    PodKind {
        group: "batch",
        kind: "CronJob",
        template: &["spec", "jobTemplate", "spec", "template"],
        added: JOB_LABELS,
    },
];

const JOB_LABELS: &[&str] =
    &["job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid"];

impl<'w> Workload<'w> {
    /// The workload that `resource` is, if it is a whole one.
    pub fn of(resource: &'w Resource<'w>) -> Option<Workload<'w>> {
        let kind = POD_KINDS.iter().find(|kind| resource.is(kind.group, kind.kind)).filter(|_| resource.whole)?;
        let template = resource.at(kind.template)?;
        let mut labels = Labels::none();
        for key in kind.added {
            // A Job's own pods bear its name; those of a CronJob that of a Job that is still to be made.
            let name = resource.name().filter(|_| kind.kind == "Job" && key.ends_with("job-name"));
            let hidden = || LabelValue::Hidden(format!("the controller gives label `{key}` its value"));
            labels.insert(*key, name.map_or_else(hidden, |name| LabelValue::Is(name.into())));
        }
        labels.read(template.at(&["metadata", "labels"]));
        if let Some(reason) = resource.may_be_completed() {
            labels.admit_more(reason);
        }
        let spec = template.get("spec");
        let containers = ["initContainers", "containers"]
            .into_iter()
            .filter_map(|key| spec?.get(key))
            .flat_map(Value::items)
            .filter_map(|container| container.get("ports"));
        let ports = containers.flat_map(Value::items).map(container_port).collect();
        let host_network = spec.and_then(|spec| spec.get("hostNetwork")).and_then(Value::as_bool) == Some(true);
        Some(Workload { resource, labels, ports, host_network })
    }
}

/// The spec of the pods that `resource` makes or is, if it is a whole workload.
pub fn pod_spec<'w>(resource: &'w Resource<'w>) -> Option<Value<'w>> {
    let kind = POD_KINDS.iter().find(|kind| resource.is(kind.group, kind.kind)).filter(|_| resource.whole)?;
    resource.at(kind.template)?.get("spec")
}

fn container_port(port: Value<'_>) -> ContainerPort<'_> {
    ContainerPort {
        name: port.get("name").and_then(Value::known),
        number: port.get("containerPort").and_then(Value::as_int).and_then(|number| u16::try_from(number).ok()),
        protocol: port.get("protocol").and_then(Value::known).unwrap_or("TCP"),
    }
}

/// API groups outside Kubernetes whose objects make no pods in their own namespace, or pods that are known by other means.
const PODLESS_GROUPS: &[&str] = &[
    "postgresql.cnpg.io",
    "barmancloud.cnpg.io",
    "cert-manager.io",
    "cilium.io",
    "external-secrets.io",
    "generators.external-secrets.io",
    "bitnami.com",
    "kyverno.io",
    "image.toolkit.fluxcd.io",
    "kustomize.config.k8s.io",
    "notification.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "trust.cert-manager.io",
    "networking.istio.io",
    "security.istio.io",
    "traefik.io",
    "projectcalico.org",
    "crd.projectcalico.org",
];

/// Kinds of groups that make pods as well, which make none.
const PODLESS_KINDS: &[&str] =
    &["PodMonitor", "ServiceMonitor", "PrometheusRule", "ScrapeConfig", "Probe", "AlertmanagerConfig"];

/// Whether an operator may make pods for `resource`, in its namespace.
fn may_make_pods(resource: &Resource<'_>) -> bool {
    let builtin = !resource.group.contains('.') || resource.group.ends_with(".k8s.io");
    !builtin
        && resource.namespace != Namespace::None
        && !PODLESS_GROUPS.contains(&resource.group)
        && !PODLESS_KINDS.contains(&resource.kind)
}

impl<'w> Graph<'w> {
    /// Every workload of the target.
    pub fn workloads(&self) -> impl Iterator<Item = Workload<'w>> + '_ {
        let kinds = POD_KINDS.iter().flat_map(|kind| self.of_kind(kind.group, kind.kind));
        kinds.filter_map(|resource| Workload::of(resource))
    }

    /// Objects for which some operator may make pods that are written nowhere.
    pub fn pod_makers(&self) -> impl Iterator<Item = &'w Resource<'w>> + '_ {
        self.resources().iter().copied().filter(|resource| may_make_pods(resource))
    }

    /// Why objects that are not seen may be in `namespace`, if so.
    pub fn opened(&self, namespace: &Namespace<'_>) -> Option<&str> {
        let opening = self.openings.iter().find(|opening| match (&opening.namespace, namespace.known()) {
            (Some(opened), Some(asked)) => opened == asked,
            _ => true,
        });
        opening.map(|opening| opening.reason.as_str())
    }

    /// Namespaces into which something that is not seen may bring objects, and what.
    pub fn open_namespaces(&self) -> impl Iterator<Item = (&str, &str)> {
        self.openings.iter().filter_map(|opening| Some((opening.namespace.as_deref()?, opening.reason.as_str())))
    }

    /// Why objects of a kind that charts do not bring may be in `namespace` unseen, if so.
    pub fn opened_beside_charts(&self, namespace: &Namespace<'_>) -> Option<&str> {
        let opening = self.openings.iter().filter(|opening| !opening.chart).find(|opening| {
            match (&opening.namespace, namespace.known()) {
                (Some(opened), Some(asked)) => opened == asked,
                _ => true,
            }
        });
        opening.map(|opening| opening.reason.as_str())
    }

    /// Why databases that are not seen may be in `namespace`, if so. Charts bring them into their own namespace, if at all, and
    /// those of operators bring none.
    pub fn opened_for_databases(&self, namespace: &Namespace<'_>) -> Option<&str> {
        let releases = self.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").iter();
        let mut here = releases.filter(|release| {
            let target = release.at(&["spec", "targetNamespace"]).and_then(Value::known);
            target.map_or_else(|| release.namespace.may_be(namespace), |target| namespace.known() == Some(target))
        });
        let first = here.next();
        let operators = first.into_iter().chain(here).all(|release| !installs(release, self).is_empty());
        let harmless = first.is_some() && operators;
        let opening = self.openings.iter().find(|opening| match (&opening.namespace, namespace.known()) {
            (Some(opened), Some(asked)) => opened == asked && !(opening.chart && harmless),
            _ => !opening.chart,
        });
        opening.map(|opening| opening.reason.as_str())
    }

    /// As [`Graph::opened`], where the charts of that namespace bring nothing of what is asked for.
    pub fn opened_from_elsewhere(&self, namespace: &Namespace<'_>) -> Option<&str> {
        let mut openings = self.openings.iter().filter(|opening| !opening.chart || opening.namespace.is_none());
        let opening = openings.find(|opening| match (&opening.namespace, namespace.known()) {
            (Some(opened), Some(asked)) => opened == asked,
            _ => true,
        });
        opening.map(|opening| opening.reason.as_str())
    }

    /// Whether the repo is that of an app, whose namespaces and policies others may hold too.
    pub fn is_of_app(&self) -> bool {
        self.role == Some(Role::App)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_not_written_is_absent_only_where_all_are_seen() {
        let mut labels = Labels::none();
        labels.set("app", "web");
        labels.insert("tier", LabelValue::Hidden("later".into()));
        assert_eq!(labels.get("app"), Label::Is("web"));
        assert_eq!(labels.get("tier"), Label::Hidden("later"));
        assert_eq!(labels.get("zone"), Label::Absent);
        labels.admit_more("a patch");
        labels.admit_more("another one");
        assert_eq!(labels.get("zone"), Label::Perhaps("a patch"));
        assert_eq!(labels.known().collect::<Vec<_>>(), [("app", "web")]);
    }
}

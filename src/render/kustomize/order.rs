//! The order in which kustomize prints objects.

use super::fields::field;
use super::settings::Settings;
use super::{Built, Refusal};
use super::{Id, Object};
use crate::yaml::Value;

/// Kinds that come first, in this order.
pub(super) const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
/// Kinds that come last.
pub(super) const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// How objects are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were taken in.
    Fifo,
    /// By kind, then by name.
    Legacy {
        /// Kinds that come first.
        first: Vec<String>,
        /// Kinds that come last.
        last: Vec<String>,
    },
}

impl Order {
    /// What `sortOptions` says; by kind where it says nothing.
    pub fn read(settings: &Settings<'_>) -> Built<Order> {
        let own = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let default = Order::Legacy { first: own(FIRST), last: own(LAST) };
        let Some(options) = settings.field("sortOptions") else { return Ok(default) };
        let legacy = field(options, "legacySortOptions");
        let order = field(options, "order");
        match order.and_then(Value::as_str) {
            Some("fifo") => match legacy {
                Some(legacy) => {
                    Err(Refusal::new(legacy.span(), "`legacySortOptions` means nothing where the order is fifo"))
                }
                None => Ok(Order::Fifo),
            },
            Some("legacy") => Ok(match legacy {
                None => default,
                Some(legacy) => {
                    let list = |name: &str| {
                        let items = field(legacy, name).into_iter().flat_map(Value::items);
                        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
                    };
                    Order::Legacy { first: list("orderFirst"), last: list("orderLast") }
                }
            }),
            _ => Err(Refusal::new(order.unwrap_or(options).span(), "the order is `fifo` or `legacy`")),
        }
    }

    /// Brings `objects` into this order.
    pub fn sort(&self, objects: &mut [Object<'_>]) {
        let Order::Legacy { first, last } = self else { return };
        objects.sort_by_cached_key(|object| {
            let id = object.id();
            (rank(&id.kind, first, last), gvk(&id), place(&id))
        });
    }
}

/// Group, version and kind as kustomize compares them: as one text, in which no group comes behind every group.
fn gvk(id: &Id) -> String {
    let group = if id.group.is_empty() { "~G" } else { &id.group };
    format!("{group}_{}_{}", id.version, id.kind)
}

/// Namespace and name, likewise.
fn place(id: &Id) -> String {
    let namespace = if id.namespace.is_empty() { "~X" } else { &id.namespace };
    format!("{namespace}|{}", id.name)
}

/// Where a kind comes: what is in neither list lies between the two.
pub(super) fn rank<T: AsRef<str>>(kind: &str, first: &[T], last: &[T]) -> isize {
    let place = |kinds: &[T]| kinds.iter().position(|known| known.as_ref() == kind);
    match (place(first), place(last)) {
        (Some(at), _) => at as isize - first.len() as isize,
        (None, Some(at)) => at as isize + 1,
        (None, None) => 0,
    }
}

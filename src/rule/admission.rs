//! Labels that would let a client through, as far as it may take them: not those by which others are known.

use super::opt_in::written_label;
use super::{Builder, TargetContext, add_entry};
use crate::graph::workload::Workload;
use crate::manifest::Resource;
use crate::reach::connections::Grant;
use crate::reach::connections::clause::bare_key;
use crate::reach::selector::Requirement;
use crate::source::Span;
use kube_core::Expression;

/// Labels that say what pods are, not what they may.
const IDENTITY: &[&str] = &["app", "name", "k8s-app", "component", "tier", "job-name"];
/// Starts of such labels, and of those that an operator or Kubernetes gives its own pods.
const IDENTITY_OF: &[&str] = &["app.kubernetes.io/", "batch.kubernetes.io/", "cnpg.io/"];
/// Ends of labels that say whose a namespace is.
const OWNERS: &[&str] = &["name", "team", "project", "env", "environment", "tenant", "owner"];

fn is_identity(key: &str) -> bool {
    IDENTITY.contains(&key) || IDENTITY_OF.iter().any(|start| key.starts_with(start))
}

/// The labels by which a rule lets in pods beside the database, where those of `client` may take them.
pub fn of_pods<'w>(grant: &Grant<'_, 'w>, client: &Resource<'w>, context: &TargetContext<'_, 'w>) -> Option<String> {
    let labels = grant.who.asked_of_neighbours().iter().map(|asked| {
        let key = bare_key(asked.key());
        match asked.wanted().as_slice() {
            [value] if !is_identity(key) && !is_taken(key, value, client, context) => Some(written_label(key, value)),
            _ => None,
        }
    });
    let labels = labels.collect::<Option<Vec<String>>>().filter(|labels| !labels.is_empty())?;
    Some(format!("label {}", labels.join(" and ")))
}

/// Whether a Service or another workload of the namespace finds its own pods by a label.
fn is_taken<'w>(key: &str, value: &str, client: &Resource<'w>, context: &TargetContext<'_, 'w>) -> bool {
    let asks = |resource: &Resource<'w>, path: &[&str]| {
        resource.namespace.is_same(&client.namespace)
            && resource.at(path).and_then(|labels| labels.get(key)).is_some_and(|own| own.raw() == Some(value))
    };
    let services = context.graph.of_kind("", "Service").iter();
    let kinds = [("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")];
    let workloads = kinds.into_iter().flat_map(|(group, kind)| context.graph.of_kind(group, kind));
    let mut others = workloads.filter(|other| other.span() != client.span() && Workload::of(other).is_some());
    services.into_iter().any(|service| asks(service, &["spec", "selector"]))
        || others.any(|other| asks(other, &["spec", "selector", "matchLabels"]))
}

/// Labels by which a namespace gets through.
pub struct OfNamespace {
    /// The labels, as they are written.
    pub labels: String,
    /// Where they are asked for.
    pub span: Span,
    /// Key and value, where it is one label with one value.
    only: Option<(String, String)>,
}

impl OfNamespace {
    /// What is asked of the namespace `place`, by a rule or by the selector of a policy; none where only another namespace
    /// can have it.
    pub fn asked(
        asked: &[(&str, &Requirement<'_>)],
        grant: Option<&Grant<'_, '_>>,
        place: &str,
        context: &TargetContext<'_, '_>,
    ) -> Option<OfNamespace> {
        let labels = asked.iter().map(|(key, asked)| {
            let values = asked.wanted();
            let owner = key.rsplit('/').next().is_some_and(|end| OWNERS.contains(&end));
            if owner || is_identity(key) || values.iter().any(|value| names_another(key, value, place, context)) {
                return None;
            }
            match values.as_slice() {
                [] => matches!(asked.expression, Expression::Exists(_)).then(|| format!("`{key}`")),
                values => {
                    let written: Vec<String> = values.iter().map(|value| written_label(key, value)).collect();
                    Some(written.join(" or "))
                }
            }
        });
        let labels = labels.collect::<Option<Vec<String>>>().filter(|labels| !labels.is_empty())?;
        let only = match asked {
            [(key, asked)] => match asked.wanted().as_slice() {
                [value] => Some(((*key).to_owned(), (*value).to_owned())),
                _ => None,
            },
            _ => None,
        };
        let (_, first) = asked.first()?;
        let span = grant.map_or(first.value.span(), |grant| grant.written(first).span());
        Some(OfNamespace { labels: labels.join(" and "), span, only })
    }

    /// Offers to label a namespace.
    pub fn offer<'s>(self, object: &Resource<'_>, finding: Builder<'s>) -> Builder<'s> {
        let written = object.at(&["metadata", "labels"]);
        let edits = written.zip(self.only).and_then(|(written, (key, value))| {
            // A value that is there is another one on purpose, or not: that is for its owner to say.
            written.get(&key).is_none().then(|| add_entry(written, &key, &value)).flatten()
        });
        let title = format!("label Namespace `{}` with {}", object.name().unwrap_or_default(), self.labels);
        match edits {
            Some(edits) => finding.suggestion(title, edits),
            None => finding.help(title),
        }
    }
}

/// Whether the value of a label is the name of another namespace of the repo. The values of the opt-in label are names of
/// Clusters, which a namespace may share.
fn names_another(key: &str, value: &str, place: &str, context: &TargetContext<'_, '_>) -> bool {
    let opt_in = context.config().databases.client_label.as_ref().is_some_and(|label| label.value == key);
    !opt_in && value != place && !context.graph.named("", "Namespace", value).is_empty()
}

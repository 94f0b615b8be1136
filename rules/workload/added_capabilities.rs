//! Pods around databases with more capabilities than they need.

use crate::declare_rule;
use crate::graph::database_pods::{Container, DatabasePod, container_names};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Jobs, CronJobs and Pods that hold a password of a Cluster or run in a namespace of databases
    /// (`databases.namespaces` of the config), with containers that add capabilities or do not drop all of them.
    ///
    /// ## Why it matters
    /// A container starts with fourteen capabilities: to change owners, to open raw sockets, to make device files. A
    /// client of PostgreSQL needs none. The restricted Pod Security Standard asks to drop them all, and lets one back
    /// in: `NET_BIND_SERVICE`.
    ///
    /// ## Instead
    /// `capabilities: {drop: [ALL]}` for every container.
    ///
    /// ## Limits
    /// Deployments and the like are left alone, and pods for Windows. A pod that a kustomization completes on its way
    /// is left undecided.
    pub static RULE {
        id: "workload/added-capabilities",
        summary: "a pod with a database password has capabilities it does not need",
        scope: Target,
        codes: [
            "added" => (Warning, High, Workload),
            "not-dropped" => (Warning, High, Workload),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pod in DatabasePod::all(context.graph, context.secrets, context.config()) {
        let containers = pod.containers();
        let list = |container: &Container<'w>, key: &str| container.own("capabilities").and_then(|all| all.get(key));
        let entries = |container: &Container<'w>, key: &str| list(container, key).into_iter().flat_map(Value::items);
        let mut all = containers.iter().flat_map(|one| entries(one, "add").chain(entries(one, "drop")));
        if let Some(reason) = all.find_map(Value::unknown) {
            sink.undecided(pod.resource.headline().span(), reason);
            continue;
        }
        let title = pod.resource.title();
        let added = containers.iter().find_map(|one| {
            let entry = entries(one, "add").find(|entry| entry.raw() != Some("NET_BIND_SERVICE"))?;
            Some((*one, entry))
        });
        if let Some((container, entry)) = added {
            let names: Vec<&str> = entries(&container, "add").filter_map(Value::raw).collect();
            let message = format!("{title} gives {} {}", container_names(&[container]), names.join(", "));
            sink.finding("added", pod.resource, entry, message)
                .label("added")
                .note(pod.because.text())
                .help("take it away, and drop `ALL`");
            continue;
        }
        let drops = |one: &Container<'w>| entries(one, "drop").any(|entry| entry.raw() == Some("ALL"));
        let keeps: Vec<Container<'w>> = containers.iter().copied().filter(|one| !drops(one)).collect();
        let Some(first) = keeps.first() else { continue };
        let written = list(first, "drop");
        if let Some(reason) = pod.resource.may_be_completed().filter(|_| written.is_none()) {
            sink.undecided(pod.resource.headline().span(), reason);
            continue;
        }
        let message = format!("{title} leaves {} capabilities that no client needs", container_names(&keeps));
        let at = written.or_else(|| first.value.get("name")).unwrap_or(first.value);
        sink.finding("not-dropped", pod.resource, at, message)
            .label("does not drop `ALL`")
            .note(pod.because.text())
            .help("set `capabilities: {drop: [ALL]}` in the `securityContext` of each container");
    }
}

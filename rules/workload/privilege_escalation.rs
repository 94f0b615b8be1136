//! Pods around databases whose processes may gain more than they start with.

use crate::declare_rule;
use crate::graph::database_pods::{Container, DatabasePod, container_names};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Jobs, CronJobs and Pods that hold a password of a Cluster or run in a namespace of databases
    /// (`databases.namespaces` of the config), with containers that are privileged or do not set
    /// `allowPrivilegeEscalation: false`.
    ///
    /// ## Why it matters
    /// A privileged container owns its node, and with it the volumes of every database there. Without the other switch
    /// a program with the setuid bit makes an ordinary process root. The restricted Pod Security Standard refuses both.
    ///
    /// ## Instead
    /// `allowPrivilegeEscalation: false` for every container: the pod has no such setting.
    ///
    /// ## Limits
    /// Host namespaces, host paths and seccomp profiles are not looked at. Deployments and the like are left alone, and
    /// pods for Windows. A pod that a kustomization completes on its way is left undecided.
    pub static RULE {
        id: "workload/privilege-escalation",
        summary: "a pod with a database password may gain privileges",
        scope: Target,
        codes: [
            "privileged" => (Warning, High, Workload),
            "allowed" => (Warning, High, Workload),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pod in DatabasePod::all(context.graph, context.secrets, context.config()) {
        let containers = pod.containers();
        let switch = |container: &Container<'w>| container.own("allowPrivilegeEscalation");
        let privileged = |container: &Container<'w>| container.own("privileged");
        let mut open = containers.iter().flat_map(|one| [switch(one), privileged(one)]).flatten();
        if let Some(reason) = open.find_map(Value::unknown) {
            sink.undecided(pod.resource.headline().span(), reason);
            continue;
        }
        let title = pod.resource.title();
        let owning: Vec<Container<'w>> =
            containers.iter().copied().filter(|one| privileged(one).and_then(Value::as_bool) == Some(true)).collect();
        if let Some(at) = owning.first().and_then(privileged) {
            let message = format!("{title} gives {} the whole node", container_names(&owning));
            sink.finding("privileged", pod.resource, at, message)
                .label("privileged")
                .note(pod.because.text())
                .help("take `privileged` away, and set `allowPrivilegeEscalation: false`");
            continue;
        }
        let free: Vec<Container<'w>> =
            containers.iter().copied().filter(|one| switch(one).and_then(Value::as_bool) != Some(false)).collect();
        let Some(first) = free.first() else { continue };
        let written = switch(first);
        if let Some(reason) = pod.resource.may_be_completed().filter(|_| written.is_none()) {
            sink.undecided(pod.resource.headline().span(), reason);
            continue;
        }
        let message = format!("{title} lets processes of {} gain privileges", container_names(&free));
        let at = written.or_else(|| first.value.get("name")).unwrap_or(first.value);
        sink.finding("allowed", pod.resource, at, message)
            .label(if written.is_some() { "allowed" } else { "no `allowPrivilegeEscalation: false`" })
            .note(pod.because.text())
            .help("set `allowPrivilegeEscalation: false` in the `securityContext` of each container");
    }
}

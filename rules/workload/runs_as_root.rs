//! Pods around databases that run as root.

use crate::declare_rule;
use crate::graph::database_pods::{Container, DatabasePod, container_names};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds Jobs, CronJobs and Pods that hold a password of a Cluster or run in a namespace of databases
    /// (`databases.namespaces` of the config), and whose containers run as root or do not say that they never do.
    ///
    /// ## Why it matters
    /// Root in a container is root on the node for whoever finds a way out of it, and this pod has a password of the
    /// database as well. Where the namespace enforces the restricted Pod Security Standard, the pod is not let in at
    /// all.
    ///
    /// ## Instead
    /// `runAsNonRoot: true` and a `runAsUser` other than 0, for the pod or for each container.
    ///
    /// ## Limits
    /// What the image says by itself is not known: only `runAsNonRoot` makes sure. Deployments and the like are left
    /// alone, and pods for Windows. A pod that a kustomization completes on its way is left undecided.
    pub static RULE {
        id: "workload/runs-as-root",
        summary: "a pod with a database password may run as root",
        scope: Target,
        codes: [
            "root" => (Warning, High, Workload),
            "not-excluded" => (Warning, High, Workload),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pod in DatabasePod::all(context.graph, context.secrets, context.config()) {
        let containers = pod.containers();
        let user = |container: &Container<'w>| container.merged("runAsUser");
        let excluded = |container: &Container<'w>| container.merged("runAsNonRoot");
        let open = containers.iter().flat_map(|one| [user(one), excluded(one)]).flatten();
        if let Some(reason) = open.clone().find_map(Value::unknown) {
            sink.undecided(pod.resource.headline().span(), reason);
            continue;
        }
        let root: Vec<Container<'w>> =
            containers.iter().copied().filter(|one| user(one).and_then(Value::as_int) == Some(0)).collect();
        if let Some(first) = root.first() {
            let at = user(first).unwrap_or(first.value);
            let message = format!("{} runs {} as root", pod.resource.title(), container_names(&root));
            sink.finding("root", pod.resource, at, message)
                .label("user 0")
                .note(pod.because.text())
                .help("run as another user, and set `runAsNonRoot: true`");
            continue;
        }
        let open: Vec<Container<'w>> =
            containers.iter().copied().filter(|one| excluded(one).and_then(Value::as_bool) != Some(true)).collect();
        let Some(first) = open.first() else { continue };
        let written = excluded(first);
        if let Some(reason) = pod.resource.may_be_completed().filter(|_| written.is_none()) {
            sink.undecided(pod.resource.headline().span(), reason);
            continue;
        }
        let names = container_names(&open);
        let title = pod.resource.title();
        let chosen = open.iter().all(|one| user(one).is_some());
        let message = match chosen {
            true => format!("{title} does not say that {names} never runs as root, as the restricted standard asks"),
            false => format!("{title} runs {names} as whatever user the image names, root included"),
        };
        let at = written.or_else(|| first.value.get("name")).unwrap_or(first.value);
        sink.finding("not-excluded", pod.resource, at, message)
            .label(if written.is_some() { "allows it" } else { "no `runAsNonRoot`" })
            .note(pod.because.text())
            .help("set `runAsNonRoot: true` in the pod's `securityContext`");
    }
}

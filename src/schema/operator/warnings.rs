//! What the operator accepts and warns of. Where a rule of its own says more of a warning, it is left to that.

use super::backup::odd_schedule;
use super::cluster::Cluster;
use super::quantity::is_no_time;
use super::read::{Check, Part, Read};
use crate::schema::Problem;

pub(super) fn cluster<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let title = check.title.clone();
    if let Some(window) = check.spec.written(&["nodeMaintenanceWindow"]) {
        let message = format!("{title} has a `nodeMaintenanceWindow`, which `enablePDB` supersedes");
        let problem = Problem::new("maintenance-window", window, message).at_key().label("superseded");
        check.push(problem.help("take it away, and set `enablePDB: false` while a single instance is to be drained"));
    }
    if let Some(policy) = check.spec.written(&["backup", "retentionPolicy"])
        && check.spec.get(&["backup", "barmanObjectStore"]).is_absent()
    {
        let message = format!("the `retentionPolicy` of {title} does nothing: no `barmanObjectStore` stands beside it");
        let problem = Problem::new("retention-without-store", policy, message).at_key().label("nothing to prune");
        let by_plugin = check.spec.written(&["plugins"]).is_some();
        check.push(problem.help(if by_plugin {
            "move it to `spec.retentionPolicy` of the plugin's ObjectStore"
        } else {
            "take it away: volume snapshots are not pruned by it"
        }));
    }
    for field in ["storage", "walStorage"] {
        volume(check, &title, field);
    }
    if let Read::Is(text) = cluster.parameter("shared_buffers")
        && text.parse::<i64>().is_ok()
        && check.operator >= 26
        && let Some(value) = cluster.parameter_value("shared_buffers")
    {
        let message = format!(
            "`shared_buffers` of {title} has no unit: the operator reads {text} MB, PostgreSQL {text} blocks of 8 kB"
        );
        let problem = Problem::new("bare-size", value, message).label("no unit");
        check.push(problem.help(format!("write `{text}MB`, if that is meant")));
    }
    monitoring(check, &title);
    let synchronous = check.spec.get(&["postgresql", "synchronous"]).is_absent()
        && check.spec.int(&["minSyncReplicas"]).or(0) == Read::Is(0)
        // The old form with an upper bound alone is told with what holds under it.
        && (check.operator < 24 || check.spec.int(&["maxSyncReplicas"]).or(0) == Read::Is(0));
    if let Read::Is(instances) = cluster.instances
        && instances > 1
        && synchronous
        && cluster.replica == Read::Is(false)
    {
        let value = check.spec.nearest(&["instances"]);
        let message =
            format!("{title} replicates among its {instances} instances asynchronously: a failover may lose commits");
        let problem = Problem::new("asynchronous", value, message).label("no commit waits for a replica");
        check.push(problem.help("write `postgresql.synchronous: {method: any, number: 1}`, if no commit may be lost"));
    }
}

fn volume<'w>(check: &mut Check<'_, 'w>, title: &str, field: &str) {
    let Some(storage) = check.spec.part(&[field]) else { return };
    let template = |path: &[&str]| {
        let mut whole = vec!["pvcTemplate"];
        whole.extend(path);
        storage.written(&whole)
    };
    for (own, other, what) in [
        (storage.written(&["storageClass"]), template(&["storageClassName"]), "storage class"),
        (
            storage.written(&["size"]).filter(|_| storage.text(&["size"]) != Read::Is("")),
            template(&["resources", "requests", "storage"]),
            "size",
        ),
    ] {
        if let (Some(own), Some(other)) = (own, other) {
            let message = format!("`{field}` of {title} has a {what} of its own and one in `pvcTemplate`");
            let problem = Problem::new("volume-twice", own, message).label("this one wins");
            let problem = problem.related(other.span(), "this one is passed over");
            check.push(problem.help(format!("keep the {what} in one place")));
        }
    }
}

fn monitoring(check: &mut Check<'_, '_>, title: &str) {
    let Some(monitoring) = check.spec.part(&["monitoring"]) else { return };
    if check.operator < 28 {
        return;
    }
    if let Read::Is(text) = monitoring.text(&["metricsQueriesTTL"])
        && is_no_time(text)
    {
        let value = monitoring.nearest(&["metricsQueriesTTL"]);
        let message = format!("{title} runs its metric queries anew at every scrape: `metricsQueriesTTL` is 0");
        let problem = Problem::new("metrics-without-cache", value, message).label("nothing is kept");
        check.push(problem.help("take it away: results are kept for 30 s by default"));
    }
    deprecated_monitoring(check, monitoring, title);
}

fn deprecated_monitoring<'w>(check: &mut Check<'_, 'w>, monitoring: Part<'w>, title: &str) {
    let enabled = monitoring.written(&["enablePodMonitor"]).filter(|value| value.as_bool() == Some(true));
    let lists = ["podMonitorRelabelings", "podMonitorMetricRelabelings"];
    let lists = lists.map(|key| monitoring.written(&[key]).filter(|list| !list.is_empty()));
    let [first, second] = lists;
    let all = [enabled, first, second];
    let mut written = all.into_iter().flatten();
    let Some(first) = written.next() else { return };
    let key = first.key().unwrap_or_default();
    let message = format!("{title} has its PodMonitor made by the operator, by `{key}`, which is deprecated");
    let mut problem =
        Problem::new("deprecated-monitor", first, message).at_key().label("deprecated since operator 1.28");
    for other in written {
        problem = problem.related(other.key_or_span(), "goes with it");
    }
    check.push(problem.help(format!("write a PodMonitor of your own, and take `{key}` away")));
}

pub(super) fn pooler(check: &mut Check<'_, '_>) {
    let title = check.title.clone();
    if let Some(bouncer) = check.spec.part(&["pgbouncer"]) {
        let secret = bouncer.written(&["authQuerySecret"]);
        // A query without a user, or a user without a query, is refused.
        let query = bouncer.written(&["authQuery"]);
        let manual = query.filter(|_| secret.is_some() || bouncer.written(&["serverTLSSecret"]).is_some());
        if let Some(secret) = secret.filter(|_| manual.is_some() && check.operator >= 28) {
            let message = format!("{title} looks up passwords by `authQuerySecret`, which is deprecated");
            let problem = Problem::new("deprecated-secret", secret, message).at_key().label("superseded");
            check.push(problem.help("name a client certificate in `serverTLSSecret` instead"));
        } else if let Some(manual) = manual {
            let message =
                format!("{title} logs in by its own means: the operator no longer sets up the cluster for it");
            let problem = Problem::new("manual-authentication", manual, message).at_key().label("switches that off");
            check.push(
                problem.help("make sure that the role and the function of `authQuery` are there, or take it away"),
            );
        }
    }
    if let Some(monitoring) = check.spec.part(&["monitoring"])
        && check.operator >= 28
    {
        deprecated_monitoring(check, monitoring, &title);
    }
}

pub(super) fn schedule(check: &mut Check<'_, '_>) {
    let Some((value, text, words)) = odd_schedule(check) else { return };
    let title = check.title.clone();
    let problem = if text.starts_with('@') {
        let message = format!("{title} runs by a descriptor, which the operator accepts with a warning");
        let problem = Problem::new("descriptor", value, message).label("not six fields");
        problem.help("it runs as it says; six fields, seconds first, say the same without a warning")
    } else {
        let message = format!("{title} has a schedule of {words} fields, which the operator reads seconds first");
        let problem = Problem::new("five-fields", value, message).label("not six fields");
        problem.help("put the seconds first, and name all six fields")
    };
    check.push(problem);
}

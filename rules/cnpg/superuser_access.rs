//! Superuser access over the network.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Finds a Cluster with `enableSuperuserAccess: true`.
    ///
    /// ## Why it matters
    /// The operator then gives `postgres` a password and keeps it in a Secret: whoever reads that Secret
    /// owns every database of the cluster. Without it the superuser has no password and nobody can log in
    /// as it from outside the pod.
    ///
    /// ## Instead
    /// Leave the field out and give each application its own role: `managed.roles`, or a `DatabaseRole`.
    ///
    /// ## Limits
    /// A value that is still a `${VAR}` is left undecided.
    pub static RULE {
        id: "cnpg/superuser-access",
        summary: "the superuser can log in over the network",
        scope: Resource(Cluster),
        codes: ["enabled" => (Warning, High, Reliability)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(cluster: &Cluster<'w>, _: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(switch) = cluster.spec(&["enableSuperuserAccess"]) else { return };
    if let Some(reason) = switch.unknown() {
        sink.undecided(switch.span(), reason);
        return;
    }
    if switch.as_bool() != Some(true) {
        return;
    }
    sink.finding(
        "enabled",
        cluster.resource(),
        switch,
        format!("the superuser of {} can log in over the network", cluster.title()),
    )
    .label("gives `postgres` a password")
    .help("remove this line and give each application a role of its own");
}

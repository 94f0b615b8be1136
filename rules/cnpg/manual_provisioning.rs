//! Jobs that make databases and roles with the superuser's password.

use crate::declare_rule;
use crate::graph::Graph;
use crate::graph::database_secrets::{DatabaseSecrets, Held};
use crate::graph::secrets::LoginKind;
use crate::graph::statements::{Created, created_roles, creates_database};
use crate::graph::workload::{Workload, pod_spec};
use crate::manifest::{By, Resource};
use crate::rule::{Sink, TargetContext};
use crate::source::{Sources, Span};
use crate::yaml::{Step, Value, Visit, walk};

declare_rule! {
    /// ## What it does
    /// Finds Jobs and CronJobs that hold the superuser's password of a Cluster and whose commands, or scripts in
    /// ConfigMaps that they mount, make databases or roles.
    ///
    /// ## Why it matters
    /// It runs once, in whatever order, with a password that may do everything. What it made is written nowhere: it
    /// does not come back after a restore into a new cluster, and nobody sees when it no longer fits.
    ///
    /// ## Instead
    /// A Database object for each database, `managed.roles` or a DatabaseRole for each role: the operator makes them
    /// and keeps them so.
    ///
    /// ## Limits
    /// The password counts by the Secret that it is taken from: `<cluster>-superuser`, the Cluster's `superuserSecret`,
    /// that of a role with `superuser: true`. Scripts in images are not seen, and statements are read word by word.
    pub static RULE {
        id: "cnpg/manual-provisioning",
        summary: "a Job makes databases or roles with the superuser's password",
        scope: Target,
        codes: ["by-job" => (Warning, High, Habit)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let jobs = [("batch", "Job"), ("batch", "CronJob")];
    let mut objects = jobs.iter().flat_map(|(group, kind)| context.graph.of_kind(group, kind)).peekable();
    if objects.peek().is_none() {
        return;
    }
    let secrets = DatabaseSecrets::new(context.secrets);
    for resource in objects.copied().filter(|resource| resource.delivery.by != By::Nobody) {
        let Some(spec) = Workload::of(resource).and_then(|_| pod_spec(resource)) else { continue };
        let held = secrets.held(&resource.namespace, spec);
        let Some(held) = held.into_iter().find(|held| held.secret.login == LoginKind::Superuser) else { continue };
        if let Some((at, what)) = statement(spec).or_else(|| mounted(resource, spec, context.graph)) {
            report(resource, (at, context.world.sources), what, &held, sink);
        }
    }
}

fn report<'w>(
    resource: &'w Resource<'w>,
    (at, sources): (Value<'w>, &Sources),
    what: &str,
    held: &Held<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let cluster = held.secret.owner;
    let message = format!("{} makes {what} in {} as its superuser", resource.title(), cluster.title());
    sink.finding("by-job", resource, at, message)
        .underline(line(at, sources))
        .label(format!("makes {what}"))
        .related(held.value.span(), "the superuser's password")
        .related(cluster.headline().span(), "the cluster")
        .help("declare a Database object, and the role under `managed.roles`; then take the Job away");
}

/// The line of a text that makes something.
fn line(at: Value<'_>, sources: &Sources) -> Span {
    let span = at.span();
    let text = sources[span.source].text().get(span.range()).unwrap_or_default();
    let mut start = span.start as usize;
    for line in text.split_inclusive('\n') {
        let part = line.trim();
        if made(part).is_some() && text.len() > line.len() {
            let begin = (start + line.find(part).unwrap_or_default()) as u32;
            return Span { start: begin, end: begin + part.len() as u32, ..span };
        }
        start += line.len();
    }
    span
}

/// The first text below `value` that makes something, and what.
fn statement<'w>(value: Value<'w>) -> Option<(Value<'w>, &'static str)> {
    let mut found = None;
    walk(value, &mut |_, value| {
        if found.is_none() {
            found = value.raw().and_then(made).map(|what| (value, what));
        }
        Visit::Into
    });
    found
}

fn made(text: &str) -> Option<&'static str> {
    let roles = created_roles(text) != Created::Roles(Vec::new());
    match (creates_database(text), roles) {
        (true, true) => Some("databases and roles"),
        (true, false) => Some("databases"),
        (false, true) => Some("roles"),
        (false, false) => None,
    }
}

/// The same of the ConfigMaps that a pod is given.
fn mounted<'w>(resource: &Resource<'w>, spec: Value<'w>, graph: &Graph<'w>) -> Option<(Value<'w>, &'static str)> {
    let mut found = None;
    walk(spec, &mut |steps, value| {
        let names =
            matches!(steps, [.., Step::Key("configMap" | "configMapRef" | "configMapKeyRef"), Step::Key("name")]);
        if names
            && found.is_none()
            && let Some(name) = value.known()
        {
            let maps = graph.named("", "ConfigMap", name);
            let own = maps.into_iter().find(|map| map.namespace.is_same(&resource.namespace));
            found = own.and_then(|map| map.at(&["data"])).and_then(statement);
        }
        Visit::Into
    });
    found
}

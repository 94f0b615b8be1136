//! A changed bootstrap of a cluster that exists.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{ChangeContext, Sink};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Compares two states (`--base`) and finds a Cluster of both whose `spec.bootstrap` changed.
    ///
    /// ## Why it matters
    /// The operator reads `bootstrap` once, when it makes the first instance. A Cluster that exists keeps the databases,
    /// owners, encodings and data that it was made with: the change is merged, is shown as applied, and does nothing. A restore
    /// that is asked for in this way never happens.
    ///
    /// ## Instead
    /// A database or role of a running cluster is a `Database` object or an entry of `managed.roles`. A restore is a new
    /// Cluster under another name, whose `bootstrap.recovery` names the backup.
    ///
    /// ## Limits
    /// Works with `--base`. Whether the Cluster was ever applied is not known here. References to Secrets and comments
    /// that only move are no change.
    pub static RULE {
        id: "cnpg/ineffective-bootstrap-change",
        summary: "a changed bootstrap of a cluster that exists",
        scope: Change,
        codes: ["bootstrap" => (Warning, High, Reliability)],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(context: &ChangeContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for pair in &context.changes.changed {
        let (Some(old), Some(new)) = (Cluster::of(pair.old), Cluster::of(pair.new)) else { continue };
        let (before, after) = (old.spec(&["bootstrap"]), new.spec(&["bootstrap"]));
        let Some(difference) = difference(before, after, &mut Vec::new()) else { continue };
        let Difference { path, old: was, new: is } = difference;
        if [was, is].into_iter().flatten().any(|value| value.unknown().is_some()) {
            sink.undecided(new.headline().span(), "the bootstrap holds what nothing in this repo defines");
            continue;
        }
        // Written out, the names that the operator gives anyway are no change.
        if was.is_none() && is.is_some_and(|value| says_the_default(&path, value)) {
            continue;
        }
        // Of a whole bootstrap the way it takes says what was meant.
        let whole = after.filter(|_| path.is_empty()).and_then(|after| Some(after.entries().next()?.1));
        let at = whole.or(is).or(after).unwrap_or_else(|| new.headline());
        let message = format!("the changed bootstrap of {} will not be carried out", new.title());
        let mut finding = sink
            .finding("bootstrap", new.resource(), at, message)
            .underline(at.key_or_span())
            .label("read once, when the cluster is made");
        if let Some(was) = was {
            finding = finding.related(was.key_or_span(), "the cluster was made with this");
        }
        let kind = path.first().copied().or_else(|| after?.entries().next().map(|(kind, _)| kind));
        finding.in_targets(&pair.targets, &pair.new.object_name()).help(match kind {
            Some("recovery") => "restore into a new Cluster under another name",
            Some("pg_basebackup") => "copy into a new Cluster under another name",
            _ => {
                "use a `Database` object or `managed.roles` for what the running cluster should have, or a new Cluster"
            }
        });
    }
}

/// The first place where two values differ, and what stands there.
struct Difference<'a, 'w> {
    path: Vec<&'a str>,
    old: Option<Value<'w>>,
    new: Option<Value<'w>>,
}

fn difference<'w>(
    old: Option<Value<'w>>,
    new: Option<Value<'w>>,
    path: &mut Vec<&'w str>,
) -> Option<Difference<'w, 'w>> {
    let (old, new) = (old.filter(|value| !value.is_null()), new.filter(|value| !value.is_null()));
    let found = |path: &[&'w str]| Some(Difference { path: path.to_vec(), old, new });
    let (Some(before), Some(after)) = (old, new) else {
        return if old.is_none() && new.is_none() { None } else { found(path) };
    };
    if before.is_mapping() && after.is_mapping() {
        let gone = before.entries().filter(|(key, _)| after.get(key).is_none());
        let keys: Vec<&'w str> = after.entries().chain(gone).map(|(key, _)| key).collect();
        for key in keys {
            path.push(key);
            if let Some(found) = difference(before.get(key), after.get(key), path) {
                return Some(found);
            }
            path.pop();
        }
        return None;
    }
    if before.is_sequence() && after.is_sequence() {
        let (before, after): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
        return (0..before.len().max(after.len()))
            .find_map(|at| difference(before.get(at).copied(), after.get(at).copied(), path));
    }
    if before.scalar().is_some() && before.scalar() == after.scalar() { None } else { found(path) }
}

/// Whether a value that is new is what the operator takes where nothing is written: `app` for the first database and its
/// owner (CloudNativePG 1.2x).
fn says_the_default(path: &[&str], value: Value<'_>) -> bool {
    match path {
        [] => value.entries().all(|(key, value)| says_the_default(&[key], value)),
        ["initdb"] => value.entries().all(|(key, value)| says_the_default(&["initdb", key], value)),
        ["initdb", "database" | "owner"] => value.known() == Some("app"),
        _ => false,
    }
}

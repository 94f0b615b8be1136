//! Backups that are kept for too short a time, or for ever.

use crate::declare_rule;
use crate::graph::backup::destinations;
use crate::graph::cnpg::Cluster;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds the object stores that Clusters back up to without a retention policy, or with one shorter than the option
    /// `days` asks for: `backup.retentionPolicy` of a Cluster, `retentionPolicy` of the ObjectStore of the barman-cloud
    /// plugin.
    ///
    /// ## Why it matters
    /// Without a policy nothing is ever deleted: the bucket grows until it is full or dear, and data that had to be
    /// erased stays. One that is too short is noticed when a fault of three weeks ago is found and the oldest backup is
    /// a week old.
    ///
    /// ## Instead
    /// `retentionPolicy: 30d`, or what the platform promises.
    ///
    /// ## Limits
    /// Off until the config names it. An ObjectStore that no Cluster of the target writes to, such as the source of a
    /// recovery, is left alone. A bucket's own lifecycle rules are not seen. A month counts 31 days, as Barman has it.
    pub static RULE {
        id: "cnpg/weak-backup-retention",
        summary: "backups are kept for ever, or shorter than asked for",
        scope: Target,
        codes: [
            "none" => (Warning, High, Reliability),
            "short" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// For how many days backups must be kept at least; any policy will do where it is left out.
    pub days: Option<u32>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let days = context.options::<Options>().days;
    let mut seen: HashSet<Span> = HashSet::new();
    for cluster in context.graph.all::<Cluster<'w>>() {
        for place in destinations(&cluster, context.graph) {
            if !seen.insert(place.configuration.span()) {
                continue;
            }
            let holder = place.holder;
            let of = if place.in_tree { "of" } else { "in" };
            let wanted = days.map_or_else(|| "30d".to_owned(), |days| format!("{days}d"));
            let Some(policy) = place.retention.filter(|policy| !policy.is_null()) else {
                if let Some(reason) = holder.may_be_completed() {
                    sink.undecided(place.configuration.span(), reason);
                    continue;
                }
                let key = if place.in_tree { "backup.retentionPolicy" } else { "retentionPolicy" };
                let at = place.configuration;
                let finding = sink
                    .finding("none", holder, at, format!("the backups {of} {} are never deleted", holder.title()))
                    .underline(at.key_or_span())
                    .label("has no retention policy")
                    .help(format!("set `spec.{key}: {wanted}`"));
                if !place.in_tree {
                    finding.related(place.named_at.span(), "backs up there");
                }
                continue;
            };
            if let Some(reason) = policy.unknown() {
                sink.undecided(policy.span(), reason);
                continue;
            }
            let (Some(kept), Some(least)) = (policy.known().and_then(in_days), days) else { continue };
            if kept < u64::from(least) {
                let plural = if kept == 1 { "day" } else { "days" };
                let message = format!(
                    "the backups {of} {} are kept for {kept} {plural} where the platform asks for {least}",
                    holder.title()
                );
                sink.finding("short", holder, policy, message)
                    .label("too short")
                    .help(format!("set `retentionPolicy: {wanted}`"));
            }
        }
    }
}

/// The days of a policy like `30d`, `4w` or `3m`, with 31 days to a month.
fn in_days(policy: &str) -> Option<u64> {
    let unit = match policy.chars().last()? {
        'd' => 1,
        'w' => 7,
        'm' => 31,
        _ => return None,
    };
    policy[..policy.len() - 1].parse::<u32>().ok().map(|number| u64::from(number) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_counted_in_days() {
        for (policy, expected) in
            [("30d", Some(30)), ("4w", Some(28)), ("2m", Some(62)), ("30", None), ("d", None), ("", None), ("1y", None)]
        {
            assert_eq!(in_days(policy), expected, "{policy}");
        }
    }
}

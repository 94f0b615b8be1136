//! Backups that go where the platform does not want them.

use crate::declare_rule;
use crate::graph::backup::{Destination, destinations};
use crate::graph::cnpg::Cluster;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::{Value, has_placeholder};
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds Clusters whose backups go to an endpoint or a path that the options `endpoints` and `destinations` do not
    /// list.
    ///
    /// ## Why it matters
    /// The archive is all that is left after the loss of a site. In the object store of the same cluster it is lost
    /// with it, in somebody's bucket it has other readers and another retention, and nobody looks for it there on the
    /// day.
    ///
    /// ## Instead
    /// The platform's endpoint and its pattern of paths.
    ///
    /// ## Limits
    /// Where backups belong is for the platform to say, so the rule is off until the config names it. `*` in a pattern,
    /// and `${VAR}` too, stands for anything but a slash. A value that is still a `${VAR}` is left undecided, unless
    /// the pattern has it so.
    pub static RULE {
        id: "cnpg/foreign-backup-destination",
        summary: "backups go where the platform does not want them",
        scope: Target,
        codes: [
            "endpoint" => (Error, High, Reliability),
            "destination" => (Error, High, Reliability),
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
    /// Endpoints that backups may go to, as URLs or host names with `*`; any where empty. `aws` stands for no
    /// `endpointURL` at all.
    pub endpoints: Vec<String>,
    /// Paths that backups may go to, as `s3://cnpg-${CLUSTER_NAME}/`; any where empty.
    pub destinations: Vec<String>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let mut seen: HashSet<Span> = HashSet::new();
    for cluster in context.graph.all::<Cluster<'w>>() {
        for place in destinations(&cluster, context.graph) {
            if seen.insert(place.configuration.span()) {
                endpoint(&place, &options.endpoints, sink);
                destination(&place, &options.destinations, sink);
            }
        }
    }
}

fn endpoint<'w>(place: &Destination<'w>, allowed: &[String], sink: &mut Sink<'_, 'w>) {
    let written = place.configuration.get("endpointURL").filter(|value| !value.is_null());
    let path = place.configuration.get("destinationPath");
    if allowed.is_empty() || path.and_then(Value::raw).is_some_and(|path| !path.starts_with("s3:")) {
        return;
    }
    let title = place.holder.title();
    let Some(value) = written else {
        if allowed.iter().any(|one| one == "aws") {
            return;
        }
        if let Some(reason) = place.configuration.unknown().or(place.holder.may_be_completed().map(str::to_owned)) {
            return sink.undecided(place.configuration.span(), reason);
        }
        let message = format!("{title} backs up to Amazon S3, which the platform does not allow");
        let finding = sink
            .finding("endpoint", place.holder, place.configuration, message)
            .underline(place.configuration.key_or_span())
            .label("no `endpointURL`");
        finding.note(listed(allowed, "endpoints")).help("set `endpointURL` to the platform's");
        return;
    };
    let Some(text) = decided(value, allowed, sink) else { return };
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    if allowed.iter().any(|one| matches(one, text) || (!one.contains("://") && matches(one, host))) {
        return;
    }
    let message = format!("{title} backs up to an endpoint that the platform does not allow");
    sink.finding("endpoint", place.holder, value, message)
        .label("not one of the platform's")
        .note(listed(allowed, "endpoints"))
        .help("name the platform's endpoint");
}

fn destination<'w>(place: &Destination<'w>, allowed: &[String], sink: &mut Sink<'_, 'w>) {
    if allowed.is_empty() {
        return;
    }
    let Some(value) = place.configuration.get("destinationPath") else { return };
    let Some(text) = decided(value, allowed, sink) else { return };
    if allowed.iter().any(|one| matches(one, text)) {
        return;
    }
    let message = format!("{} backs up to a path that the platform does not allow", place.holder.title());
    sink.finding("destination", place.holder, value, message)
        .label("fits none of the platform's patterns")
        .note(listed(allowed, "destinations"))
        .help("name a path of the platform's pattern");
}

/// The text, where all of it is known; a variable that a pattern has as well says nothing of what it holds.
fn decided<'w>(value: Value<'w>, allowed: &[String], sink: &mut Sink<'_, 'w>) -> Option<&'w str> {
    let raw = value.raw()?;
    if has_placeholder(raw) && !allowed.iter().any(|one| trimmed(one) == trimmed(raw)) {
        if let Some(reason) = value.unknown() {
            sink.undecided(value.span(), reason);
        }
        return None;
    }
    Some(raw)
}

fn listed(allowed: &[String], what: &str) -> String {
    let list = allowed.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    format!("the {what} that the config allows: {list}")
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches('/')
}

/// Whether `text` fits `pattern`, in which `*` and `${VAR}` stand for anything but a slash. Slashes at the end do not
/// count.
fn matches(pattern: &str, text: &str) -> bool {
    if trimmed(pattern) == trimmed(text) {
        return true;
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = trimmed(pattern);
    loop {
        let star = rest.find('*').map(|at| (at, at + 1));
        let variable = rest.find("${").and_then(|at| Some((at, at + rest[at..].find('}')? + 1)));
        let next = [star, variable].into_iter().flatten().min();
        match next {
            Some((start, end)) => {
                parts.push(&rest[..start]);
                rest = &rest[end..];
            }
            None => break,
        }
    }
    parts.push(rest);
    fits(&parts, trimmed(text))
}

/// Whether `text` is the parts in their order with no slash between them.
fn fits(parts: &[&str], text: &str) -> bool {
    let [first, between @ .., last] = parts else { return parts.first().is_some_and(|only| *only == text) };
    let Some(mut rest) = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        if rest[..at].contains('/') {
            return false;
        }
        rest = &rest[at + part.len()..];
    }
    !rest.contains('/')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_variables_stand_for_a_part_of_a_path() {
        for (pattern, text, fits) in [
            ("s3://cnpg-${CLUSTER_NAME}/", "s3://cnpg-live/", true),
            ("s3://cnpg-${CLUSTER_NAME}/", "s3://cnpg-live", true),
            ("s3://cnpg-${CLUSTER_NAME}/", "s3://cnpg-live/orders", false),
            ("s3://cnpg-${CLUSTER_NAME}/", "s3://backups/", false),
            ("s3://*-backups/*/", "s3://team-backups/orders/", true),
            ("s3://*-backups/*/", "s3://team-backups/a/b", false),
            ("https://*.r2.cloudflarestorage.com", "https://abc.r2.cloudflarestorage.com/", true),
            ("https://*.r2.cloudflarestorage.com", "http://minio.storage:9000", false),
            ("s3://orders", "s3://orders/", true),
            ("s3://orders", "s3://orders2", false),
            ("*", "anything", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}

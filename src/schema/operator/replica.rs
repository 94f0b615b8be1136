//! Clusters that follow another one: where they read from, who is primary, and the token of a promotion.

use super::cluster::{Cluster, Method};
use super::read::{Check, Part, Read};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a token of a promotion tells.
const TOKEN: [&str; 6] = [
    "latestCheckpointTimelineID",
    "redoWalFile",
    "databaseSystemIdentifier",
    "latestCheckpointREDOLocation",
    "timeOfLatestCheckpoint",
    "operatorVersion",
];

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let Some(replica) = check.spec.part(&["replica"]) else { return };
    mode(check, replica);
    if cluster.replica == Read::Is(true) && cluster.method() == Read::Is(Method::Initdb) {
        origin(check, replica);
    }
    for (field, what) in [("source", "follows"), ("self", "calls itself"), ("primary", "takes for primary")] {
        if let Read::Is(name) = replica.text(&[field])
            && !name.is_empty()
            && cluster.has_external(name) == Some(false)
        {
            let value = replica.nearest(&[field]);
            let fact = format!("`replica` {what} `{name}`, which is no entry of `externalClusters`");
            // The operator names the source by another word than the field has.
            let at = if field == "source" { replica.value } else { value };
            let problem = check.refusal("unknown-external-cluster", at, fact).underline(value.span());
            check.push(problem.label("no such entry").help(cluster.external_help(name)));
        }
    }
    if replica.text(&["promotionToken"]).is_filled() {
        token(check, cluster, replica);
    }
}

fn mode<'w>(check: &mut Check<'_, 'w>, replica: Part<'w>) {
    if let Some(enabled) = replica.written(&["enabled"])
        && replica.text(&["primary"]).is_filled()
    {
        let primary = replica.nearest(&["primary"]);
        let problem = check
            .refusal("replica-mode", enabled, "`enabled` and `primary` both say whether it is a replica")
            .at_key()
            .label("not with `primary`")
            .related(primary.key_or_span(), "the primary of a distributed topology");
        check.push(problem.help("take `enabled` away: `primary` alone tells who follows whom"));
    }
}

/// A new replica has to be made from its origin. One that was a primary of its topology before keeps its `initdb`.
fn origin<'w>(check: &mut Check<'_, 'w>, replica: Part<'w>) {
    if let Some(primary) = replica.written(&["primary"]) {
        check.undecided(primary.key_or_span(), "a replica without its origin is refused only where it is made anew");
        return;
    }
    let fact = "a replica has to be made from its origin, and `bootstrap` makes an empty cluster";
    let problem = check.refusal("replica-origin", replica.value, fact).label("follows another cluster");
    let initdb = check.spec.nearest(&["bootstrap", "initdb"]);
    let problem = match initdb.key() {
        Some("initdb" | "bootstrap") => problem.related(initdb.key_or_span(), "makes an empty cluster"),
        _ => problem,
    };
    check.push(problem.help("write `bootstrap.pg_basebackup` or `bootstrap.recovery` with the same source"));
}

fn token<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>, replica: Part<'w>) {
    let value = replica.nearest(&["promotionToken"]);
    let code = "promotion-token";
    if let Some(delay) = replica.written(&["minApplyDelay"]) {
        let fact = "a promotion cannot wait for `minApplyDelay`, and `promotionToken` asks for one";
        let problem = check.refusal(code, delay, fact).at_key().label("not with `promotionToken`");
        let problem = problem.related(value.key_or_span(), "the promotion");
        check.push(problem.help("take `minApplyDelay` away for the promotion"));
    }
    let (fact, label, help) = match cluster.replica {
        Read::Is(true) => (
            "`promotionToken` promotes a primary, and the cluster is still a replica".to_owned(),
            "still a replica",
            "make it primary in the same change, or take the token away",
        ),
        Read::Is(false) => match value.known().map(fault) {
            Some(Some(fault)) => (
                format!("`promotionToken` {fault}"),
                "no token",
                "copy the whole token from `status.demotionToken` of the former primary",
            ),
            _ => return,
        },
        _ => return,
    };
    // The operator names the token by another word than the field has.
    let problem = check.refusal(code, replica.value, fact).underline(value.key_or_span());
    check.push(problem.label(label).help(help));
}

/// What is wrong with a token; never what it holds.
fn fault(token: &str) -> Option<String> {
    let Ok(bytes) = STANDARD.decode(token) else { return Some("is no base64".to_owned()) };
    let Ok(content) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
        return Some("holds no JSON".to_owned());
    };
    let missing = TOKEN.into_iter().find(|key| {
        let text = content.get(key).and_then(serde_json::Value::as_str);
        text.is_none_or(str::is_empty)
    });
    missing.map(|key| format!("lacks `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_whole_or_its_fault_is_told() {
        let whole = TOKEN.map(|key| format!("\"{key}\": \"x\"")).join(", ");
        for (content, expected) in [
            (format!("{{{whole}}}"), None),
            ("{}".to_owned(), Some("lacks `latestCheckpointTimelineID`")),
            ("text".to_owned(), Some("holds no JSON")),
        ] {
            assert_eq!(fault(&STANDARD.encode(&content)).as_deref(), expected, "{content}");
        }
        assert_eq!(fault("%").as_deref(), Some("is no base64"));
    }
}

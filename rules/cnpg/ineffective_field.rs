//! Fields of a Cluster that do nothing as things stand.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink, remove_line};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds fields of a Cluster that have no effect because of another one: `superuserSecret` without superuser access,
    /// a topology key or a kind of anti-affinity while anti-affinity is off; the parameter `archive_mode`, which the
    /// operator overwrites; and the annotation `cnpg.io/passwordPassthrough`, which counts on the Secret alone.
    ///
    /// ## Why it matters
    /// Somebody wrote it because it should do something, and nothing says that it does not.
    ///
    /// ## Instead
    /// Write what makes it count, or take it away.
    ///
    /// ## Limits
    /// What the operator itself warns of is told there. Values that are still a `${VAR}` are taken for such that
    /// make the field count, and a Cluster that a kustomization may still change is not judged.
    pub static RULE {
        id: "cnpg/ineffective-field",
        summary: "a field of a Cluster has no effect",
        scope: Resource(Cluster),
        codes: [
            "superuser-secret" => (Warning, High, Reliability),
            "anti-affinity" => (Warning, High, Reliability),
            "archive-mode" => (Warning, High, Reliability),
            "password-passthrough" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// A field that does nothing.
struct Idle<'w> {
    code: &'static str,
    value: Value<'w>,
    fact: &'static str,
    label: &'static str,
    help: &'static str,
    because: Option<Value<'w>>,
}

fn check<'w>(cluster: &Cluster<'w>, _: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    if cluster.may_be_completed().is_some() {
        return;
    }
    let all = [superuser_secret(cluster), anti_affinity(cluster), archive_mode(cluster), passthrough(cluster)];
    for idle in all.into_iter().flatten() {
        let message = format!("{} {}", cluster.title(), idle.fact);
        let mut finding = sink
            .finding(idle.code, cluster.resource(), idle.value, message)
            .underline(idle.value.key_or_span())
            .label(idle.label);
        if let Some(because) = idle.because {
            finding = finding.related(because.key_or_span(), "because of this");
        }
        match remove_line(idle.value) {
            Some(edits) => finding.help(idle.help).suggestion("take the line away, if nothing is to change", edits),
            None => finding.help(idle.help),
        };
    }
}

fn superuser_secret<'w>(cluster: &Cluster<'w>) -> Option<Idle<'w>> {
    let secret = cluster.spec(&["superuserSecret"]).filter(|secret| !secret.is_null())?;
    let access = written(cluster, &["enableSuperuserAccess"]);
    is_off(access).then_some(Idle {
        code: "superuser-secret",
        value: secret,
        fact: "names a `superuserSecret` and gives the superuser no password",
        label: "never read",
        help: "take it away, or write `enableSuperuserAccess: true` if the superuser has to log in over the network",
        because: access,
    })
}

fn anti_affinity<'w>(cluster: &Cluster<'w>) -> Option<Idle<'w>> {
    let switch = written(cluster, &["affinity", "enablePodAntiAffinity"])?;
    let value = ["podAntiAffinityType", "topologyKey"].iter().find_map(|key| written(cluster, &["affinity", key]))?;
    is_off(Some(switch)).then_some(Idle {
        code: "anti-affinity",
        value,
        fact: "says how its instances keep apart and switches that off",
        label: "no effect while anti-affinity is off",
        help: "write `enablePodAntiAffinity: true`, if the instances are to keep apart",
        because: Some(switch),
    })
}

fn archive_mode<'w>(cluster: &Cluster<'w>) -> Option<Idle<'w>> {
    let value = written(cluster, &["postgresql", "parameters", "archive_mode"])?;
    value.known().filter(|text| !text.eq_ignore_ascii_case("on"))?;
    Some(Idle {
        code: "archive-mode",
        value,
        fact: "sets `archive_mode`, which the operator overwrites without a word",
        label: "replaced by the operator",
        help: "to archive no WAL, put the annotation `cnpg.io/skipWalArchiving: enabled` on the Cluster",
        because: None,
    })
}

fn passthrough<'w>(cluster: &Cluster<'w>) -> Option<Idle<'w>> {
    let value = cluster.annotation("cnpg.io/passwordPassthrough")?;
    (value.known() == Some("enabled")).then_some(Idle {
        code: "password-passthrough",
        value,
        fact: "carries `cnpg.io/passwordPassthrough`, which the operator reads from Secrets alone",
        label: "not read here",
        help: "put the annotation on the Secret that holds the hashed password",
        because: None,
    })
}

fn written<'w>(cluster: &Cluster<'w>, path: &[&str]) -> Option<Value<'w>> {
    cluster.spec(path).filter(|value| !value.is_null())
}

/// Whether a switch is off for sure, by itself or by default.
fn is_off(switch: Option<Value<'_>>) -> bool {
    switch.is_none_or(|switch| switch.as_bool() == Some(false))
}

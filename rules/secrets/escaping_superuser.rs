//! The superuser's password, where it may be copied to other namespaces.

use crate::declare_rule;
use crate::graph::cnpg::Cluster;
use crate::graph::secrets::{Found, Made, Maker, Offer, Openness};
use crate::rule::{Sink, TargetContext, remove_line};
use crate::yaml::Value;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    /// ## What it does
    /// Finds the Secret with a cluster's superuser password, the one that `superuserSecret` names or the one that the
    /// operator makes, where annotations let it be copied to other namespaces: those of kubernetes-replicator, reflector and
    /// config-syncer, on the Secret, in the template of what makes it, or in the cluster's `inheritedMetadata`, which the
    /// operator puts on every Secret that it makes.
    ///
    /// ## Why it matters
    /// Whoever reads that Secret owns every database of the cluster. A copy in an app's namespace gives it to everybody
    /// who may read Secrets or start pods there.
    ///
    /// ## Instead
    /// Keep it where the cluster is, and let each app have the Secret of its own role. A cluster whose own Secrets are
    /// passed on by `inheritedMetadata` does without superuser access.
    ///
    /// ## Limits
    /// Only clusters with `enableSuperuserAccess: true` are judged: without it the superuser has no password. A copy
    /// that is pushed to a store outside the cluster (`PushSecret`) is not looked at, nor who may read Secrets.
    pub static RULE {
        id: "secrets/escaping-superuser",
        summary: "the superuser's password may leave its namespace",
        scope: Target,
        codes: [
            "annotated" => (Error, High, Secrets),
            "inherited" => (Error, High, Secrets),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut seen = HashSet::new();
    for cluster in context.graph.all::<Cluster<'w>>() {
        let Some(switch) = cluster.spec(&["enableSuperuserAccess"]) else { continue };
        if switch.as_bool() != Some(true) {
            continue;
        }
        let named = cluster.spec(&["superuserSecret", "name"]).filter(|name| !name.is_null());
        let name = match named {
            Some(value) => value.known().map(str::to_owned),
            None => cluster.name().map(|name| format!("{name}-superuser")),
        };
        let Some(name) = name else { continue };
        let Found::Made(made) = context.secrets.find(&cluster.namespace, &name) else { continue };
        for made in made {
            let offer = widest(made);
            // Several clusters may share a Secret; one finding for each annotation is enough.
            if let Some(offer) = offer.filter(|offer| seen.insert(offer.at.span())) {
                tell(&cluster, switch, named, made, &offer, sink);
            }
        }
    }
}

/// The annotation that lets the Secret go the farthest.
fn widest<'w>(made: &Made<'w>) -> Option<Offer<'w>> {
    let rank = |offer: &Offer<'w>| match offer.to {
        Openness::Everywhere => 0,
        Openness::Listed(_) => 1,
        Openness::Somewhere => 2,
    };
    made.offers().into_iter().min_by_key(rank)
}

fn tell<'w>(
    cluster: &Cluster<'w>,
    switch: Value<'w>,
    named: Option<Value<'w>>,
    made: &Made<'w>,
    offer: &Offer<'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let title = cluster.title();
    let target = match offer.to {
        Openness::Everywhere => "every namespace".to_owned(),
        Openness::Listed(list) if !list.contains(',') => format!("namespace `{list}`"),
        Openness::Listed(list) => format!("namespaces `{list}`"),
        Openness::Somewhere => "other namespaces".to_owned(),
    };
    let is_inherited = made.maker == Maker::Operator;
    let code = if is_inherited { "inherited" } else { "annotated" };
    let message = format!("the superuser's password of {title} may be copied to {target}");
    let mut finding = sink.finding(code, made.by, offer.at, message);
    if let Some(key) = offer.at.key_span() {
        finding = finding.underline(key);
    }
    finding = match is_inherited {
        true => finding
            .label(format!("goes onto Secret `{}` too", made.name))
            .related(switch.span(), "makes the operator write that Secret")
            .help("do without superuser access where the cluster's other Secrets are passed on"),
        false => finding
            .label("lets this Secret leave its namespace")
            .related(named.map(Value::span), format!("{title} takes the superuser's password from it"))
            .help("take the annotation away, and give what needs a database a role of its own"),
    };
    let edited = if is_inherited { switch } else { offer.at };
    if let Some(edits) = remove_line(edited) {
        finding.suggestion(if is_inherited { "take superuser access away" } else { "take the annotation away" }, edits);
    }
}

//! Secrets that ask for a copy which they do not get.

use super::{CONVINCING, Surroundings};
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::is_near;
use crate::graph::secrets::{Copier, Copy, Found, Made, Maker, Openness, Patterns, Permission};
use crate::manifest::Namespace;
use crate::rule::{Brought, Sink, TargetContext, brought};
use crate::yaml::{Value, Visit, walk};
use std::cell::OnceCell;

declare_rule! {
    /// ## What it does
    /// Finds Secrets that are to be filled from one of another namespace, by kubernetes-replicator or reflector, whose
    /// source is not there or does not allow the copy. With `named-namespaces: true` also Secrets that may be
    /// copied to every namespace.
    ///
    /// ## Why it matters
    /// The copy stays empty, and the controller says so in its own log only. Pods that read it wait without an end,
    /// or start with no password. A source that lets every namespace have it gives its credentials to all who may
    /// create a Secret anywhere.
    ///
    /// ## Instead
    /// Name a source that is there, and allow the namespace at the source: `replication-allowed: "true"` and its name
    /// in `replication-allowed-namespaces`, or `reflection-allowed` and `reflection-allowed-namespaces`.
    ///
    /// ## Limits
    /// A source that nothing in the repo makes is reported only where the repo offers other Secrets of that namespace
    /// for copying; many are made by hand or by a chart. What annotations an operator puts on its Secrets is not known.
    /// Patterns are read as regular expressions; one that cannot be read is left undecided.
    pub static RULE {
        id: "secrets/broken-replication",
        summary: "a Secret asks for a copy that it does not get",
        scope: Target,
        codes: [
            "missing-source" => (Error, High, Reliability),
            "not-allowed" => (Error, High, Reliability),
            "every-namespace" => (Error, High, Secrets),
        ],
        since: "0.1.0",
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Whether Secrets may be copied to namespaces only that are named; by default every namespace may be allowed.
    pub named_namespaces: bool,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut patterns = Patterns::default();
    let surroundings = Surroundings::default();
    let lenient = OnceCell::new();
    for copy in context.graph.of_kind("", "Secret").iter().filter_map(|one| Copy::of(one)) {
        if let Some(reason) = copy.at.unknown() {
            sink.undecided(copy.at.span(), reason);
            continue;
        }
        let Some((namespace, name)) = copy.source else { continue };
        let all_allowed = || *lenient.get_or_init(|| allows_all(context));
        match context.secrets.find(&Namespace::Known(namespace), name) {
            Found::Unknown(reason) => sink.undecided(copy.at.span(), reason),
            Found::Unseen => match brought(context, &Namespace::Known(namespace), name) {
                Brought::Made(_, made) => refused(&copy, &made, all_allowed, &mut patterns, sink),
                // Whom it may be copied to, a contract does not say.
                Brought::Offered(_) => {}
                Brought::Unknown(reason) => sink.undecided(copy.at.span(), reason),
                Brought::Absent => not_on_offer(&copy, namespace, name, context, sink),
                Brought::Nobody => missing(&copy, namespace, name, context, &surroundings, sink),
            },
            Found::Made(made) => refused(&copy, &made, all_allowed, &mut patterns, sink),
        }
    }
    if context.options::<Options>().named_namespaces {
        open_to_all(context, sink);
    }
}

/// What the repo shows of the other Secrets in the namespace of a source that is not there.
struct Offered<'a, 'w> {
    /// One of a similar name, else one that may go where the copy is.
    near: Option<&'a Made<'w>>,
    is_similar: bool,
    count: usize,
}

fn offered<'a, 'w>(copy: &Copy<'w>, namespace: &str, name: &str, context: &TargetContext<'a, 'w>) -> Offered<'a, 'w> {
    let space = Namespace::Known(namespace);
    let own = context.secrets.within(&space).filter(|made| made.maker != Maker::Pushed);
    let offers: Vec<&Made<'w>> = own.filter(|made| !made.offers().is_empty()).collect();
    let similar = offers.iter().filter_map(|made| is_near(name, &made.name).map(|distance| (distance, *made)));
    let similar = similar.min_by_key(|(distance, made)| (*distance, made.name.clone())).map(|(_, made)| made);
    let to_here = |made: &&&Made<'w>| {
        let here = copy.by.namespace.known();
        made.offers().iter().any(|offer| matches!(offer.to, Openness::Listed(list) if Some(list) == here))
    };
    let mut fitting = offers.iter().filter(to_here);
    let only = fitting.next().copied().filter(|_| fitting.next().is_none());
    Offered { near: similar.or(only), is_similar: similar.is_some(), count: offers.len() }
}

fn missing<'w>(
    copy: &Copy<'w>,
    namespace: &str,
    name: &str,
    context: &TargetContext<'_, 'w>,
    surroundings: &Surroundings<'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let space = Namespace::Known(namespace);
    let offered = offered(copy, namespace, name, context);
    let reason = match context.graph.opened_beside_charts(&space) {
        _ if copy.by.is_example() => Some("an example need not show the Secret it names".to_owned()),
        _ if context.graph.is_of_app() => Some("the source may be in the platform's repo".to_owned()),
        Some(reason) => Some(reason.to_owned()),
        None if offered.count == 0 => {
            Some(format!("nothing in this repo makes Secret `{namespace}/{name}`; somebody may do so by hand"))
        }
        None => surroundings.may_bring(context, name),
    };
    if let Some(reason) = reason {
        return sink.undecided(copy.at.span(), reason);
    }
    let message = format!("{} stays empty: nothing makes Secret `{namespace}/{name}`, its source", copy.by.title());
    let mut finding = sink
        .finding("missing-source", copy.by, copy.at, message)
        .label(format!("no Secret `{name}` in namespace `{namespace}`"))
        .note(match offered.count {
            1 => format!("1 other Secret of `{namespace}` is offered for copying in this repo"),
            count => format!("{count} other Secrets of `{namespace}` are offered for copying in this repo"),
        });
    if !offered.is_similar && offered.count < CONVINCING {
        finding = finding.confidence(Confidence::Medium);
    }
    match offered.near {
        Some(made) => {
            let text = match offered.is_similar {
                true => "makes one of a similar name",
                false => "makes the one that this namespace may have",
            };
            finding.related(made.at.span(), text).help(format!("did you mean `{namespace}/{}`?", made.name));
        }
        None => {
            finding.help("name a Secret that is there, or add it with the annotations that allow the copy");
        }
    }
}

/// A source in a namespace of the platform that its contract does not list; one of a similar name proves that it is
/// meant.
fn not_on_offer<'w>(
    copy: &Copy<'w>,
    namespace: &str,
    name: &str,
    context: &TargetContext<'_, 'w>,
    sink: &mut Sink<'_, 'w>,
) {
    let near = context.offers().near_secret(namespace, name, false).filter(|_| !copy.by.is_example());
    let Some(near) = near else {
        let reason = format!("no contract lists Secret `{namespace}/{name}`; somebody may make it by hand");
        return sink.undecided(copy.at.span(), reason);
    };
    let message =
        format!("{} stays empty: the platform offers no Secret `{namespace}/{name}`, its source", copy.by.title());
    sink.finding("missing-source", copy.by, copy.at, message)
        .label("not on offer")
        .related(near.place(), "the platform offers one of a similar name")
        .help(format!("did you mean `{namespace}/{}`?", near.secret.name));
}

/// Whether the replicator is told to copy whatever it is asked for.
fn allows_all(context: &TargetContext<'_, '_>) -> bool {
    let kinds = [("apps", "Deployment"), ("helm.toolkit.fluxcd.io", "HelmRelease"), ("argoproj.io", "Application")];
    let objects = kinds.iter().flat_map(|(group, kind)| context.graph.of_kind(group, kind));
    let mut found = false;
    for object in objects {
        walk(object.value, &mut |_, value| {
            found |= value.raw().is_some_and(|text| text.contains("-allow-all"))
                || value.key() == Some("allowAll") && value.as_bool() == Some(true);
            Visit::Into
        });
    }
    found
}

fn refused<'w>(
    copy: &Copy<'w>,
    made: &[&Made<'w>],
    all_allowed: impl Fn() -> bool,
    patterns: &mut Patterns,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(here) = copy.by.namespace.known() else { return };
    let mut refusal = None;
    for one in made {
        match one.permission(copy.copier, here, patterns) {
            Permission::Given => return,
            Permission::Unknown(reason) => return sink.undecided(copy.at.span(), reason),
            Permission::Refused(at) => refusal = Some((*one, at)),
        }
    }
    let Some((source, at)) = refusal else { return };
    if copy.copier == Copier::Replicator && all_allowed() {
        return sink.undecided(copy.at.span(), "the replicator may be told to copy whatever it is asked for");
    }
    let message = format!("{} stays empty: its source does not allow namespace `{here}`", copy.by.title());
    let finding = sink.finding("not-allowed", copy.by, copy.at, message).label("the source refuses this copy");
    let short = |key: &'static str| key.rsplit('/').next().unwrap_or(key);
    let (allows, namespaces) = (short(copy.copier.allows()), short(copy.copier.namespaces()));
    let list = source.annotation(copy.copier.namespaces()).filter(|list| at.map(Value::span) == Some(list.span()));
    match (at, list) {
        (Some(_), Some(list)) => {
            let label = format!("allows `{}` only", list.raw().unwrap_or_default());
            finding.related(list.span(), label).help(format!("add `{here}` to `{namespaces}` of the source"))
        }
        (Some(at), None) => finding
            .related(at.span(), "allows no copy")
            .help(format!("set `{allows}: \"true\"` at the source, and `{here}` in `{namespaces}`")),
        (None, _) => {
            let lacks = match source.annotation(copy.copier.allows()) {
                Some(_) => format!("the source has no `{namespaces}`"),
                None => format!("the source has no `{allows}`"),
            };
            finding
                .related(source.at.span(), lacks)
                .help(format!("set `{allows}: \"true\"` and `{namespaces}: {here}` at the source"))
        }
    };
}

fn open_to_all<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for made in context.secrets.made().iter().filter(|made| made.maker != Maker::Pushed) {
        let is_own = made.maker != Maker::Operator || made.name.ends_with("-app");
        let open = made.offers().into_iter().find(|offer| offer.to == Openness::Everywhere);
        if let Some(offer) = open.filter(|_| is_own) {
            let message = format!("Secret `{}` may be copied to every namespace", made.name);
            sink.finding("every-namespace", made.by, offer.at, message)
                .label("allows every namespace")
                .help("name the namespaces that need it");
        }
    }
}

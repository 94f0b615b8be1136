//! Secrets that are named and that nothing makes.

use super::{CONVINCING, Surroundings};
use crate::contract::Delivery;
use crate::declare_rule;
use crate::finding::Confidence;
use crate::graph::is_near;
use crate::graph::secrets::{Class, Found, Made, Maker, Unmade, Use, unmade};
use crate::manifest::{Namespace, Resource};
use crate::rule::{Brought, Builder, Sink, TargetContext, brought, replace_name};
use crate::yaml::{Value, Visit, walk};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds a Secret that a pod, the values of a chart or an object of CloudNativePG needs, and that nothing makes: no
    /// Secret in the repo, plain or encrypted, no ExternalSecret or SealedSecret, no Certificate, no generator, no
    /// replication, not the operator itself, no other object that could make it.
    ///
    /// ## Why it matters
    /// The API server takes the reference as it is. A pod then never starts; a database has no password for a
    /// role, no credentials for its backups, or waits without an end, and nothing fails loudly.
    ///
    /// ## Instead
    /// Write the object that makes the Secret beside the one that names it, or name the Secret that is there. Secrets
    /// never leave their namespace by themselves.
    ///
    /// ## Limits
    /// Many Secrets are made by hand, once. So a Secret counts as missing only where the repo shows that it makes its
    /// own: the one that is named is one letter away from one that is made, here or by the platform whose contract the
    /// repo relies on, and that nobody uses, the operator makes one of that name in other settings only, or the other
    /// Secrets that objects of this sort name in the namespace are all made here. Where charts that are not rendered,
    /// remote bases or other repos may bring it, it is undecided. What a contract lists or another repo of the run
    /// makes is there; for an app, other repos are ruled out by a contract only. Credentials of registries, of secret
    /// stores, of Flux, and certificates of Ingresses are never judged, nor is what is marked as optional.
    pub static RULE {
        id: "secrets/missing-secret",
        summary: "a Secret is named that nothing makes",
        scope: Target,
        codes: [
            "misspelt" => (Error, High, Reliability),
            "not-made-by-operator" => (Error, High, Reliability),
            "missing" => (Error, High, Reliability),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// Places shown that name it beside the first.
const SHOWN: usize = 2;

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let secrets = context.secrets;
    let mut missing: BTreeMap<(Sort, String, String), Missing<'_, 'w>> = BTreeMap::new();
    let mut tally: HashMap<(Sort, String), Tally> = HashMap::new();
    for one in secrets.uses() {
        let Some(sort) = sort(one).filter(|_| !one.optional && one.by.whole) else { continue };
        let Some(name) = one.name.known().filter(|name| !name.is_empty()) else {
            if let Some(reason) = one.name.unknown().filter(|_| one.class == Class::Database) {
                sink.undecided(one.name.span(), reason);
            }
            continue;
        };
        let space = space(&one.namespace);
        let tally = tally.entry((sort, space.clone())).or_default();
        match secrets.find(&one.namespace, name) {
            Found::Made(made) => {
                if made.iter().any(|made| made.maker != Maker::Operator) {
                    tally.made.insert(name.to_owned());
                }
            }
            Found::Unknown(reason) => {
                if one.class == Class::Database {
                    sink.undecided(one.name.span(), reason);
                }
            }
            Found::Unseen => {
                let entry = missing.entry((sort, space, name.to_owned()));
                let missing = entry.or_insert_with(|| Missing {
                    name,
                    class: one.class,
                    others: brought(context, &one.namespace, name),
                    uses: Vec::new(),
                });
                missing.uses.push(one);
                if !matches!(missing.others, Brought::Made(..) | Brought::Offered(_)) {
                    tally.unseen.insert(name.to_owned());
                }
            }
        }
    }
    if missing.is_empty() {
        return;
    }
    let surroundings = Surroundings::default();
    for ((sort, space, _), missing) in missing {
        if matches!(missing.others, Brought::Made(..) | Brought::Offered(_)) {
            continue;
        }
        let other = match sort {
            Sort::Login => Sort::Database,
            Sort::Database => Sort::Login,
            sort => sort,
        };
        let own = &tally[&(sort, space.clone())];
        let beside = tally.get(&(other, space)).filter(|_| other != sort);
        match missing.prove(context, own, beside, &surroundings) {
            Ok(proof) => missing.report(&proof, context, sink),
            // Nobody wants a list of the Secrets that his charts and he make.
            Err(reason) if missing.class == Class::Database => sink.undecided(missing.at().name.span(), reason),
            Err(_) => {}
        }
    }
}

/// Sorts of places: those of one sort get their Secrets in one way, as a rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sort {
    /// Passwords of roles.
    Login,
    /// What else the database operator reads: credentials for backups, certificates.
    Database,
    Pod,
    Values,
}

/// Which sort of places a use belongs to; none for those that are not judged.
fn sort(one: &Use<'_>) -> Option<Sort> {
    match one.class {
        Class::Database if one.login.is_some() => Some(Sort::Login),
        Class::Database => Some(Sort::Database),
        Class::Pod => Some(Sort::Pod),
        Class::Values => Some(Sort::Values),
        Class::Certificate | Class::Bootstrap | Class::Flux => None,
    }
}

/// What tells namespaces apart; those without a known name by the way they go.
fn space(namespace: &Namespace<'_>) -> String {
    match namespace {
        Namespace::Known(name) => (*name).to_owned(),
        other => format!("{other:?}"),
    }
}

/// What is known of the other Secrets that objects of a sort name in a namespace.
#[derive(Default)]
struct Tally {
    made: HashSet<String>,
    unseen: HashSet<String>,
}

/// A Secret that nothing is seen to make.
struct Missing<'a, 'w> {
    name: &'w str,
    class: Class,
    /// What other repos say of it.
    others: Brought<'a, 'w>,
    /// The places that name it, at least one.
    uses: Vec<&'a Use<'w>>,
}

/// Why it is not merely made elsewhere.
enum Proof<'a, 'w> {
    /// One of nearly this name is made and lies idle.
    Misspelt(&'a Made<'w>),
    /// The platform brings one of nearly this name, and neither it nor this repo uses that.
    MisspeltOffer(Delivery<'a>),
    /// The operator makes it in other settings only.
    Unmade(Unmade<'w>),
    /// So many others that such places name are made here.
    Others(usize, &'static str, Confidence),
}

impl<'a, 'w> Missing<'a, 'w> {
    fn at(&self) -> &'a Use<'w> {
        self.uses[0]
    }

    fn prove(
        &self,
        context: &TargetContext<'a, 'w>,
        own: &Tally,
        beside: Option<&Tally>,
        surroundings: &Surroundings<'w>,
    ) -> Result<Proof<'a, 'w>, String> {
        let (graph, namespace) = (context.graph, &self.at().namespace);
        if let Namespace::Unknown(reason) = namespace {
            return Err(reason.clone());
        }
        if self.uses.iter().any(|one| one.by.is_example()) {
            return Err("an example need not show the Secret it names".into());
        }
        if let Some(reason) = graph.opened_beside_charts(namespace) {
            return Err(reason.to_owned());
        }
        if let Some(reason) = surroundings.may_bring(context, self.name) {
            return Err(reason);
        }
        if let Some(unmade) = unmade(graph, &context.versions().cnpg, namespace, self.name) {
            return Ok(Proof::Unmade(unmade));
        }
        if let Some(made) = self.idle_neighbour(context) {
            return Ok(Proof::Misspelt(made));
        }
        match &self.others {
            Brought::Unknown(reason) => return Err(reason.clone()),
            Brought::Absent => {
                if let Some(near) = self.idle_offer(context) {
                    return Ok(Proof::MisspeltOffer(near));
                }
            }
            _ if graph.is_of_app() => return Err("the Secret may be in another repo".into()),
            _ => {}
        }
        // Charts do not make what the objects of the database operator name.
        if let Some(reason) = graph.opened(namespace).filter(|_| self.class != Class::Database) {
            return Err(reason.to_owned());
        }
        let (made, unseen) = (own.made.len(), own.unseen.len());
        let count = |of: fn(&Tally) -> &HashSet<String>| of(own).len() + beside.map_or(0, |beside| of(beside).len());
        let (all_made, all_unseen) = (count(|tally| &tally.made), count(|tally| &tally.unseen));
        let is_database = self.class == Class::Database;
        let who = match &self.at().login {
            Some(_) => "roles",
            None if is_database => "database objects",
            None => "pods",
        };
        match (made, unseen) {
            (CONVINCING.., 1) if is_database => Ok(Proof::Others(made, who, Confidence::High)),
            (2.., 1) if is_database => Ok(Proof::Others(made, who, Confidence::Medium)),
            (CONVINCING.., _) if made >= CONVINCING * unseen => Ok(Proof::Others(made, who, Confidence::Medium)),
            _ if is_database && all_unseen == 1 && all_made >= CONVINCING => {
                Ok(Proof::Others(all_made, "database objects", Confidence::Medium))
            }
            _ => Err(format!("nothing in this repo makes Secret `{}`; somebody may do so by hand", self.name)),
        }
    }

    /// A Secret of nearly this name that is made in the namespace and that nothing names.
    fn idle_neighbour(&self, context: &TargetContext<'a, 'w>) -> Option<&'a Made<'w>> {
        let own = context.secrets.within(&self.at().namespace).filter(|made| made.maker != Maker::Operator);
        let near = own.filter_map(|made| is_near(self.name, &made.name).map(|distance| (distance, made)));
        let (_, made) = near.min_by_key(|(distance, made)| (*distance, made.name.clone()))?;
        (!is_named(&made.name, Some(made.by), context)).then_some(made)
    }

    /// A Secret of nearly this name that the platform brings to the namespace and that nothing names.
    fn idle_offer(&self, context: &TargetContext<'a, 'w>) -> Option<Delivery<'a>> {
        let near = context.offers().near_secret(self.at().namespace.known()?, self.name, true)?;
        // What an app does not use is not always meant for it: only a slip of one letter tells.
        let without_digits = |name: &str| name.replace(|letter: char| letter.is_ascii_digit(), "");
        let is_slip = is_near(self.name, &near.secret.name) == Some(1)
            && without_digits(self.name) != without_digits(&near.secret.name);
        (is_slip && !is_named(&near.secret.name, None, context)).then_some(near)
    }

    fn report(&self, proof: &Proof<'a, 'w>, context: &TargetContext<'a, 'w>, sink: &mut Sink<'_, 'w>) {
        let (first, name) = (self.at(), self.name);
        let place = match &first.namespace {
            Namespace::Known(namespace) => format!("no Secret `{name}` in namespace `{namespace}`"),
            _ => format!("no Secret `{name}` in the same namespace"),
        };
        let code = match proof {
            Proof::Misspelt(_) | Proof::MisspeltOffer(_) => "misspelt",
            Proof::Unmade(_) => "not-made-by-operator",
            Proof::Others(..) => "missing",
        };
        let mut finding = sink.finding(code, first.by, first.name, self.message()).label(place);
        for other in self.uses.iter().skip(1).filter(|one| one.name.span() != first.name.span()).take(SHOWN) {
            finding = finding.related(other.name.span(), format!("{} names it too", other.by.title()));
        }
        let elsewhere = context.secrets.elsewhere(&first.namespace, name);
        if let Some(made) = elsewhere.first() {
            finding = finding.related(made.at.span(), elsewhere_text(made));
        }
        match proof {
            Proof::Misspelt(made) => {
                misspelt(
                    finding.related(made.at.span(), "makes one of a similar name, which nothing uses"),
                    first,
                    &made.name,
                );
            }
            Proof::MisspeltOffer(near) => {
                let label = "the platform brings one of a similar name, which nothing uses";
                misspelt(finding.related(near.place(), label), first, &near.secret.name);
            }
            Proof::Unmade(unmade) => not_made(finding, unmade),
            Proof::Others(count, who, confidence) => {
                let note = match count {
                    1 => format!("1 other Secret that {who} name in this namespace is made in this repo"),
                    count => format!("{count} other Secrets that {who} name in this namespace are made in this repo"),
                };
                // Another repo that no contract describes is possible.
                let confidence = if context.graph.is_of_app() { Confidence::Medium } else { *confidence };
                finding.confidence(confidence).note(note).help(match elsewhere.is_empty() {
                    true => format!("add what makes Secret `{name}` here, as for the others"),
                    false => {
                        format!("have `{name}` made in this namespace too: Secrets never leave theirs by themselves")
                    }
                });
            }
        }
    }

    /// What comes of it.
    fn message(&self) -> String {
        let (first, name) = (self.at(), self.name);
        let title = first.by.title();
        match (self.class, &first.login) {
            (Class::Database, Some(login)) => match &login.role {
                Some(role) => format!("role `{role}` of {title} gets no password: nothing makes Secret `{name}`"),
                None => format!("{title} takes a password from Secret `{name}`, which nothing makes"),
            },
            (Class::Database, None) => format!("{title} waits for Secret `{name}`, which nothing makes"),
            (Class::Values, _) => format!("{title} gives its pods Secret `{name}`, which nothing makes"),
            _ if first.by.kind == "Pod" => format!("{title} cannot start: nothing makes Secret `{name}`"),
            _ => format!("the pods of {title} cannot start: nothing makes Secret `{name}`"),
        }
    }
}

/// Whether an object of the target other than `maker` names a Secret.
fn is_named(name: &str, maker: Option<&Resource<'_>>, context: &TargetContext<'_, '_>) -> bool {
    let others = context.graph.resources().iter().filter(|one| maker.is_none_or(|maker| !std::ptr::eq(**one, maker)));
    others.into_iter().any(|one| {
        let mut found = false;
        walk(one.value, &mut |_, value| {
            found |= value.raw().is_some_and(|text| text.contains(name));
            if found { Visit::Past } else { Visit::Into }
        });
        found
    })
}

fn elsewhere_text(made: &Made<'_>) -> String {
    match made.namespace.known() {
        Some(namespace) if made.by.kind == "ClusterExternalSecret" => {
            format!("makes it in `{namespace}`, and does not select this namespace")
        }
        Some(namespace) => format!("this one is made in `{namespace}`, and nothing copies it"),
        None => "this one is made in another namespace, and nothing copies it".to_owned(),
    }
}

fn misspelt(finding: Builder<'_>, one: &Use<'_>, name: &str) {
    match replace_name(one.name, name) {
        Some(edits) => finding.suggestion(format!("name Secret `{name}`, if that is meant"), edits),
        None => finding.help(format!("did you mean `{name}`?")),
    };
}

fn not_made(finding: Builder<'_>, unmade: &Unmade<'_>) {
    let cluster = unmade.cluster.title();
    let at = unmade.because.map_or_else(|| unmade.cluster.headline().span(), Value::span);
    match (unmade.superuser, unmade.because.map(|value| (value.as_bool(), value.known()))) {
        (true, Some((Some(false), _)) | None) => finding
            .related(at, "the superuser has no password here")
            .note(format!("the operator makes it where {cluster} has `enableSuperuserAccess: true`"))
            .help("use a Secret of a role that may do no more than this needs"),
        (true, Some((_, secret))) => finding
            .related(at, "the superuser's password is in this one")
            .help(format!("name Secret `{}`, or a role that may do less", secret.unwrap_or_default())),
        (false, because) => {
            let secret = because.and_then(|(_, secret)| secret).unwrap_or_default();
            finding
                .related(at, "the owner's password is in this one, so the operator makes none")
                .help(format!("name Secret `{secret}`, which {cluster} takes the password from"))
        }
    };
}

//! Selectors on a namespace label that no namespace carries.

use crate::declare_rule;
use crate::graph::is_near;
use crate::graph::workload::{Label, Labels};
use crate::manifest::{Namespace, Resource};
use crate::reach::METADATA_NAME;
use crate::reach::connections::NamespaceTest;
use crate::reach::selector::Requirement;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::Value;
use kube_core::Expression;

declare_rule! {
    /// ## What it does
    /// Finds rules of policies that select namespaces by a label that none carries, where it is known which namespaces they
    /// can mean: those that the same selector names, the one whose name stands as the value of a label `name`, and those
    /// that carry the same label but for a slip.
    ///
    /// ## Why it matters
    /// The rule is valid and lets nobody through. Clients time out, and nothing says why. Kubernetes gives namespaces
    /// one label by itself, `kubernetes.io/metadata.name`; every other one has to be written.
    ///
    /// ## Instead
    /// Write the label on the Namespace, or select the label that it carries.
    ///
    /// ## Limits
    /// Only targets with a Cluster or Pooler. Namespaces may be in other repos: a label that no namespace here carries is no
    /// finding by itself. Namespaces whose labels something may change on the way are not judged.
    pub static RULE {
        id: "netpol/missing-namespace-label",
        summary: "a policy selects namespaces by a label that none carries",
        scope: Target,
        codes: [
            "not-on-named" => (Error, High, Network),
            "name-as-label" => (Error, Medium, Network),
            "near-label" => (Error, Medium, Network),
        ],
        since: "0.1.0",
        check: check,
    }
}

/// A Namespace and its labels.
struct Place<'w> {
    object: &'w Resource<'w>,
    name: &'w str,
    labels: Labels<'w>,
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(connections) = context.connections.filter(|_| !context.graph.is_of_app()) else { return };
    let objects = context.graph.of_kind("", "Namespace").iter().filter(|object| object.whole);
    let places: Vec<Place<'w>> = objects
        .filter_map(|object| {
            let name = object.name()?;
            Some(Place { object, name, labels: context.reach.namespace_labels(&Namespace::Known(name)) })
        })
        .collect();
    let tests = connections.namespace_tests();
    for test in &tests {
        let faulty = not_on_named(test, &places)
            .or_else(|| name_as_label(test, &places))
            .or_else(|| near_label(test, &places, &tests));
        if let Some(fault) = faulty {
            report(test, &fault, sink);
        }
    }
}

/// A label that is not where it is looked for.
struct Fault<'c, 'w> {
    code: &'static str,
    requirement: &'c Requirement<'w>,
    message: String,
    label: &'static str,
    place: Span,
    there: String,
    help: String,
}

fn is_positive(requirement: &Requirement<'_>) -> bool {
    matches!(requirement.expression, Expression::Equal(..) | Expression::In(..) | Expression::Exists(_))
}

/// What a requirement asks for, without what Cilium puts before the label.
fn asked(key: &str, requirement: &Requirement<'_>) -> String {
    match requirement.wanted().as_slice() {
        [] => key.to_owned(),
        [one] => format!("{key}: {one}"),
        several => format!("{key} in ({})", several.join(", ")),
    }
}

/// The namespaces that the selector names are all here, and none has the other label.
fn not_on_named<'c, 'w>(test: &NamespaceTest<'c, 'w>, places: &[Place<'w>]) -> Option<Fault<'c, 'w>> {
    let (_, names) =
        test.requirements.iter().find(|(key, asked)| *key == METADATA_NAME && !asked.wanted().is_empty())?;
    let named: Option<Vec<&Place<'w>>> = names
        .wanted()
        .into_iter()
        .map(|name| places.iter().find(|place| place.name == name && place.labels.is_complete()))
        .collect();
    let named = named?;
    let (key, requirement) = test.requirements.iter().find(|(key, requirement)| {
        *key != METADATA_NAME
            && is_positive(requirement)
            && named.iter().all(|place| requirement.holds_for(place.labels.get(key)).is_no())
    })?;
    let first = named.first()?;
    let label = asked(key, requirement);
    Some(Fault {
        code: "not-on-named",
        requirement,
        message: format!("namespace `{}` does not carry label `{label}`", first.name),
        label: "asks for a label that it does not carry",
        place: first.object.headline().span(),
        there: "the namespace that is named".into(),
        help: format!("label the Namespace with `{label}`, or select it by its name alone"),
    })
}

/// A label `name` with the name of a namespace as its value, which the namespace does not carry.
fn name_as_label<'c, 'w>(test: &NamespaceTest<'c, 'w>, places: &[Place<'w>]) -> Option<Fault<'c, 'w>> {
    let (key, requirement, name) = test.requirements.iter().find_map(|(key, requirement)| {
        let is_name = *key != METADATA_NAME && (*key == "name" || key.ends_with("/name"));
        match &requirement.expression {
            Expression::Equal(_, name) if is_name => Some((*key, *requirement, name.as_str())),
            _ => None,
        }
    })?;
    let meant = places.iter().find(|place| place.name == name && place.labels.is_complete())?;
    if !places.iter().all(|place| requirement.holds_for(place.labels.get(key)).is_no()) {
        return None;
    }
    Some(Fault {
        code: "name-as-label",
        requirement,
        message: format!("no namespace carries label `{key}: {name}`, namespace `{name}` neither"),
        label: "names no label of a namespace",
        place: meant.object.headline().span(),
        there: format!("does not carry `{key}`"),
        help: format!("select `{METADATA_NAME}: {name}`, which every namespace has by itself"),
    })
}

/// A label that some namespace carries but for a slip, and that no other rule asks for in that form.
fn near_label<'c, 'w>(
    test: &NamespaceTest<'c, 'w>,
    places: &[Place<'w>],
    tests: &[NamespaceTest<'c, 'w>],
) -> Option<Fault<'c, 'w>> {
    let (key, requirement) = test.requirements.iter().find(|(key, requirement)| {
        *key != METADATA_NAME
            && is_positive(requirement)
            && places.iter().all(|place| requirement.holds_for(place.labels.get(key)).is_no())
    })?;
    let wanted = requirement.wanted();
    let is_asked_for = |known: &str, value: &str| {
        let asked = tests.iter().flat_map(|test| &test.requirements);
        asked.into_iter().any(|(key, asked)| *key == known && asked.holds_for(Label::Is(value)).is_yes())
    };
    let mut best: Option<(usize, &Place<'w>, String)> = None;
    for place in places {
        for (known, value) in place.labels.known() {
            let same = wanted.is_empty() || wanted.contains(&value);
            let distance = if known == *key {
                wanted.iter().filter_map(|wanted| is_near(wanted, value)).min()
            } else if same {
                is_near(key, known)
            } else {
                None
            };
            let Some(distance) = distance.filter(|_| !is_asked_for(known, value)) else { continue };
            if best.as_ref().is_none_or(|(least, ..)| distance < *least) {
                best = Some((distance, place, format!("{known}: {value}")));
            }
        }
    }
    let (_, place, carried) = best?;
    let label = asked(key, requirement);
    let written = place.object.at(&["metadata", "labels"]).into_iter().flat_map(Value::entries);
    let spot =
        written.filter(|(known, _)| carried.starts_with(&format!("{known}: "))).map(|(_, value)| value.key_or_span());
    Some(Fault {
        code: "near-label",
        requirement,
        message: format!("no namespace carries label `{label}`"),
        label: "no namespace here carries it",
        place: spot.last().unwrap_or_else(|| place.object.headline().span()),
        there: format!("namespace `{}` carries the nearest one", place.name),
        help: format!("if you meant it, select `{carried}`, or mend the label of the Namespace"),
    })
}

fn report<'w>(test: &NamespaceTest<'_, 'w>, fault: &Fault<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let message = format!("a rule of {} finds nobody: {}", test.policy.title(), fault.message);
    sink.finding(fault.code, test.policy, fault.requirement.value, message)
        .label(fault.label)
        .related(fault.place, fault.there.clone())
        .help(fault.help.clone());
}

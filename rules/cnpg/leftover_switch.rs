//! Switches for an emergency or a maintenance that were left in git.

use crate::declare_rule;
use crate::graph::cnpg::{Cluster, GROUP};
use crate::graph::{Any, View};
use crate::manifest::Resource;
use crate::rule::{Context, Sink, remove_line};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Notes annotations that switch something of the operator off and are in git: `cnpg.io/hibernation: on`,
    /// `cnpg.io/fencedInstances`, `cnpg.io/reconciliationLoop: disabled` and `cnpg.io/validation: disabled`.
    ///
    /// ## Why it matters
    /// They are meant for minutes. Written into git they come back after each change by hand: a hibernated or fenced
    /// cluster stays down, a cluster that is not reconciled is neither repaired nor updated, and an object that is not
    /// validated is found wrong only when it runs.
    ///
    /// ## Instead
    /// Set them with the `cnpg` plugin of kubectl or by `kubectl annotate`, and take them away in the same way.
    ///
    /// ## Limits
    /// A cluster that is hibernated for good, as a test environment at night, may say so by a suppression with its
    /// reason. Values that are still a `${VAR}` are left undecided.
    pub static RULE {
        id: "cnpg/leftover-switch",
        summary: "a switch for emergencies is left in git",
        scope: Resource(Any),
        codes: [
            "hibernation" => (Note, High, Reliability),
            "fencing" => (Note, High, Reliability),
            "reconciliation" => (Note, High, Reliability),
            "validation" => (Note, High, Validity),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

/// A switch: its annotation, its code, whether a text switches it, and what it does then.
struct Switch {
    annotation: &'static str,
    code: &'static str,
    is_thrown: fn(&str) -> bool,
    effect: &'static str,
}

const SWITCHES: &[Switch] = &[
    Switch {
        annotation: "cnpg.io/hibernation",
        code: "hibernation",
        is_thrown: |text| text == "on",
        effect: "is hibernated: no instance runs, only its volumes are kept",
    },
    Switch {
        annotation: "cnpg.io/fencedInstances",
        code: "fencing",
        is_thrown: |text| !matches!(text.trim(), "" | "[]"),
        effect: "has fenced instances: their PostgreSQL is kept stopped",
    },
    Switch {
        annotation: "cnpg.io/reconciliationLoop",
        code: "reconciliation",
        is_thrown: |text| text == "disabled",
        effect: "is not reconciled: the operator neither repairs nor updates it",
    },
];

fn check<'w>(any: &Any<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = any.resource();
    if resource.group != GROUP {
        return;
    }
    if resource.kind == Cluster::KIND {
        for switch in SWITCHES {
            let Some(value) = resource.annotation(switch.annotation) else { continue };
            if let Some(reason) = value.unknown() {
                sink.undecided(value.span(), reason);
            } else if value.known().is_some_and(switch.is_thrown) {
                tell(resource, value, switch.code, switch.effect, sink);
            }
        }
    }
    validation(resource, context, sink);
}

/// Kinds whose webhook reads the annotation.
const VALIDATED: [&str; 4] = ["Cluster", "Backup", "Database", "Pooler"];

fn validation<'w>(resource: &'w Resource<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(value) = resource.annotation(crate::schema::operator::VALIDATION) else { return };
    if value.known() != Some("disabled") || !VALIDATED.contains(&resource.kind) || is_before_126(context) {
        return;
    }
    tell(resource, value, "validation", "is not validated: what the operator would refuse is accepted", sink);
}

/// The annotation came with operator 1.26.
fn is_before_126(context: &Context<'_, '_>) -> bool {
    let minor = context.versions().cnpg.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    minor.is_some_and(|minor| minor < 26)
}

fn tell<'w>(resource: &'w Resource<'w>, value: Value<'w>, code: &str, effect: &str, sink: &mut Sink<'_, 'w>) {
    let message = format!("{} {effect}", resource.title());
    let finding = sink
        .finding(code, resource, value, message)
        .underline(value.key_or_span())
        .label("comes back with every change from git");
    let cure = "take the annotation away, and set it by hand for as long as it is needed";
    match remove_line(value) {
        Some(edits) => finding.suggestion(cure, edits),
        None => finding.help(cure),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_thrown_by_their_own_words() {
        for (code, text, expected) in [
            ("hibernation", "on", true),
            ("hibernation", "off", false),
            ("fencing", "[\"*\"]", true),
            ("fencing", "[]", false),
            ("fencing", "", false),
            ("reconciliation", "disabled", true),
            ("reconciliation", "enabled", false),
        ] {
            let switch = SWITCHES.iter().find(|switch| switch.code == code).expect("a switch of that code");
            assert_eq!((switch.is_thrown)(text), expected, "{code} {text}");
        }
    }
}

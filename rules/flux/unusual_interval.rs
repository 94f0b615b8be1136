//! Flux objects that are looked at more or less often than the project has it.

use crate::declare_rule;
use crate::rule::releases::is_named;
use crate::rule::{Sink, TargetContext};
use crate::schema::schedule::go_duration;
use std::collections::BTreeMap;

declare_rule! {
    /// ## What it does
    /// Finds Flux objects whose `spec.interval` is none of those that the option `intervals` lists for their kind.
    ///
    /// ## Why it matters
    /// An interval is load on one side and delay on the other: a source that is fetched every minute counts
    /// against the rate limit of a registry, a Kustomization that is applied once a day leaves what somebody changed
    /// by hand for a day. One that differs from all others was mostly copied from somewhere.
    ///
    /// ## Instead
    /// The project's interval for that kind.
    ///
    /// ## Limits
    /// Off until the config lists intervals. Durations are compared, not texts: `60m` is `1h`. An interval that is still a
    /// `${VAR}` is left undecided. What applies the objects from another repo may change them, which is not seen.
    pub static RULE {
        id: "flux/unusual-interval",
        summary: "a Flux object has another interval than the project gives its kind",
        scope: Target,
        codes: ["interval" => (Warning, High, Habit)],
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
    /// The interval of each kind, or the list of those it may have: `{HelmRelease: 1h, Kustomization: [10m, 1h]}`.
    pub intervals: BTreeMap<String, Intervals>,
    /// Objects, by name or as `namespace/name`, that are left alone.
    pub except: Vec<String>,
}

/// One interval, or several.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Intervals {
    /// This one.
    One(String),
    /// Any of these.
    Several(Vec<String>),
}

impl Intervals {
    fn all(&self) -> &[String] {
        match self {
            Intervals::One(one) => std::slice::from_ref(one),
            Intervals::Several(several) => several,
        }
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    if options.intervals.is_empty() {
        return;
    }
    for resource in context.graph.resources().iter().copied() {
        if !resource.whole || !resource.group.ends_with(".fluxcd.io") || is_named(&options.except, resource) {
            continue;
        }
        let Some(wanted) = options.intervals.get(resource.kind).map(Intervals::all) else { continue };
        let Some(value) = resource.at(&["spec", "interval"]) else { continue };
        if let Some(reason) = value.unknown() {
            sink.undecided(value.span(), reason);
            continue;
        }
        let lengths: Vec<i64> = wanted.iter().filter_map(|one| go_duration(one)).collect();
        let Some((text, own)) = value.known().and_then(|text| Some((text, go_duration(text)?))) else { continue };
        if lengths.len() < wanted.len() || lengths.contains(&own) {
            continue;
        }
        let message = match (wanted, lengths.as_slice()) {
            ([only], [length]) => {
                format!("interval of {} is {text}, {}", resource.title(), compared(own, *length, only))
            }
            _ => format!("interval of {} is {text}, none of the project's", resource.title()),
        };
        sink.finding("interval", resource, value, message)
            .label(format!("the project has {} for kind {}", wanted.join(" or "), resource.kind))
            .help(match wanted {
                [only] => format!("set `interval: {only}`"),
                _ => "set one of them".to_owned(),
            });
    }
}

/// How often that is, beside what was asked for.
fn compared(own: i64, wanted: i64, text: &str) -> String {
    if own > 0 && wanted > own && wanted % own == 0 {
        return format!("{} times as often as the project's {text}", wanted / own);
    }
    if wanted > 0 && own > wanted && own % wanted == 0 {
        return format!("{} times as long as the project's {text}", own / wanted);
    }
    format!("not the project's {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_compared_by_how_often_they_come() {
        let of = |text: &str| go_duration(text).expect("a duration");
        for (own, wanted, expected) in [
            ("5m", "1h", "12 times as often as the project's 1h"),
            ("24h", "1h", "24 times as long as the project's 1h"),
            ("25m", "1h", "not the project's 1h"),
            ("90m", "1h", "not the project's 1h"),
        ] {
            assert_eq!(compared(of(own), of(wanted), wanted), expected, "{own}");
        }
    }
}

//! PostgreSQL major versions that nobody supports any more, or not yet.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::rule::{Context, Sink};
use crate::schema::image::ImageReference;
use crate::yaml::Value;
use jiff::civil::{Date, date};

declare_rule! {
    /// ## What it does
    /// Finds Clusters whose PostgreSQL major version, from `imageName` or `imageCatalogRef.major`, is past its
    /// upstream end of life, is not among those that the operator's release supports, or is below the platform's
    /// minimum.
    ///
    /// ## Why it matters
    /// A major version gets fixes for five years; after that a published hole stays open. An operator release is
    /// tested with 13 to 17 (1.25 to 1.27) or 14 to 18 (1.28 to 1.30). Its webhook lets others through, so nothing
    /// else says so.
    ///
    /// ## Instead
    /// Move to a supported major version: in place from operator 1.26 on, by import into a new Cluster before.
    ///
    /// ## Limits
    /// The major version is read from the tag as the operator does it. Versions below 13 are refused at admission and
    /// said there. The dates of end of life are those the PostgreSQL project publishes, up to version 18.
    pub static RULE {
        id: "cnpg/unsupported-postgres",
        summary: "the PostgreSQL major version is out of support",
        scope: Resource(Cluster),
        codes: [
            "past-end-of-life" => (Warning, High, Reliability),
            "below-operator" => (Warning, High, Reliability),
            "above-operator" => (Warning, High, Reliability),
            "below-minimum" => (Error, High, Reliability),
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
    /// The oldest major version that the platform allows.
    pub minimum: Option<u32>,
}

/// The day upstream support of a major version ends.
const END_OF_LIFE: &[(u32, Date)] = &[
    (13, date(2025, 11, 13)),
    (14, date(2026, 11, 12)),
    (15, date(2027, 11, 11)),
    (16, date(2028, 11, 9)),
    (17, date(2029, 11, 8)),
    (18, date(2030, 11, 14)),
];

/// Operator minors 1.x from the first on, with the major versions they support.
const SUPPORTED: &[(u32, u32, u32)] = &[(22, 12, 16), (24, 13, 17), (28, 14, 18)];

/// The newest operator minor 1.x whose support is known.
const NEWEST: u32 = 30;

/// The oldest major version that the operator's webhook lets through.
const ADMITTED: u32 = 13;

/// Majors above this are calendar tags and the like, no PostgreSQL.
const PLAUSIBLE: u32 = 40;

fn check<'w>(cluster: &Cluster<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let Some(value) = version_field(cluster) else { return };
    if let Some(reason) = value.unknown() {
        sink.undecided(value.span(), reason);
        return;
    }
    let Some(major) = major(value).filter(|major| *major <= PLAUSIBLE) else { return };
    let operator = &context.versions().cnpg;
    let minimum = context.options::<Options>().minimum;
    let Some(verdict) = verdict(major, operator, context.world.today, minimum) else { return };
    let title = cluster.title();
    let finding = match verdict {
        Verdict::BelowMinimum(minimum) => sink
            .finding(
                "below-minimum",
                cluster.resource(),
                value,
                format!("{title} runs PostgreSQL {major} where the platform asks for {minimum} or later"),
            )
            .label("below the platform's minimum")
            .note(format!("the config sets `minimum: {minimum}` for this rule")),
        Verdict::BelowOperator(oldest) => sink
            .finding(
                "below-operator",
                cluster.resource(),
                value,
                format!("{title} runs PostgreSQL {major}, which operator {operator} no longer supports"),
            )
            .label(format!("operator {operator} supports {oldest} and later")),
        Verdict::AboveOperator(newest) => sink
            .finding(
                "above-operator",
                cluster.resource(),
                value,
                format!("{title} runs PostgreSQL {major}, which operator {operator} does not know yet"),
            )
            .label(format!("operator {operator} supports {newest} and earlier")),
        Verdict::PastEndOfLife(end) => sink
            .finding(
                "past-end-of-life",
                cluster.resource(),
                value,
                format!("{title} runs PostgreSQL {major}, which reached its end of life on {end}"),
            )
            .label("gets no more fixes"),
    };
    match verdict {
        Verdict::AboveOperator(_) => finding.help("update the operator first, or stay on an older major version"),
        _ => finding.help("move to a supported major version and rehearse the upgrade on a restored copy first"),
    };
}

/// The field that says which major version it is, if any does.
fn version_field<'w>(cluster: &Cluster<'w>) -> Option<Value<'w>> {
    cluster.spec(&["imageCatalogRef", "major"]).or_else(|| cluster.image_name())
}

fn major(value: Value<'_>) -> Option<u32> {
    match value.as_int() {
        Some(major) => u32::try_from(major).ok(),
        None => ImageReference::parse(value.known()?)?.major(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    BelowMinimum(u32),
    BelowOperator(u32),
    AboveOperator(u32),
    PastEndOfLife(Date),
}

/// The worst that can be said of a major version, if anything.
fn verdict(major: u32, operator: &str, today: Date, minimum: Option<u32>) -> Option<Verdict> {
    if let Some(minimum) = minimum.filter(|minimum| major < *minimum) {
        return Some(Verdict::BelowMinimum(minimum));
    }
    if major < ADMITTED {
        return None;
    }
    if let Some((oldest, newest)) = supported(operator) {
        if major < oldest {
            return Some(Verdict::BelowOperator(oldest));
        }
        if major > newest {
            return Some(Verdict::AboveOperator(newest));
        }
    }
    let (_, end) = END_OF_LIFE.iter().find(|(known, _)| *known == major)?;
    (today > *end).then_some(Verdict::PastEndOfLife(*end))
}

/// The major versions that an operator `major.minor` supports, where that is known.
fn supported(operator: &str) -> Option<(u32, u32)> {
    let minor: u32 = operator.strip_prefix("1.")?.split('.').next()?.parse().ok()?;
    if minor > NEWEST {
        return None;
    }
    SUPPORTED.iter().rev().find(|(from, ..)| minor >= *from).map(|(_, oldest, newest)| (*oldest, *newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_said_by_operator_day_and_minimum() {
        let autumn = date(2026, 12, 1);
        for (major, operator, today, minimum, expected) in [
            (13, "1.30", autumn, None, Some(Verdict::BelowOperator(14))),
            (13, "1.27", autumn, None, Some(Verdict::PastEndOfLife(date(2025, 11, 13)))),
            (13, "1.27", date(2025, 11, 13), None, None),
            (14, "1.30", date(2026, 11, 12), None, None),
            (14, "1.30", date(2026, 11, 13), None, Some(Verdict::PastEndOfLife(date(2026, 11, 12)))),
            (14, "1.30", autumn, Some(16), Some(Verdict::BelowMinimum(16))),
            (16, "1.30", autumn, Some(16), None),
            (18, "1.27", autumn, None, Some(Verdict::AboveOperator(17))),
            (17, "1.23", autumn, None, Some(Verdict::AboveOperator(16))),
            (18, "1.28", autumn, None, None),
            (19, "1.30", autumn, None, Some(Verdict::AboveOperator(18))),
            (19, "1.31", autumn, None, None),
            (17, "1.18", autumn, None, None),
            (12, "1.30", autumn, None, None),
            (12, "1.30", autumn, Some(14), Some(Verdict::BelowMinimum(14))),
            (17, "main", autumn, None, None),
        ] {
            assert_eq!(verdict(major, operator, today, minimum), expected, "{major} on {operator} at {today}");
        }
    }
}

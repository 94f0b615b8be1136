//! Poolers with fewer instances than the platform asks for.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Pooler, spec};
use crate::rule::{Context, Sink};

declare_rule! {
    /// ## What it does
    /// Finds a Pooler with fewer instances than the option `minimum` asks for: 2, unless the config says otherwise.
    ///
    /// ## Why it matters
    /// Every connection of an application goes through its Pooler. While the only instance is moved to another node the
    /// database is up and nobody reaches it.
    ///
    /// ## Instead
    /// `instances: 3`, with pod anti-affinity in the Pooler's `template`.
    ///
    /// ## Limits
    /// How many are enough is for the platform to say, so the rule is off until the config names it. A Pooler with no
    /// instances is switched off and left alone. A number that is still a `${VAR}` is left undecided.
    pub static RULE {
        id: "cnpg/thin-pooler",
        summary: "a Pooler has fewer instances than asked for",
        scope: Resource(Pooler),
        codes: ["below-minimum" => (Warning, High, Reliability)],
        since: "0.1.0",
        default: false,
        options: Options,
        check: check,
    }
}

/// Options of the rule.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// How many instances a Pooler must have at least.
    pub minimum: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options { minimum: 2 }
    }
}

fn check<'w>(pooler: &Pooler<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let minimum = context.options::<Options>().minimum;
    let resource = pooler.resource();
    let written = spec(resource, &["instances"]).filter(|value| !value.is_null());
    if let Some((value, reason)) = written.and_then(|value| Some((value, value.unknown()?))) {
        sink.undecided(value.span(), reason);
        return;
    }
    // The CRD's default is 1.
    let Some(instances) = written.map_or(Some(1), |value| value.as_int()) else { return };
    if instances < 1 || instances >= i64::from(minimum) {
        return;
    }
    let place = written.unwrap_or_else(|| resource.headline());
    if let Some(reason) = resource.may_be_completed().filter(|_| written.is_none()) {
        sink.undecided(place.span(), reason);
        return;
    }
    let plural = if instances == 1 { "instance" } else { "instances" };
    let message = format!("{} has {instances} {plural} where the platform asks for {minimum}", pooler.title());
    sink.finding("below-minimum", resource, place, message)
        .label(match written {
            Some(_) => "below the platform's minimum",
            None => "`instances` is not set and defaults to 1",
        })
        .help(format!("set `instances: {minimum}`"));
}

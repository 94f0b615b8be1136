//! Helm releases that stay failed.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::release::HelmRelease;
use crate::rule::releases::{doubt, is_named, judged};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds HelmReleases whose failed install or upgrade is not tried again: no `remediation` with `retries`, and no
    /// `strategy` that retries. Finds fewer retries than the options ask for, and another strategy after a failed upgrade.
    ///
    /// ## Why it matters
    /// An install that fails because a webhook was not up yet, or an upgrade that ran into its timeout, is not repeated: the
    /// release is marked as failed and stays so until its spec changes. On a new cluster, where everything starts at
    /// once, that is the rule rather than the exception.
    ///
    /// ## Instead
    /// `install.remediation.retries: 3` and `upgrade.remediation.retries: 3`, `-1` for what has to come up whatever it
    /// takes. For all releases at once, a patch in the Kustomization that applies them.
    ///
    /// ## Limits
    /// Off until the config names it. Releases are judged as they reach the cluster, patches of Kustomizations above
    /// them included; where Flux starts in another repo, what is missing is left undecided. Releases with `suspend: true`
    /// are left alone.
    pub static RULE {
        id: "flux/missing-remediation",
        summary: "a failed Helm release is not tried again",
        scope: Target,
        codes: [
            "none" => (Warning, High, Reliability),
            "retries" => (Warning, High, Reliability),
            "strategy" => (Warning, High, Reliability),
        ],
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
    /// How often a failed install has to be tried again at least; -1 is without limit, 0 not at all.
    pub install_retries: i64,
    /// How often a failed upgrade has to be tried again at least; -1 is without limit, 0 not at all.
    pub upgrade_retries: i64,
    /// What has to follow on the last failed upgrade; anything where it is left out.
    pub upgrade_strategy: Option<Strategy>,
    /// Releases, by name or as `namespace/name`, whose install has to be tried again without limit.
    pub unlimited: Vec<String>,
    /// Releases, by name or as `namespace/name`, that are left alone.
    pub except: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            install_retries: 1,
            upgrade_retries: 1,
            upgrade_strategy: None,
            unlimited: Vec::new(),
            except: Vec::new(),
        }
    }
}

/// What follows on a failed upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The release before it comes back.
    Rollback,
    /// The release is taken away and installed anew.
    Uninstall,
}

impl Strategy {
    fn text(self) -> &'static str {
        match self {
            Strategy::Rollback => "rollback",
            Strategy::Uninstall => "uninstall",
        }
    }
}

/// What a release does when an action fails.
enum Answer<'w> {
    /// It tries again this often; none where nothing says so.
    Retries(i64, Option<Value<'w>>),
    /// It tries again for ever, and remedies nothing.
    Repeats(Value<'w>),
    /// It cannot be told, and why.
    Unknown(Value<'w>, String),
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let unseen = context.starts_unseen();
    for release in judged(context, &options.except) {
        let install = if is_named(&options.unlimited, release.resource()) { -1 } else { options.install_retries };
        let asked = [("install", install), ("upgrade", options.upgrade_retries)];
        let mut none = Vec::new();
        for (action, least) in asked {
            match answer(&release, action) {
                Answer::Unknown(at, reason) => sink.undecided(at.span(), reason),
                Answer::Retries(0, at) if least != 0 => none.push((action, least, at)),
                Answer::Retries(retries, at) if is_less(retries, least) => {
                    few(&release, action, retries, least, at, sink);
                }
                _ => {}
            }
        }
        if !none.is_empty() {
            match doubt(unseen, release.resource()) {
                Some(reason) => sink.undecided(release.headline().span(), reason),
                None => report_none(&release, &none, sink),
            }
        }
        if let Some(wanted) = options.upgrade_strategy
            && !none.iter().any(|(action, ..)| *action == "upgrade")
        {
            strategy(&release, wanted, sink);
        }
    }
}

/// Whether fewer than `least` retries; any number below zero is without limit.
fn is_less(retries: i64, least: i64) -> bool {
    retries >= 0 && (least < 0 || retries < least)
}

fn answer<'w>(release: &HelmRelease<'w>, action: &str) -> Answer<'w> {
    if let Some(name) = release.spec(&[action, "strategy", "name"]) {
        match name.known() {
            Some("RetryOnFailure") => return Answer::Repeats(name),
            Some(_) => {}
            None => return Answer::Unknown(name, name.unknown().unwrap_or_else(|| "the strategy is no text".into())),
        }
    }
    match release.spec(&[action, "remediation", "retries"]) {
        None => Answer::Retries(0, release.spec(&[action])),
        Some(value) => match value.as_int() {
            Some(retries) => Answer::Retries(retries, Some(value)),
            None => Answer::Unknown(value, value.unknown().unwrap_or_else(|| "`retries` is no number".into())),
        },
    }
}

fn report_none<'w>(release: &HelmRelease<'w>, none: &[(&str, i64, Option<Value<'w>>)], sink: &mut Sink<'_, 'w>) {
    let actions: Vec<&str> = none.iter().map(|(action, ..)| *action).collect();
    let written: Vec<Value<'w>> = none.iter().filter_map(|(.., at)| *at).collect();
    let place = if none.len() == 1 { written.first().copied() } else { None };
    let message = format!("{} stays failed when its {} fails", release.title(), actions.join(" or "));
    let fields: Vec<String> = actions.iter().map(|action| format!("`{action}.remediation`")).collect();
    let label = match (place, none) {
        (Some(at), _) if at.raw().is_some() => "tries no second time".to_owned(),
        (_, [_]) => format!("no `retries` under {}", fields[0]),
        _ => format!("no `retries` under {}", fields.join(" and ")),
    };
    let helps: Vec<String> = none
        .iter()
        .map(|(action, least, _)| format!("`{action}.remediation.retries: {}`", if *least == 1 { 3 } else { *least }))
        .collect();
    let at = place.unwrap_or_else(|| release.headline());
    let finding = sink.finding("none", release.resource(), at, message).label(label);
    let finding = if at.is_mapping() { finding.underline(at.key_or_span()) } else { finding };
    finding.help(format!("set {}", helps.join(" and ")));
}

fn few<'w>(
    release: &HelmRelease<'w>,
    action: &str,
    retries: i64,
    least: i64,
    at: Option<Value<'w>>,
    sink: &mut Sink<'_, 'w>,
) {
    let Some(at) = at else { return };
    let times = if retries == 1 { "once".to_owned() } else { format!("{retries} times") };
    let asked = if least < 0 { "retries without limit".to_owned() } else { format!("at least {least} retries") };
    let message =
        format!("{} tries a failed {action} again {times} where the platform asks for {asked}", release.title());
    sink.finding("retries", release.resource(), at, message)
        .label("too few")
        .help(format!("set `{action}.remediation.retries: {least}`"));
}

fn strategy<'w>(release: &HelmRelease<'w>, wanted: Strategy, sink: &mut Sink<'_, 'w>) {
    let wanted = wanted.text();
    let (at, found) = match answer(release, "upgrade") {
        Answer::Unknown(..) => return,
        Answer::Repeats(at) => (at, "another try"),
        Answer::Retries(..) => match release.spec(&["upgrade", "remediation", "strategy"]) {
            Some(at) => match at.known() {
                Some(found) => (at, found),
                None => {
                    return sink.undecided(at.span(), at.unknown().unwrap_or_else(|| "it is no text".into()));
                }
            },
            // Flux rolls back unless told otherwise.
            None if wanted == "rollback" => return,
            None => (release.headline(), "rollback"),
        },
    };
    if found == wanted {
        return;
    }
    let found = if found == "another try" { found.to_owned() } else { format!("`{found}`") };
    let message = format!("{} answers a failed upgrade with {found}, not `{wanted}`", release.title());
    sink.finding("strategy", release.resource(), at, message)
        .label(format!("the platform asks for `{wanted}`"))
        .help(format!("set `upgrade.remediation.strategy: {wanted}`"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_below_zero_are_without_limit() {
        for (retries, least, less) in
            [(3, 3, false), (2, 3, true), (-1, 3, false), (3, -1, true), (-1, -1, false), (0, 0, false)]
        {
            assert_eq!(is_less(retries, least), less, "{retries} {least}");
        }
    }
}

//! Helm releases that leave the definitions of their custom kinds behind.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::release::HelmRelease;
use crate::rule::releases::{doubt, is_named, judged};
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds HelmReleases whose `upgrade.crds`, or `install.crds`, is not the policy that the options ask for:
    /// `CreateReplace` on upgrade, unless the config says otherwise.
    ///
    /// ## Why it matters
    /// Helm installs the CustomResourceDefinitions in a chart's `crds` folder once and never touches them again, and so
    /// does Flux by default. An operator of today then runs with the definitions of the first install: new fields are
    /// dropped without a word, new kinds are refused, and a removed version breaks the upgrade after next.
    ///
    /// ## Instead
    /// `install.crds: CreateReplace` and `upgrade.crds: CreateReplace`, for one release or by a patch for all of them.
    ///
    /// ## Limits
    /// Which charts bring definitions is not seen, so the rule is off until the config names it, and `releases` may say
    /// which ones it is about. Charts that carry their definitions among their templates do not need it. Where
    /// Flux starts in another repo, what is missing is left undecided.
    pub static RULE {
        id: "flux/missing-crd-policy",
        summary: "a Helm release does not bring its CustomResourceDefinitions up to date",
        scope: Target,
        codes: [
            "upgrade" => (Warning, High, Gitops),
            "install" => (Warning, High, Gitops),
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
    /// The policy that `upgrade.crds` has to be.
    pub upgrade: Policy,
    /// The policy that `install.crds` has to be; any where it is left out.
    pub install: Option<Policy>,
    /// Only these releases, by name or as `namespace/name`; all where empty.
    pub releases: Vec<String>,
    /// Releases, by name or as `namespace/name`, that are left alone.
    pub except: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { upgrade: Policy::CreateReplace, install: None, releases: Vec::new(), except: Vec::new() }
    }
}

/// What becomes of definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
pub enum Policy {
    /// They are left as they are.
    Skip,
    /// Those that are not there are made.
    Create,
    /// They are made, and brought up to date.
    CreateReplace,
}

impl Policy {
    fn text(self) -> &'static str {
        match self {
            Policy::Skip => "Skip",
            Policy::Create => "Create",
            Policy::CreateReplace => "CreateReplace",
        }
    }
}

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let options = context.options::<Options>();
    let unseen = context.starts_unseen();
    let asked =
        |release: &HelmRelease<'w>| options.releases.is_empty() || is_named(&options.releases, release.resource());
    for release in judged(context, &options.except).filter(asked) {
        action(unseen, &release, "upgrade", options.upgrade, sink);
        if let Some(policy) = options.install {
            action(unseen, &release, "install", policy, sink);
        }
    }
}

fn action<'w>(unseen: bool, release: &HelmRelease<'w>, action: &'static str, wanted: Policy, sink: &mut Sink<'_, 'w>) {
    let resource = release.resource();
    let written = release.spec(&[action, "crds"]);
    if let Some((value, reason)) = written.and_then(|value| Some((value, value.unknown()?))) {
        return sink.undecided(value.span(), reason);
    }
    // What Flux does where nothing is said.
    let default = if action == "upgrade" { Policy::Skip } else { Policy::Create };
    let found = written.map_or(Some(default.text()), Value::known);
    let Some(found) = found.filter(|found| *found != wanted.text()) else { return };
    let at = written.or_else(|| release.spec(&[action])).unwrap_or_else(|| release.headline());
    if let Some(reason) = doubt(unseen, resource).filter(|_| written.is_none()) {
        return sink.undecided(at.span(), reason);
    }
    let message = match (action, found) {
        ("upgrade", "Skip") => format!("{} keeps the CRDs of its first install for ever", resource.title()),
        ("upgrade", "Create") => format!("{} never brings the CRDs that are there up to date", resource.title()),
        _ => format!("{} has CRD policy `{found}` on {action}, not `{}`", resource.title(), wanted.text()),
    };
    let finding = sink.finding(action, resource, at, message).label(match written {
        Some(_) => format!("the platform asks for `{}`", wanted.text()),
        None => format!("`{action}.crds` is not set and defaults to {found}"),
    });
    let finding = if at.is_mapping() { finding.underline(at.key_or_span()) } else { finding };
    finding.help(format!("set `{action}.crds: {}`", wanted.text()));
}

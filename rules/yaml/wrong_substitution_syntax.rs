//! Variables written in a form that Flux does not fill in.

use crate::declare_rule;
use crate::finding::{Confidence, Edit};
use crate::manifest::Resource;
use crate::rule::{Sink, TargetContext};
use crate::source::Span;
use crate::yaml::{self, Step, Style, Value, Visit};

declare_rule! {
    /// ## What it does
    /// Finds `$NAME` or `{{ NAME }}` as a whole value where Flux substitutes `NAME` in this target: it is a key of
    /// `postBuild.substitute` of a Flux Kustomization, or of a ConfigMap or Secret that `substituteFrom` names.
    ///
    /// ## Why it matters
    /// Flux fills in `${NAME}` only. Everything else reaches the cluster as it is written, as a host called
    /// `$NAME` for example.
    ///
    /// ## Instead
    /// Write `${NAME}`, the one form that Flux fills in.
    ///
    /// ## Limits
    /// Only whole values count, and only names that are surely meant: scripts, dashboards and alerts are full of `$x` and
    /// `{{ }}`. Commands and arguments are left alone, since a shell may fill them in. Names that come from elsewhere
    /// can be given as option `names`.
    pub static RULE {
        id: "yaml/wrong-substitution-syntax",
        summary: "a Flux variable in a form that Flux does not fill in",
        scope: Target,
        codes: ["not-substituted" => (Warning, High, Gitops)],
        since: "0.1.0",
        fixable: Unsafe,
        options: Options,
        check: check,
    }
}

/// Options of `yaml/wrong-substitution-syntax`.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Options {
    /// Names that Flux substitutes and that this repo does not define.
    pub names: Vec<String>,
}

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let defined = &context.world.substituted[context.root];
    let given = &context.options::<Options>().names;
    if defined.is_empty() && given.is_empty() {
        return;
    }
    let definition =
        |name: &str| defined.get(name).copied().or_else(|| given.iter().any(|other| other == name).then_some(None));
    for resource in context.graph.resources() {
        let off = [resource.annotation(SWITCH), resource.label(SWITCH)];
        if off.into_iter().flatten().any(|value| value.raw() == Some("disabled")) {
            continue;
        }
        judge(resource, &definition, sink);
    }
}

/// `definition` tells of a name that is substituted where it is defined, if that is known.
fn judge<'w>(resource: &'w Resource<'w>, definition: &dyn Fn(&str) -> Option<Option<Span>>, sink: &mut Sink<'_, 'w>) {
    yaml::walk(resource.value, &mut |steps, value| {
        if steps.last().is_some_and(|step| matches!(step, Step::Key("command" | "args"))) {
            return Visit::Past;
        }
        let Some(name) = value.raw().and_then(written_name) else { return Visit::Into };
        let Some(definition) = definition(name) else { return Visit::Into };
        let message = format!("`{name}` is not filled in here: Flux substitutes `${{{name}}}` only");
        let mut finding = sink.finding("not-substituted", resource, value, message).label("stays as it is written");
        if let Some(definition) = definition {
            finding = finding.related(definition, "the value that is meant");
        }
        if resource.is("", "ConfigMap") {
            finding = finding.confidence(Confidence::Medium);
        }
        match content(value) {
            Some(span) => {
                let edit = Edit { span, text: format!("${{{name}}}") };
                finding.suggestion(format!("if the variable is meant, write `${{{name}}}`"), vec![edit]);
            }
            None => {
                finding.help(format!("write `${{{name}}}` if the variable is meant"));
            }
        }
        Visit::Past
    });
}

/// The bytes between the quotes, for a scalar that stands on one line.
fn content(value: Value<'_>) -> Option<Span> {
    let span = value.origin().editable().filter(|span| *span == value.site())?;
    match value.style()? {
        Style::Plain => Some(span),
        Style::SingleQuoted | Style::DoubleQuoted => Some(Span { start: span.start + 1, end: span.end - 1, ..span }),
        Style::Literal | Style::Folded => None,
    }
}

/// The name in `$NAME` or `{{ NAME }}`.
fn written_name(text: &str) -> Option<&str> {
    let name = match text.strip_prefix('$') {
        Some(name) => name,
        None => text.strip_prefix("{{")?.strip_suffix("}}")?.trim(),
    };
    let first = name.chars().next()?;
    let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (word && !first.is_ascii_digit()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_taken_for_variables() {
        for (text, name) in [
            ("$DOMAIN", Some("DOMAIN")),
            ("{{DOMAIN}}", Some("DOMAIN")),
            ("{{ DOMAIN_2 }}", Some("DOMAIN_2")),
            ("${DOMAIN}", None),
            ("$(DOMAIN)", None),
            ("$DOMAIN/x", None),
            ("{{ .DOMAIN }}", None),
            ("{{ a b }}", None),
            ("$1", None),
            ("$", None),
            ("DOMAIN", None),
        ] {
            assert_eq!(written_name(text), name, "{text}");
        }
    }
}

//! Variables of Flux that nothing defines.

use crate::declare_rule;
use crate::finding::Edit;
use crate::graph::flux::{Flux, Node};
use crate::graph::{Lookup, is_near};
use crate::manifest::Resource;
use crate::render::flux::Undefined;
use crate::render::substitute::is_valid_name;
use crate::rule::{Builder, Sink, TargetContext};
use crate::source::Span;
use crate::yaml::{self, Identity, Step, Value, Visit, placeholder};
use foldhash::{HashMap, HashMapExt};
use std::collections::{BTreeMap, BTreeSet};

declare_rule! {
    /// ## What it does
    /// Finds `${VAR}` without a default in what a Flux Kustomization with `postBuild` applies, where neither its
    /// `substitute` nor its `substituteFrom` defines `VAR`. Finds `${...}` of shell scripts and dashboards that Flux would
    /// blank as well, references and names of variables that Flux refuses, and `${VAR}` under a Kustomization without
    /// `postBuild` where another one of the target defines `VAR`.
    ///
    /// ## Why it matters
    /// Flux puts nothing in place of an undefined variable and says nothing: a bucket becomes `s3://cnpg-/` for two
    /// clusters, a script loses its variables. A reference that Flux cannot read, as `${a.b}` or `${list[@]}`, fails the
    /// whole Kustomization, and so does every undefined variable where the controller runs with
    /// `StrictPostBuildSubstitutions`.
    ///
    /// ## Instead
    /// Define the variable in a ConfigMap or Secret that `substituteFrom` names, or give a default: `${VAR:=value}`.
    /// Where another program fills it in, write `$${VAR}`, or put the annotation
    /// `kustomize.toolkit.fluxcd.io/substitute: disabled` on the object.
    ///
    /// ## Limits
    /// Nothing is said where a variable may come from elsewhere: from a ConfigMap or Secret that is not in the repo, or
    /// that an ExternalSecret fills. The keys of an encrypted Secret count as defined. A value of which nothing is left is
    /// taken for an error outside of Helm values, environments, labels and the like, whether or not the field is required.
    pub static RULE {
        id: "flux/undefined-variable",
        summary: "a variable that nothing defines, so that Flux puts nothing in its place",
        scope: Target,
        codes: [
            "undefined" => (Warning, High, Gitops),
            "blank-field" => (Error, High, Gitops),
            "foreign" => (Warning, Medium, Gitops),
            "not-substituted" => (Warning, Medium, Gitops),
            "refused" => (Error, High, Gitops),
            "refused-name" => (Error, High, Gitops),
            "strict" => (Error, High, Gitops),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let flux = context.flux();
    for node in &flux.nodes {
        let Some(resource) = node.resource else { continue };
        refusals(node, resource, sink);
        undefined(context, node, sink);
    }
    untouched(&flux, sink);
}

/// What fails a Kustomization as a whole.
fn refusals<'w>(node: &Node<'_, 'w>, resource: &'w Resource<'w>, sink: &mut Sink<'_, 'w>) {
    let title = resource.title();
    for (name, span) in node.applied.variables.iter().filter(|(name, _)| !is_valid_name(name)) {
        let message = format!("{title} is not applied: Flux refuses a variable called `{name}`");
        sink.finding("refused-name", resource, resource.headline(), message)
            .underline(*span)
            .label("letters, digits and `_` only, and no digit first")
            .related(post_build(node), "its variables are taken from here")
            .help("rename the key, or keep it out of what `substituteFrom` names");
    }
    if node.applied.variables.iter().any(|(name, _)| !is_valid_name(name)) {
        return;
    }
    let Some((span, reason, object, strict)) = node.refused() else { return };
    let message = format!("{title} is not applied: {reason}");
    let code = if strict { "strict" } else { "refused" };
    let finding = sink
        .finding(code, resource, resource.headline(), message)
        .underline(span)
        .label(format!("Flux refuses this in {object}"))
        .related(post_build(node), "switches substitution on for everything it applies");
    if strict {
        finding.help("define the variable, or give a default: `${NAME:=value}`");
    } else {
        finding
            .help("write `$${` where another program is to read it")
            .help(format!("or put the annotation `{SWITCH}: disabled` on the object"));
    }
}

fn post_build(node: &Node<'_, '_>) -> Option<Span> {
    node.spec(&["postBuild"]).map(Value::key_or_span)
}

fn undefined<'w>(context: &TargetContext<'_, 'w>, node: &Node<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let applied = node.applied;
    if applied.undefined.is_empty() {
        return;
    }
    let resources: HashMap<Identity, &'w Resource<'w>> =
        node.objects.iter().map(|resource| (resource.value.identity(), *resource)).collect();
    // References of another program are told once for each text that holds them.
    let mut foreign: BTreeMap<(usize, &[Box<str>]), Vec<&Undefined>> = BTreeMap::new();
    for found in &applied.undefined {
        let object = applied.objects.get(found.object).map(|object| object.tree.view().identity());
        let Some(resource) = object.and_then(|identity| resources.get(&identity)).copied() else { continue };
        if is_foreign(found) {
            foreign.entry((found.object, &found.steps)).or_default().push(found);
        } else {
            report(context, node, resource, found, sink);
        }
    }
    for list in foreign.values() {
        let object = applied.objects[list[0].object].tree.view().identity();
        if let Some(resource) = resources.get(&object) {
            report_foreign(node, resource, list, sink);
        }
    }
}

/// Whether a reference belongs to a program that reads the text later: a shell, a dashboard.
fn is_foreign(found: &Undefined) -> bool {
    let (text, name) = (found.text.as_ref(), found.name.as_str());
    let command = found.steps.iter().any(|step| matches!(step.as_ref(), "command" | "args"));
    let dashboard = text.trim_start().starts_with('{') && text.contains('\n');
    command || text.starts_with("#!") || (dashboard && text.contains("\"panels\"")) || is_assigned(text, name)
}

/// Whether a script gives the variable a value itself.
fn is_assigned(text: &str, name: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.contains('\n')
        && text.match_indices(name).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + name.len()..]);
            let starts = !before.as_bytes().last().is_some_and(|byte| is_word(byte) || matches!(byte, b'{' | b'$'));
            let looped = before.ends_with("for ") || before.ends_with("read ") || before.ends_with("read -r ");
            starts && (after.starts_with('=') || (looped && after.starts_with([' ', '\n', ';'])))
        })
}

/// Keys below which an empty value is a value like any other.
const LOOSE: [&str; 10] = [
    "annotations",
    "data",
    "env",
    "labels",
    "matchLabels",
    "parameters",
    "postBuild",
    "stringData",
    "values",
    "patches",
];

fn is_blank_field(found: &Undefined) -> bool {
    found.blank && !found.steps.iter().any(|step| LOOSE.contains(&step.as_ref()))
}

fn report<'w>(
    context: &TargetContext<'_, 'w>,
    node: &Node<'_, 'w>,
    resource: &'w Resource<'w>,
    found: &Undefined,
    sink: &mut Sink<'_, 'w>,
) {
    let name = &found.name;
    let value = found.value(resource.value).unwrap_or_else(|| resource.headline());
    let blank = is_blank_field(found);
    let field = found.steps.last().filter(|step| step.parse::<usize>().is_err());
    let message = match field.filter(|_| blank) {
        Some(field) => format!("nothing defines `{name}`, so {} gets an empty `{field}`", resource.title()),
        None => format!("nothing defines `{name}` for {}, so Flux puts nothing in its place", resource.title()),
    };
    let kustomization = format!("{}/{}", node.applied.namespace, node.applied.name);
    let code = if blank { "blank-field" } else { "undefined" };
    let mut finding = sink
        .finding(code, resource, value, message)
        .underline(found.span)
        .label(format!("Kustomization `{kustomization}` has no variable of this name"))
        .related(post_build(node), "its variables are taken from here");
    finding = taken_from(context, node, name, finding);
    finding = defined_elsewhere(context, node, name, finding);
    let defined = &node.applied.variables;
    let near = defined.iter().filter_map(|(known, span)| Some((is_near(name, known)?, known, *span))).min();
    if let Some((_, meant, span)) = near {
        finding = finding.related(span, format!("defines `{meant}`"));
        finding = match renamed(context, found, meant) {
            Some(edit) => finding.suggestion(format!("use `{meant}`, if that is meant"), vec![edit]),
            None => finding.help(format!("did you mean `{meant}`?")),
        };
    } else if let Some(like) = alike(name, defined) {
        finding = finding.note(format!("defined are {like}"));
    }
    finding = finding.help(format!("define `{name}`, or give a default: `${{{name}:=value}}`"));
    if found.text.contains('\n') {
        finding.help(format!("or write `$${{{name}}}` if another program is to fill it in"));
    }
}

/// The edit that puts another name into the reference, where the bytes of it are those that were read.
fn renamed(context: &TargetContext<'_, '_>, found: &Undefined, meant: &str) -> Option<Edit> {
    let written = context.world.sources.slice(found.span);
    let inner = written.strip_prefix("${")?.strip_prefix(found.name.as_str())?;
    let start = found.span.start + 2;
    let span = Span { start, end: start + found.name.len() as u32, ..found.span };
    (inner == "}").then(|| Edit { span, text: meant.to_owned() })
}

/// Points at the ConfigMap or Secret that would be the place for it.
fn taken_from<'w, 'f>(
    context: &TargetContext<'_, 'w>,
    node: &Node<'_, 'w>,
    name: &str,
    finding: Builder<'f>,
) -> Builder<'f> {
    let Some(resource) = node.resource else { return finding };
    let entries = node.spec(&["postBuild", "substituteFrom"]).into_iter().flat_map(Value::items);
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Value::known);
        let (Some(kind), Some(from)) = (text("kind"), text("name")) else { continue };
        if let Lookup::Found(found) = context.graph.find("", kind, &resource.namespace, from)
            && let Some(object) = found.first()
        {
            return finding.related(object.headline().span(), format!("this {kind} has no `{name}`"));
        }
    }
    finding
}

/// Points at the definition that the same Kustomization has in another target.
fn defined_elsewhere<'f>(
    context: &TargetContext<'_, '_>,
    node: &Node<'_, '_>,
    name: &str,
    finding: Builder<'f>,
) -> Builder<'f> {
    let own = node.applied;
    let twin = context.world.told.applied.iter().find_map(|(target, other)| {
        let same = other.root == own.root && other.name == own.name && other.namespace == own.namespace;
        if !same || *target == context.target.name {
            return None;
        }
        let at = other.variables.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        Some((target, other.variables[at].1))
    });
    match twin {
        Some((target, span)) => finding.related(span, format!("target `{target}` defines it here")),
        None => finding,
    }
}

/// Up to four defined names that begin like `name`.
fn alike(name: &str, defined: &[(String, Span)]) -> Option<String> {
    let (stem, _) = name.rsplit_once('_')?;
    let names: Vec<String> = defined
        .iter()
        .filter(|(known, _)| known.strip_prefix(stem).is_some_and(|rest| rest.starts_with('_')))
        .map(|(known, _)| format!("`{known}`"))
        .collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("`{stem}_` names such as {one}")),
        [first @ .., last] if names.len() <= 4 => Some(format!("{} and {last}", first.join(", "))),
        _ => Some(format!("{} and {} more of that stem", names[..3].join(", "), names.len() - 3)),
    }
}

fn report_foreign<'w>(node: &Node<'_, 'w>, resource: &'w Resource<'w>, list: &[&Undefined], sink: &mut Sink<'_, 'w>) {
    let first = list[0];
    let names: BTreeSet<&str> = list.iter().map(|found| found.name.as_str()).collect();
    let value = first.value(resource.value).unwrap_or_else(|| resource.headline());
    let others = match names.len() - 1 {
        0 => String::new(),
        1 => " and one other variable".to_owned(),
        count => format!(" and {count} other variables"),
    };
    let message =
        format!("Flux blanks `${{{}}}`{others} of a script in {} before it runs", first.name, resource.title());
    let kustomization = format!("{}/{}", node.applied.namespace, node.applied.name);
    let mut finding = sink
        .finding("foreign", resource, value, message)
        .underline(first.span)
        .label(format!("substituted by Kustomization `{kustomization}`, which does not define it"))
        .related(post_build(node), "switches substitution on for everything it applies");
    if names.len() > 1 {
        let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
        let more = if names.len() > 6 { " and more" } else { "" };
        finding = finding.note(format!("blanked are {}{more}", shown.join(", ")));
    }
    finding
        .help(format!("put the annotation `{SWITCH}: disabled` on the object"))
        .help(format!("or write `$${{{}}}`, which Flux turns into `${{{}}}`", first.name, first.name));
}

/// `${VAR}` that no one substitutes, though another Kustomization defines it.
fn untouched<'w>(flux: &Flux<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let mut names: HashMap<&str, (Span, &Node<'_, 'w>)> = HashMap::new();
    for node in flux.nodes.iter().filter(|node| node.resource.is_some()) {
        for (name, span) in &node.applied.variables {
            names.entry(name).or_insert((*span, node));
        }
    }
    if names.is_empty() {
        return;
    }
    let idle = flux.nodes.iter().filter(|node| node.resource.is_some() && !node.applied.substitutes);
    for node in idle {
        for object in node.objects.iter().copied().filter(|object| !is_switched_off(object)) {
            judge(node, object, &names, sink);
        }
    }
}

fn is_switched_off(object: &Resource<'_>) -> bool {
    let marks = [object.annotation(SWITCH), object.label(SWITCH)];
    matches!(object.kind, "ResourceSet" | "CustomResourceDefinition")
        || marks.into_iter().flatten().any(|mark| mark.raw() == Some("disabled"))
}

fn judge<'w>(
    node: &Node<'_, 'w>,
    object: &'w Resource<'w>,
    names: &HashMap<&str, (Span, &Node<'_, 'w>)>,
    sink: &mut Sink<'_, 'w>,
) {
    yaml::walk(object.value, &mut |steps, value| {
        if matches!(steps.last(), Some(Step::Key("command" | "args" | "patches" | "patch"))) {
            return Visit::Past;
        }
        let text = value.raw().filter(|text| !text.contains('\n'));
        let Some(mark) = text.and_then(placeholder).and_then(|mark| mark.strip_prefix("${")) else {
            return Visit::Into;
        };
        let name: &str =
            mark.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
        let upper = name.len() > 2 && name.bytes().all(|byte| !byte.is_ascii_lowercase());
        let Some((span, other)) = names.get(name).filter(|_| upper) else { return Visit::Into };
        let message =
            format!("`${{{name}}}` reaches {} as it is: its Kustomization substitutes nothing", object.title());
        let own = node.resource.map(|resource| resource.headline().span());
        sink.finding("not-substituted", object, value, message)
            .label("stays as it is written")
            .related(own, format!("Kustomization `{}` has no variables", node.applied.name))
            .related(*span, format!("Kustomization `{}` takes `{name}` from here", other.applied.name))
            .help(format!("give `{}` the `postBuild` that `{}` has", node.applied.name, other.applied.name));
        Visit::Into
    });
}

#[cfg(test)]
mod tests {
    use super::{alike, is_assigned};
    use crate::source::{SourceId, Span};

    #[test]
    fn scripts_give_their_variables_values() {
        for (text, name, assigned) in [
            ("for host in a b; do\n  ping ${host}\ndone\n", "host", true),
            ("set -e\ndb=orders\npsql ${db}\n", "db", true),
            ("while read -r line; do\n echo ${line}\ndone", "line", true),
            ("server=${HOST}\n", "HOST", false),
            ("a=1\necho ${MY_a=1}\n", "MY_a", false),
            ("db=${db}", "db", false),
        ] {
            assert_eq!(is_assigned(text, name), assigned, "{text}");
        }
    }

    #[test]
    fn names_of_one_stem_are_listed() {
        let span = Span::new(SourceId(0), 0..0);
        let defined: Vec<(String, Span)> =
            ["BACKUP_A", "BACKUP_B", "OTHER"].into_iter().map(|name| (name.to_owned(), span)).collect();
        assert_eq!(alike("BACKUP_PATH", &defined).as_deref(), Some("`BACKUP_A` and `BACKUP_B`"));
        assert_eq!(alike("BACKUP", &defined), None);
        assert_eq!(alike("NONE_SUCH", &defined), None);
    }
}

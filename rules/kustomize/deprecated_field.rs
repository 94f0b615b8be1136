//! Fields of a kustomization that kustomize will not read for ever.

use super::is_apart;
use crate::declare_rule;
use crate::finding::{Confidence, Edit};
use crate::manifest::Kustomization;
use crate::rule::{Builder, Context, Sink};
use crate::source::Span;
use crate::yaml::Value;
use std::cell::LazyCell;

declare_rule! {
    /// ## What it does
    /// Finds the fields of a kustomization that kustomize has replaced by others: `bases`, `imageTags`,
    /// `patchesStrategicMerge`, `patchesJson6902`, `commonLabels`, `vars`, `helmChartInflationGenerator`, and `env` of a
    /// generator.
    ///
    /// ## Why it matters
    /// kustomize 5 warns of them at each build, and a later version of its API may leave them out; some are wider than
    /// what replaced them: `commonLabels` also writes into selectors, which cannot change once a Deployment is there.
    ///
    /// ## Instead
    /// Write the newer field, or run `kustomize edit fix` in the folder and look at what it changed.
    ///
    /// ## Limits
    /// A fix is safe only where the old field means exactly the new one and the new one is not there yet: `bases`,
    /// `imageTags` and `env`. Patches of `patchesJson6902` run after prefixes and namespaces, those of `patches` before, so
    /// their targets may have to change. Samples have low confidence.
    pub static RULE {
        id: "kustomize/deprecated-field",
        summary: "a field of a kustomization that was replaced by another",
        scope: Repo,
        codes: ["field" => (Warning, High, Gitops)],
        since: "0.1.0",
        fixable: Safe,
        check: check,
    }
}

/// Old fields, what replaces each, and what to do.
const FIELDS: &[(&str, &str, &str)] = &[
    ("bases", "resources", "move the entries to `resources`"),
    ("imageTags", "images", "move the entries to `images`"),
    ("patchesStrategicMerge", "patches", "write each file as `- path:` and each text as `- patch:` under `patches`"),
    (
        "patchesJson6902",
        "patches",
        "move the entries to `patches`; their targets then name objects without this kustomization's prefix and namespace",
    ),
    ("commonLabels", "labels", "write `labels` with `pairs`, and `includeSelectors: true` only if selectors need it"),
    ("vars", "replacements", "write `replacements`, which name the source and every field that takes it"),
    ("helmChartInflationGenerator", "helmCharts", "write `helmCharts` and `helmGlobals`"),
];

fn check<'w>(context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for kustomization in &context.world.manifests.kustomizations {
        let apart = LazyCell::new(|| is_apart(context.world.manifests.files[kustomization.file].path));
        for (key, value) in kustomization.value.entries() {
            let known = FIELDS.iter().find(|(old, ..)| *old == key).filter(|_| !value.is_null());
            if let Some((old, new, help)) = known {
                let finding = tell(kustomization, value, old, new, sink);
                let finding = mend(kustomization, value, old, new, help, finding);
                if *apart {
                    finding.confidence(Confidence::Low);
                }
            }
        }
        for list in ["configMapGenerator", "secretGenerator"] {
            for generator in kustomization.value.get(list).into_iter().flat_map(Value::items) {
                let Some(value) = generator.get("env").filter(|value| !value.is_null()) else { continue };
                let finding = tell(kustomization, value, "env", "envs", sink);
                let finding = match listed(value).filter(|_| generator.get("envs").is_none()) {
                    Some(edits) => finding.fix("write it as a list of one", edits),
                    None => finding.help("move it to `envs`, a list"),
                };
                if *apart {
                    finding.confidence(Confidence::Low);
                }
            }
        }
    }
}

fn tell<'s, 'w>(
    kustomization: &Kustomization<'w>,
    value: Value<'w>,
    old: &str,
    new: &str,
    sink: &'s mut Sink<'_, 'w>,
) -> Builder<'s> {
    let pointer = kustomization.value.pointer_to(value).unwrap_or_default();
    let message = format!("`{old}` is deprecated: `{new}` replaced it");
    sink.file_finding("field", value.key_or_span(), pointer, message).label("an old field")
}

/// Offers what can be offered, else says what to do.
fn mend<'f>(
    kustomization: &Kustomization<'_>,
    value: Value<'_>,
    old: &str,
    new: &str,
    help: &'static str,
    finding: Builder<'f>,
) -> Builder<'f> {
    let root = kustomization.value;
    let rename = value.key_span().filter(|_| root.get(new).is_none_or(Value::is_absent) && !value.is_alias());
    let Some(key) = rename else { return finding.help(help) };
    let renamed = Edit { span: key, text: new.to_owned() };
    let title = format!("write `{new}`");
    let moved = ["namespace", "namePrefix", "nameSuffix", "labels", "commonLabels", "commonAnnotations"];
    match old {
        "bases" | "imageTags" => finding.fix(title, vec![renamed]),
        "patchesJson6902" if moved.iter().all(|field| root.get(field).is_none()) => {
            finding.suggestion(title, vec![renamed])
        }
        "patchesStrategicMerge" => match paths(value) {
            Some(edits) => finding.suggestion(title, [vec![renamed], edits].concat()),
            None => finding.help(help),
        },
        "commonLabels" => match pairs(value) {
            Some(edits) => finding.suggestion(
                "write `labels`, which changes selectors only as long as `includeSelectors` stands there",
                [vec![renamed], edits].concat(),
            ),
            None => finding.help(help),
        },
        _ => finding.help(help),
    }
}

/// `- a.yaml` to `- path: a.yaml`, where every entry is a path on a line of its own.
fn paths(list: Value<'_>) -> Option<Vec<Edit>> {
    let text = list.file()?.text();
    list.items()
        .map(|entry| {
            let span = entry.origin().editable()?;
            let line = text[..span.start as usize].rsplit('\n').next()?;
            let raw = entry.as_str()?;
            let alone = line.trim_start_matches(' ') == "- " && !raw.contains('\n') && !raw.contains(": ");
            (alone && !entry.is_alias()).then(|| Edit { span: span.before(), text: "path: ".to_owned() })
        })
        .collect()
}

/// A block of labels to the one entry of a list of them.
fn pairs(labels: Value<'_>) -> Option<Vec<Edit>> {
    let file = labels.file()?;
    let text = file.text();
    let key = labels.key_span()?;
    let mut edits = Vec::new();
    for (at, (_, label)) in labels.entries().enumerate() {
        let start = label.key_span()?.start as usize;
        let line = text[..start].rfind('\n')? + 1;
        let one_line = !text[start..label.site().end as usize].contains('\n') && line > key.end as usize;
        if !one_line || !text[line..start].bytes().all(|byte| byte == b' ') || line == start {
            return None;
        }
        let mut inserted = String::new();
        if at == 0 {
            // What stands between the key and its labels, an anchor or a comment, would end up elsewhere.
            if text[key.end as usize..line].trim() != ":" {
                return None;
            }
            inserted.push_str("  - includeSelectors: true\n    pairs:\n");
        }
        inserted.push_str("    ");
        let place = Span::new(key.source, line as u32..line as u32);
        edits.push(Edit { span: place, text: inserted });
    }
    let column = text[..key.start as usize].rsplit('\n').next()?.len();
    (!edits.is_empty() && column == 0).then_some(edits)
}

/// `env: x` to `envs: [x]`.
fn listed(value: Value<'_>) -> Option<Vec<Edit>> {
    let (key, span) = (value.key_span()?, value.origin().editable()?);
    let written = value.as_written()?;
    let simple = !written.is_empty()
        && !value.is_alias()
        && written.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/'));
    simple.then(|| {
        vec![
            Edit { span: key, text: "envs".to_owned() },
            Edit { span: span.before(), text: "[".to_owned() },
            Edit { span: span.after(), text: "]".to_owned() },
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml::{Dialect, parse};

    fn edited(text: &str, edits: impl Fn(Value<'_>) -> Option<Vec<Edit>>) -> Option<String> {
        let file = parse(SourceId(0), text.into());
        let root = Value::new(&file, file.documents()[0].root.expect("a root"), Dialect::Kubectl);
        let (_, value) = root.entries().next().expect("a field");
        let mut out = text.to_owned();
        let mut edits = edits(value)?;
        edits.sort_by_key(|edit| edit.span.start);
        for edit in edits.iter().rev() {
            out.replace_range(edit.span.range(), &edit.text);
        }
        Some(out)
    }

    #[test]
    fn paths_of_patches_become_entries() {
        for (before, after) in [
            (
                "patchesStrategicMerge:\n  - a.yaml # why\n  - \"b.yaml\"\n",
                Some("patchesStrategicMerge:\n  - path: a.yaml # why\n  - path: \"b.yaml\"\n"),
            ),
            ("patchesStrategicMerge:\n- a.yaml\n", Some("patchesStrategicMerge:\n- path: a.yaml\n")),
            ("patchesStrategicMerge: [a.yaml]\n", None),
            ("patchesStrategicMerge:\n  - |-\n    kind: A\n    x: 1\n", None),
        ] {
            assert_eq!(edited(before, paths).as_deref(), after, "{before}");
        }
    }

    #[test]
    fn labels_become_pairs() {
        for (before, after) in [
            (
                "commonLabels:\n  app: web\n  tier: front # why\n",
                Some(
                    "commonLabels:\n  - includeSelectors: true\n    pairs:\n      app: web\n      tier: front # why\n",
                ),
            ),
            ("commonLabels: {app: web}\n", None),
            ("commonLabels:\n  # why\n  app: web\n", None),
            ("commonLabels: &all\n  app: web\n", None),
            ("commonLabels:\n  app: >-\n    web\n", None),
        ] {
            assert_eq!(edited(before, pairs).as_deref(), after, "{before}");
        }
    }

    #[test]
    fn an_env_file_becomes_a_list() {
        for (before, after) in [
            ("env: a.env # why\n", Some("envs: [a.env] # why\n")),
            ("{env: a.env, name: x}\n", Some("{envs: [a.env], name: x}\n")),
            ("env: \"a.env\"\n", None),
        ] {
            assert_eq!(edited(before, listed).as_deref(), after, "{before}");
        }
    }
}

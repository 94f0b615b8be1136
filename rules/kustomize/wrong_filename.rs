//! Kustomizations under another name than the project wants.

use crate::declare_rule;
use crate::manifest::FILE_NAMES;
use crate::manifest::Role;
use crate::rule::{FileContext, Sink};
use crate::source::Span;
use crate::tree;

declare_rule! {
    /// ## What it does
    /// Finds kustomizations that are called `kustomization.yml` or `Kustomization` where the project writes
    /// `kustomization.yaml`, or whichever name the option `name` gives.
    ///
    /// ## Why it matters
    /// kustomize takes all three names, and refuses a folder that holds two of them. Globs of CI, editors and update bots
    /// mostly know one, so the odd file is neither checked nor kept up to date, and a second one is soon put beside it.
    ///
    /// ## Instead
    /// Rename the file; nothing that names its folder changes.
    ///
    /// ## Limits
    /// A matter of taste, so it is off until the config names the rule. A file of another name that holds a Component or a
    /// kustomization is not looked at: kustomize does not build it either.
    pub static RULE {
        id: "kustomize/wrong-filename",
        summary: "a kustomization under another name than the project wants",
        scope: File,
        codes: ["name" => (Warning, High, Habit)],
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
    /// The name that every kustomization has.
    pub name: Name,
}

/// A name that kustomize takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
pub enum Name {
    /// `kustomization.yaml`
    #[default]
    #[serde(rename = "kustomization.yaml")]
    Yaml,
    /// `kustomization.yml`
    #[serde(rename = "kustomization.yml")]
    Yml,
    /// `Kustomization`
    Kustomization,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Name::Yaml => "kustomization.yaml",
            Name::Yml => "kustomization.yml",
            Name::Kustomization => "Kustomization",
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options { name: Name::Yaml }
    }
}

fn check<'w>(context: &FileContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let wanted = context.options::<Options>().name.text();
    let path = context.parsed.path;
    let name = tree::name(path);
    if context.role != Role::Kustomization || name == wanted || !FILE_NAMES.contains(&name) {
        return;
    }
    let text = context.parsed.file.text();
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let span = Span::new(context.parsed.file.source(), 0..end as u32);
    let twin = tree::join(tree::parent(path), wanted).and_then(|other| {
        context.world.manifests.files.iter().find(|file| file.root == context.root && file.path == other)
    });
    let message = format!("this kustomization is called `{name}`, not `{wanted}`");
    let finding = sink.file_finding("name", span, String::new(), message).label("the file has the wrong name");
    match twin {
        Some(_) => finding.help(format!("join it with the `{wanted}` beside it: kustomize refuses a folder with both")),
        None => finding
            .help(format!("rename it: `git mv {path} {}`", tree::join(tree::parent(path), wanted).unwrap_or_default())),
    };
}

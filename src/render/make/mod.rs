//! Reads Makefiles as far as needed to know what a platform applies by hand: targets, variables and recipes.
//! It looks at no other file and runs nothing: what only make or a shell could tell stays unknown.

mod arguments;
mod expand;
mod filters;
mod functions;
mod helm;
mod kubectl;
mod lex;
mod lines;
mod reader;
mod run;
mod script;
mod simple;
mod tools;
mod traced;

#[cfg(test)]
mod tests;

use std::ops::Range;

/// What a Makefile says, as far as it can be known from its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Makefile {
    /// The targets, in the order in which they are first named; special ones such as `.PHONY` are not among them.
    pub targets: Vec<Target>,
    /// The rules for a pattern of names (`%-deploy`); what they apply depends on the name asked for.
    pub patterns: Vec<Target>,
    /// The variables, each with the value it has when recipes run, in the order of their definitions.
    pub variables: Vec<Variable>,
    /// The Makefiles it includes.
    pub includes: Vec<Include>,
    /// Lines that may define more than can be seen: `$(eval ...)`, `$(call ...)` outside recipes.
    pub generated: Vec<Range<usize>>,
    /// Whether it was too intricate to be read to its end; recipes may then be missing.
    pub cut: bool,
}

/// A target and what its recipe does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name, where it is first given.
    pub name: Text,
    /// Whether `.PHONY` names it.
    pub phony: bool,
    /// Whether all of its rules stand in a conditional of the Makefile.
    pub conditional: bool,
    /// What is made before it, order-only ones included.
    pub prerequisites: Vec<Text>,
    /// The commands of its recipe that matter to what a cluster gets.
    pub recipe: Vec<Command>,
    /// The targets its recipe makes by calling make again.
    pub calls: Vec<Call>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where its name is last defined.
    pub name_range: Range<usize>,
    /// Its value outside any target; its range is that of the last definition's value.
    pub value: Text,
    /// Whether it is a default that the environment or a caller of make is meant to replace.
    pub overridable: bool,
    /// Whether a definition of it stands in a conditional.
    pub conditional: bool,
}

/// An included Makefile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// Its path, relative to the Makefile's folder.
    pub path: Text,
    /// Whether it may be absent.
    pub optional: bool,
    /// Whether it stands in a conditional.
    pub conditional: bool,
}

/// A text of the Makefile and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it is.
    pub value: Value,
    /// Where it stands in the Makefile, at the place of use.
    pub range: Range<usize>,
    /// Where the same bytes are defined, when the whole of it comes from a variable.
    pub defined: Option<Range<usize>>,
    /// Whether part of it is a default that may be replaced from outside.
    pub overridable: bool,
    /// Whether the shell, or the command, takes it for a pattern of file names.
    pub glob: bool,
}

/// A value, or what is written in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What make and the shell would make of it.
    Known(String),
    /// The text with the parts that cannot be known as they are written.
    Unknown(String),
}

/// A command of a recipe that matters to what a cluster gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Manifests that are applied.
    Apply(Apply),
    /// A Helm release.
    Release(Box<Release>),
    /// An object that is made without a manifest.
    Create(Create),
    /// A Helm repository that is given a name.
    Repository(Repository),
    /// A file that is written, a decrypted one for example.
    Write(Write),
    /// Something that may apply what is not seen.
    Opaque(Opaque),
}

/// `kubectl apply` and its like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apply {
    /// `apply`, `create` or `replace`.
    pub verb: &'static str,
    /// What is applied, in order.
    pub sources: Vec<Input>,
    /// The namespace given to the command.
    pub namespace: Option<Text>,
    /// The whole command.
    pub range: Range<usize>,
    /// Whether it may be passed over: a conditional of the Makefile or of the shell.
    pub conditional: bool,
    /// Whether a word that could not be read may hold more flags or files.
    pub open: bool,
}

/// One thing that is applied, or the file a stream comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its path relative to the Makefile's folder, `cd` reckoned in; for a stream without a file the word as written.
    pub path: Text,
    /// How it gets there.
    pub kind: InputKind,
    /// Whether the folders in it count too (`-R`).
    pub recursive: bool,
}

/// How an input gets to the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A file, by its name.
    File,
    /// A folder, by its name: no extension, or a slash at its end.
    Folder,
    /// A kustomization's folder.
    Kustomization,
    /// A file that sops decrypts on the way.
    Decrypted,
    /// A file that `envsubst`, `sed`, `yq` or the like rewrites on the way.
    Substituted,
    /// A chart rendered by `helm template`.
    Chart,
    /// An address on the web.
    Remote,
    /// Made on the way, from no file: a heredoc, `kubectl create --dry-run`, `echo`.
    Generated,
    /// A stream of which nothing is known.
    Stdin,
}

/// `helm upgrade` and `helm install`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `upgrade`, `install` or `template`; the last only where its output is applied.
    pub verb: &'static str,
    /// The release's name; none where Helm makes one up.
    pub name: Option<Text>,
    /// The chart as written: a folder, a name in a repository, an OCI address.
    pub chart: Option<Text>,
    /// The version asked for.
    pub version: Option<Text>,
    /// The address of the chart's repository, if given here.
    pub repository: Option<Text>,
    /// The namespace given to the command.
    pub namespace: Option<Text>,
    /// The values files, relative to the Makefile's folder.
    pub values: Vec<Input>,
    /// What `--set` and its like say.
    pub sets: Vec<Text>,
    /// Whether it makes its namespace.
    pub create_namespace: bool,
    /// The whole command.
    pub range: Range<usize>,
    /// Whether it may be passed over.
    pub conditional: bool,
    /// Whether a word that could not be read may hold more flags, a version for example.
    pub open: bool,
}

/// `kubectl create` with a kind and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The kind as written: `namespace`, `secret generic`.
    pub kind: String,
    /// Its name.
    pub name: Option<Text>,
    /// The namespace given to the command.
    pub namespace: Option<Text>,
    /// The whole command.
    pub range: Range<usize>,
    /// Whether it may be passed over.
    pub conditional: bool,
}

/// `helm repo add`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The name it gets.
    pub name: Text,
    /// Its address.
    pub url: Text,
    /// The whole command.
    pub range: Range<usize>,
}

/// A file that a recipe writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Its path, relative to the Makefile's folder.
    pub path: Text,
    /// What it is made from; empty where that is not known.
    pub from: Vec<Input>,
    /// Whether it may be passed over.
    pub conditional: bool,
}

/// A command that may apply what is not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// What is run, as written.
    pub tool: String,
    /// The whole command.
    pub range: Range<usize>,
    /// Whether it may be passed over.
    pub conditional: bool,
}

/// A call of make from a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The folder it is called in, relative to this Makefile's; none for the same.
    pub folder: Option<Text>,
    /// The Makefile it reads, if another is named.
    pub file: Option<Text>,
    /// The targets it makes; empty for the first one.
    pub targets: Vec<Text>,
    /// The whole command.
    pub range: Range<usize>,
    /// Whether it may be passed over.
    pub conditional: bool,
}

/// Reads a Makefile. Any text is accepted; what is no Makefile gives nothing.
pub fn read(text: &str) -> Makefile {
    reader::read(text)
}

impl Makefile {
    /// The target of a name.
    pub fn target(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name.known() == Some(name))
    }

    /// Whether targets may exist that are not listed, or commands that are not seen.
    pub fn is_open(&self) -> bool {
        self.cut
            || !self.includes.is_empty()
            || !self.generated.is_empty()
            || self.targets.iter().any(|target| target.name.known().is_none())
    }

    /// Every command with the target whose recipe has it, those of patterns included.
    pub fn commands(&self) -> impl Iterator<Item = (&Target, &Command)> {
        let targets = self.targets.iter().chain(&self.patterns);
        targets.flat_map(|target| target.recipe.iter().map(move |command| (target, command)))
    }
}

impl Command {
    /// The files and folders that it applies or takes values from.
    pub fn inputs(&self) -> &[Input] {
        match self {
            Command::Apply(apply) => &apply.sources,
            Command::Release(release) => &release.values,
            _ => &[],
        }
    }

    /// Where it stands, for what applies or installs something.
    pub fn range(&self) -> Option<&Range<usize>> {
        match self {
            Command::Apply(apply) => Some(&apply.range),
            Command::Release(release) => Some(&release.range),
            _ => None,
        }
    }

    /// Whether it may be passed over.
    pub fn is_conditional(&self) -> bool {
        match self {
            Command::Apply(one) => one.conditional,
            Command::Release(one) => one.conditional,
            Command::Create(one) => one.conditional,
            Command::Write(one) => one.conditional,
            Command::Opaque(one) => one.conditional,
            Command::Repository(_) => false,
        }
    }
}

impl Text {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&str> {
        match &self.value {
            Value::Known(text) => Some(text),
            Value::Unknown(_) => None,
        }
    }

    /// The value, with what is not known as it is written.
    pub fn written(&self) -> &str {
        match &self.value {
            Value::Known(text) | Value::Unknown(text) => text,
        }
    }
}

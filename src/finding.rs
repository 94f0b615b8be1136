//! What a run says: findings with labels, places and fixes, and what stayed undecided.
//! It knows spans, and nothing of manifests, rules or output.

use crate::source::Span;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Hidden on a terminal unless asked for.
    Note,
    /// Works today and will hurt.
    Warning,
    /// Refused, leaking, or surely not what it says.
    Error,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

    /// The word used in reports and in the config.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }

    /// The severity of a word, or none.
    pub fn parse(word: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|severity| severity.name() == word)
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess worth reading; hidden on a terminal unless asked for.
    Low,
    /// Right in nearly every repo.
    Medium,
    /// Follows from what is written.
    High,
}

impl Confidence {
    /// Every confidence, the surest first.
    pub const ALL: [Confidence; 3] = [Confidence::High, Confidence::Medium, Confidence::Low];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        }
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Category {
    Validity,
    Secrets,
    Network,
    Boundary,
    Reliability,
    Gitops,
    Workload,
    Habit,
}

impl Category {
    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Category::Validity => "validity",
            Category::Secrets => "secrets",
            Category::Network => "network",
            Category::Boundary => "boundary",
            Category::Reliability => "reliability",
            Category::Gitops => "gitops",
            Category::Workload => "workload",
            Category::Habit => "habit",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A span with a short text: at most twelve words, lower-case start, no final full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What is underlined.
    pub span: Span,
    /// What stands beside it; empty where the message says it all.
    pub text: Cow<'static, str>,
}

/// How a report names a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// The namespace, where it is known and the kind has one.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} `{namespace}/{}`", self.kind, self.name),
            None => write!(f, "{} `{}`", self.kind, self.name),
        }
    }
}

/// Where a finding holds: in which target, for which object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The target's name; none for what no target reaches.
    pub target: Option<Arc<str>>,
    /// The object, where the finding is about one.
    pub resource: Option<ObjectName>,
}

/// One replacement of the bytes of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What to put there.
    pub text: String,
}

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, verb first.
    pub title: String,
    /// Whether it can be applied without being read.
    pub safe: bool,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
}

/// A fact about the user's manifests, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule, `family/name`.
    pub rule: &'static str,
    /// Which of the rule's facts this is.
    pub code: &'static str,
    /// How bad it is, after the config had its say.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about.
    pub category: Category,
    /// The fact and its effect. Lower-case start (a kind keeps its capital), no final full stop.
    pub message: String,
    /// What to change.
    pub primary: Label,
    /// Why, in reading order.
    pub related: Vec<Label>,
    /// What was looked at.
    pub notes: Vec<String>,
    /// What to do, verb first.
    pub helps: Vec<String>,
    /// Changes that would mend it.
    pub fixes: Vec<Fix>,
    /// JSON pointer of the primary value in its document; empty for the whole document.
    pub pointer: String,
    /// Where it holds, sorted; empty for a fact about a file.
    pub places: Vec<Place>,
    /// Identity across runs, made of rule, code, object, pointer and ordinal, never of a value.
    pub fingerprint: String,
}

impl Finding {
    /// Primary and related labels, the primary first.
    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        std::iter::once(&self.primary).chain(&self.related)
    }
}

/// A question that a rule could not answer, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// Id of the rule that asked.
    pub rule: &'static str,
    /// The value the question is about.
    pub span: Span,
    /// Why there is no answer.
    pub reason: String,
}

/// Something that could not be read or done at all: exit status 2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The path concerned, as a report shows it; empty where there is none.
    pub path: String,
    /// What went wrong.
    pub message: String,
}

/// Versions that a run assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// Kubernetes, `major.minor`.
    pub kubernetes: String,
    /// CloudNativePG, `major.minor`.
    pub cnpg: String,
}

/// Everything a run says, sorted and ready to be shown.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Findings by path, start, rule and code.
    pub findings: Vec<Finding>,
    /// Open questions by path, start and rule.
    pub undecided: Vec<Undecided>,
    /// What could not be read.
    pub failures: Vec<Failure>,
    /// Counts for the summary.
    pub summary: Summary,
}

/// Counts of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Files read as YAML or JSON.
    pub files: usize,
    /// Documents in them.
    pub documents: usize,
    /// Kubernetes objects in those.
    pub resources: usize,
    /// Names of the targets, sorted.
    pub targets: Vec<String>,
    /// Findings that a comment or the config allowed.
    pub suppressed: usize,
    /// Findings that a baseline knows; none where there is no baseline.
    pub held_back: Option<HeldBack>,
    /// What the run assumed.
    pub versions: Versions,
    /// Files that were recognised as no manifests and left alone, by what they are.
    pub left_alone: Vec<(&'static str, usize)>,
}

/// What a baseline did to a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldBack {
    /// Findings that it knows.
    pub findings: usize,
    /// Entries of it that nothing was found for, each as a line of text.
    pub outdated: Vec<String>,
}

impl Summary {
    /// How many of `findings` have this severity.
    pub fn count(findings: &[Finding], severity: Severity) -> usize {
        findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

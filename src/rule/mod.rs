//! What a rule is: metadata, a declared scope, and a pure function.

pub mod admission;
mod blocked;
mod blocked_fix;
mod brought;
mod change;
mod context;
mod declare;
pub mod flux_references;
pub mod lives;
pub mod opt_in;
pub mod patterns;
pub mod releases;
pub mod rewrite;
mod sink;
pub mod stored;
mod suppression;

use crate::finding::{Category, Confidence, Severity};
use crate::manifest::Resource;
use serde_json::Value as Json;
use std::any::Any;

pub use blocked::{MESH_NOTE, is_in_mesh, report_blocked, surely_closed};
pub use brought::{Brought, brought};
pub use change::{ChangeContext, Changes, Pair, Single};
pub use context::{Context, FileContext, TargetContext, World};
pub use rewrite::{add_entry, add_field, add_item, remove_line, replace_name};
pub use sink::{Builder, Found, Sink};
pub use suppression::{Fault, Suppression, Written};

/// One fact that a rule can tell.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Kebab-case word, unique in its rule.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about.
    pub category: Category,
}

/// Whether the rule's fixes can be applied unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixable {
    /// It offers none.
    No,
    /// They are safe.
    Safe,
    /// They need a look.
    Unsafe,
}

/// A rule's options as the struct it declared.
pub type ReadOptions = Box<dyn Any + Send + Sync>;

/// How a rule's options are read and described.
#[derive(Clone, Copy)]
pub struct OptionsShape {
    /// Reads options; the error is for the user.
    pub read: fn(&serde_json::Map<String, Json>) -> Result<ReadOptions, String>,
    /// Their JSON schema.
    pub schema: fn() -> Json,
}

/// The function of a rule, by scope.
#[derive(Clone, Copy)]
pub enum Check {
    /// Once per file.
    File(for<'a, 'w> fn(&FileContext<'a, 'w>, &mut Sink<'_, 'w>)),
    /// Once per object, however many targets share it.
    Resource(for<'a, 'w> fn(&'w Resource<'w>, &Context<'a, 'w>, &mut Sink<'_, 'w>)),
    /// Once per target.
    Target(for<'a, 'w> fn(&TargetContext<'a, 'w>, &mut Sink<'_, 'w>)),
    /// Once, over all targets of all roots.
    Repo(for<'a, 'w> fn(&Context<'a, 'w>, &mut Sink<'_, 'w>)),
    /// Once per suppression that is faulty or unused, after all other rules.
    Suppression(for<'a, 'w> fn(&Suppression, &Context<'a, 'w>, &mut Sink<'_, 'w>)),
    /// Never: the rule looks at changes alone.
    Nothing,
}

/// What a rule has to say of what changed between two states: once, over both.
pub type ChangeCheck = for<'a, 'w> fn(&ChangeContext<'a, 'w>, &mut Sink<'_, 'w>);

/// A rule.
pub struct Rule {
    /// `family/name`.
    pub id: &'static str,
    /// One line, lower-case, no full stop.
    pub summary: &'static str,
    /// The doc comment with its four headings.
    pub docs: &'static str,
    /// The facts it can tell, at least one.
    pub codes: &'static [Code],
    /// The version it came with.
    pub since: &'static str,
    /// Whether it offers fixes.
    pub fixable: Fixable,
    /// Whether it runs without being asked for.
    pub default: bool,
    /// Its options, if it has any.
    pub options: Option<OptionsShape>,
    /// What it does with one state.
    pub check: Check,
    /// What it does with two, where there is another one to compare with.
    pub change: Option<ChangeCheck>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.id)
    }
}

impl Rule {
    /// The code of that name.
    pub fn code(&self, name: &str) -> Option<&'static Code> {
        self.codes.iter().find(|code| code.name == name)
    }

    /// The severity that stands for the rule in lists: that of its first code.
    pub fn severity(&self) -> Severity {
        self.codes[0].severity
    }

    /// The category that stands for the rule in lists.
    pub fn category(&self) -> Category {
        self.codes[0].category
    }

    /// Where its text stands in the published catalogue.
    pub fn anchor(&self) -> String {
        format!("rules/README.md#{}", self.id.replace('/', ""))
    }
}

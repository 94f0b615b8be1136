//! Who holds what: the role of a repo or a part of it, and the kinds that belong to a role.

use super::{PathGlob, Spanned};
use crate::source::Span;
use std::fmt;

/// What a repo, or a part of it, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It runs what apps share: operators, database clusters, network policies.
    Platform,
    /// It describes one app or several that use a platform.
    App,
    /// It only says what is deployed where.
    Runtime,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Platform, Role::App, Role::Runtime];

    /// The word used in the config and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Role::Platform => "platform",
            Role::App => "app",
            Role::Runtime => "runtime",
        }
    }

    /// The role of a word, or none.
    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The role of the files that a pattern takes.
#[derive(Clone, Debug)]
pub struct PathRule {
    /// Which files.
    pub pattern: Spanned<PathGlob>,
    /// Their role.
    pub role: Spanned<Role>,
}

/// A kind with its API group; the group is empty for the core group, the kind may be `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindName {
    /// The API group without a version.
    pub group: String,
    /// The kind, or `*` for all of the group.
    pub kind: String,
}

impl KindName {
    /// Reads `group/Kind`, or `Kind` for the core group.
    pub fn parse(text: &str) -> KindName {
        let (group, kind) = text.rsplit_once('/').unwrap_or(("", text));
        KindName { group: group.to_owned(), kind: kind.to_owned() }
    }

    /// Whether this names `kind` of `group`.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && (self.kind == "*" || self.kind == kind)
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => f.write_str(&self.kind),
            group => write!(f, "{group}/{}", self.kind),
        }
    }
}

/// The kinds that belong to one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedKinds {
    /// The kinds.
    pub kinds: Vec<KindName>,
    /// Where the config lists them; none for the default.
    pub written: Option<Span>,
}

impl OwnedKinds {
    /// Whether the config lists them.
    pub fn is_written(&self) -> bool {
        self.written.is_some()
    }

    fn default_of(names: &[&str]) -> OwnedKinds {
        OwnedKinds { kinds: names.iter().map(|name| KindName::parse(name)).collect(), written: None }
    }
}

/// Which kinds belong to which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Kinds of the platform.
    pub platform: OwnedKinds,
    /// Kinds of the apps.
    pub app: OwnedKinds,
}

/// What belongs to a platform unless the config says otherwise.
pub(super) const PLATFORM_KINDS: [&str; 3] =
    ["postgresql.cnpg.io/Cluster", "postgresql.cnpg.io/Pooler", "networking.k8s.io/NetworkPolicy"];

/// What belongs to apps unless the config says otherwise.
pub(super) const APP_KINDS: [&str; 2] = ["postgresql.cnpg.io/Database", "postgresql.cnpg.io/DatabaseRole"];

impl Default for Ownership {
    fn default() -> Ownership {
        Ownership { platform: OwnedKinds::default_of(&PLATFORM_KINDS), app: OwnedKinds::default_of(&APP_KINDS) }
    }
}

impl Ownership {
    /// The kinds of a role; a runtime repo has none of its own.
    pub fn of(&self, role: Role) -> Option<&OwnedKinds> {
        match role {
            Role::Platform => Some(&self.platform),
            Role::App => Some(&self.app),
            Role::Runtime => None,
        }
    }
}

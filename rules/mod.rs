//! The policy: one file a rule, in folders named like the first part of its id.

pub mod cnpg;

use crate::rule::Rule;

/// Every rule, by id.
pub static ALL: &[&Rule] = &[&cnpg::superuser_access::RULE];

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

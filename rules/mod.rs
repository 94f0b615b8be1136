//! The policy: one file a rule, in folders named like the first part of its id.

pub mod cnpg;

use crate::rule::Rule;

/// Every rule, by id.
pub static ALL: &[&Rule] = &[
    &cnpg::five_field_schedule::RULE,
    &cnpg::in_tree_barman::RULE,
    &cnpg::missing_backup::RULE,
    &cnpg::missing_scheduled_backup::RULE,
    &cnpg::operator_namespace::RULE,
    &cnpg::shared_archive::RULE,
    &cnpg::superuser_access::RULE,
    &cnpg::unusable_backup_method::RULE,
];

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

//! Checks of single values that several kinds share: names, labels, quantities, numbers, ports, addresses. They
//! decide as kube-apiserver 1.36 does, say nothing of values that are not known yet, and leave types to the schema.

mod address;
mod choice;
pub mod code;
mod cron;
mod fault;
mod labels;
mod names;
mod number;
mod quantity;
mod read;
mod same;
#[cfg(test)]
mod tests;

pub use address::{Cidr, cidr, ip};
pub use choice::one_of;
pub use cron::{cron, time_zone};
pub use fault::{Fault, headline, missing, shown};
pub use labels::{annotation_key, label_map, requirements, requirements_with, selector, selector_is_empty, selects};
pub use names::{
    config_map_key, dns_label, dns_label_1035, dns_subdomain, domain_prefixed_path, env_name, fully_qualified_name,
    header_name, identifier, label_value, path_segment, port_name, qualified_name, wildcard_subdomain,
};
pub use number::{
    IntOrText, at_least, in_range, int_or_percent, int_or_text, percent, port, port_number, port_or_name,
};
pub use quantity::{Quantity, quantity};
pub use read::{Text, checked, field, flag, is_set, is_unknown, items, number, text};
pub use same::same;

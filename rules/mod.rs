//! The policy: one file a rule, in folders named like the first part of its id.

pub mod argo;
pub mod boundary;
pub mod cnpg;
pub mod flux;
pub mod kustomize;
pub mod netpol;
pub mod repo;
pub mod schema;
pub mod secrets;
pub mod workload;
pub mod yaml;

use crate::rule::Rule;

/// Every rule, by id.
pub static ALL: &[&Rule] = &[
    &argo::dangling_reference::RULE,
    &boundary::app_data_in_platform::RULE,
    &boundary::platform_object_in_app::RULE,
    &boundary::renamed_published_object::RULE,
    &cnpg::dangling_host::RULE,
    &cnpg::dangling_reference::RULE,
    &cnpg::database_owner_without_role::RULE,
    &cnpg::disposable_database::RULE,
    &cnpg::duplicate_database::RULE,
    &cnpg::five_field_schedule::RULE,
    &cnpg::floating_image::RULE,
    &cnpg::foreign_backup_destination::RULE,
    &cnpg::foreign_storage_class::RULE,
    &cnpg::in_tree_barman::RULE,
    &cnpg::ineffective_bootstrap_change::RULE,
    &cnpg::ineffective_field::RULE,
    &cnpg::leftover_switch::RULE,
    &cnpg::legacy_sync_replicas::RULE,
    &cnpg::manual_provisioning::RULE,
    &cnpg::missing_alerts::RULE,
    &cnpg::missing_backup::RULE,
    &cnpg::missing_extension::RULE,
    &cnpg::missing_pod_monitor::RULE,
    &cnpg::missing_scheduled_backup::RULE,
    &cnpg::missing_wal_archiver::RULE,
    &cnpg::operator_namespace::RULE,
    &cnpg::rejected_at_admission::RULE,
    &cnpg::shadowed_service::RULE,
    &cnpg::shared_archive::RULE,
    &cnpg::shared_node::RULE,
    &cnpg::single_instance::RULE,
    &cnpg::superuser_access::RULE,
    &cnpg::thin_pooler::RULE,
    &cnpg::unbounded_resources::RULE,
    &cnpg::uncompressed_backup::RULE,
    &cnpg::unencrypted_backup::RULE,
    &cnpg::unexpected_pool_mode::RULE,
    &cnpg::unsafe_transaction_pooling::RULE,
    &cnpg::unsupported_postgres::RULE,
    &cnpg::unusable_backup_method::RULE,
    &cnpg::warned_at_admission::RULE,
    &cnpg::weak_backup_retention::RULE,
    &cnpg::weak_client_authentication::RULE,
    &flux::dangling_reference::RULE,
    &flux::dependency_cycle::RULE,
    &flux::missing_health_check::RULE,
    &flux::missing_operator_dependency::RULE,
    &flux::prunable_database::RULE,
    &flux::undefined_variable::RULE,
    &kustomize::build_failure::RULE,
    &kustomize::deprecated_field::RULE,
    &kustomize::ineffective_patch::RULE,
    &kustomize::orphan_manifest::RULE,
    &kustomize::wrong_filename::RULE,
    &netpol::blocked_backup::RULE,
    &netpol::blocked_dns::RULE,
    &netpol::blocked_kube_api::RULE,
    &netpol::blocked_metrics::RULE,
    &netpol::blocked_operator::RULE,
    &netpol::blocked_plugin::RULE,
    &netpol::blocked_pooler::RULE,
    &netpol::blocked_replication::RULE,
    &netpol::dead_selector::RULE,
    &netpol::hard_coded_clients::RULE,
    &netpol::ineffective_policy::RULE,
    &netpol::lost_default_deny::RULE,
    &netpol::missing_default_deny::RULE,
    &netpol::missing_namespace_label::RULE,
    &netpol::open_database::RULE,
    &netpol::self_granted_access::RULE,
    &netpol::unlabelled_client::RULE,
    &netpol::widened_reachability::RULE,
    &repo::duplicate_object::RULE,
    &repo::unused_suppression::RULE,
    &schema::deprecated_api::RULE,
    &schema::failed_cel::RULE,
    &schema::invalid_metadata::RULE,
    &schema::invalid_value::RULE,
    &schema::not_yet_served::RULE,
    &schema::removed_api::RULE,
    &schema::unknown_field::RULE,
    &schema::unknown_kind::RULE,
    &secrets::decrypted_twin::RULE,
    &secrets::plaintext_secret::RULE,
    &secrets::plaintext_value::RULE,
    &secrets::sops_not_encrypted::RULE,
    &secrets::sops_readable_leaf::RULE,
    &workload::added_capabilities::RULE,
    &workload::direct_connection::RULE,
    &workload::install_at_start::RULE,
    &workload::missing_pod_security_label::RULE,
    &workload::privilege_escalation::RULE,
    &workload::runs_as_root::RULE,
    &workload::unpinned_image::RULE,
    &yaml::ambiguous_scalar::RULE,
    &yaml::duplicate_key::RULE,
    &yaml::syntax::RULE,
    &yaml::wrong_substitution_syntax::RULE,
];

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

//! `postgresql.parameters`: names, those that belong to the operator, and the values it looks at itself.

use super::cluster::Cluster;
use super::quantity::{Amount, memory, near_memory, quantity};
use super::read::{Check, Read};
use crate::yaml::{Value, has_placeholder};

/// Parameters that the operator sets itself, in order.
const OWN: &[&str] = &[
    "allow_system_table_mods",
    "archive_cleanup_command",
    "archive_command",
    "bonjour",
    "bonjour_name",
    "cluster_name",
    "config_file",
    "data_directory",
    "data_sync_retry",
    "event_source",
    "external_pid_file",
    "hba_file",
    "hot_standby",
    "ident_file",
    "jit_provider",
    "listen_addresses",
    "log_destination",
    "log_directory",
    "log_file_mode",
    "log_filename",
    "log_rotation_age",
    "log_rotation_size",
    "log_truncate_on_rotation",
    "logging_collector",
    "pg_failover_slots.primary_dsn",
    "pg_failover_slots.standby_slot_names",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "promote_trigger_file",
    "recovery_end_command",
    "recovery_min_apply_delay",
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_timeline",
    "recovery_target_xid",
    "restart_after_crash",
    "restore_command",
    "shared_preload_libraries",
    "ssl",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_crl_file",
    "ssl_dh_params_file",
    "ssl_key_file",
    "ssl_passphrase_command",
    "ssl_passphrase_command_supports_reload",
    "ssl_prefer_server_ciphers",
    "stats_temp_directory",
    "synchronized_standby_slots",
    "synchronous_standby_names",
    "syslog_facility",
    "syslog_ident",
    "syslog_sequence_numbers",
    "syslog_split_messages",
    "temp_tablespaces",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
];

/// Values of those that may be written all the same, because the operator would write them too.
const REPEATED: &[(&str, &str)] = &[
    ("log_destination", "csvlog"),
    ("log_directory", "/controller/log"),
    ("log_filename", "postgres"),
    ("log_rotation_age", "0"),
    ("log_rotation_size", "0"),
    ("log_truncate_on_rotation", "false"),
    ("logging_collector", "on"),
    ("shared_preload_libraries", ""),
];

pub(super) fn check<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let Some(parameters) = check.spec.part(&["postgresql", "parameters"]) else { return };
    for (name, value) in parameters.value.entries() {
        one(check, name, value);
    }
    for name in ["hot_standby_feedback", "sync_replication_slots", "wal_log_hints"] {
        if let Read::Is(text) = cluster.parameter(name)
            && boolean(text).is_none()
            && let Some(value) = cluster.parameter_value(name)
        {
            let fact = format!("`{name}` is `{text}`, which PostgreSQL does not read as a boolean");
            check.refuse("parameter-boolean", value, fact, "no boolean", "write `\"on\"` or `\"off\"`, in quotes");
        }
    }
    if cluster.parameter("wal_log_hints").map(boolean) == Read::Is(Some(false))
        && let Read::Is(instances) = cluster.instances
        && instances > 1
    {
        let value = parameters.nearest(&["wal_log_hints"]);
        let fact = format!("`wal_log_hints` is off, and its {instances} instances need it to rewind a former primary");
        check.refuse(
            "parameter-boolean",
            value,
            fact,
            "needed by more than one instance",
            "take it away: it is on by default",
        );
    }
    wal_level(check, cluster);
    sizes(check, cluster);
}

fn one<'w>(check: &mut Check<'_, 'w>, name: &'w str, value: Value<'w>) {
    if has_placeholder(name) {
        return;
    }
    if !is_name(name) {
        let shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
        let problem = check
            .refusal("parameter-name", value, format!("`{shown}` is no name of a parameter"))
            .at_key()
            .label("letters, digits, `_`, `$`, at most one dot");
        check.push(problem.help("write the name of one parameter as the key, and its value behind it"));
        return;
    }
    if OWN.binary_search(&name).is_err() {
        return;
    }
    // A value of another type is told by its type; one that is not known may be the operator's own.
    if let Some((_, same)) = REPEATED.iter().find(|(own, _)| *own == name)
        && value.known().is_none_or(|text| text == *same)
    {
        return;
    }
    let problem = check
        .refusal("operator-parameter", value, format!("the parameter `{name}` belongs to the operator"))
        .at_key()
        .label("set by the operator alone");
    check.push(problem.help(instead(name)));
}

/// What to write instead of a parameter of the operator.
fn instead(name: &str) -> &'static str {
    match name {
        "shared_preload_libraries" => "list the libraries in `postgresql.shared_preload_libraries`",
        "synchronous_standby_names" => "describe synchronous replication in `postgresql.synchronous`",
        "archive_command" | "archive_cleanup_command" => {
            "configure the archive in `backup` or by a plugin, and take this away"
        }
        "restore_command" | "recovery_end_command" => {
            "describe the recovery in `bootstrap.recovery`, and take this away"
        }
        "recovery_min_apply_delay" => "write `replica.minApplyDelay` in a replica cluster, and take this away",
        "primary_conninfo" | "primary_slot_name" | "promote_trigger_file" => {
            "describe the origin in `externalClusters` and `replica`, and take this away"
        }
        _ if name.starts_with("recovery_target") => "write the point in `bootstrap.recovery.recoveryTarget`",
        _ if name.starts_with("ssl") => "name the certificates in `certificates`, and take this away",
        _ if name.starts_with("log_") || name.starts_with("syslog") || name == "logging_collector" => {
            "take it away: instances log to standard output in JSON"
        }
        "hba_file" => "write the lines into `postgresql.pg_hba`",
        "ident_file" => "write the lines into `postgresql.pg_ident`",
        "temp_tablespaces" => "write `temporary: true` at a tablespace",
        _ => "take it away",
    }
}

/// Whether a text is the name of a parameter, maybe of an extension: `name` or `extension.name`.
fn is_name(text: &str) -> bool {
    let mut parts = text.split('.');
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    parts.clone().count() <= 2 && parts.all(word)
}

/// What PostgreSQL makes of a text as a boolean: the words, and their beginnings as long as they are clear.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        "" => None,
        _ if "true".starts_with(&text) || "yes".starts_with(&text) => Some(true),
        _ if "false".starts_with(&text) || "no".starts_with(&text) => Some(false),
        _ => None,
    }
}

fn wal_level<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let (Read::Is(level), Some(value)) = (cluster.parameter("wal_level"), cluster.parameter_value("wal_level")) else {
        return;
    };
    let code = "wal-level";
    match level {
        "minimal" => {}
        "" | "replica" | "logical" => return,
        other => {
            let fact = format!("`{other}` is no WAL level");
            check.refuse(code, value, fact, "lower case, one of three", "write `replica` or `logical`");
            return;
        }
    }
    let skips = check.annotation("cnpg.io/skipWalArchiving");
    let reason = if cluster.instances.is().is_some_and(|count| count > 1) {
        "replicas cannot follow WAL of the level `minimal`"
    } else if cluster.replica == Read::Is(true) {
        "a replica cluster cannot follow WAL of the level `minimal`"
    } else if matches!(skips, Read::Absent) || matches!(skips, Read::Is(text) if text != "enabled") {
        "WAL of the level `minimal` cannot be archived, and instances always archive"
    } else {
        if cluster.parameter("max_wal_senders").is_absent()
            || matches!(cluster.parameter("max_wal_senders"), Read::Is(text) if text != "0")
        {
            let parameters = check.spec.nearest(&["postgresql", "parameters"]);
            let place = cluster.parameter_value("max_wal_senders").unwrap_or(value);
            let fact = "WAL of the level `minimal` needs `max_wal_senders` to be 0";
            let problem =
                check.refusal(code, parameters, fact).underline(place.span()).label("no sender can follow it");
            check.push(problem.help("write `max_wal_senders: \"0\"`, or another level"));
        }
        return;
    };
    check.refuse(code, value, reason, "too little is written", "take it away: `logical` is the operator's default");
}

/// A size as it holds: written, or the default.
#[derive(Clone, Copy, Debug)]
struct Size<'w> {
    amount: Amount,
    text: &'w str,
    is_written: bool,
}

impl std::fmt::Display for Size<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`{}", self.text, if self.is_written { "" } else { " by default" })
    }
}

fn sizes<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>) {
    let least = size(check, cluster, "min_wal_size", "80MB");
    let most = size(check, cluster, "max_wal_size", "1GB");
    size(check, cluster, "shared_buffers", "128MB");
    if let (Some(least), Some(most)) = (least, most)
        && least.amount >= most.amount
        && let Some(place) = cluster.parameter_value(if least.is_written { "min_wal_size" } else { "max_wal_size" })
    {
        let parameters = check.spec.nearest(&["postgresql", "parameters"]);
        let fact = format!("`min_wal_size` is {least} and has to be below `max_wal_size`, which is {most}");
        let mut problem = check.refusal("wal-size", parameters, fact).underline(place.span());
        problem = problem.label(if least.is_written { "too large" } else { "too small" });
        if let Some(other) = cluster.parameter_value("max_wal_size").filter(|_| least.is_written) {
            problem = problem.related(other.span(), "the upper bound");
        }
        check.push(problem.help("write a smaller `min_wal_size`, or a larger `max_wal_size`"));
    }
    wal_volume(check, cluster, "max_wal_size", most);
    wal_volume(check, cluster, "min_wal_size", least);
}

/// The size that a parameter has; none where it is not known, or refused.
fn size<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>, name: &str, default: &'static str) -> Option<Size<'w>> {
    let (text, is_written) = match cluster.parameter(name) {
        Read::Absent | Read::Is("") => (default, false),
        Read::Is(text) => (text, true),
        Read::Unknown => return None,
    };
    if let Some(amount) = memory(text) {
        return Some(Size { amount, text, is_written });
    }
    let shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    let fact = format!("`{name}` is `{shown}`, which is no size");
    let help = match near_memory(text) {
        Some(near) => format!("write `{near}`"),
        None => "write a number with `kB`, `MB`, `GB` or `TB` behind it".to_owned(),
    };
    if let Some(value) = cluster.parameter_value(name) {
        check.refuse("parameter-size", value, fact, "no size", help);
    }
    None
}

/// What is kept of WAL has to fit into the volume that is set apart for it.
fn wal_volume<'w>(check: &mut Check<'_, 'w>, cluster: &Cluster<'w>, name: &str, size: Option<Size<'w>>) {
    let Read::Is(text) = super::storage::size(check.spec, "walStorage") else { return };
    let (Some(size), Some(volume)) = (size.filter(|size| size.is_written), quantity(text)) else { return };
    let Some(value) = cluster.parameter_value(name).filter(|_| size.amount >= volume) else { return };
    let fact = format!("`{name}` is {size}, and the volume for WAL holds `{text}`");
    let place = check.spec.nearest(&["walStorage"]);
    let problem = check.refusal("wal-size", value, fact).label("does not fit the volume");
    let problem = problem.related(place.key_or_span(), "the volume for WAL");
    let note = "a unit of PostgreSQL is a power of two: `1GB` is `1Gi`, more than `1G`";
    let problem = if size.text.ends_with("GB") && !text.ends_with('i') { problem.note(note) } else { problem };
    check.push(problem.help(format!("make the volume larger, or `{name}` smaller")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        assert!(OWN.is_sorted());
        assert!(REPEATED.iter().all(|(name, _)| OWN.contains(name)));
    }

    #[test]
    fn names_have_at_most_one_dot() {
        for (text, expected) in [
            ("work_mem", true),
            ("pg_stat_statements.max", true),
            ("_x$1", true),
            ("a.b.c", false),
            (" work_mem", false),
            ("work mem", false),
            ("archive_command\n", false),
            ("1st", false),
            ("", false),
            ("a.", false),
        ] {
            assert_eq!(is_name(text), expected, "{text:?}");
        }
    }

    #[test]
    fn booleans_may_be_cut_short_while_they_are_clear() {
        for text in ["1", "on", "ON", "y", "ye", "yes", "t", "tr", "tru", "true", "True"] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["0", "of", "off", "n", "no", "f", "fa", "fal", "fals", "false"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["", "o", "2", "enabled", "yess"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }
}

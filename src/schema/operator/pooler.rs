//! Poolers: how PgBouncer logs in, its parameters, its name, its image.

use super::images;
use super::read::{Check, Part, Read};
use crate::manifest::Resource;
use crate::yaml::has_placeholder;

/// Parameters of PgBouncer that a Pooler may set, in order.
const PARAMETERS: &[&str] = &[
    "application_name_add_host",
    "auth_type",
    "auth_user",
    "autodb_idle_timeout",
    "cancel_wait_timeout",
    "client_idle_timeout",
    "client_login_timeout",
    "client_tls13_ciphers",
    "client_tls_ciphers",
    "client_tls_sslmode",
    "default_pool_size",
    "disable_pqexec",
    "dns_max_ttl",
    "dns_nxdomain_ttl",
    "idle_transaction_timeout",
    "ignore_startup_parameters",
    "listen_backlog",
    "log_connections",
    "log_disconnections",
    "log_pooler_errors",
    "log_stats",
    "max_client_conn",
    "max_db_connections",
    "max_packet_size",
    "max_prepared_statements",
    "max_user_connections",
    "min_pool_size",
    "pkt_buf",
    "query_timeout",
    "query_wait_timeout",
    "reserve_pool_size",
    "reserve_pool_timeout",
    "sbuf_loopcnt",
    "server_check_delay",
    "server_check_query",
    "server_connect_timeout",
    "server_fast_close",
    "server_idle_timeout",
    "server_lifetime",
    "server_login_retry",
    "server_reset_query",
    "server_reset_query_always",
    "server_round_robin",
    "server_tls13_ciphers",
    "server_tls_ciphers",
    "server_tls_protocols",
    "server_tls_sslmode",
    "stats_period",
    "suspend_timeout",
    "tcp_defer_accept",
    "tcp_keepalive",
    "tcp_keepcnt",
    "tcp_keepidle",
    "tcp_keepintvl",
    "tcp_socket_buffer",
    "tcp_user_timeout",
    "track_extra_parameters",
    "verbose",
];

/// What the operator's webhook refuses.
pub(super) fn check<'w>(check: &mut Check<'_, 'w>, resource: &Resource<'w>) {
    let cluster = check.spec.text(&["cluster", "name"]);
    if cluster == Read::Is("") {
        let value = check.spec.nearest(&["cluster", "name"]);
        check.refuse("empty-reference", value, "it names no Cluster", "empty", "write the name of its Cluster");
    }
    if let (Read::Is(cluster), Some(name)) = (cluster, resource.name())
        && cluster == name
    {
        let value = check.object.nearest(&["metadata", "name"]);
        let place = check.spec.nearest(&["cluster", "name"]);
        let fact = "it has the name of its Cluster, and both make objects of that name";
        let problem = check.refusal("pooler-name", value, fact).label("the Cluster's name");
        let problem = problem.related(place.span(), "the Cluster");
        check.push(problem.help(format!("call it `{name}-pooler-rw`, for instance")));
    }
    let Some(bouncer) = check.spec.part(&["pgbouncer"]) else { return };
    authentication(check, bouncer);
    parameters(check, bouncer);
    let monitored = check.spec.flag(&["monitoring", "tls", "enabled"]) == Read::Is(true)
        && check.spec.flag(&["monitoring", "enablePodMonitor"]) == Read::Is(true);
    if check.operator >= 30 && monitored && bouncer.text(&["clientTLSSecret", "name"]).is_blank() {
        let place = check.spec.nearest(&["monitoring", "tls", "enabled"]);
        let fact = "its metrics are to be served by TLS, and no certificate is named";
        let at = bouncer.nearest(&["clientTLSSecret"]);
        let problem = check.refusal("pooler-certificate", at, fact).underline(place.span());
        let problem = problem.label("needs `pgbouncer.clientTLSSecret`");
        check.push(problem.help("name the Secret with the certificate in `pgbouncer.clientTLSSecret`"));
    }
}

/// What the CRD itself, or the API server by its scale, refuses.
pub(super) fn check_definition(check: &mut Check<'_, '_>) {
    if let Some(bouncer) = check.spec.part(&["pgbouncer"])
        && check.operator >= 30
    {
        images::check_catalog(check, bouncer, "image");
    }
    if let Read::Is(instances) = check.spec.int(&["instances"])
        && instances < 0
    {
        let value = check.spec.nearest(&["instances"]);
        check.refuse(
            "pooler-instances",
            value,
            format!("it is to have {instances} instances"),
            "0 at least",
            "write 0 or more",
        );
    }
}

fn authentication<'w>(check: &mut Check<'_, 'w>, bouncer: Part<'w>) {
    let secret = bouncer.text(&["authQuerySecret", "name"]);
    let certificate = bouncer.text(&["serverTLSSecret", "name"]);
    let query = bouncer.text(&["authQuery"]);
    let code = "pooler-authentication";
    if query.is_blank()
        && let Some(field) = [(secret, "authQuerySecret"), (certificate, "serverTLSSecret")]
            .into_iter()
            .find_map(|(read, field)| read.is_filled().then_some(field))
    {
        let place = bouncer.nearest(&[field]);
        let fact = format!("`{field}` says who looks up passwords, and no `authQuery` says how");
        let problem =
            check.refusal(code, bouncer.value, fact).underline(place.key_or_span()).label("needs `authQuery`");
        let help = "write `authQuery: SELECT usename, passwd FROM public.user_search($1)`, or take the Secret away";
        check.push(problem.help(help));
    } else if query.is_filled() && secret.is_blank() && certificate.is_blank() {
        let place = bouncer.nearest(&["authQuery"]);
        let fact = "`authQuery` says how passwords are looked up, and nothing says who does it";
        let problem = check.refusal(code, bouncer.value, fact).underline(place.key_or_span());
        let problem = problem.label("needs `serverTLSSecret` or `authQuerySecret`");
        check.push(problem.help("name the certificate of the user in `serverTLSSecret`, or take `authQuery` away"));
    }
}

fn parameters<'w>(check: &mut Check<'_, 'w>, bouncer: Part<'w>) {
    let Some(parameters) = bouncer.part(&["parameters"]) else { return };
    for (name, value) in parameters.value.entries() {
        if has_placeholder(name) || PARAMETERS.binary_search(&name).is_ok() {
            continue;
        }
        let shown: String = name.chars().take(60).flat_map(char::escape_debug).collect();
        let help = match crate::config::closest(name, PARAMETERS.iter().copied()) {
            Some(near) => format!("write `{near}`, if that is meant"),
            None if name == "pool_mode" => "write `poolMode` beside `parameters`".to_owned(),
            None => "take it away: the operator sets it, or PgBouncer has no such parameter".to_owned(),
        };
        // The operator names the section, not the parameter.
        let fact = format!("the PgBouncer parameter `{shown}` is none that a Pooler may set");
        let problem = check.refusal("pooler-parameter", parameters.value, fact).underline(value.key_or_span());
        check.push(problem.label("not on the operator's list").help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(PARAMETERS.is_sorted());
    }
}

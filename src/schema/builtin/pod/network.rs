//! How a Pod finds others: its DNS and its own lines of `/etc/hosts`.

use super::Pod;
use crate::schema::value::{Fault, Text, checked, code, dns_subdomain, field, ip, items, missing, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const SERVERS: usize = 3;
const SEARCHES: usize = 32;
const SEARCH_CHARACTERS: usize = 2048;

pub(super) fn check<'w>(pod: &Pod<'w>, problems: &mut Problems<'w>) {
    let config = field(pod.spec, "dnsConfig");
    if text(pod.spec, "dnsPolicy").is("None") {
        let servers = config.and_then(|config| field(config, "nameservers"));
        if servers.is_none_or(|servers| servers.is_sequence() && servers.is_empty()) {
            let at = servers.or(config).or_else(|| pod.spec.get("dnsPolicy")).unwrap_or(pod.spec);
            problems.push(
                Problem::new(code::CROSS_FIELD, at, "the Pod brings its own DNS and names no server")
                    .underline(pod.spec.get("dnsPolicy").unwrap_or(at).span())
                    .help("list at least one address in `dnsConfig.nameservers`"),
            );
        }
    }
    if let Some(config) = config {
        dns(config, problems);
    }
    for alias in items(pod.spec, "hostAliases") {
        if let Some(address) = field(alias, "ip") {
            checked(address, code::ADDRESS, "address", ip, problems);
        }
        for name in items(alias, "hostnames") {
            checked(name, code::ADDRESS, "host name", dns_subdomain, problems);
        }
    }
}

fn dns<'w>(config: Value<'w>, problems: &mut Problems<'w>) {
    let mut servers = 0;
    for server in items(config, "nameservers") {
        servers += 1;
        checked(server, code::ADDRESS, "name server", ip, problems);
    }
    if servers > SERVERS
        && let Some(list) = config.get("nameservers")
    {
        problems.push(
            Problem::new(code::SIZE, list, format!("the Pod has {servers} name servers, and {SERVERS} fit"))
                .at_key()
                .help("keep at most three"),
        );
    }
    let (mut searches, mut characters) = (0, 0);
    for search in items(config, "searches") {
        searches += 1;
        characters += search.as_str().map_or(0, |text| text.len() + 1);
        checked(search, code::ADDRESS, "search domain", search_domain, problems);
    }
    if let Some(list) = config.get("searches")
        && (searches > SEARCHES || characters.saturating_sub(1) > SEARCH_CHARACTERS)
    {
        let message = match searches > SEARCHES {
            true => format!("the Pod has {searches} search domains, and {SEARCHES} fit"),
            false => format!("the search domains have more than {SEARCH_CHARACTERS} characters"),
        };
        problems.push(Problem::new(code::SIZE, list, message).at_key().help("keep fewer"));
    }
    for option in items(config, "options").filter(|option| option.is_mapping()) {
        if text(option, "name") == Text::Absent {
            let message = "an option of `dnsConfig` has no name";
            problems.push(missing(code::REQUIRED, option, "name", message).help("set `name`"));
        }
    }
}

/// A search domain may start labels with `_`, end with a point, and be the root.
fn search_domain(text: &str) -> Option<Fault> {
    if text == "." {
        return None;
    }
    let plain = text.strip_suffix('.').unwrap_or(text).replace('_', "a");
    dns_subdomain(&plain).map(|fault| Fault { wanted: "a search domain", help: "write a DNS name".to_owned(), ..fault })
}

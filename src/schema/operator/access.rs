//! Who gets in: certificates, the superuser, the service account, LDAP, host-based rules and what they select.

use super::read::{Check, Part, Read};
use crate::yaml::Value;
use regex::Regex;
use std::sync::LazyLock;

pub(super) fn check(check: &mut Check<'_, '_>) {
    certificates(check);
    if check.spec.text(&["superuserSecret", "name"]) == Read::Is("") {
        let value = check.spec.nearest(&["superuserSecret", "name"]);
        let help = "name the Secret, or take `superuserSecret` away: the operator then makes one";
        check.refuse("empty-reference", value, "`superuserSecret` has an empty name", "empty", help);
    }
    if check.operator >= 29
        && check.spec.text(&["serviceAccountName"]).is_filled()
        && let Some(template) = check.spec.written(&["serviceAccountTemplate"])
    {
        let name = check.spec.nearest(&["serviceAccountName"]);
        let fact =
            "`serviceAccountName` names an account that is there, and `serviceAccountTemplate` shapes one to make";
        let problem = check.refusal("service-account-twice", name, fact).label("beside `serviceAccountTemplate`");
        let problem = problem.related(template.key_or_span(), "the template");
        check.push(problem.help("keep one of the two"));
    }
    ldap(check);
    let selectors = pod_selectors(check);
    host_rules(check, selectors.as_deref());
}

fn certificates(check: &mut Check<'_, '_>) {
    let Some(certificates) = check.spec.part(&["certificates"]) else { return };
    let server = certificates.text(&["serverTLSSecret"]).is_filled();
    for (filled, secret, authority) in [
        (server, "serverTLSSecret", "serverCASecret"),
        (certificates.text(&["replicationTLSSecret"]).is_filled(), "replicationTLSSecret", "clientCASecret"),
    ] {
        if filled && certificates.text(&[authority]).is_blank() {
            let place = certificates.nearest(&[secret]);
            let problem = check
                .refusal("certificate-authority", certificates.value, format!("`{secret}` comes without `{authority}`"))
                .underline(place.key_or_span())
                .label(format!("needs `{authority}`"))
                .help(format!("name the Secret with the `ca.crt` that signed it in `{authority}`"));
            check.push(problem);
        }
    }
    if server && certificates.count(&["serverAltDNSNames"]).is().is_some_and(|count| count > 0) {
        let names = certificates.nearest(&["serverAltDNSNames"]);
        let fact =
            "`serverAltDNSNames` are for the certificate that the operator makes, and `serverTLSSecret` brings one";
        let problem = check
            .refusal("certificate-names", names, fact)
            .at_key()
            .label("not with `serverTLSSecret`")
            .related(certificates.nearest(&["serverTLSSecret"]).span(), "the certificate that is brought");
        check.push(problem.help("take the names away, and put them into the certificate itself"));
    }
}

fn ldap(check: &mut Check<'_, '_>) {
    let Some(ldap) = check.spec.part(&["postgresql", "ldap"]) else { return };
    if ldap.text(&["server"]).is_blank() {
        let fact = "`ldap` names no server";
        check.refuse("ldap", ldap.nearest(&["server"]), fact, "no `server`", "write the host name of the LDAP server");
    }
    if let (Some(simple), Some(search)) = (ldap.written(&["bindAsAuth"]), ldap.written(&["bindSearchAuth"])) {
        let problem = check
            .refusal("ldap", search, "`ldap` binds in two ways at once")
            .at_key()
            .label("beside `bindAsAuth`")
            .related(simple.key_or_span(), "the other way");
        check.push(problem.help("keep one of `bindAsAuth` and `bindSearchAuth`"));
    }
}

/// The names of `podSelectorRefs`, if all are known.
fn pod_selectors<'w>(check: &mut Check<'_, 'w>) -> Option<Vec<&'w str>> {
    if check.operator < 29 {
        return None;
    }
    let entries: Vec<Part<'w>> = check.spec.parts(&["podSelectorRefs"]).collect();
    for entry in &entries {
        if let Some(selector) = entry.part(&["selector"]) {
            self::selector(check, selector);
        }
    }
    if !check.spec.is_complete() || matches!(check.spec.get(&["podSelectorRefs"]), Read::Unknown) {
        return None;
    }
    entries.iter().map(|entry| entry.text(&["name"]).is()).collect()
}

fn selector<'w>(check: &mut Check<'_, 'w>, selector: Part<'w>) {
    for expression in selector.parts(&["matchExpressions"]) {
        let (Read::Is(operator), Read::Is(count)) = (expression.text(&["operator"]), expression.count(&["values"]))
        else {
            continue;
        };
        let (fact, help) = match operator {
            "In" | "NotIn" if count == 0 => {
                (format!("a selector asks for `{operator}` without values"), "name at least one value")
            }
            "Exists" | "DoesNotExist" if count > 0 => (
                format!("a selector asks for `{operator}`, which takes no values"),
                "take `values` away, or write `In`",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => continue,
            other => {
                (format!("a selector has the operator `{other}`"), "write `In`, `NotIn`, `Exists` or `DoesNotExist`")
            }
        };
        let problem = check.refusal("pod-selector", expression.value, fact);
        let place = expression.nearest(&["operator"]);
        check.push(problem.underline(place.span()).label("cannot be read").help(help));
    }
    if let Some(labels) = selector.written(&["matchLabels"]) {
        for (key, value) in labels.entries() {
            let wrong = match value.known() {
                Some(text) if !is_label_value(text) => "value",
                Some(_) if !is_label_key(key) && !crate::yaml::has_placeholder(key) => "key",
                _ => continue,
            };
            let fact = format!("the label `{key}` of a selector has a {wrong} that no pod can carry");
            let help = "write letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends";
            check.refuse("pod-selector", value, fact, "no label", help);
        }
    }
}

fn host_rules(check: &mut Check<'_, '_>, selectors: Option<&[&str]>) {
    // A variable of Flux looks different: it has an operator behind the colon, and no lower-case type before it.
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\$\{([a-z]+):([A-Za-z0-9][A-Za-z0-9_-]*)\}").expect("internal: the pattern of tokens compiles")
    });
    if check.operator < 29 {
        return;
    }
    let rules: Vec<Value<'_>> =
        check.spec.written(&["postgresql", "pg_hba"]).into_iter().flat_map(Value::items).collect();
    for rule in rules {
        let Some(text) = rule.as_str().filter(|text| text.contains("${")) else { continue };
        let tokens: Vec<_> = TOKEN.captures_iter(text).collect();
        if tokens.len() > 1 {
            let help = "write one line for each of them";
            check.refuse("host-rule", rule, "a line of `pg_hba` holds more than one token", "two tokens", help);
            continue;
        }
        let Some(token) = tokens.first() else { continue };
        let (kind, name) = (&token[1], &token[2]);
        if kind != "podselector" {
            let fact = format!("`pg_hba` asks for `{kind}`, which the operator cannot fill in");
            check.refuse("host-rule", rule, fact, "unknown token", format!("write `${{podselector:{name}}}`"));
        } else if selectors.is_some_and(|known| !known.contains(&name)) {
            let near = selectors.and_then(|known| crate::config::closest(name, known.iter().copied()));
            let help = match near {
                Some(near) => format!("write `${{podselector:{near}}}`, if that is meant"),
                None => format!("add `{name}` to `podSelectorRefs`"),
            };
            let fact = format!("`pg_hba` selects pods by `{name}`, which is no entry of `podSelectorRefs`");
            check.refuse("host-rule", rule, fact, "no such selector", help);
        }
    }
}

/// Whether a text can be the value of a label.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name_part(text)
}

/// Whether a text can be the key of a label: a name, maybe behind the name of a domain.
pub(super) fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        None => is_name_part(text),
        Some((domain, name)) => is_domain(domain) && is_name_part(name),
    }
}

fn is_name_part(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Whether a text is a DNS subdomain, which every name of an object of a custom resource has to be.
pub(super) fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|part| {
            let edge = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            edge(part.bytes().next())
                && edge(part.bytes().last())
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}

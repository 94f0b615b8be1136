//! Ingresses and their classes: hosts, paths, backends.

use super::require::{filled, needs, unwanted};
use crate::schema::value::{
    Fault, checked, code, dns_label, dns_subdomain, domain_prefixed_path, field, is_set, items, one_of, path_segment,
    port, port_name, text, wildcard_subdomain,
};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;
use std::net::IpAddr;

const CLASS: &str = "kubernetes.io/ingress.class";

/// Checks an Ingress.
pub(super) fn ingress<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    if !spec.is_mapping() {
        return;
    }
    let default = field(spec, "defaultBackend");
    if default.is_none() && field(spec, "rules").is_none_or(Value::is_empty) {
        let fact = "the Ingress has no rules and no default backend";
        needs(spec, "rules", fact, "write `rules` or `defaultBackend`", problems);
    }
    if let Some(default) = default {
        backend(default, problems);
    }
    for rule in items(spec, "rules") {
        if let Some(host) = field(rule, "host").filter(|host| host.known() != Some("")) {
            checked(host, code::ADDRESS, "host", host_name, problems);
        }
        let Some(http) = field(rule, "http") else { continue };
        filled(http, "paths", problems);
        items(http, "paths").for_each(|entry| path(entry, problems));
    }
    for tls in items(spec, "tls") {
        items(tls, "hosts").for_each(|host| checked(host, code::ADDRESS, "host", tls_host, problems));
        if let Some(name) = field(tls, "secretName").filter(|name| name.known() != Some("")) {
            checked(name, code::NAME, "Secret name", dns_subdomain, problems);
        }
    }
    class(object, spec, problems);
}

fn class<'w>(object: Value<'w>, spec: Value<'w>, problems: &mut Problems<'w>) {
    let Some(class) = field(spec, "ingressClassName") else { return };
    checked(class, code::NAME, "Ingress class", dns_subdomain, problems);
    let annotation = object.at(&["metadata", "annotations", CLASS]).filter(|value| !value.is_null());
    if let Some(annotation) = annotation
        && let (Some(a), Some(b)) = (annotation.known(), class.known())
        && a != b
    {
        problems.push(
            Problem::new(code::CROSS_FIELD, annotation, format!("the annotation says class `{a}`, the field `{b}`"))
                .related(class.span(), "the field")
                .help("remove the annotation, which is the older form"),
        );
    }
}

fn host_name(text: &str) -> Option<Fault> {
    if text.parse::<IpAddr>().is_ok() {
        return Some(Fault::new("a DNS name", "an IP address", "write a DNS name, or leave the host out for all"));
    }
    tls_host(text)
}

fn tls_host(text: &str) -> Option<Fault> {
    let fault = if text.contains('*') { wildcard_subdomain(text) } else { dns_subdomain(text) }?;
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if host != text && dns_subdomain(host).is_none() {
        return Some(Fault { help: format!("write `{host}`"), ..fault });
    }
    Some(fault)
}

fn path<'w>(entry: Value<'w>, problems: &mut Problems<'w>) {
    let Some(kind) = field(entry, "pathType") else { return };
    one_of(kind, "pathType", &["Exact", "ImplementationSpecific", "Prefix"], problems);
    let strict = matches!(kind.known(), Some("Exact" | "Prefix"));
    match field(entry, "path").filter(|path| path.known() != Some("")) {
        Some(value) => checked(value, code::ADDRESS, "path", |text| path_fault(text, strict), problems),
        None if strict => {
            let fact = format!("path type `{}` needs a path", kind.known().unwrap_or_default());
            needs(entry, "path", &fact, "write `path: /` for all paths", problems);
        }
        None => {}
    }
    if let Some(target) = field(entry, "backend") {
        backend(target, problems);
    }
}

fn path_fault(text: &str, strict: bool) -> Option<Fault> {
    let fault = |found: String, help: String| Some(Fault::new("a plain absolute path", found, help));
    if !text.starts_with('/') {
        return fault("does not start with `/`".to_owned(), format!("write `/{text}`"));
    }
    let held = ["//", "/./", "/../", "%2f", "%2F"].into_iter().find(|part| text.contains(part));
    let end = ["/..", "/."].into_iter().find(|end| text.ends_with(end));
    match held.or(end).filter(|_| strict) {
        Some(part) => fault(format!("`{part}` in it"), "write the path that is meant".to_owned()),
        None => None,
    }
}

fn backend<'w>(backend: Value<'w>, problems: &mut Problems<'w>) {
    if !backend.is_mapping() {
        return;
    }
    let (service, resource) = (field(backend, "service"), field(backend, "resource"));
    match (service, resource) {
        (Some(service), Some(resource)) => problems.push(
            Problem::new(code::CROSS_FIELD, backend, "a backend is a Service or a resource, not both")
                .underline(resource.key_or_span())
                .related(service.key_or_span(), "the Service")
                .help("keep one of them"),
        ),
        (None, None) => problems.push(
            Problem::new(code::REQUIRED, backend, "a backend names neither a Service nor a resource")
                .help("write `service` with `name` and `port`"),
        ),
        (Some(service), None) => to_service(backend, service, problems),
        (None, Some(resource)) => reference(resource, problems),
    }
}

fn to_service<'w>(backend: Value<'w>, service: Value<'w>, problems: &mut Problems<'w>) {
    if !service.is_mapping() {
        return;
    }
    if filled(service, "name", problems)
        && let Some(name) = field(service, "name")
    {
        checked(name, code::NAME, "Service name", dns_label, problems);
    }
    let port_field = field(service, "port").filter(|port| port.is_mapping());
    if port_field.is_none() && is_set(service, "port") {
        return;
    }
    let name = port_field.and_then(|port| field(port, "name")).filter(|name| name.known() != Some(""));
    let value = port_field.and_then(|port| field(port, "number")).filter(|number| number.as_int() != Some(0));
    match (name, value) {
        (Some(name), Some(value)) => problems.push(
            Problem::new(code::CROSS_FIELD, backend, "a backend port has a name or a number, not both")
                .underline(value.key_or_span())
                .related(name.key_or_span(), "the name")
                .help("keep one of them"),
        ),
        (None, None) => problems.push(
            Problem::new(code::REQUIRED, backend, "the Service of a backend is named without a port")
                .underline(service.key_or_span())
                .help("write `port.number` or `port.name`"),
        ),
        (Some(name), None) => checked(name, code::PORT, "port name", port_name, problems),
        (None, Some(value)) => port(value, "number", problems),
    }
}

/// A reference by group, kind and name.
fn reference<'w>(reference: Value<'w>, problems: &mut Problems<'w>) {
    if let Some(group) = field(reference, "apiGroup") {
        checked(group, code::NAME, "API group", dns_subdomain, problems);
    }
    for key in ["kind", "name"] {
        if filled(reference, key, problems)
            && let Some(value) = field(reference, key)
        {
            checked(value, code::NAME, key, path_segment, problems);
        }
    }
}

/// Checks an IngressClass.
pub(super) fn ingress_class<'w>(object: Value<'w>, problems: &mut Problems<'w>) {
    let spec = field(object, "spec").unwrap_or(object);
    if !spec.is_mapping() {
        return;
    }
    let fact = "the IngressClass names no controller";
    if !needs(spec, "controller", fact, "write it as `example.org/controller`", problems)
        && let Some(controller) = field(spec, "controller")
    {
        let fault = |text: &str| {
            let long = (text.len() > 250).then(|| {
                let found = format!("{} characters, at most 250", text.len());
                Fault::new("a domain and a path", found, "shorten it")
            });
            long.or_else(|| domain_prefixed_path(text))
        };
        checked(controller, code::NAME, "controller", fault, problems);
    }
    let Some(parameters) = field(spec, "parameters").filter(|value| value.is_mapping()) else { return };
    reference(parameters, problems);
    if let Some(scope) = field(parameters, "scope") {
        one_of(scope, "scope", &["Cluster", "Namespace"], problems);
    }
    let namespace = field(parameters, "namespace");
    match text(parameters, "scope").or("Cluster") {
        Some("Cluster") => {
            if let Some(namespace) = namespace {
                let fact = "parameters of scope `Cluster` are in no namespace";
                unwanted(namespace, fact, "remove `namespace`, or write `scope: Namespace`", problems);
            }
        }
        Some("Namespace") => match namespace {
            Some(namespace) => checked(namespace, code::NAME, "namespace", dns_label, problems),
            None => {
                let fact = "parameters of scope `Namespace` are in a namespace, and none is named";
                needs(parameters, "namespace", fact, "write `namespace`", problems);
            }
        },
        _ => {}
    }
}

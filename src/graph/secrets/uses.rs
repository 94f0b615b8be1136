//! Every place that names a Secret, with the keys it needs.

use super::pods;
use crate::graph::cnpg::{Bootstrap, Cluster, DatabaseRole, ObjectStore, Pooler};
use crate::graph::{View, workload};
use crate::manifest::{Namespace, Resource};
use crate::yaml::Value;
use std::borrow::Cow;

/// What kind of place names a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A field of the database operator's objects.
    Database,
    /// A pod.
    Pod,
    /// The values of a chart.
    Values,
    /// The certificate of an Ingress or Gateway.
    Certificate,
    /// What tools need before they can bring anything: keys, tokens of registries and stores. Mostly made by hand.
    Bootstrap,
    /// Flux reads values or variables from it, which has rules of its own.
    Flux,
}

/// Whom a Secret lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// The owner of the first database.
    App,
    /// `postgres`, or a role that may do as much.
    Superuser,
    /// A role that is declared.
    Role,
}

/// A login that a Secret is the password of.
#[derive(Clone, Debug)]
pub struct Login<'w> {
    /// Whom it lets in.
    pub kind: LoginKind,
    /// The role in PostgreSQL, if it is known.
    pub role: Option<Cow<'w, str>>,
    /// Where the role is named, if it is.
    pub at: Option<Value<'w>>,
}

/// A place that names a Secret.
#[derive(Clone, Debug)]
pub struct Use<'w> {
    /// The object.
    pub by: &'w Resource<'w>,
    /// The name.
    pub name: Value<'w>,
    /// The namespace of the Secret.
    pub namespace: Namespace<'w>,
    /// The key, where one is named.
    pub key: Option<Value<'w>>,
    /// Keys that have to be there without being named.
    pub needs: &'static [&'static str],
    /// Whether nothing is wrong if it is not there.
    pub optional: bool,
    /// What kind of place it is.
    pub class: Class,
    /// Whose password it is, if it is one.
    pub login: Option<Login<'w>>,
}

impl<'w> Use<'w> {
    pub(super) fn new(by: &'w Resource<'w>, name: Value<'w>, class: Class) -> Use<'w> {
        let namespace = by.namespace.clone();
        Use { by, name, namespace, key: None, needs: &[], optional: false, class, login: None }
    }
}

const BASIC: &[&str] = &["username", "password"];
const PAIR: &[&str] = &["tls.crt", "tls.key"];
const AUTHORITY: &[&str] = &["ca.crt"];

pub(super) fn add<'w>(resource: &'w Resource<'w>, uses: &mut Vec<Use<'w>>) {
    if let Some(spec) = workload::pod_spec(resource) {
        return pods::of_spec(resource, spec, uses);
    }
    match (resource.group, resource.kind) {
        (Cluster::GROUP, Cluster::KIND) => cluster(&Cluster::new(resource), uses),
        (Pooler::GROUP, Pooler::KIND) => pooler(resource, uses),
        (DatabaseRole::GROUP, DatabaseRole::KIND) => {
            if let Some(spec) = resource.at(&["spec"]) {
                password(resource, spec, uses);
            }
        }
        (ObjectStore::GROUP, ObjectStore::KIND) => store(resource, resource.at(&["spec", "configuration"]), uses),
        ("networking.k8s.io", "Ingress") => {
            for entry in resource.at(&["spec", "tls"]).into_iter().flat_map(Value::items) {
                whole(resource, entry.get("secretName"), PAIR, Class::Certificate, uses);
            }
        }
        ("gateway.networking.k8s.io", "Gateway") => {
            for listener in resource.at(&["spec", "listeners"]).into_iter().flat_map(Value::items) {
                for reference in listener.at(&["tls", "certificateRefs"]).into_iter().flat_map(Value::items) {
                    let own = reference.get("namespace").is_none();
                    let is_secret = reference.get("kind").is_none_or(|kind| kind.known() == Some("Secret"));
                    whole(resource, reference.get("name").filter(|_| own && is_secret), PAIR, Class::Certificate, uses);
                }
            }
        }
        ("", "ServiceAccount") => {
            for secret in resource.at(&["imagePullSecrets"]).into_iter().flat_map(Value::items) {
                whole(resource, secret.get("name"), &[], Class::Bootstrap, uses);
            }
        }
        ("external-secrets.io", "SecretStore" | "PushSecret") => external(resource, uses),
        ("cert-manager.io", "Issuer") => {
            whole(resource, resource.at(&["spec", "ca", "secretName"]), PAIR, Class::Bootstrap, uses);
        }
        (group, _) if group.ends_with(".toolkit.fluxcd.io") => flux(resource, uses),
        _ => {}
    }
}

fn whole<'w>(
    by: &'w Resource<'w>,
    name: Option<Value<'w>>,
    needs: &'static [&'static str],
    class: Class,
    uses: &mut Vec<Use<'w>>,
) {
    if let Some(name) = name.filter(|name| !name.is_null()) {
        uses.push(Use { needs, ..Use::new(by, name, class) });
    }
}

/// A field of the operator that names a Secret and a key of it.
fn selector<'w>(by: &'w Resource<'w>, field: Option<Value<'w>>, uses: &mut Vec<Use<'w>>) {
    if let Some(field) = field
        && let Some(name) = field.get("name")
    {
        let optional = field.get("optional").and_then(Value::as_bool) == Some(true);
        uses.push(Use { key: field.get("key"), optional, ..Use::new(by, name, Class::Database) });
    }
}

fn login<'w>(
    by: &'w Resource<'w>,
    kind: LoginKind,
    secret: Option<Value<'w>>,
    role: Option<Cow<'w, str>>,
    at: Option<Value<'w>>,
    uses: &mut Vec<Use<'w>>,
) {
    if let Some(name) = secret.and_then(|secret| secret.get("name")).filter(|name| !name.is_null()) {
        let login = Some(Login { kind, role, at });
        uses.push(Use { needs: BASIC, login, ..Use::new(by, name, Class::Database) });
    }
}

/// The password of a managed role or of a role object.
fn password<'w>(by: &'w Resource<'w>, role: Value<'w>, uses: &mut Vec<Use<'w>>) {
    if role.get("ensure").and_then(Value::known) == Some("absent") {
        return;
    }
    let name = role.get("name");
    let is_superuser = role.get("superuser").and_then(Value::as_bool) == Some(true);
    let kind = if is_superuser { LoginKind::Superuser } else { LoginKind::Role };
    login(by, kind, role.get("passwordSecret"), name.and_then(Value::known).map(Cow::Borrowed), name, uses);
}

fn cluster<'w>(cluster: &Cluster<'w>, uses: &mut Vec<Use<'w>>) {
    let by = cluster.resource();
    let from = match cluster.bootstrap() {
        Bootstrap::Initdb(initdb) => initdb,
        Bootstrap::Recovery(from) | Bootstrap::Basebackup(from) => Some(from),
    };
    if let Some(from) = from {
        let written = |key: &str| from.get(key).filter(|value| !value.is_null() && value.known() != Some(""));
        let owner = written("owner").or_else(|| written("database"));
        // An import of a whole server has no owner of its own.
        let is_monolith = from.at(&["import", "type"]).is_some_and(|kind| kind.known() != Some("microservice"));
        let role = match owner {
            Some(owner) => owner.known().map(Cow::Borrowed),
            None => (!is_monolith).then_some(Cow::Borrowed("app")),
        };
        login(by, LoginKind::App, from.get("secret"), role, owner, uses);
        for list in ["postInitSQLRefs", "postInitTemplateSQLRefs", "postInitApplicationSQLRefs"] {
            let references = from.at(&[list, "secretRefs"]).into_iter().flat_map(Value::items);
            references.for_each(|reference| selector(by, Some(reference), uses));
        }
        selector(by, from.at(&["backup", "endpointCA"]), uses);
    }
    // Without access the operator never looks at it.
    if cluster.spec(&["enableSuperuserAccess"]).and_then(Value::as_bool) == Some(true) {
        login(
            by,
            LoginKind::Superuser,
            cluster.spec(&["superuserSecret"]),
            Some(Cow::Borrowed("postgres")),
            None,
            uses,
        );
    }
    cluster.managed_roles().for_each(|role| password(by, role, uses));
    for (field, needs) in [
        ("serverCASecret", AUTHORITY),
        ("serverTLSSecret", PAIR),
        ("clientCASecret", AUTHORITY),
        ("replicationTLSSecret", PAIR),
    ] {
        whole(by, cluster.spec(&["certificates", field]), needs, Class::Database, uses);
    }
    selector(by, cluster.spec(&["postgresql", "ldap", "bindSearchAuth", "bindPassword"]), uses);
    for external in cluster.external_clusters() {
        for field in ["password", "sslKey", "sslCert", "sslRootCert"] {
            selector(by, external.get(field), uses);
        }
        store(by, external.get("barmanObjectStore"), uses);
    }
    store(by, cluster.spec(&["backup", "barmanObjectStore"]), uses);
    let queries = cluster.spec(&["monitoring", "customQueriesSecret"]).into_iter().flat_map(Value::items);
    queries.for_each(|reference| selector(by, Some(reference), uses));
    for variable in cluster.spec(&["env"]).into_iter().flat_map(Value::items) {
        selector(by, variable.at(&["valueFrom", "secretKeyRef"]), uses);
    }
    for source in cluster.spec(&["envFrom"]).into_iter().flat_map(Value::items) {
        selector(by, source.get("secretRef"), uses);
    }
    for source in cluster.spec(&["projectedVolumeTemplate", "sources"]).into_iter().flat_map(Value::items) {
        let Some(secret) = source.get("secret") else { continue };
        let name = secret.get("name").filter(|_| secret.get("optional").and_then(Value::as_bool) != Some(true));
        whole(by, name, &[], Class::Database, uses);
    }
    for secret in cluster.spec(&["imagePullSecrets"]).into_iter().flat_map(Value::items) {
        whole(by, secret.get("name"), &[], Class::Bootstrap, uses);
    }
}

fn pooler<'w>(by: &'w Resource<'w>, uses: &mut Vec<Use<'w>>) {
    // By which client it logs in is up to the query, so no keys are asked for.
    for (field, needs) in [
        ("authQuerySecret", &[][..]),
        ("serverTLSSecret", PAIR),
        ("serverCASecret", AUTHORITY),
        ("clientCASecret", AUTHORITY),
        ("clientTLSSecret", PAIR),
    ] {
        whole(by, by.at(&["spec", "pgbouncer", field, "name"]), needs, Class::Database, uses);
    }
    if let Some(spec) = by.at(&["spec", "template", "spec"]) {
        pods::of_spec(by, spec, uses);
    }
}

/// The credentials of a place for backups.
fn store<'w>(by: &'w Resource<'w>, configuration: Option<Value<'w>>, uses: &mut Vec<Use<'w>>) {
    let Some(configuration) = configuration else { return };
    selector(by, configuration.get("endpointCA"), uses);
    for (provider, fields) in [
        ("s3Credentials", &["accessKeyId", "secretAccessKey", "region", "sessionToken"][..]),
        ("azureCredentials", &["connectionString", "storageAccount", "storageKey", "storageSasToken"]),
        ("googleCredentials", &["applicationCredentials"]),
    ] {
        let Some(provider) = configuration.get(provider) else { continue };
        fields.iter().for_each(|field| selector(by, provider.get(field), uses));
    }
}

/// The credentials of a store: fields called `…SecretRef` or `secretRef`, however deep, and what is pushed.
fn external<'w>(by: &'w Resource<'w>, uses: &mut Vec<Use<'w>>) {
    use crate::yaml::{Step, Visit, walk};
    whole(by, by.at(&["spec", "selector", "secret", "name"]), &[], Class::Bootstrap, uses);
    let Some(provider) = by.at(&["spec", "provider"]) else { return };
    walk(provider, &mut |steps, value| {
        let speaks = matches!(steps.last(), Some(Step::Key(key)) if key.ends_with("ecretRef"));
        if speaks && let Some(name) = value.get("name") {
            uses.push(Use { key: value.get("key"), ..Use::new(by, name, Class::Bootstrap) });
        }
        Visit::Into
    });
}

fn flux<'w>(by: &'w Resource<'w>, uses: &mut Vec<Use<'w>>) {
    let Some(spec) = by.at(&["spec"]) else { return };
    if by.kind == "HelmRelease" {
        match &by.values {
            Some(values) => pods::of_values(by, values.value, uses),
            None => spec.get("values").into_iter().for_each(|values| pods::of_values(by, values, uses)),
        }
        let target = spec.get("targetNamespace").filter(|target| !target.is_null());
        if let Some(target) = target {
            for one in uses.iter_mut().rev().take_while(|one| std::ptr::eq(one.by, by)) {
                one.namespace = super::written::namespace_of(target);
            }
        }
    }
    let lists = [spec.get("valuesFrom"), spec.at(&["postBuild", "substituteFrom"])];
    for entry in lists.into_iter().flatten().flat_map(Value::items) {
        if entry.get("kind").and_then(Value::known) == Some("Secret") {
            let optional = entry.get("optional").and_then(Value::as_bool) == Some(true);
            let Some(name) = entry.get("name") else { continue };
            uses.push(Use { optional, key: entry.get("valuesKey"), ..Use::new(by, name, Class::Flux) });
        }
    }
    for path in [
        &["secretRef", "name"][..],
        &["certSecretRef", "name"],
        &["proxySecretRef", "name"],
        &["verify", "secretRef", "name"],
        &["decryption", "secretRef", "name"],
        &["kubeConfig", "secretRef", "name"],
    ] {
        whole(by, spec.at(path), &[], Class::Bootstrap, uses);
    }
}

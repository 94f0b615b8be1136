//! The Secrets that let somebody in to a database: those that the operator makes for a Cluster, those that hold the
//! passwords of its roles, and copies of both.

use super::View;
use super::cnpg::Cluster;
use super::secrets::{Copy, LoginKind, Maker, Secrets};
use crate::manifest::{Namespace, Resource};
use crate::yaml::{Step, Value, Visit, walk};
use foldhash::{HashMap, HashMapExt};

/// A Secret with the password of a role.
#[derive(Clone, Debug)]
pub struct DatabaseSecret<'w> {
    /// Where it is.
    pub namespace: Namespace<'w>,
    /// Whom it lets in.
    pub login: LoginKind,
    /// The Cluster, or the role's object.
    pub owner: &'w Resource<'w>,
}

/// A value that names such a Secret.
#[derive(Clone, Copy, Debug)]
pub struct Held<'s, 'w> {
    /// The Secret.
    pub secret: &'s DatabaseSecret<'w>,
    /// What names it.
    pub value: Value<'w>,
}

/// The Secrets of all Clusters of a target, by name.
#[derive(Debug)]
pub struct DatabaseSecrets<'w> {
    by_name: HashMap<String, Vec<DatabaseSecret<'w>>>,
}

impl<'w> DatabaseSecrets<'w> {
    /// Those among the Secrets of a target.
    pub fn new(secrets: &Secrets<'w>) -> DatabaseSecrets<'w> {
        let mut found = DatabaseSecrets { by_name: HashMap::new() };
        for one in secrets.uses() {
            if let (Some(login), Some(name)) = (&one.login, one.name.known()) {
                found.add(name, &one.namespace, login.kind, one.by);
            }
        }
        for made in secrets.made().iter().filter(|made| made.by.is(Cluster::GROUP, Cluster::KIND)) {
            let kind = match made.name.rsplit_once('-') {
                Some((_, "app")) => LoginKind::App,
                Some((_, "superuser")) => LoginKind::Superuser,
                _ => continue,
            };
            found.add(&made.name, &made.namespace, kind, made.by);
        }
        found.copies(secrets);
        found
    }

    fn add(&mut self, name: &str, namespace: &Namespace<'w>, login: LoginKind, owner: &'w Resource<'w>) {
        let secret = DatabaseSecret { namespace: namespace.clone(), login, owner };
        self.by_name.entry(name.to_owned()).or_default().push(secret);
    }

    /// Copies that ask for their source, and those that a source is pushed to.
    fn copies(&mut self, secrets: &Secrets<'w>) {
        let mut more = Vec::new();
        for made in secrets.made() {
            let source = match made.maker {
                Maker::Pushed => Some((made.by.namespace.known().unwrap_or_default(), &*made.name)),
                Maker::Written => Copy::of(made.by).and_then(|copy| copy.source),
                _ => None,
            };
            let Some((namespace, name)) = source else { continue };
            if let Some(original) = self.find(&Namespace::Known(namespace), name) {
                more.push((made.name.to_string(), made.namespace.clone(), original.login, original.owner));
            }
        }
        for (name, namespace, login, owner) in more {
            self.add(&name, &namespace, login, owner);
        }
    }

    /// The Secret of that name, where it is surely in that namespace.
    pub fn find(&self, namespace: &Namespace<'_>, name: &str) -> Option<&DatabaseSecret<'w>> {
        self.by_name.get(name)?.iter().find(|secret| secret.namespace.is_same(namespace))
    }

    /// The Secrets that a pod in `namespace` is given: by variables, by volumes.
    pub fn held<'s>(&'s self, namespace: &Namespace<'_>, pod: Value<'w>) -> Vec<Held<'s, 'w>> {
        let mut held = Vec::new();
        walk(pod, &mut |steps, value| {
            let names = matches!(
                steps,
                [.., Step::Key("secretKeyRef" | "secretRef"), Step::Key("name")]
                    | [.., Step::Key("secret"), Step::Key("secretName" | "name")]
            );
            if names
                && let Some(name) = value.known()
                && let Some(secret) = self.find(namespace, name)
            {
                held.push(Held { secret, value });
            }
            Visit::Into
        });
        held
    }
}

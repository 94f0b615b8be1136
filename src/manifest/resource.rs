//! One Kubernetes object as it is written, with its identity.

use super::delivery::{By, Delivery};
use super::kinds::{is_cluster_scoped, split_api_version};
use super::{Parsed, shape};
use crate::finding::ObjectName;
use crate::source::{SourceId, Span};
use crate::yaml::{self, Dialect, Document, Kind, Value};

/// In which namespace an object will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespace<'w> {
    /// The kind has none.
    None,
    /// This one.
    Known(&'w str),
    /// Not written; whoever applies it says. The same for all objects of one scope.
    Unspecified(u32),
    /// Set on the way by something that is not worked out; objects of one scope with the same written
    /// namespace end up together.
    Set(u32, Option<&'w str>),
    /// Not known, and why.
    Unknown(String),
}

impl Namespace<'_> {
    /// Whether both are surely the same namespace.
    pub fn is_same(&self, other: &Namespace<'_>) -> bool {
        match (self, other) {
            (Namespace::Unknown(_), _) | (_, Namespace::Unknown(_)) => false,
            _ => self == other,
        }
    }

    /// Whether they could be the same namespace.
    pub fn may_be(&self, other: &Namespace<'_>) -> bool {
        match (self, other) {
            (Namespace::None, Namespace::None) => true,
            (Namespace::None, _) | (_, Namespace::None) => false,
            (Namespace::Known(a), Namespace::Known(b)) => a == b,
            _ => true,
        }
    }

    /// The name, if it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Namespace::Known(name) => Some(name),
            _ => None,
        }
    }
}

/// A Kubernetes object.
#[derive(Clone, Debug)]
pub struct Resource<'w> {
    /// Index of its file.
    pub file: usize,
    /// Number of its root.
    pub root: usize,
    /// Path of its file in the root.
    pub path: &'w str,
    /// Index of its document in the file.
    pub document: usize,
    /// `apiVersion`.
    pub api_version: &'w str,
    /// The group of `apiVersion`; empty for the core.
    pub group: &'w str,
    /// `kind`.
    pub kind: &'w str,
    /// Where it will be.
    pub namespace: Namespace<'w>,
    /// What happens to it on its way.
    pub delivery: Delivery,
    /// Whether it is a whole object; a part (a patch) is never judged for what it lacks.
    pub whole: bool,
    /// The object itself.
    pub value: Value<'w>,
    /// For a Helm release that takes values from elsewhere: all of them together.
    pub values: Option<ReleaseValues<'w>>,
}

/// The values of a Helm release as its chart gets them.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseValues<'w> {
    /// What is known of them.
    pub value: Value<'w>,
    /// Why there may be others, if so.
    pub open: Option<&'w str>,
}

impl<'w> Resource<'w> {
    /// The text it is written in.
    pub fn source(&self) -> SourceId {
        self.value.source()
    }

    /// `metadata.name` as written, if there is one.
    pub fn name_value(&self) -> Option<Value<'w>> {
        self.value.at(&["metadata", "name"])
    }

    /// `metadata.name`, if it is known in full and not changed on the way.
    pub fn name(&self) -> Option<&'w str> {
        if self.delivery.renames { None } else { self.written_name() }
    }

    /// `metadata.name` as written, if it holds nothing that is replaced later.
    pub fn written_name(&self) -> Option<&'w str> {
        self.name_value().and_then(Value::known)
    }

    /// Whether it is of this group and kind.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }

    /// The value under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<Value<'w>> {
        self.value.at(path)
    }

    /// A label of the object.
    pub fn label(&self, key: &str) -> Option<Value<'w>> {
        self.at(&["metadata", "labels"])?.get(key)
    }

    /// An annotation of the object.
    pub fn annotation(&self, key: &str) -> Option<Value<'w>> {
        self.at(&["metadata", "annotations"])?.get(key)
    }

    /// What to underline when the finding is about the object as a whole: its name, or its kind where a variable or a
    /// kustomization far from the object gives the name.
    pub fn headline(&self) -> Value<'w> {
        let own = self.span();
        let name = self.name_value().filter(|name| own.contains(name.span()) || name.made().is_none());
        name.or_else(|| self.value.get("kind")).unwrap_or(self.value)
    }

    /// The whole document's bytes.
    pub fn span(&self) -> Span {
        self.value.span()
    }

    /// Why a field that is not written here may still be there in the cluster, if so.
    pub fn may_be_completed(&self) -> Option<&'static str> {
        if !self.whole {
            Some("this document is only a part of an object")
        } else if self.delivery.changes {
            Some("a kustomization changes this object on its way")
        } else {
            None
        }
    }

    /// A value of a Helm release, whoever sets it.
    ///
    /// # Errors
    /// Why a value that is not there may be set all the same.
    pub fn release_value(&self, path: &[&str]) -> Result<Option<Value<'w>>, &'w str> {
        let Some(values) = self.values else {
            return Ok(self.at(&["spec", "values"]).and_then(|values| values.at(path)));
        };
        match (values.value.at(path), values.open) {
            (None, Some(reason)) => Err(reason),
            (found, _) => Ok(found),
        }
    }

    /// What took the field under a path of keys away, and where the field stood; none where it was never there.
    pub fn lost(&self, path: &[&str]) -> Option<(Span, Span)> {
        let mut value = self.value;
        for key in path {
            match value.get(key) {
                Some(next) => value = next,
                None => {
                    let removed = value.removed(key)?;
                    let was = removed.was.value.view();
                    // A whole block would be shown; its first key is enough.
                    let first = was.entries().next().and_then(|(_, child)| child.key_span());
                    return Some((removed.by, first.unwrap_or_else(|| was.span())));
                }
            }
        }
        None
    }

    /// How a report names it.
    pub fn object_name(&self) -> ObjectName {
        let namespace = match &self.namespace {
            Namespace::Known(name) => Some((*name).to_owned()),
            Namespace::Set(_, written) => written.map(str::to_owned),
            Namespace::None | Namespace::Unspecified(_) | Namespace::Unknown(_) => None,
        };
        ObjectName {
            api_version: self.api_version.to_owned(),
            kind: self.kind.to_owned(),
            namespace,
            name: self.name_value().and_then(Value::raw).unwrap_or_default().to_owned(),
        }
    }

    /// Kind, namespace and name for a message: ``Cluster `databases/main` ``.
    pub fn title(&self) -> String {
        self.object_name().to_string()
    }
}

/// Whether a document is a Kubernetes object: it has an apiVersion and a kind.
pub(super) fn is_object(file: &yaml::File, document: &Document) -> bool {
    let Some(root) = document.root else { return false };
    let value = Value::new(file, root, Dialect::Kubectl);
    ["apiVersion", "kind"].iter().all(|key| value.get(key).is_some_and(|value| value.kind() == Kind::Text))
}

pub(super) fn read_file<'w>(at: usize, parsed: &Parsed<'w>, delivery: &Delivery, into: &mut Vec<Resource<'w>>) {
    let dialect = match delivery.by {
        By::Kustomize | By::Flux => Dialect::Kustomize,
        By::Hand | By::Argo | By::Nobody => Dialect::Kubectl,
    };
    for (number, document) in parsed.file.documents().iter().enumerate() {
        // A document that broke holds only a part of its object: nothing can be said of it.
        if !document.is_readable() || !is_object(parsed.file, document) {
            continue;
        }
        let Some(root) = document.root else { continue };
        let value = Value::new(parsed.file, root, dialect);
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
        let items = if kind.ends_with("List") { value.get("items") } else { None };
        let items = items.filter(|items| items.is_sequence());
        match items {
            Some(items) => {
                for item in items.items() {
                    into.extend(read_object(at, parsed, number, delivery, item, Some(value)));
                }
            }
            None => into.extend(read_object(at, parsed, number, delivery, value, None)),
        }
    }
}

fn read_object<'w>(
    file: usize,
    parsed: &Parsed<'w>,
    document: usize,
    delivery: &Delivery,
    value: Value<'w>,
    list: Option<Value<'w>>,
) -> Option<Resource<'w>> {
    // An item of a PodList need not say that it is a Pod.
    let of_list = |key: &str| list?.get(key)?.as_str();
    let own = |key: &str| value.get(key).map_or_else(|| of_list(key), Value::as_str);
    let api_version = own("apiVersion")?;
    let kind = own("kind")?;
    let kind = if value.get("kind").is_some() { kind } else { kind.strip_suffix("List")? };
    if kind.is_empty() {
        return None;
    }
    let (group, _) = split_api_version(api_version);
    let written = value.at(&["metadata", "namespace"]).filter(|namespace| !namespace.is_null());
    let namespace = if is_cluster_scoped(group, kind) {
        Namespace::None
    } else if delivery.sets_namespace {
        Namespace::Set(delivery.scope, written.and_then(Value::known))
    } else {
        match written {
            None => Namespace::Unspecified(delivery.scope),
            Some(written) => match written.known() {
                Some(name) => Namespace::Known(name),
                None => Namespace::Unknown(written.unknown().unwrap_or_else(|| "the namespace is no text".into())),
            },
        }
    };
    let whole = shape::is_whole(group, kind, value);
    Some(Resource {
        file,
        root: parsed.root,
        path: parsed.path,
        document,
        api_version,
        group,
        kind,
        namespace,
        delivery: delivery.clone(),
        whole,
        value,
        values: None,
    })
}

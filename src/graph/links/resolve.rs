//! From a name to what it means: an object, something that is made by another one, something that is not there.

use super::{End, Presence, Site};
use crate::graph::Lookup;
use crate::graph::secrets::Found;
use crate::manifest::Namespace;
use crate::yaml::Value;

impl<'w> Site<'_, 'w> {
    /// What a field means that names an object.
    pub(super) fn named(
        &self,
        group: &'static str,
        kind: &'static str,
        namespace: &Namespace<'w>,
        value: Value<'w>,
    ) -> Vec<End<'w>> {
        let Some(name) = value.known() else {
            let Some(raw) = value.raw() else { return Vec::new() };
            let reason = value.unknown().unwrap_or_else(|| "the name is no text".into());
            return vec![named(group, kind, namespace, raw, Presence::Unknown(reason))];
        };
        if name.is_empty() {
            return Vec::new();
        }
        let presence = match self.graph.find(group, kind, namespace, name) {
            Lookup::Found(found) => return found.into_iter().map(End::Object).collect(),
            Lookup::Absent(_) => Presence::Missing,
            Lookup::Unknown(reason) => Presence::Unknown(reason),
        };
        let presence = if kind == "Secret" { self.secret(namespace, name, presence) } else { presence };
        vec![named(group, kind, namespace, name, presence)]
    }

    /// What a field means that names a Secret.
    pub(super) fn secret_named(&self, namespace: &Namespace<'w>, value: Value<'w>) -> Vec<End<'w>> {
        self.named("", "Secret", namespace, value)
    }

    /// Whether a Secret that is not written is there all the same.
    fn secret(&self, namespace: &Namespace<'w>, name: &str, written: Presence) -> Presence {
        match self.secrets.find(namespace, name) {
            Found::Made(_) => Presence::Made,
            Found::Unknown(reason) => Presence::Unknown(reason),
            Found::Unseen => written,
        }
    }
}

fn named<'w>(
    group: &'static str,
    kind: &'static str,
    namespace: &Namespace<'w>,
    name: &str,
    presence: Presence,
) -> End<'w> {
    End::Named { group, kind, namespace: namespace.clone(), name: name.to_owned(), presence }
}

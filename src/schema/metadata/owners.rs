//! Owners, in whose wake an object is deleted.

use super::OWNER;
use crate::schema::value::{field, flag, items, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

pub(super) fn check<'w>(metadata: Value<'w>, problems: &mut Problems<'w>) {
    let mut controller: Option<Value<'w>> = None;
    for owner in items(metadata, "ownerReferences").filter(|owner| owner.is_mapping()) {
        for key in ["apiVersion", "kind", "name", "uid"] {
            // A field that is not there is told by the schema.
            if let Some(value) = field(owner, key).filter(|value| value.known() == Some("")) {
                problems.push(
                    Problem::new(OWNER, value, format!("`{key}` of the owner is empty"))
                        .help("leave owner references to controllers, or write all of it"),
                );
            }
        }
        if let Some(version) = text(owner, "apiVersion").known()
            && let Some(value) = owner.get("apiVersion")
            && (version.split('/').count() > 2 || version.ends_with('/'))
        {
            problems.push(
                Problem::new(
                    OWNER,
                    value,
                    format!("`apiVersion` of the owner, `{version}`, is not a group and a version"),
                )
                .help("write it as `apps/v1`"),
            );
        }
        if flag(owner, "controller") == Some(true) {
            if let Some(first) = controller {
                let problem = Problem::new(OWNER, owner, "a second owner is the controller of this object");
                problems.push(
                    problem
                        .underline(owner.get("controller").unwrap_or(owner).key_or_span())
                        .related(first.get("controller").unwrap_or(first).key_or_span(), "the first one")
                        .help("keep `controller: true` on one owner"),
                );
            }
            controller = controller.or(Some(owner));
        }
    }
}

//! Seccomp and AppArmor profiles.

use crate::schema::value::{Fault, Text, code, field, is_set, missing, one_of, text};
use crate::schema::{Problem, Problems};
use crate::yaml::Value;

const TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];

/// The profile under `key` of a security context.
pub(super) fn check<'w>(context: Value<'w>, key: &str, problems: &mut Problems<'w>) {
    let Some(profile) = field(context, key).filter(|profile| profile.is_mapping()) else { return };
    let Some(kind) = field(profile, "type") else { return };
    one_of(kind, "type", TYPES, problems);
    let own = text(profile, "localhostProfile");
    match kind.known() {
        Some("Localhost") if own == Text::Absent => {
            let message = format!("`{key}` is on the node and does not say which it is");
            problems.push(
                missing(code::CROSS_FIELD, profile, "localhostProfile", message)
                    .underline(kind.span())
                    .help("set `localhostProfile`"),
            );
        }
        Some("Localhost") if key == "seccompProfile" => {
            if let Some(path) = field(profile, "localhostProfile")
                && let Some(text) = own.known()
                && (text.starts_with('/') || text.split('/').any(|part| part == ".."))
            {
                let fault = Fault::new(
                    "a path below the kubelet's folder of profiles",
                    if text.starts_with('/') { "starts with `/`" } else { "`..` in it" },
                    "write a relative path",
                );
                problems.push(fault.problem(code::NAME, path, "localhostProfile"));
            }
        }
        Some(other) if TYPES.contains(&other) && other != "Localhost" => {
            // For seccomp an empty text counts as written.
            let written =
                if key == "seccompProfile" { is_set(profile, "localhostProfile") } else { own != Text::Absent };
            if let Some(path) = profile.get("localhostProfile").filter(|_| written) {
                problems.push(
                    Problem::new(
                        code::CROSS_FIELD,
                        path,
                        format!("`localhostProfile` names a profile, and the type is `{other}`"),
                    )
                    .at_key()
                    .related(kind.span(), "the type")
                    .help("remove `localhostProfile`, or write `type: Localhost`"),
                );
            }
        }
        _ => {}
    }
}

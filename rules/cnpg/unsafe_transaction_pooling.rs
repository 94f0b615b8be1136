//! Poolers in transaction mode that lose prepared statements.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::{Pooler, spec};
use crate::rule::{Context, Sink};
use crate::schema::image::ImageReference;
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Finds a Pooler with `poolMode: transaction` whose PgBouncer does not follow prepared statements:
    /// `max_prepared_statements` is `"0"`, or it is left out and PgBouncer is older than 1.24, which made 200 the default.
    ///
    /// ## Why it matters
    /// In transaction mode each transaction may get another server connection, which knows nothing of what was prepared
    /// on the last one. Most drivers prepare by themselves after a few runs of a query, so the application fails with
    /// `prepared statement does not exist` under load and not in a test.
    ///
    /// ## Instead
    /// `parameters.max_prepared_statements: "200"`, or more where an application has more of them; or session mode.
    ///
    /// ## Limits
    /// The version of PgBouncer is read from the tag of its image, else from the operator's version: those before 1.25
    /// bring an older one. An image whose tag is no version, or one from a catalog, is taken for a new one. Where every
    /// client is known to prepare nothing, allow the rule for that Pooler.
    pub static RULE {
        id: "cnpg/unsafe-transaction-pooling",
        summary: "a Pooler in transaction mode loses prepared statements",
        scope: Resource(Pooler),
        codes: [
            "disabled" => (Warning, High, Reliability),
            "not-enabled" => (Warning, High, Reliability),
        ],
        since: "0.1.0",
        check: check,
    }
}

fn check<'w>(pooler: &Pooler<'w>, context: &Context<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let resource = pooler.resource();
    let Some(mode) = spec(resource, &["pgbouncer", "poolMode"]) else { return };
    if let Some(reason) = mode.unknown() {
        sink.undecided(mode.span(), reason);
        return;
    }
    if mode.known() != Some("transaction") {
        return;
    }
    let written = spec(resource, &["pgbouncer", "parameters", "max_prepared_statements"]);
    if let Some(limit) = written.filter(|limit| !limit.is_null()) {
        if let Some(reason) = limit.unknown() {
            sink.undecided(limit.span(), reason);
        } else if limit.as_str().is_some_and(|text| text.trim().parse() == Ok(0)) {
            let message = format!("{} pools by transaction and follows no prepared statements", pooler.title());
            sink.finding("disabled", resource, limit, message)
                .label("switches them off")
                .related(mode.key_or_span(), "each transaction may get another connection")
                .help("set `max_prepared_statements: \"200\"`, or `poolMode: session`");
        }
        return;
    }
    let Some(old) = old_bouncer(pooler, context) else { return };
    if let Some(reason) = resource.may_be_completed() {
        sink.undecided(mode.span(), reason);
        return;
    }
    let message = format!("{} pools by transaction and follows no prepared statements", pooler.title());
    sink.finding("not-enabled", resource, mode, message)
        .label("each transaction may get another connection")
        .related(old.image.map(|image| image.span()), "an older PgBouncer")
        .note(old.because)
        .help("set `max_prepared_statements: \"200\"` in `parameters`, or take PgBouncer 1.24 or newer");
}

/// What says that PgBouncer follows no prepared statements by default.
struct Old<'w> {
    image: Option<Value<'w>>,
    because: String,
}

fn old_bouncer<'w>(pooler: &Pooler<'w>, context: &Context<'_, 'w>) -> Option<Old<'w>> {
    let resource = pooler.resource();
    if spec(resource, &["pgbouncer", "imageCatalogRef"]).is_some() {
        return None;
    }
    let containers = spec(resource, &["template", "spec", "containers"]).into_iter().flat_map(Value::items);
    let own = |container: &Value<'w>| container.get("name").and_then(Value::known) == Some("pgbouncer");
    let image = containers.into_iter().find(own).and_then(|container| container.get("image"));
    let image = image.or_else(|| spec(resource, &["pgbouncer", "image"])).filter(|image| !image.is_null());
    let Some(image) = image else {
        let operator = &context.versions().cnpg;
        return operator_is_old(operator).then(|| Old {
            image: None,
            because: format!("CloudNativePG {operator} brings a PgBouncer before 1.24, in which the default is 0"),
        });
    };
    let tag = image.known().filter(|text| !text.is_empty()).and_then(old_tag)?;
    Some(Old { image: Some(image), because: format!("in PgBouncer {tag} the default is 0; it is 200 from 1.24 on") })
}

/// The version in the tag, if it is one of PgBouncer before 1.24.
fn old_tag(image: &str) -> Option<String> {
    let reference = ImageReference::parse(image)?;
    let ours = reference.repository.rsplit('/').next().is_some_and(|name| name.contains("pgbouncer"));
    match reference.version()? {
        (1, Some(minor)) if ours && minor < 24 => Some(format!("1.{minor}")),
        _ => None,
    }
}

/// Whether every release of that minor brings a PgBouncer before 1.24.
fn operator_is_old(version: &str) -> bool {
    let minor = version.strip_prefix("1.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    minor.is_some_and(|minor| minor < 25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_bouncer_is_known_by_its_tag() {
        for (image, expected) in [
            ("ghcr.io/cloudnative-pg/pgbouncer:1.23.0", Some("1.23")),
            ("ghcr.io/cloudnative-pg/pgbouncer:1.22.1-16", Some("1.22")),
            ("ghcr.io/cloudnative-pg/pgbouncer:1.24.0", None),
            ("registry.example.com/pgbouncer:latest", None),
            ("registry.example.com/images/bouncer:1.3", None),
            ("pgbouncer", None),
        ] {
            assert_eq!(old_tag(image).as_deref(), expected, "{image}");
        }
    }

    #[test]
    fn operators_before_1_25_bring_an_old_one() {
        for (version, expected) in [("1.24", true), ("1.24.4", true), ("1.25", false), ("1.30", false), ("main", false)]
        {
            assert_eq!(operator_is_old(version), expected, "{version}");
        }
    }
}

//! Secrets that a role cannot take its password from.

use crate::declare_rule;
use crate::graph::View;
use crate::graph::cnpg::Cluster;
use crate::graph::secrets::{Found, Login, Made, Use};
use crate::rule::{Sink, TargetContext, replace_name};
use crate::yaml::Value;

declare_rule! {
    /// ## What it does
    /// Looks at the Secret with the password of a managed role, of a DatabaseRole, of the first database's owner
    /// (`bootstrap.*.secret`) and of the superuser: it has the keys `username` and `password`, `username` is the
    /// role's name (`postgres` for the superuser), and its type is `kubernetes.io/basic-auth`.
    ///
    /// ## Why it matters
    /// The operator compares `username` with the role and refuses the Secret where they differ or one is lacking: the
    /// role gets no password, and says so only in the status of the Cluster. The type is what its documents ask for.
    ///
    /// ## Instead
    /// Write `type: kubernetes.io/basic-auth` with `username: <role>`; in an ExternalSecret both stand in
    /// `target.template`.
    ///
    /// ## Limits
    /// A `username` that is encrypted or comes from a store is not read, keys that only a store knows are not counted. The
    /// operator does not enforce the type, so that a Secret is of another one is of low confidence. Without superuser access
    /// the superuser's Secret is never looked at.
    pub static RULE {
        id: "cnpg/unusable-role-password",
        summary: "a role cannot take its password from the Secret that is named",
        scope: Target,
        codes: [
            "other-username" => (Error, High, Reliability),
            "missing-key" => (Error, High, Reliability),
            "other-type" => (Warning, Low, Reliability),
        ],
        since: "0.1.0",
        fixable: Unsafe,
        check: check,
    }
}

const TYPE: &str = "kubernetes.io/basic-auth";

fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    for one in context.secrets.uses() {
        let (Some(login), Some(name)) = (&one.login, one.name.known()) else { continue };
        let Found::Made(made) = context.secrets.find(&one.namespace, name) else { continue };
        let lacks = |key: &str| made.iter().all(|made| context.secrets.has_key(made, key) == Some(false));
        let missing: Vec<&str> = one.needs.iter().copied().filter(|key| lacks(key)).collect();
        if !missing.is_empty() {
            keys(one, login, &missing, &made, sink);
            continue;
        }
        // Where several objects make it, one of them overwrites the other.
        let [made] = made.as_slice() else { continue };
        if !is_for(one, login, made, sink) {
            typed(one, login, made, sink);
        }
    }
}

/// Whose password it is, for a message.
fn whose(one: &Use<'_>, login: &Login<'_>) -> String {
    match &login.role {
        Some(role) if role == "postgres" => format!("the superuser of {}", one.by.title()),
        Some(role) if one.by.is(Cluster::GROUP, Cluster::KIND) => format!("role `{role}` of {}", one.by.title()),
        Some(role) => format!("role `{role}`"),
        None => one.by.title(),
    }
}

fn keys<'w>(one: &Use<'w>, login: &Login<'w>, missing: &[&str], made: &[&Made<'w>], sink: &mut Sink<'_, 'w>) {
    let list = missing.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    let name = one.name.known().unwrap_or_default();
    let message = format!("{} gets no password: Secret `{name}` has no {list}", whose(one, login));
    let mut finding = sink.finding("missing-key", one.by, one.name, message).label(format!("has no {list}"));
    for made in made.iter().take(2) {
        let keys: Vec<String> = made.keys.known().map(|key| format!("`{key}`")).collect();
        let label = if keys.is_empty() { "has no key".to_owned() } else { format!("has {}", keys.join(", ")) };
        finding = finding.related(made.at.span(), label);
    }
    let role = login.role.as_deref().unwrap_or("<role>");
    finding.help(match missing.contains(&"username") {
        true => format!("add `username: {role}` where the Secret is made"),
        false => format!("add {list} where the Secret is made"),
    });
}

/// Whether the Secret is for another role, which is then said.
fn is_for<'w>(one: &Use<'w>, login: &Login<'w>, made: &Made<'w>, sink: &mut Sink<'_, 'w>) -> bool {
    let (Some(role), Some((user, at))) = (&login.role, made.text("username")) else { return false };
    // What a template of the External Secrets operator computes is not known.
    if user == *role || user.contains("{{") || user.is_empty() {
        return false;
    }
    // What a Secret holds is shown to nobody, not even a name.
    let is_shown = !made.by.is("", "Secret");
    let (message, label) = match is_shown {
        true => (format!("its Secret is for `{user}`"), format!("has username `{user}`")),
        false => ("its Secret is for another user".to_owned(), "has another username".to_owned()),
    };
    let message = format!("{} gets no password: {message}", whose(one, login));
    let finding = sink.finding("other-username", one.by, one.name, message).label(label);
    let finding = finding.related(at.span(), "the user it is for");
    let finding = match login.at {
        Some(named) => finding.related(named.span(), "the role it is taken for"),
        None => finding,
    };
    match replace_name(at, role).filter(|_| at.raw() == Some(&*user)) {
        Some(edits) => finding.suggestion(format!("write `username: {role}`"), edits),
        None => finding.help(format!("write `username: {role}` where the Secret is made, or name another one")),
    };
    true
}

fn typed<'w>(one: &Use<'w>, login: &Login<'w>, made: &Made<'w>, sink: &mut Sink<'_, 'w>) {
    let Some((found, at)) = made.secret_type().filter(|(found, _)| *found != TYPE) else { return };
    let name = one.name.known().unwrap_or_default();
    let message = format!("{} takes its password from Secret `{name}` of type {found}", whose(one, login));
    let label = format!("is of type {found}");
    sink.finding("other-type", one.by, one.name, message)
        .label(label)
        .related(at.map_or_else(|| made.at.span(), Value::span), "makes the Secret, of that type")
        .note("the operator reads `username` and `password` whatever the type is; its documentation asks for `kubernetes.io/basic-auth`")
        .help(match made.by.kind {
            "ExternalSecret" => format!("write `type: {TYPE}` under `spec.target.template`; a Secret that is there already has to be made anew"),
            _ => format!("give it `type: {TYPE}`; a Secret that is there already has to be made anew for that"),
        });
}

//! The same from the app's side: the password of its role, which the contract lists among the platform's Secrets.

use crate::config::Role;
use crate::contract::Answer;
use crate::graph::View;
use crate::graph::cnpg::{DatabaseRole, cluster_reference};
use crate::graph::platform_names::{is_platform_name, is_platform_role};
use crate::graph::secrets::Found;
use crate::rule::{Sink, TargetContext};
use crate::yaml::Value;

pub(super) fn check<'w>(context: &TargetContext<'_, 'w>, sink: &mut Sink<'_, 'w>) {
    let (config, offers) = (context.config(), context.offers());
    if offers.is_empty() {
        return;
    }
    let (group, kind) = (DatabaseRole::GROUP, DatabaseRole::KIND);
    if !config.owns(Role::App, group, kind) || config.owns(Role::Platform, group, kind) {
        return;
    }
    for role in context.graph.all::<DatabaseRole<'w>>() {
        let is_of_app = config.role_of(role.path).is_some_and(|of| of.value == Role::App);
        let secret = role.at(&["spec", "passwordSecret", "name"]).and_then(|value| Some((value, value.known()?)));
        let cluster = cluster_reference(role.resource()).and_then(Value::known);
        let name = role.at(&["spec", "name"]).and_then(Value::known);
        let (Some((value, secret)), Some(cluster), Some(name)) = (secret, cluster, name) else { continue };
        let Some(namespace) = role.namespace.known().filter(|_| is_of_app) else { continue };
        let administers = role.at(&["spec"]).is_some_and(is_platform_role) || is_platform_name(name, cluster);
        if administers || !matches!(context.secrets.find(&role.namespace, secret), Found::Unseen) {
            continue;
        }
        let (Answer::There(delivery), Answer::There(_)) =
            (offers.secret(namespace, secret), offers.cluster(namespace, cluster))
        else {
            continue;
        };
        // A platform that is checked too says it where the Secret is written, and what it uses itself is its own.
        let is_checked = delivery.offer.root.is_some_and(|root| !context.world.references[root]);
        if is_checked || delivery.secret.own {
            continue;
        }
        let message =
            format!("Secret `{namespace}/{secret}` holds the password of role `{name}` but is the platform's");
        sink.finding("promised-secret", role.resource(), value, message)
            .label("an app's credential")
            .related(delivery.place(), "the platform makes it")
            .help("keep the Secret in this repo beside the role, and change the password");
    }
}

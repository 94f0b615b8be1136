//! What the roots of a run offer to each other, and the contract of one repo by itself.

use super::{Reliance, Root, see, settings};
use crate::config::{Config, Role};
use crate::contract::{Contract, Offer, Places, Target, collect};
use crate::graph::secrets::Secrets;
use crate::graph::{Graph, operator_version};
use crate::manifest::By;
use crate::reach::connections::Connections;
use crate::render;
use crate::source::Sources;
use std::collections::BTreeMap;

/// Every contract, and which of them each root relies on: those that it names, and those of the platforms that are
/// checked in the same run.
pub(super) fn of<'w>(
    targets: &[render::Target],
    graphs: &[Graph<'w>],
    connections: &[Option<Connections<'w>>],
    secrets: &[Secrets<'w>],
    configs: &[Config],
    references: &[bool],
    relies: &[Vec<Reliance>],
) -> (Vec<Offer>, Vec<Vec<usize>>) {
    let mut offers: Vec<Offer> = Vec::new();
    let mut by_root: BTreeMap<usize, usize> = BTreeMap::new();
    let mut all = vec![Vec::new(); relies.len()];
    let is_platform = |root: usize| configs[root].role.as_ref().is_some_and(|role| role.value == Role::Platform);
    for (root, named) in relies.iter().enumerate() {
        let beside = (0..relies.len()).filter(|other| {
            *other != root && is_platform(*other) && !is_platform(root) && !references[*other] && !references[root]
        });
        for reliance in named.iter().cloned().chain(beside.map(Reliance::Root)) {
            let at = match reliance {
                Reliance::File(offer) => {
                    offers.push(Offer::clone(&offer));
                    offers.len() - 1
                }
                Reliance::Root(other) => *by_root.entry(other).or_insert_with(|| {
                    let own = targets.iter().enumerate().filter(|(_, target)| target.root == other);
                    let own: Vec<Target<'_, 'w>> = own
                        .map(|(at, _)| Target {
                            graph: &graphs[at],
                            connections: connections[at].as_ref(),
                            secrets: &secrets[at],
                            config: &configs[other],
                        })
                        .collect();
                    let (contract, places) = collect(&own);
                    offers.push(Offer { root: Some(other), contract, places });
                    offers.len() - 1
                }),
            };
            if !all[root].contains(&at) {
                all[root].push(at);
            }
        }
    }
    (offers, all)
}

/// The contract of the first of `roots`, with the place of everything in it. `pick` chooses among its targets by name.
///
/// # Errors
/// What `pick` says where it cannot choose.
pub fn export<E>(
    sources: &Sources,
    roots: Vec<Root>,
    pick: impl FnOnce(&[String]) -> Result<Vec<String>, E>,
) -> Result<(Contract, Places), E> {
    let configs: Vec<Config> = roots.iter().map(|root| root.config.clone()).collect();
    see(sources, roots, |seen| {
        let own: Vec<&render::Target> = seen.targets.iter().filter(|target| target.root == 0).collect();
        let names: Vec<String> = own.iter().map(|target| target.name.to_string()).collect();
        let wanted = pick(&names)?;
        let config = &configs[0];
        let role = config.role.as_ref().map(|role| role.value);
        let strays: Vec<_> =
            seen.resources.iter().filter(|one| one.delivery.by == By::Nobody && one.root == 0).collect();
        let chosen = own.into_iter().filter(|target| wanted.contains(&target.name.to_string()));
        let graphs: Vec<Graph<'_>> = chosen.map(|target| Graph::new(seen.resources, target, role)).collect();
        let connections: Vec<Connections<'_>> =
            graphs.iter().map(|graph| Connections::with_unseen(graph, &strays)).collect();
        let installed = |root: usize| operator_version(seen.resources, seen.manifests, root);
        let (versions, _) = settings::versions(&configs, installed);
        let secrets: Vec<Secrets<'_>> = graphs.iter().map(|graph| Secrets::new(graph, &versions[0].cnpg)).collect();
        let targets: Vec<Target<'_, '_>> = graphs
            .iter()
            .zip(&connections)
            .zip(&secrets)
            .map(|((graph, connections), secrets)| Target { graph, connections: Some(connections), secrets, config })
            .collect();
        Ok(collect(&targets))
    })
}

//! Secrets that another repo brings: one that is checked or read in the same run, or one that a contract describes.

use super::TargetContext;
use crate::contract::{Answer, Delivery};
use crate::graph::secrets::{Found, Made, Secrets};
use crate::manifest::Namespace;

/// What other repos say of a Secret that the target does not make.
#[derive(Debug)]
pub enum Brought<'a, 'w> {
    /// A platform that the repo relies on makes it, and these are the Secrets of its target.
    Made(&'a Secrets<'w>, Vec<&'a Made<'w>>),
    /// A contract lists it.
    Offered(Delivery<'a>),
    /// One of them may bring it, and why.
    Unknown(String),
    /// None of them does, and a contract says all that the platform brings.
    Absent,
    /// No other repo is known.
    Nobody,
}

/// Looks for the Secret `name` of `namespace` in other repos.
pub fn brought<'a, 'w>(context: &TargetContext<'a, 'w>, namespace: &Namespace<'_>, name: &str) -> Brought<'a, 'w> {
    let Some(space) = namespace.known() else { return Brought::Nobody };
    let world = context.world;
    let mut doubt = None;
    let others = world.targets.iter().zip(&world.secrets).filter(|(target, _)| target.root != context.root);
    for (target, secrets) in others {
        match secrets.find(namespace, name) {
            Found::Made(made) if context.offers().iter().any(|offer| offer.root == Some(target.root)) => {
                return Brought::Made(secrets, made);
            }
            // Whether both go to one cluster nobody says.
            Found::Made(_) => doubt = Some("another repo of this run makes one of that name".to_owned()),
            Found::Unknown(reason) => doubt = doubt.or(Some(reason)),
            Found::Unseen => {}
        }
    }
    match (context.offers().secret(space, name), doubt) {
        (Answer::There(delivery), _) => Brought::Offered(delivery),
        (_, Some(reason)) => Brought::Unknown(reason),
        (Answer::Unknown(Some(reason)), None) => Brought::Unknown(reason.to_owned()),
        (Answer::Absent(_), None) => Brought::Absent,
        (Answer::Unknown(None), None) => Brought::Nobody,
    }
}

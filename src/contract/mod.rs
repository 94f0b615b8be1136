//! What a platform offers to its apps: worked out from its objects, read from an exported file, written, compared.
//! It reads no file itself and judges no app.

mod clients;
mod collect;
mod compare;
mod merge;
mod model;
mod offers;
mod places;
mod read;
mod secrets;
mod write;

pub use collect::{Target, collect};
pub use compare::{Change, Difference, compare};
pub use model::{
    Access, BackupPolicy, ClientRule, ClusterOffer, Contract, NamespaceOffer, OperatorOffer, SecretOffer, ServiceOffer,
    VERSION,
};
pub use offers::{Answer, Delivery, Offer, Offers, Rented};
pub use places::{Key, Places};
pub use read::{ReadError, read};
pub use write::{schema, to_json, to_yaml};

/// The name of the exported file, at the root of the platform's repo.
pub const FILE_NAME: &str = "tidegate-contract.yaml";

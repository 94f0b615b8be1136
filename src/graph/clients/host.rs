//! Names of services as clients write them.

use crate::graph::cnpg::cluster_of_service;

/// The name of a service, with its namespace where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// As it is written.
    pub text: String,
    /// The service.
    pub service: String,
    /// The namespace, where the name holds one.
    pub namespace: Option<String>,
}

impl Host {
    /// Reads `main-rw`, `main-rw.databases`, `main-rw.databases.svc` or the full name with the domain of the cluster.
    pub fn read(text: &str) -> Option<Host> {
        let mut labels = text.strip_suffix('.').unwrap_or(text).split('.');
        let service = labels.next().filter(|label| is_label(label))?;
        let namespace = match labels.next() {
            Some(label) if is_label(label) => Some(label.to_owned()),
            Some(_) => return None,
            None => None,
        };
        if labels.next().is_some_and(|third| third != "svc") || !labels.all(is_label) {
            return None;
        }
        Some(Host { text: text.to_owned(), service: service.to_owned(), namespace })
    }
}

fn is_label(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_part) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether a service is called as the operator calls those of a Cluster.
pub fn is_cluster_like(service: &str) -> bool {
    cluster_of_service(service).is_some()
}

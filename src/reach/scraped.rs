//! Who scrapes the metrics of a peer: PodMonitors and the like that select it, and annotations.

use super::Peer;
use super::answer::{Answer, any};
use super::selector::Selector;
use crate::graph::Graph;
use crate::graph::workload::Labels;
use crate::manifest::Resource;
use crate::source::Span;
use crate::yaml::{Value, Visit, walk};

/// Kinds that select the pods to scrape.
const POD_MONITORS: &[(&str, &str)] = &[
    ("monitoring.coreos.com", "PodMonitor"),
    ("operator.victoriametrics.com", "VMPodScrape"),
    ("azmonitoring.coreos.com", "PodMonitor"),
    ("monitoring.googleapis.com", "PodMonitoring"),
];

/// Keys of Helm values and of configs under which whole scrapers are written.
const WRITTEN_ELSEWHERE: &[&str] = &[
    "additionalPodMonitors",
    "additionalScrapeConfigs",
    "additionalScrapeConfigsSecret",
    "additionalServiceMonitors",
    "kubernetes_sd_configs",
    "extraScrapeConfigs",
    "scrape_configs",
];

/// What of a target scrapes.
#[derive(Debug)]
pub struct Scrapers<'w> {
    monitors: Vec<&'w Resource<'w>>,
    services: Vec<&'w Resource<'w>>,
    /// What may scrape whatever it likes.
    elsewhere: Option<&'w Resource<'w>>,
    in_use: bool,
}

impl<'w> Scrapers<'w> {
    /// What scrapes in `graph`.
    pub fn new(graph: &Graph<'w>) -> Scrapers<'w> {
        let monitors: Vec<&'w Resource<'w>> =
            POD_MONITORS.iter().flat_map(|(group, kind)| graph.of_kind(group, kind)).copied().collect();
        let of_prometheus = |resource: &&'w Resource<'w>| {
            matches!(resource.group, "monitoring.coreos.com" | "operator.victoriametrics.com")
        };
        let selects_cluster = |service: &&'w Resource<'w>| {
            let selector = service.at(&["spec", "selector"]);
            selector.into_iter().flat_map(Value::entries).any(|(key, _)| key.starts_with("cnpg.io/"))
        };
        Scrapers {
            in_use: graph.resources().iter().any(of_prometheus),
            services: graph.of_kind("", "Service").iter().copied().filter(selects_cluster).collect(),
            elsewhere: graph.resources().iter().copied().find(|resource| holds_config(resource)),
            monitors,
        }
    }

    /// Whether anything in the target shows that the Prometheus operator or one like it is there.
    pub fn in_use(&self) -> bool {
        self.in_use
    }

    /// Whether something scrapes `peer`.
    pub fn scrape(&self, peer: &Peer<'w>) -> Answer {
        let resource = peer.resource;
        if let Some(enabled) = resource.at(&["spec", "monitoring", "enablePodMonitor"]) {
            match (enabled.as_bool(), enabled.unknown()) {
                (Some(true), _) => return Answer::Yes,
                (_, Some(reason)) => return Answer::Unknown(reason),
                _ => {}
            }
        }
        let annotations =
            [&["spec", "inheritedMetadata", "annotations"][..], &["spec", "template", "metadata", "annotations"]];
        let annotated = annotations
            .iter()
            .filter_map(|path| resource.at(path))
            .any(|annotations| annotations.entries().any(|(key, _)| key.contains("scrape")));
        if annotated {
            return Answer::Yes;
        }
        let monitored = any(self.monitors.iter().map(|monitor| selects(monitor, resource, &peer.labels)));
        if !monitored.is_no() {
            return monitored;
        }
        if let Some(service) = self.services.iter().find(|service| service.namespace.may_be(&resource.namespace)) {
            return Answer::Unknown(format!("{} may be scraped", service.title()));
        }
        match self.elsewhere {
            Some(config) => Answer::Unknown(format!("{} may have it scraped", config.title())),
            None => Answer::No,
        }
    }
}

/// Where it is asked that Prometheus scrapes the pods of `resource` with these labels, if that is sure: at a PodMonitor, or
/// at the field for which the operator makes one; with what that is, in words.
pub fn asked<'w>(graph: &Graph<'w>, resource: &'w Resource<'w>, labels: &Labels<'w>) -> Option<(Span, &'static str)> {
    let enabled = resource.at(&["spec", "monitoring", "enablePodMonitor"]);
    if let Some(enabled) = enabled.filter(|enabled| enabled.as_bool() == Some(true)) {
        return Some((enabled.key_or_span(), "makes the operator have it scraped"));
    }
    let mut monitors = graph.of_kind("monitoring.coreos.com", "PodMonitor").iter();
    let monitor = monitors.find(|monitor| selects(monitor, resource, labels).is_yes())?;
    Some((monitor.headline().span(), "the PodMonitor that has it scraped"))
}

fn selects<'w>(monitor: &'w Resource<'w>, resource: &Resource<'w>, labels: &Labels<'w>) -> Answer {
    if !monitor.whole {
        return Answer::Unknown(format!("{} is only a part of an object", monitor.title()));
    }
    let own = &resource.namespace;
    let namespaces = monitor.at(&["spec", "namespaceSelector"]).filter(|value| !value.is_null() && !value.is_empty());
    let there = match namespaces {
        None => super::same_namespace(monitor, own),
        Some(selector) => {
            let all = selector.get("any").and_then(Value::as_bool) == Some(true);
            let names = selector.get("matchNames").into_iter().flat_map(Value::items);
            let named = names.map(|name| match (name.known(), own.known()) {
                (Some(name), Some(own)) => Answer::sure(name == own),
                _ => Answer::Unknown(format!("it is not known whether {} looks into this namespace", monitor.title())),
            });
            if all { Answer::Yes } else { any(named) }
        }
    };
    there.and(Selector::read(monitor.at(&["spec", "selector"])).matches(labels))
}

/// Whether an object holds the config of a scraper that is written in full.
fn holds_config(resource: &Resource<'_>) -> bool {
    if matches!(resource.kind, "ScrapeConfig" | "VMScrapeConfig") {
        return true;
    }
    if !matches!(resource.kind, "HelmRelease" | "HelmChart" | "Application" | "ConfigMap" | "Prometheus" | "Secret") {
        return false;
    }
    let mut found = false;
    walk(resource.value, &mut |_, value| {
        let is_key = value.key().is_some_and(|key| WRITTEN_ELSEWHERE.contains(&key)) && !value.is_empty();
        // In a ConfigMap it is text.
        let is_text = value.raw().is_some_and(|text| {
            text.contains('\n') && (text.contains("kubernetes_sd_configs") || text.contains("discovery.kubernetes"))
        });
        found |= is_key || is_text;
        if found { Visit::Past } else { Visit::Into }
    });
    found
}

//! Flux's Helm releases: which chart each takes, from where, and in which version.

use super::{Graph, View};
use crate::graph::view::view;
use crate::manifest::Resource;
use crate::yaml::Value;

/// The group of Flux's sources.
pub const SOURCES: &str = "source.toolkit.fluxcd.io";

/// The media type of a chart's content in an OCI artifact.
pub const CHART_CONTENT: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

view! {
    /// `helm.toolkit.fluxcd.io/HelmRelease`.
    HelmRelease, "helm.toolkit.fluxcd.io", "HelmRelease"
}

impl<'w> HelmRelease<'w> {
    /// A field below `spec`; none where it is null.
    pub fn spec(&self, path: &[&str]) -> Option<Value<'w>> {
        self.resource().at(&["spec"])?.at(path).filter(|value| !value.is_null())
    }

    /// `spec.chart.spec`: a chart by name and version.
    pub fn chart(&self) -> Option<Value<'w>> {
        self.spec(&["chart", "spec"])
    }

    /// The reference to what the chart is taken from: `spec.chartRef`, or the `sourceRef` of the chart.
    pub fn source_reference(&self) -> Option<Value<'w>> {
        self.spec(&["chartRef"]).or_else(|| self.chart()?.get("sourceRef"))
    }

    /// The kind of what the chart is taken from.
    pub fn source_kind(&self) -> Option<&'w str> {
        self.source_reference()?.get("kind")?.known()
    }

    /// What the chart is taken from, where it is one object of the target.
    pub fn source(&self, graph: &Graph<'w>) -> Option<&'w Resource<'w>> {
        let reference = self.source_reference()?;
        let (kind, name) = (reference.get("kind")?.known()?, reference.get("name")?.known()?);
        let namespace = reference.get("namespace").filter(|namespace| !namespace.is_null());
        let named = graph.named(SOURCES, kind, name);
        let mut there = named.into_iter().filter(|source| match namespace {
            None => source.namespace.is_same(&self.resource().namespace),
            Some(namespace) => source.namespace.known().is_some_and(|own| namespace.known() == Some(own)),
        });
        there.next().filter(|_| there.next().is_none())
    }

    /// Whether somebody stopped it: what a stopped release does on failure is nobody's concern.
    pub fn is_suspended(&self) -> bool {
        self.spec(&["suspend"]).and_then(Value::as_bool) == Some(true)
    }
}

/// How exactly the text of a version says which chart is meant, as Flux reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// One version.
    Exact,
    /// Whatever is the newest.
    Any,
    /// The newest of a range.
    Range,
}

/// Reads the text of a version or of a semver constraint.
pub fn exactness(text: &str) -> Exactness {
    let text = text.trim();
    if matches!(text, "" | "*" | "x" | "X" | ">=0" | ">= 0" | ">=0.0.0" | ">=0.0.0-0" | ">0.0.0-0") {
        return Exactness::Any;
    }
    let version = text.strip_prefix('=').unwrap_or(text).trim_start();
    match is_whole_version(version.strip_prefix('v').unwrap_or(version)) {
        true => Exactness::Exact,
        false => Exactness::Range,
    }
}

/// Whether a text is a version with all its three numbers; what stands behind `-` and `+` is part of it.
fn is_whole_version(text: &str) -> bool {
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let parts: Vec<&str> = numbers.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_versions_are_exact() {
        for (text, expected) in [
            ("1.2.3", Exactness::Exact),
            ("v1.2.3", Exactness::Exact),
            ("=1.2.3", Exactness::Exact),
            ("1.2.3-rc.1+build.5", Exactness::Exact),
            ("1.2", Exactness::Range),
            ("1.x", Exactness::Range),
            ("~1.2.3", Exactness::Range),
            (">=1.2.3", Exactness::Range),
            ("1.2.3 - 2.0.0", Exactness::Range),
            ("1.2.3 || 2.0.0", Exactness::Range),
            ("*", Exactness::Any),
            ("", Exactness::Any),
            (">=0.0.0-0", Exactness::Any),
        ] {
            assert_eq!(exactness(text), expected, "{text}");
        }
    }
}

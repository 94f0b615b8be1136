//! What Applications of Argo CD install: each source with a chart, and its values as Argo CD lays them over each other.

use super::{Install, Set, Settings, last};
use crate::graph::Graph;
use crate::manifest::Resource;
use crate::yaml::{self, Dialect, Identity, Value, parse_embedded};
use elsa::sync::FrozenVec;
use foldhash::HashMap;

const GROUP: &str = "argoproj.io";

/// The values that Applications hand over as texts, read as YAML.
#[derive(Debug, Default)]
pub struct ValuesTexts<'w> {
    by_text: HashMap<Identity, Value<'w>>,
}

impl<'w> ValuesTexts<'w> {
    /// Reads those of `resources`; `kept` holds what is read.
    pub fn read(resources: &'w [Resource<'w>], kept: &'w FrozenVec<Box<yaml::File>>) -> ValuesTexts<'w> {
        let mut texts = ValuesTexts::default();
        for resource in resources.iter().filter(|resource| resource.is(GROUP, "Application")) {
            for text in sources(resource).filter_map(|source| source.at(&["helm", "values"])) {
                // What is not known in full may say anything.
                let Some(file) = text.known().and_then(|_| parse_embedded(text)) else { continue };
                let file = kept.push_get(Box::new(file));
                let Some(document) = file.documents().first().filter(|document| document.is_readable()) else {
                    continue;
                };
                let value = document.root.map(|root| Value::new(file, root, Dialect::Kubectl));
                if let Some(value) = value.filter(|value| value.is_mapping()) {
                    texts.by_text.insert(text.identity(), value);
                }
            }
        }
        texts
    }
}

fn sources<'w>(application: &'w Resource<'w>) -> impl Iterator<Item = Value<'w>> {
    let several = application.at(&["spec", "sources"]).into_iter().flat_map(Value::items);
    application.at(&["spec", "source"]).into_iter().chain(several)
}

/// The values that an Application hands to each of its sources, by source.
pub fn charts_of<'w>(
    application: &'w Resource<'w>,
    texts: &ValuesTexts<'w>,
) -> impl Iterator<Item = (Value<'w>, Settings<'w>)> {
    let own = application.is(GROUP, "Application").then_some(application);
    own.into_iter().flat_map(sources).map(move |source| (source, settings(source, texts)))
}

fn settings<'w>(source: Value<'w>, texts: &ValuesTexts<'w>) -> Settings<'w> {
    let mut settings = Settings::default();
    let Some(helm) = source.get("helm").filter(|helm| helm.is_mapping()) else { return settings };
    let written = |key: &str| helm.get(key).filter(|value| !value.is_null() && !value.is_empty());
    if written("valueFiles").is_some() || written("fileParameters").is_some() {
        settings.open = Some("the values files of an Application are not read".to_owned());
    }
    // An object takes the place of the text.
    match (written("valuesObject"), helm.get("values").filter(|text| text.raw().is_some_and(|text| !text.is_empty()))) {
        (Some(object), _) => settings.layers.push(object),
        (None, Some(text)) => match texts.by_text.get(&text.identity()) {
            Some(values) => settings.layers.push(*values),
            None => settings.open = Some("the values of an Application cannot be read".to_owned()),
        },
        (None, None) => {}
    }
    for parameter in written("parameters").into_iter().flat_map(Value::items) {
        match (parameter.get("name").and_then(Value::known), parameter.get("value")) {
            (Some(path), Some(value)) => settings.sets.push(Set {
                path: path.to_owned(),
                value: Some(value),
                text: value.known().map(str::to_owned),
                span: value.span(),
            }),
            _ => settings.open = Some("a parameter of an Application is not known".to_owned()),
        }
    }
    settings
}

/// What the Applications of a target install.
pub fn by_argo<'w>(graph: &Graph<'w>, texts: &ValuesTexts<'w>) -> Vec<Install<'w>> {
    let applications = graph.of_kind(GROUP, "Application").iter().copied().filter(|one| one.whole);
    let all = applications.flat_map(|resource| charts_of(resource, texts).map(move |found| (resource, found)));
    all.filter_map(|(resource, (source, values))| {
        let at = source.get("chart").filter(|chart| !chart.is_null())?;
        let chart = last(at.known()?).to_owned();
        let url = source.get("repoURL").and_then(Value::known);
        Some(Install {
            object: Some((resource, at)),
            title: resource.title(),
            chart,
            source: url.map(str::to_owned),
            span: at.span(),
            values,
        })
    })
    .collect()
}

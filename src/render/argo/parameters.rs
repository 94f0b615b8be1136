//! The parameters of one Application that an ApplicationSet makes: values with their places, flat as the older
//! templates want them or nested as Go's do.

use crate::render::template::{Datum, Kind as DatumKind, MissingKey};
use crate::source::Origin;
use crate::yaml::{Kind, Scalar, Value, has_placeholder};
use std::collections::BTreeMap;

pub(super) type Tree = BTreeMap<String, Datum<Origin>>;

/// How an ApplicationSet reads its templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `{{name}}` is replaced where the name is known.
    Fast,
    /// Go templates.
    Go(MissingKey),
}

impl Mode {
    /// The mode of an ApplicationSet by its spec.
    pub(super) fn of(spec: Value<'_>) -> Mode {
        if spec.get("goTemplate").and_then(Value::as_bool) != Some(true) {
            return Mode::Fast;
        }
        let options = spec.get("goTemplateOptions").into_iter().flat_map(Value::items);
        Mode::Go(options.filter_map(Value::as_str).filter_map(MissingKey::from_option).last().unwrap_or_default())
    }
}

/// Which cluster a set of parameters is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cluster {
    /// One of those that Argo CD knows; which there are is not written.
    Any,
    /// The one of this name or address.
    Named(String),
}

/// One set of parameters.
#[derive(Clone, Debug)]
pub(super) struct Parameters {
    pub(super) tree: Tree,
    pub(super) cluster: Option<Cluster>,
    unknown: Datum<Origin>,
}

/// Labels and annotations of a cluster, of which no name is known in advance.
const OF_CLUSTERS: [&str; 2] = ["metadata.labels.", "metadata.annotations."];

impl Parameters {
    pub(super) fn new(tree: Tree) -> Parameters {
        Parameters { tree, cluster: None, unknown: Datum::new(DatumKind::Unknown) }
    }

    /// The parameters of a cluster that nothing tells of.
    pub(super) fn of_any_cluster(mode: Mode) -> Parameters {
        let names = ["name", "nameNormalized", "server", "project"];
        let mut tree: Tree = names.into_iter().map(|name| (name.to_owned(), Datum::new(DatumKind::Unknown))).collect();
        if mode != Mode::Fast {
            tree.insert("metadata".into(), Datum::new(DatumKind::Unknown));
        }
        Parameters { cluster: Some(Cluster::Any), ..Parameters::new(tree) }
    }

    /// The parameter that an older template calls `name`.
    pub(super) fn flat(&self, name: &str) -> Option<&Datum<Origin>> {
        let of_cluster = self.cluster.is_some() && OF_CLUSTERS.iter().any(|start| name.starts_with(start));
        self.tree.get(name).or(of_cluster.then_some(&self.unknown))
    }

    /// The parameter under a path of names joined by dots, in whatever form it is held.
    pub(super) fn at(&self, path: &str) -> Option<&Datum<Origin>> {
        if let Some(found) = self.flat(path) {
            return Some(found);
        }
        let (first, rest) = path.split_once('.')?;
        let mut at = self.tree.get(first)?;
        let mut rest = Some(rest);
        while let Some(path) = rest {
            let DatumKind::Map(map) = &at.kind else {
                return matches!(at.kind, DatumKind::Unknown).then_some(&self.unknown);
            };
            // A name may hold dots itself, as labels do.
            if let Some(found) = map.get(path) {
                return Some(found);
            }
            let (step, below) = path.split_once('.').map_or((path, None), |(step, below)| (step, Some(below)));
            at = map.get(step)?;
            rest = below;
        }
        Some(at)
    }

    /// The same with those of `other` over it.
    pub(super) fn with(&self, other: &Parameters, mode: Mode) -> Parameters {
        let mut both = self.clone();
        for (key, value) in &other.tree {
            match both.tree.get_mut(key) {
                Some(known) if mode != Mode::Fast => merge(known, value),
                _ => {
                    both.tree.insert(key.clone(), value.clone());
                }
            }
        }
        both.cluster = match (&self.cluster, &other.cluster) {
            (_, Some(cluster)) => Some(cluster.clone()),
            (own, None) => own.clone(),
        };
        both
    }

    /// Puts the `values` of a generator beside its parameters.
    pub(super) fn add_values(&mut self, values: Value<'_>, mode: Mode) {
        let entries = values.entries().filter(|(_, value)| !value.is_null());
        if mode == Mode::Fast {
            self.tree.extend(entries.map(|(key, value)| (format!("values.{key}"), datum(value))));
        } else {
            let map = entries.map(|(key, value)| (key.to_owned(), datum(value))).collect();
            self.tree.insert("values".into(), Datum::new(DatumKind::Map(map)));
        }
    }
}

fn merge(known: &mut Datum<Origin>, other: &Datum<Origin>) {
    match (&mut known.kind, &other.kind) {
        (DatumKind::Map(map), DatumKind::Map(more)) => {
            for (key, value) in more {
                match map.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => {
                        map.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        _ => *known = other.clone(),
    }
}

/// A value with its places. What something else fills in later is not known.
pub(super) fn datum(value: Value<'_>) -> Datum<Origin> {
    let kind = match value.kind() {
        Kind::Mapping => DatumKind::Map(value.entries().map(|(key, child)| (key.to_owned(), datum(child))).collect()),
        Kind::Sequence => DatumKind::List(value.items().map(datum).collect()),
        _ => match value.scalar() {
            Some(Scalar::Bool(truth)) => DatumKind::Bool(truth),
            // A plain reader of JSON makes all numbers such.
            Some(Scalar::Int(number)) => DatumKind::Float(number as f64),
            Some(Scalar::UInt(number)) => DatumKind::Float(number as f64),
            Some(Scalar::Float(number)) => DatumKind::Float(number),
            Some(Scalar::Text(text)) if has_placeholder(&text) || text.starts_with("ENC[") => DatumKind::Unknown,
            Some(Scalar::Text(text)) => DatumKind::Text(text.into_owned()),
            Some(Scalar::Null | Scalar::Invalid(_)) | None => DatumKind::Null,
        },
    };
    let verbatim = match &kind {
        DatumKind::Text(_) => true,
        DatumKind::Float(number) => value.raw() == Some(number.to_string().as_str()),
        DatumKind::Bool(truth) => value.raw() == Some(if *truth { "true" } else { "false" }),
        _ => false,
    };
    Datum::new(kind).at(if verbatim { value.text_origin() } else { Origin::Generated(value.span()) })
}

/// A value flattened into texts, as the older templates want the content of a file.
pub(super) fn flatten(value: Value<'_>, name: &str, into: &mut Tree) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value.kind() {
        Kind::Mapping => value.entries().for_each(|(key, child)| flatten(child, &below(key), into)),
        Kind::Sequence => {
            value.items().enumerate().for_each(|(at, child)| flatten(child, &below(&at.to_string()), into));
        }
        _ => {
            let found = datum(value);
            let kind = match found.kind {
                DatumKind::Bool(truth) => DatumKind::Text(truth.to_string()),
                // Go prints larger ones with an exponent.
                DatumKind::Float(number) if number.fract() == 0.0 && number.abs() < 1e6 => {
                    DatumKind::Text(number.to_string())
                }
                DatumKind::Float(_) => DatumKind::Unknown,
                DatumKind::Null => DatumKind::Text("<nil>".into()),
                kind => kind,
            };
            into.insert(name.to_owned(), Datum { kind, origin: found.origin });
        }
    }
}

/// A name that Kubernetes takes, made of `text` as Argo CD does it.
pub(super) fn normalized(text: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let clean: String =
        text.to_lowercase().chars().map(|letter| if allowed(letter) { letter } else { '-' }).take(253).collect();
    clean.trim_matches(['-', '.']).to_owned()
}

//! The transformers of a kustomization in the order kustomize runs them, and what they hand up to
//! the kustomizations that include it.

use super::Built;
use super::accumulate::{Accumulated, Builder};
use super::settings::Settings;
use crate::render::files::Files;
use crate::source::Span;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::Arc;

/// What is handed up: field specs, variables.
#[derive(Clone, Debug, Default)]
pub struct Steps<'w> {
    configuration: PhantomData<&'w ()>,
}

impl<'w> Steps<'w> {
    /// Takes in `configurations` and `crds`.
    pub(super) fn configure(
        &mut self,
        _settings: &Settings<'w>,
        _files: &Files<'w>,
        _used: &mut BTreeSet<Arc<str>>,
    ) -> Built<()> {
        Ok(())
    }

    /// The steps that only the root takes.
    pub(super) fn finish(&self, _objects: &mut [super::Object<'w>]) -> Built<()> {
        Ok(())
    }

    /// Takes over what a kustomization hands up that is included at `entry`.
    pub(super) fn merge(&mut self, _other: &Steps<'w>, _entry: Span) -> Built<()> {
        Ok(())
    }
}

impl<'w> Builder<'_, 'w> {
    /// Runs `generators:`.
    pub(super) fn generators(
        &self,
        _settings: &Settings<'w>,
        _all: &mut Accumulated<'w>,
        _trail: &mut Vec<String>,
    ) -> Built<()> {
        Ok(())
    }

    /// Runs the transformers.
    pub(super) fn transform(
        &self,
        _settings: Option<&Settings<'w>>,
        _folder: &str,
        _spec: Option<&crate::yaml::rendered::Rendered<'w>>,
        _all: &mut Accumulated<'w>,
        _trail: &mut Vec<String>,
    ) -> Built<()> {
        Ok(())
    }
}

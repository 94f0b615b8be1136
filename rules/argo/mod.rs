//! Argo CD: Applications, ApplicationSets, projects.

pub mod dangling_reference;

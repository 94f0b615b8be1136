//! What tests of checks share: a document, and what is told of it in one line each.

use super::Problems;
use crate::manifest::{Manifests, Parsed, Resource};
use crate::source::SourceId;
use crate::yaml::parse;

/// A check of one object.
pub(crate) type Check = for<'w> fn(&Resource<'w>, &mut Problems<'w>);

/// What `check` tells of the first object in `text`, as `code pointer`, in the order of the text.
pub(crate) fn told(check: Check, text: &str) -> Vec<String> {
    let file = parse(SourceId(0), text.to_owned().into());
    let manifests = Manifests::new(vec![Parsed { root: 0, path: "all.yaml", file: &file }]);
    let resource = manifests.resources.first().unwrap_or_else(|| panic!("no object in {text}"));
    let mut problems = Problems::default();
    check(resource, &mut problems);
    let pointer = |problem: &super::Problem<'_>| resource.value.pointer_to(problem.at).expect("a place in the object");
    for problem in &problems.found {
        assert!(!problem.message.ends_with('.'), "{}", problem.message);
        assert!(!problem.helps.is_empty(), "no help: {}", problem.message);
    }
    problems.found.iter().map(|problem| format!("{} {}", problem.code, pointer(problem))).collect()
}

//! Which folder is the world around a path that a user names.

use super::ReadError;
use super::path::child;
use std::path::{Path, PathBuf};

/// The names of the config file, the stronger first.
pub const CONFIG_NAMES: [&str; 2] = ["tidegate.yaml", ".tidegate.yaml"];

/// The root around a path, and the path in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// The root folder, absolute and free of links.
    pub folder: PathBuf,
    /// The named path, relative to the root, with `/`; empty where it is the root itself.
    pub inside: String,
}

/// The root around `path`: the nearest folder upward with a config file, else the nearest with `.git`, else `path`
/// itself, or its folder if it is a file. A path that does not exist has none.
pub fn enclosing_root(path: &Path) -> Result<Root, ReadError> {
    let text = path.to_string_lossy();
    let real = path.canonicalize().map_err(|error| ReadError::io(&text, &error))?;
    let folder = if real.is_dir() { real.as_path() } else { real.parent().unwrap_or(&real) };
    let upward = |wanted: &dyn Fn(&Path) -> bool| folder.ancestors().find(|folder| wanted(folder));
    let root = upward(&|folder| CONFIG_NAMES.iter().any(|name| folder.join(name).is_file()))
        .or_else(|| upward(&|folder| folder.join(".git").exists()))
        .unwrap_or(folder);
    let mut inside = String::new();
    for part in real.strip_prefix(root).expect("internal: an ancestor is a prefix").components() {
        let part = part.as_os_str().to_str().ok_or_else(|| ReadError::BadName { path: text.clone().into_owned() })?;
        inside = child(&inside, part);
    }
    Ok(Root { folder: root.to_path_buf(), inside })
}

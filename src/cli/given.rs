//! Reads the folders of schemas that `--crds` names.

use super::load::Loaded;
use crate::finding::Failure;
use crate::schema::GivenFile;
use crate::source::Source;
use crate::tree::{Disk, EntryKind, Tree, child};
use crate::yaml;
use std::path::Path;

/// Reads every YAML and JSON file in `folder`, or the one file that it is. What cannot be read makes the run one that
/// could not be done.
pub(super) fn read(folder: &Path, limit: u64, loaded: &mut Loaded) {
    let mut refuse = |path: String, message: String| loaded.refusals.push(Failure { path, message });
    let (real, only) = if folder.is_file() {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        (folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")), name)
    } else {
        (folder, None)
    };
    let disk = match Disk::new(real) {
        Ok(disk) => disk,
        Err(error) => return refuse(folder.display().to_string(), error.cause()),
    };
    let mut paths: Vec<String> = only.into_iter().collect();
    if paths.is_empty() {
        let mut open = vec![String::new()];
        while let Some(inside) = open.pop() {
            let entries = match disk.list(&inside) {
                Ok(entries) => entries,
                Err(error) => return refuse(folder.join(&inside).display().to_string(), error.cause()),
            };
            for entry in entries.iter() {
                let path = child(&inside, &entry.name);
                match entry.kind {
                    EntryKind::Folder if !entry.name.starts_with('.') => open.push(path),
                    EntryKind::File | EntryKind::Symlink(Some(_)) => paths.push(path),
                    _ => {}
                }
            }
        }
        paths.sort();
    }
    for path in paths.into_iter().filter(|path| is_schema(path)) {
        let bytes = match disk.read(&path, limit) {
            Ok(bytes) => bytes,
            Err(error) => {
                let failure = Failure { path: folder.join(&path).display().to_string(), message: error.cause() };
                loaded.refusals.push(failure);
                continue;
            }
        };
        let Ok(text) = String::from_utf8(bytes) else {
            let failure = Failure { path: folder.join(&path).display().to_string(), message: "not UTF-8".into() };
            loaded.refusals.push(failure);
            continue;
        };
        let source = loaded.sources.add(Source::new(0, format!("{}/{path}", folder.display()), text));
        let file = yaml::parse(source, loaded.sources[source].shared_text());
        loaded.given.push(GivenFile { path, file });
    }
}

fn is_schema(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
}

//! Why a file or folder could not be read, in words that a user can act on.

use crate::finding::Failure;
use std::io;
use thiserror::Error;

/// Why something in a tree could not be read. Every variant names the path in the tree; the root is called `.`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Nothing lies there.
    #[error("{path}: not found")]
    NotFound {
        /// The path asked for.
        path: String,
    },
    /// A symbolic link leads to something that is not there.
    #[error("{path}: a symbolic link that leads nowhere")]
    DanglingLink {
        /// The path asked for.
        path: String,
    },
    /// Symbolic links lead back to themselves.
    #[error("{path}: a symbolic link that leads back to itself")]
    LinkLoop {
        /// The path asked for.
        path: String,
    },
    /// The path, or a symbolic link on it, leaves the root.
    #[error("{path}: leads out of the root, where nothing is read")]
    Outside {
        /// The path asked for.
        path: String,
    },
    /// The system does not allow it.
    #[error("{path}: permission denied")]
    PermissionDenied {
        /// The path asked for.
        path: String,
    },
    /// A folder where a file was asked for.
    #[error("{path}: a folder, not a file")]
    NotAFile {
        /// The path asked for.
        path: String,
    },
    /// A file where a folder was asked for.
    #[error("{path}: a file, not a folder")]
    NotAFolder {
        /// The path asked for.
        path: String,
    },
    /// A FIFO, a socket or a device. It was not opened.
    #[error("{path}: not a regular file (a FIFO, a socket or a device)")]
    Special {
        /// The path asked for.
        path: String,
    },
    /// More bytes than allowed. They were not read.
    #[error("{path}: {}", over(*size, *limit))]
    TooLarge {
        /// The path asked for.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The most that is read.
        limit: u64,
    },
    /// The name is not UTF-8, so there is no way to write the path.
    #[error("{path}: its name is not UTF-8; rename it")]
    BadName {
        /// The path, with replacement characters.
        path: String,
    },
    /// Whatever else the system or git said.
    #[error("{path}: {message}")]
    Other {
        /// The path asked for.
        path: String,
        /// What was said.
        message: String,
    },
}

impl ReadError {
    /// The path in the tree.
    pub fn path(&self) -> &str {
        match self {
            ReadError::NotFound { path }
            | ReadError::DanglingLink { path }
            | ReadError::LinkLoop { path }
            | ReadError::Outside { path }
            | ReadError::PermissionDenied { path }
            | ReadError::NotAFile { path }
            | ReadError::NotAFolder { path }
            | ReadError::Special { path }
            | ReadError::TooLarge { path, .. }
            | ReadError::BadName { path }
            | ReadError::Other { path, .. } => path,
        }
    }

    /// The message without the path in front of it.
    pub fn cause(&self) -> String {
        let mut text = self.to_string();
        text.drain(..self.path().len() + ": ".len());
        text
    }

    /// Whether the path leads to nothing, so that putting a file there would change the answer.
    pub fn is_absence(&self) -> bool {
        matches!(self, ReadError::NotFound { .. } | ReadError::DanglingLink { .. })
    }

    pub(super) fn not_found(path: &str) -> ReadError {
        let path = shown(path);
        if path.contains(char::REPLACEMENT_CHARACTER) {
            ReadError::BadName { path }
        } else {
            ReadError::NotFound { path }
        }
    }

    pub(super) fn io(path: &str, error: &io::Error) -> ReadError {
        match error.kind() {
            // A part of the path that is a file, or a NUL in it: nothing can be there.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput => {
                ReadError::not_found(path)
            }
            io::ErrorKind::PermissionDenied => ReadError::PermissionDenied { path: shown(path) },
            _ if is_link_loop(error) => ReadError::LinkLoop { path: shown(path) },
            _ => ReadError::Other { path: shown(path), message: error.to_string() },
        }
    }
}

/// The path as a message shows it.
pub(super) fn shown(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { path.to_owned() }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Failure {
        Failure { path: error.path().to_owned(), message: error.cause() }
    }
}

/// `ELOOP`, for which the standard library has no stable kind: 40 on Linux, 62 on macOS and the BSDs.
fn is_link_loop(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(40 | 62))
}

fn over(size: u64, limit: u64) -> String {
    let (mut shown_size, mut shown_limit) = (in_units(size), in_units(limit));
    if shown_size == shown_limit {
        (shown_size, shown_limit) = (format!("{size} bytes"), format!("{limit} bytes"));
    }
    format!("{shown_size}, over the limit of {shown_limit} (--max-file-size)")
}

fn in_units(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0x4000_0000.. => (0x4000_0000, "GiB"),
        0x10_0000.. => (0x10_0000, "MiB"),
        0x400.. => (0x400, "KiB"),
        _ => return format!("{bytes} bytes"),
    };
    match (bytes / unit, (bytes % unit) * 10 / unit) {
        (whole, 0) => format!("{whole} {name}"),
        (whole, tenth) => format!("{whole}.{tenth} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_apart() {
        for (size, limit, expected) in [
            (112 << 20, 16 << 20, "112 MiB, over the limit of 16 MiB (--max-file-size)"),
            ((16 << 20) + 1, 16 << 20, "16777217 bytes, over the limit of 16777216 bytes (--max-file-size)"),
            (1536, 100, "1.5 KiB, over the limit of 100 bytes (--max-file-size)"),
            (3 << 30, 1 << 10, "3 GiB, over the limit of 1 KiB (--max-file-size)"),
        ] {
            assert_eq!(over(size, limit), expected);
        }
    }

    #[test]
    fn messages_come_with_and_without_the_path() {
        let error = ReadError::Outside { path: "a: b.yaml".into() };
        assert_eq!(error.to_string(), "a: b.yaml: leads out of the root, where nothing is read");
        assert_eq!(error.cause(), "leads out of the root, where nothing is read");
        let failure = Failure::from(ReadError::not_found(""));
        assert_eq!((failure.path.as_str(), failure.message.as_str()), (".", "not found"));
        assert!(matches!(ReadError::not_found("a\u{fffd}.yaml"), ReadError::BadName { .. }));
    }
}

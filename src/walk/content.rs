//! What a file is by its content, and bytes to text.

use super::template::{Template, find};
use super::{FileKind, reason};
use memchr::memmem;

/// How much of a file is searched for a NUL.
const HEAD: usize = 8 << 10;

/// Files that are no text, or none that is meant to be read here.
pub(super) fn left_alone_as_bytes(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\0GITCRYPT\0") {
        return Some(reason::GIT_CRYPT);
    }
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        return Some(reason::LFS);
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    (wide_encoding(head).is_none() && memchr::memchr(0, head).is_some()).then_some(reason::BINARY)
}

/// The text, or why the bytes are none.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, String> {
    if let Some(name) = wide_encoding(&bytes[..bytes.len().min(HEAD)]) {
        return Err(format!("not UTF-8: it looks like {name}; save it as UTF-8"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes[at];
        let guess = match (error.error_len(), byte) {
            (None, _) => "the last character is cut off, or the file is Latin-1 or Windows-1252",
            (_, 0x80..=0x9f) => "it looks like Windows-1252; save it as UTF-8",
            (_, _) => "it looks like Latin-1 or Windows-1252; save it as UTF-8",
        };
        format!("not UTF-8 (byte {}, 0x{byte:02x}): {guess}", at + 1)
    })
}

/// Texts that are recognised as something else than manifests.
pub(super) fn left_alone_as_text(text: &str, kind: FileKind, path: &str) -> Option<&'static str> {
    let template = match kind {
        FileKind::Yaml | FileKind::Json | FileKind::Template => find(text, kind == FileKind::Json),
        FileKind::Kustomization | FileKind::SopsConfig | FileKind::Config => None,
    };
    match template {
        Some(Template::Go) => Some(reason::GO_TEMPLATE),
        Some(Template::Jinja) => Some(reason::JINJA),
        None => (kind == FileKind::Json && !is_for_the_run(text, path)).then_some(reason::OTHER_JSON),
    }
}

/// A manifest, a list of patch operations that a kustomization may name, or something for sops.
fn is_for_the_run(json: &str, path: &str) -> bool {
    let has = |word: &str| memmem::find(json.as_bytes(), word.as_bytes()).is_some();
    has("\"apiVersion\"")
        || has("\"kind\"")
        || has("\"sops\"")
        || path.ends_with(".sops.json")
        || (json.trim_start().starts_with('[') && has("\"op\"") && has("\"path\""))
}

/// UTF-16 or UTF-32, by its byte order mark or by the NULs that it puts beside ASCII.
fn wide_encoding(head: &[u8]) -> Option<&'static str> {
    const SAMPLE: usize = 64;
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some("UTF-16"),
        _ => {}
    }
    let pairs = head[..head.len().min(SAMPLE)].as_chunks::<2>().0;
    let ascii = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let little = pairs.iter().all(|[low, high]| ascii(*low) && *high == 0);
    let big = pairs.iter().all(|[high, low]| ascii(*low) && *high == 0);
    (pairs.len() >= 2 && (little || big)).then_some("UTF-16 without a byte order mark")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn bytes_that_are_left_alone() {
        for (bytes, expected) in [
            (b"\0GITCRYPT\0\x01\x02".to_vec(), Some(reason::GIT_CRYPT)),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".to_vec(), Some(reason::LFS)),
            (b"\x7fELF\0\0".to_vec(), Some(reason::BINARY)),
            ([vec![b' '; HEAD], vec![0]].concat(), None),
            (utf16("kind: Pod\n"), None),
            (b"kind: Pod\n".to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(left_alone_as_bytes(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn other_encodings_are_named() {
        for (bytes, expected) in [
            (b"name: caf\xe9\n".to_vec(), "not UTF-8 (byte 10, 0xe9): it looks like Latin-1"),
            (b"a: \x93quoted\x94\n".to_vec(), "not UTF-8 (byte 4, 0x93): it looks like Windows-1252"),
            (b"a: \xc3".to_vec(), "not UTF-8 (byte 4, 0xc3): the last character is cut off"),
            ([vec![0xff, 0xfe], utf16("a: 1")].concat(), "not UTF-8: it looks like UTF-16; "),
            (utf16("kind: Pod\n"), "not UTF-8: it looks like UTF-16 without"),
            (b"\xff\xfe\0\0a\0\0\0".to_vec(), "not UTF-8: it looks like UTF-32"),
        ] {
            let message = decode(&bytes).expect_err("the bytes are not UTF-8");
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn text_stays_as_it_is() {
        for text in ["", "\u{feff}a: 1\r\nb: é\r\n", "a"] {
            assert_eq!(decode(text.as_bytes()), Ok(text));
        }
    }

    #[test]
    fn json_without_a_sign_of_kubernetes() {
        for (text, path, taken) in [
            (r#"{"apiVersion": "v1", "kind": "Pod"}"#, "a.json", true),
            (r#"{"kind": "Pod"}"#, "a.json", true),
            (r#"{"compilerOptions": {"strict": true}}"#, "tsconfig.json", false),
            (r#"[{"op": "remove", "path": "/spec"}]"#, "patch.json", true),
            (r#"[{"path": "/spec"}]"#, "list.json", false),
            (r#"{"data": "x", "sops": {}}"#, "a.json", true),
            (r#"{"data": "x"}"#, "a.sops.json", true),
        ] {
            assert_eq!(left_alone_as_text(text, FileKind::Json, path).is_none(), taken, "{text}");
        }
    }
}

//! A single command of the shell: its words, its redirections, and which tool reads the rest.

use super::arguments::{self, Argument, Spec};
use super::lex::{Part, Word};
use super::run::{Flow, Held, Shell};
use super::script::Simple;
use super::tools::{is_applier, is_assignment, is_command_flag, is_wrapping, tool_of};
use super::traced::Traced;
use super::{Call, Command, Input, InputKind, Opaque, Text, Value, Write, filters, helm, kubectl};
use std::ops::Range;

impl Shell<'_> {
    /// The words that a word of the shell becomes.
    pub(super) fn resolve(&mut self, text: &Traced, word: &Word) -> Vec<Argument> {
        let mut argument = Argument {
            traced: Traced::default(),
            place: text.place_of(word.range.clone()),
            quoted: word.quoted,
            glob: word.glob,
            process: None,
        };
        if !self.variables.spend(word.range.len() + 1) {
            self.outcome.cut = true;
            argument.traced.push_unknown(&text.as_str()[word.range.clone()], argument.place.clone());
            return vec![argument];
        }
        let mut splits = false;
        for part in &word.parts {
            self.part(text, part, &mut argument, &mut splits);
        }
        let written = argument.traced.as_str();
        if !word.quoted && written.contains('{') && written.contains(',') && argument.traced.is_known() {
            // Braces make several words in some shells and stay in others.
            let written = written.to_owned();
            argument.traced = Traced::default();
            argument.traced.push_unknown(&written, argument.place.clone());
        }
        if splits && word.parts.len() == 1 {
            let words = argument.traced.words().into_iter();
            let word = |range| Argument {
                traced: argument.traced.slice(range),
                place: argument.place.clone(),
                quoted: false,
                glob: argument.glob,
                process: None,
            };
            return words.map(word).collect();
        }
        vec![argument]
    }

    fn part(&mut self, text: &Traced, part: &Part, argument: &mut Argument, splits: &mut bool) {
        let traced = &mut argument.traced;
        match part {
            Part::Literal(range) => traced.push_slice(text, range.clone()),
            Part::Unknown(range) => traced.push_unknown(&text.as_str()[range.clone()], text.place_of(range.clone())),
            Part::Here(range) => traced.push_computed(".", text.place_of(range.clone()), false, false),
            Part::Variable { name, default, whole, quoted } => {
                let place = text.place_of(whole.clone());
                match (self.names.get(&text.as_str()[name.clone()]), default) {
                    (Some(Some(held)), _) if self.variables.spend(held.value.len()) => {
                        traced.push_used(&held.value, &place, false);
                        argument.glob |= held.glob;
                        *splits |= !quoted && held.value.is_known();
                    }
                    (None, Some(default)) => traced.push_used(&text.slice(default.clone()), &place, true),
                    _ => traced.push_unknown(&text.as_str()[whole.clone()], place),
                }
            }
            Part::Process(range) => {
                traced.push_unknown(&text.as_str()[range.clone()], text.place_of(range.clone()));
                let inner = text.slice(range.clone());
                let outer = std::mem::replace(&mut self.piped, true);
                let flow = self.apart(|shell| shell.text(&inner, None));
                self.piped = outer;
                argument.process = Some(flow);
            }
        }
    }

    /// Runs a simple command; what flows out of it.
    pub(super) fn simple(&mut self, text: &Traced, simple: &Simple, input: Option<&[Input]>) -> Flow {
        let mut words: Vec<Argument> = simple.words.iter().flat_map(|word| self.resolve(text, word)).collect();
        let assigned = words.iter().take_while(|word| is_assignment(word)).count();
        let assignments: Vec<Argument> = words.drain(..assigned).collect();
        let mut given: Option<Flow> = None;
        for word in simple.from.iter().flat_map(|word| self.resolve(text, word)).collect::<Vec<_>>() {
            given = Some(self.files(&word, false));
        }
        if simple.here {
            let place = simple.words.first().map_or(0..0, |word| text.place_of(word.range.clone()));
            given = Some(vec![generated("<<", place)]);
        }
        let input = given.as_deref().or(input);
        if words.is_empty() && simple.from.is_empty() && simple.to.is_empty() && !simple.here {
            self.assign(&assignments);
        }
        let flow = if words.is_empty() { input.unwrap_or_default().to_vec() } else { self.command(&words, input) };
        let targets: Vec<Argument> = simple.to.iter().flat_map(|word| self.resolve(text, word)).collect();
        if targets.is_empty() {
            return flow;
        }
        // The shell makes each file, but only the last one gets the output.
        let last = targets.len() - 1;
        let mut flow = Some(flow);
        for (index, target) in targets.iter().enumerate() {
            let from = if index == last { flow.take() } else { None };
            self.write(target, from.unwrap_or_default());
        }
        Flow::new()
    }

    fn assign(&mut self, words: &[Argument]) {
        for word in words {
            let Some((name, _)) = word.as_str().split_once('=') else { continue };
            let value = word.traced.slice(name.len() + 1..word.traced.len());
            let sure = value.is_known() && !self.conditional;
            self.names.insert(name.to_owned(), sure.then_some(Held { value, glob: word.glob }));
        }
    }

    /// Runs a text that is given to another shell.
    fn nested(&mut self, script: &Traced, input: Option<&[Input]>) -> Flow {
        self.apart(|shell| shell.text(script, input))
    }

    /// Runs a command with its words; what flows out of it.
    pub(super) fn command(&mut self, words: &[Argument], input: Option<&[Input]>) -> Flow {
        let Some((first, rest)) = words.split_first() else { return input.unwrap_or_default().to_vec() };
        let Some(tool) = tool_of(first) else {
            self.opaque(words);
            return vec![generated(first.as_str(), range_of(words))];
        };
        match tool.as_str() {
            "kubectl" | "oc" => kubectl::run(self, words, input),
            "helm" | "helm3" => helm::run(self, words),
            "microk8s" | "k3s" | "minikube" | "k0s" | "sudo" | "doas" | "env" | "exec" | "time" | "nohup"
            | "command" | "nice" | "retry" | "timeout" | "dotenv" => {
                let skipped = rest.iter().take_while(|word| is_wrapping(word)).count();
                self.command(&rest[skipped..], input)
            }
            "export" | "local" | "readonly" | "declare" => {
                self.assign(rest);
                Flow::new()
            }
            "cd" | "pushd" => {
                self.change_folder(rest);
                Flow::new()
            }
            "popd" => {
                self.folder = None;
                Flow::new()
            }
            "make" | "gmake" => {
                self.make(words);
                Flow::new()
            }
            "sh" | "bash" | "dash" | "zsh" | "ash" => match rest {
                [flag, script, ..] if is_command_flag(flag) && script.known().is_some() => {
                    self.nested(&script.traced, input)
                }
                _ => {
                    self.opaque(words);
                    Flow::new()
                }
            },
            _ if is_applier(&tool, rest) => {
                self.opaque(words);
                vec![generated(&tool, range_of(words))]
            }
            _ => filters::run(self, &tool, words, input),
        }
    }

    fn change_folder(&mut self, words: &[Argument]) {
        let to = words.iter().find(|word| word.as_str() != "--");
        self.folder = to.and_then(|to| {
            let known = to.known().filter(|path| !to.glob && !path.starts_with(['-', '~', '/']) && !path.is_empty())?;
            let folder = if to.traced.starts_at_root() { "" } else { self.folder.as_deref()? };
            // No system has longer paths.
            Some(arguments::join(folder, known)).filter(|folder| folder.len() <= 4096)
        });
    }

    fn make(&mut self, words: &[Argument]) {
        let spec =
            Spec { long: &["directory", "file", "makefile", "include-dir", "old-file", "eval"], short: "CfIojWl" };
        let parsed = arguments::parse(&words[1..], &spec);
        let targets = parsed.positional.iter().filter(|word| !is_assignment(word) && !word.is_loose());
        self.outcome.calls.push(Call {
            folder: parsed.value(&["C", "directory"]).map(|folder| self.path(folder)).or_else(|| self.elsewhere(words)),
            file: parsed.value(&["f", "file", "makefile"]).map(|file| self.path(file)),
            targets: targets.map(Argument::to_text).collect(),
            range: range_of(words),
            conditional: self.conditional,
        });
    }

    /// The working folder, when it is not the Makefile's.
    fn elsewhere(&self, words: &[Argument]) -> Option<Text> {
        let range = range_of(&words[..1]);
        match self.folder.as_deref() {
            None => Some(arguments::unknown(".", range)),
            Some("" | ".") => None,
            Some(folder) => {
                let value = Value::Known(folder.to_owned());
                Some(Text { value, range, defined: None, overridable: false, glob: false })
            }
        }
    }

    /// A path relative to the Makefile's folder.
    pub(super) fn path(&self, word: &Argument) -> Text {
        let mut text = word.to_text();
        let outside = |path: &str| path.starts_with('/') || path.contains("://");
        let unknown = match &text.value {
            Value::Unknown(_) => return text,
            Value::Known(path) if outside(path) => return text,
            Value::Known(path) => path.is_empty() || path.starts_with('~'),
        };
        let folder = if word.traced.starts_at_root() { Some("") } else { self.folder.as_deref() };
        text.value = match folder.filter(|_| !unknown) {
            Some(folder) => Value::Known(arguments::join(folder, word.as_str())),
            None => Value::Unknown(word.as_str().to_owned()),
        };
        text
    }

    /// The files that a word names.
    pub(super) fn files(&self, word: &Argument, recursive: bool) -> Flow {
        if let Some(process) = &word.process {
            return process.clone();
        }
        vec![Input { path: self.path(word), kind: kind_of(word.as_str()), recursive }]
    }

    /// Records that a file is written.
    pub(super) fn write(&mut self, target: &Argument, from: Flow) {
        if target.as_str().starts_with("/dev/") || target.process.is_some() {
            return;
        }
        let write = Write { path: self.path(target), from, conditional: self.conditional };
        self.push(Command::Write(write));
    }

    /// Records a command that may apply what is not seen.
    pub(super) fn opaque(&mut self, words: &[Argument]) {
        let tool = words.first().map_or_else(String::new, |word| word.as_str().to_owned());
        let opaque = Opaque { tool, range: range_of(words), conditional: self.conditional };
        self.push(Command::Opaque(opaque));
    }

    /// Adds a command to the recipe.
    pub(super) fn push(&mut self, command: Command) {
        self.outcome.commands.push(command);
    }
}

/// Where a command stands.
pub(super) fn range_of(words: &[Argument]) -> Range<usize> {
    let places = words.iter().map(|word| &word.place);
    let whole = places.fold(None, |whole: Option<Range<usize>>, place| match whole {
        None => Some(place.clone()),
        Some(whole) => Some(whole.start.min(place.start)..whole.end.max(place.end)),
    });
    whole.unwrap_or(0..0)
}

/// The working folder, as if it were written where the command stands.
pub(super) fn here(words: &[Argument]) -> Argument {
    let place = range_of(&words[..words.len().min(1)]);
    let mut traced = Traced::default();
    traced.push_computed(".", place.clone(), false, false);
    Argument { traced, place, quoted: false, glob: false, process: None }
}

/// What comes from no file.
pub(super) fn generated(written: &str, place: Range<usize>) -> Input {
    Input { path: arguments::unknown(written, place), kind: InputKind::Generated, recursive: false }
}

/// File or folder, by the name.
fn kind_of(path: &str) -> InputKind {
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.contains("://") {
        InputKind::Remote
    } else if matches!(last, "" | "." | "..") || !last.contains('.') && !last.contains(['*', '$', '`']) {
        InputKind::Folder
    } else {
        InputKind::File
    }
}

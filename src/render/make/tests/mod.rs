//! Tests of the reading of Makefiles: tables of cases here, recipes in `recipes`.

mod recipes;

use super::*;
use proptest::prelude::*;

/// One line a command, short enough for tables.
fn shown(makefile: &Makefile) -> Vec<String> {
    makefile.commands().map(|(target, command)| format!("{}: {}", target.name.written(), line(command))).collect()
}

fn line(command: &Command) -> String {
    let mark = |conditional: bool, open: bool| {
        format!("{}{}", if conditional { " maybe" } else { "" }, if open { " open" } else { "" })
    };
    match command {
        Command::Apply(apply) => {
            let namespace = apply.namespace.as_ref().map_or(String::new(), |text| format!(" n={}", word(text)));
            let sources = inputs(&apply.sources);
            format!("{} {sources}{namespace}{}", apply.verb, mark(apply.conditional, apply.open))
        }
        Command::Release(release) => {
            let mut out = release.verb.to_owned();
            for (name, text) in [
                ("", &release.name),
                ("chart=", &release.chart),
                ("version=", &release.version),
                ("repo=", &release.repository),
                ("n=", &release.namespace),
            ] {
                if let Some(text) = text {
                    out += &format!(" {name}{}", word(text));
                }
            }
            if !release.values.is_empty() {
                out += &format!(" values=[{}]", inputs(&release.values));
            }
            for set in &release.sets {
                out += &format!(" set={}", word(set));
            }
            out + if release.create_namespace { " creates" } else { "" } + &mark(release.conditional, release.open)
        }
        Command::Create(create) => {
            let name = create.name.as_ref().map_or_else(String::new, word);
            format!("make {} {name}{}", create.kind, mark(create.conditional, false))
        }
        Command::Repository(repository) => format!("repo {} {}", word(&repository.name), word(&repository.url)),
        Command::Write(write) => {
            format!("write {} from [{}]{}", word(&write.path), inputs(&write.from), mark(write.conditional, false))
        }
        Command::Opaque(opaque) => format!("opaque {}{}", opaque.tool, mark(opaque.conditional, false)),
    }
}

fn inputs(inputs: &[Input]) -> String {
    let shown =
        |input: &Input| format!("{:?}:{}{}", input.kind, word(&input.path), if input.recursive { " deep" } else { "" });
    inputs.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// A text, with a question mark where it is not known and a star where it is a pattern.
fn word(text: &Text) -> String {
    let unknown = if text.known().is_none() { "?" } else { "" };
    let default = if text.overridable { "~" } else { "" };
    format!("{default}{}{}{unknown}", text.written(), if text.glob { " glob" } else { "" })
}

/// What the text says at the ranges of the sources that are applied.
fn written_at<'t>(text: &'t str, makefile: &Makefile) -> Vec<&'t str> {
    let sources = makefile.commands().filter_map(|(_, command)| match command {
        Command::Apply(apply) => Some(&apply.sources),
        _ => None,
    });
    sources.flatten().map(|input| &text[input.path.range.clone()]).collect()
}

#[test]
fn targets() {
    let cases: &[(&str, &[&str])] = &[
        ("a: b c\n\techo\n", &["a <- b c"]),
        (".PHONY: a\na b: | c\n", &["a! <- c", "b <- c"]),
        ("a:: x\na:: y\n", &["a <- x y"]),
        ("# a: b\nb: # c\n", &["b <-"]),
        ("a: \\\n  b \\\n  c\n", &["a <- b c"]),
        ("A = x y\n$(A): z\n", &["x <- z", "y <- z"]),
        ("x y: %: %.yaml\n", &["x <- %.yaml", "y <- %.yaml"]),
        ("a b &: c\n", &["a <- c", "b <- c"]),
        ("a: NS = x\na: b\n", &["a <- b"]),
        ("$(UNSET): a\n", &["$(UNSET) <- a"]),
        ("ifdef X\na: b\nelse\na: c\nendif\n", &["a? <- b c"]),
        ("ifdef X\na: b\nendif\na:\n", &["a <- b"]),
        ("define T\na: b\nendef\nc:\n", &["c <-"]),
        ("a: b ; echo c:d\n", &["a <- b"]),
        ("X ?= a:b\nexport Y = c:d\nz:\n", &["z <-"]),
        ("a : b:c\n", &["a <- c"]),
        ("a:\r\n\techo\r\nb:\r\n", &["a <-", "b <-"]),
        ("\tnot: recipe\n", &["not <- recipe"]),
        (".RECIPEPREFIX = >\na:\n> echo\nb:\n", &["a <-", "b <-"]),
        ("", &[]),
    ];
    for (text, wanted) in cases {
        let makefile = read(text);
        let found: Vec<String> = makefile
            .targets
            .iter()
            .map(|target| {
                let name = target.name.written();
                assert_eq!(target.name.known().is_some(), name != "$(UNSET)");
                let marks = [(target.phony, "!"), (target.conditional, "?")];
                let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
                let needs: String = target.prerequisites.iter().map(|text| format!(" {}", text.written())).collect();
                format!("{name}{marks} <-{needs}")
            })
            .collect();
        assert_eq!(found, *wanted, "{text}");
    }
}

#[test]
fn pattern_rules_are_kept_apart() {
    let makefile = read("%-deploy: base\n\tkubectl apply -f helm/$*.yaml\n");
    assert!(makefile.targets.is_empty());
    assert_eq!(makefile.patterns.len(), 1);
    assert_eq!(shown(&makefile), ["%-deploy: apply File:helm/$*.yaml?"]);
}

#[test]
fn variables() {
    let cases: &[(&str, &str)] = &[
        ("A = x\nB = $(A)y\nA = z", "zy"),
        ("A = x\nB := $(A)y\nA = z", "xy"),
        ("A = x\nB ::= ${A}y", "xy"),
        ("B ?= d", "~d"),
        ("B = x\nB ?= d", "x"),
        ("B = x\nB += y", "x y"),
        ("B += y", "y"),
        ("A = 1\nB := $(A)\nB += $(A)\nA = 2", "1 1"),
        ("B != ls", "ls?"),
        ("B = $(shell ls -1)", "$(shell ls -1)?"),
        ("B = $(wildcard *.yaml)", "$(wildcard *.yaml)?"),
        ("B = $(UNSET)/x", "$(UNSET)/x?"),
        ("B = $$HOME", "$HOME"),
        ("B = a # comment", "a"),
        ("B = a\\#b", "a#b"),
        ("B = a \\\n   b", "a b"),
        ("export B := x", "x"),
        ("override export B = x", "x"),
        ("define B\nx\ny\nendef", "x\ny"),
        ("define B =\nx\nendef", "x"),
        ("A_x = 1\nN = x\nB = $(A_$(N))", "1"),
        ("A = a.x b.x\nB = $(A:.x=.y)", "a.y b.y"),
        ("A = a.x b.x\nB = $(A:%.x=d/%)", "d/a d/b"),
        ("A = a b\nB = $(addprefix d/,$(A))", "d/a d/b"),
        ("B = $(addsuffix .yaml,a b)", "a.yaml b.yaml"),
        ("B = $(foreach f,a b,-f $(f).yaml)", "-f a.yaml -f b.yaml"),
        ("B = $(patsubst %.in,%,a.in b)", "a b"),
        ("B = $(subst a,b,aa)", "bb"),
        ("B = $(strip  a   b )", "a b"),
        ("B = $(notdir a/b.yaml)$(dir a/b.yaml)", "b.yamla/"),
        ("F = [$(1)|$(2)]\nB = $(call F,x)", "[x|]"),
        ("B = $(CURDIR)/x", "./x"),
        ("B = $(B)", "$(B)?"),
        ("A = $(B)\nB = $(A)", "$(B)?"),
        ("B = $(open", "$(open?"),
        ("ifeq ($(X),y)\nB = 1\nelse\nB = 2\nendif", "2?"),
        ("ifndef B\nB = 1\nendif", "~1"),
        ("ifeq ($(strip $(B)),)\nB = 1\nendif", "~1"),
        ("ifdef X\nB = 1\nendif\nB = 2", "2"),
        ("B = x\nundefine B\nB ?= y", "~y"),
        ("B = x\na:\n\t$(MAKE) b B=y", "~x"),
    ];
    for (text, wanted) in cases {
        let makefile = read(text);
        let found = makefile.variables.iter().find(|variable| variable.name == "B").map(|found| word(&found.value));
        assert_eq!(found.as_deref(), Some(*wanted), "{text}");
    }
}

#[test]
fn includes_and_what_is_generated() {
    let makefile = read("D = mk\ninclude $(D)/a.mk b.mk\n-include .env\n$(eval $(call x))\n$(info a)\n");
    let found: Vec<(String, bool)> =
        makefile.includes.iter().map(|include| (word(&include.path), include.optional)).collect();
    assert_eq!(found, [("mk/a.mk".into(), false), ("b.mk".into(), false), (".env".into(), true)]);
    assert_eq!(makefile.generated.len(), 1);
    assert!(makefile.is_open());
    assert!(!read("a:\n\techo\n").is_open());
}

#[test]
fn ranges_point_at_the_place_of_use_and_at_the_definition() {
    let text = "V := 1.2.3\nF = helm/db.yaml\nG = $(F)\nARGS = --version 4.5.6\n\
                a:\n\thelm install x oci://r/c --version $(V)\n\thelm install x oci://r/c $(ARGS)\n\tkubectl apply -f '$(G)'\n\
                \tkubectl apply -f helm/$(V).yaml\n";
    let makefile = read(text);
    let mut found = Vec::new();
    for (_, command) in makefile.commands() {
        let texts: Vec<&Text> = match command {
            Command::Release(release) => release.version.iter().collect(),
            Command::Apply(apply) => apply.sources.iter().map(|source| &source.path).collect(),
            _ => Vec::new(),
        };
        for of in texts {
            let defined = of.defined.clone().map(|range| &text[range]);
            found.push((of.known().expect("a known text"), &text[of.range.clone()], defined));
        }
    }
    let wanted = [
        ("1.2.3", "$(V)", Some("1.2.3")),
        ("4.5.6", "$(ARGS)", Some("4.5.6")),
        ("helm/db.yaml", "$(G)", Some("helm/db.yaml")),
        ("helm/1.2.3.yaml", "helm/$(V).yaml", None),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_command_knows_where_it_stands() {
    let text = "a:\n\t@sops -d s.yaml | kubectl apply \\\n\t  -f - ; true\n";
    let makefile = read(text);
    let Some((_, Command::Apply(apply))) = makefile.commands().next() else { panic!("no apply") };
    assert_eq!(&text[apply.range.clone()], "kubectl apply \\\n\t  -f -");
    assert_eq!(written_at(text, &makefile), ["s.yaml"]);
}

#[test]
fn the_good_platforms_apply_files_that_are_there() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/platforms");
    let mut seen = 0;
    for platform in ["a-apps-pg", "b-layered"] {
        for repo in std::fs::read_dir(fixtures.join(platform).join("good/repos")).expect("the good state") {
            let repo = repo.expect("a folder").path();
            let Ok(text) = std::fs::read_to_string(repo.join("Makefile")) else { continue };
            let makefile = read(&text);
            let written: Vec<&str> = makefile
                .commands()
                .filter_map(|(_, command)| match command {
                    Command::Write(write) => write.path.known(),
                    _ => None,
                })
                .collect();
            for (target, command) in makefile.commands() {
                let sources = match command {
                    Command::Apply(apply) => &apply.sources,
                    Command::Release(release) => {
                        assert!(release.version.as_ref().is_some_and(|version| version.known().is_some()));
                        &release.values
                    }
                    Command::Write(write) => &write.from,
                    other => panic!("{}: {other:?}", target.name.written()),
                };
                for source in sources {
                    let path = source.path.known().expect("a known path");
                    assert!(written.contains(&path) || repo.join(path).is_file(), "{path}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 20);
}

#[test]
fn doubling_values_end_in_the_unknown() {
    let mut text = String::from("A0 = xxxxxxxxxxxxxxxx\n");
    for level in 1..60 {
        text += &format!("A{level} = $(A{0})$(A{0})\n", level - 1);
    }
    text += "a:\n\tkubectl apply -f $(A59)\n\tkubectl apply -f b.yaml\n";
    assert!(shown(&read(&text)).contains(&"a: apply File:b.yaml".to_owned()));
}

#[test]
fn nested_loops_end() {
    let words = "a b c d e f g h i j ".repeat(20);
    let mut text = String::from("a:\n\t");
    for name in ["p", "q", "r", "s"] {
        text += &format!("for {name} in {words}; do ");
    }
    text += "kubectl apply -f $$p.yaml; done; done; done; done\nb:\n";
    assert!(read(&text).cut);
}

#[test]
fn deep_nesting_is_given_up() {
    for (open, close) in
        [("(", ")"), ("$(", ")"), ("<(", ")"), ("if ", "fi"), ("{ ", "} "), ("$$(", ")"), ("cd a && ", "")]
    {
        let text = format!("a:\n\t{}x{}\n", open.repeat(5000), close.repeat(5000));
        assert_eq!(read(&text).targets.len(), 1, "{open}");
    }
}

/// Pieces that mean something, so that random texts get beyond the first line.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "a:",
        " b",
        "\n",
        "\n\t",
        "\\\n",
        "$(",
        ")",
        "${",
        "}",
        "$$",
        "$",
        "A",
        "=",
        ":=",
        "?=",
        "+=",
        "kubectl apply",
        " -f ",
        "x.yaml",
        " | ",
        "<(",
        "(",
        "sops -d ",
        "'",
        "\"",
        "`",
        " && ",
        " || ",
        ";",
        "for f in a b; do ",
        "done",
        "if ",
        "then ",
        "fi",
        "case x in ",
        "esac",
        ";;",
        "{ ",
        "cd d",
        "helm install n c ",
        "--version",
        "<<E",
        "E\n",
        "define A\n",
        "endef\n",
        "ifeq (a,b)\n",
        "else\n",
        "endif\n",
        "include ",
        "$(foreach f,a b,",
        "$(call A,",
        "$(A:%.x=%)",
        ".ONESHELL:\n",
        "é",
        "\u{1F30A}",
        "#",
        "%",
        "\r\n",
        ",",
        ".PHONY: ",
        "$(MAKE) -C ",
        ".RECIPEPREFIX = é\n",
        "sh -c '",
        "$@",
        "$<",
        "2>",
        ">",
        "--",
        "-",
        "export ",
        "a: A = b\n",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

/// Every range of a result.
fn ranges(makefile: &Makefile) -> Vec<Range<usize>> {
    // The debug form has all of them, and none is forgotten when a field is added.
    let shown = format!("{makefile:?}");
    let numbers = |part: &str, back: bool| -> Option<usize> {
        let digits: String = if back {
            part.chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect()
        } else {
            part.chars().take_while(char::is_ascii_digit).collect()
        };
        digits.parse().ok()
    };
    let mut quoted = false;
    let mut outside = String::new();
    let mut letters = shown.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => drop(letters.next()),
            '"' => quoted = !quoted,
            _ if !quoted => outside.push(letter),
            _ => {}
        }
    }
    let found = outside
        .match_indices("..")
        .filter_map(|(at, _)| Some(numbers(&outside[..at], true)?..numbers(&outside[at + 2..], false)?));
    found.collect()
}

fn check_ranges(text: &str) {
    for range in ranges(&read(text)) {
        assert!(text.get(range.clone()).is_some(), "{range:?} is not in {text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check_ranges(&text);
    }

    #[test]
    fn ranges_lie_in_the_text(text in pieces()) {
        check_ranges(&text);
    }

    #[test]
    fn a_plain_recipe_is_found_after_any_statements(names in proptest::collection::vec("[a-z]{1,6}", 0..5)) {
        let mut text: String = names.iter().map(|name| format!("{name}: {name}x\n\techo {name}\n")).collect();
        text += "last:\n\tkubectl apply -f helm/last.yaml\n";
        let makefile = read(&text);
        prop_assert_eq!(written_at(&text, &makefile), vec!["helm/last.yaml"]);
    }
}

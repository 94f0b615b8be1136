//! `slugify` and `normalize`: texts that may be names.

use super::strings::text;
use super::{Function, Param, Set};
use crate::render::template::budget::{Fault, Outcome};
use crate::render::template::evaluate::Machine;
use crate::render::template::value::{Shape, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::plain("slugify", &[Param::Text], slugify).only(Set::Slim),
    Function::plain("slugify", &[], slugify_sized).rest(Param::Any).only(Set::Sprig),
    Function::plain("normalize", &[Param::Text], normalize).only(Set::Sprig),
];

/// The length of a label's value, which is the limit in a ResourceSet.
const LABEL: usize = 63;

/// What stands for a character that is not ASCII; none where only a large table could tell.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'Æ' => "AE",
        'æ' => "ae",
        'Ç' | 'Ć' | 'Č' => "C",
        'ç' | 'ć' | 'č' => "c",
        'Ď' => "D",
        'ď' => "d",
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'Ì'..='Ï' | 'Ī' => "I",
        'ì'..='ï' | 'ī' => "i",
        'Ł' => "L",
        'ł' => "l",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ñ' | 'ń' | 'ň' => "n",
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'Ř' => "R",
        'ř' => "r",
        'Ś' | 'Š' | 'Ş' => "S",
        'ś' | 'š' | 'ş' => "s",
        'ß' => "ss",
        'Ť' => "T",
        'ť' => "t",
        'Ù'..='Ü' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'Ý' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        '’' => "",
        '‒' | '–' | '—' | '―' => "-",
        _ => return None,
    })
}

fn slug(text: &str, limit: usize, at_words: bool) -> Option<String> {
    let mut ascii = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => ascii.push_str("and"),
            '@' => ascii.push_str("at"),
            '"' | '\'' => {}
            _ if c.is_ascii() => ascii.push(c),
            _ => ascii.push_str(plain(c)?),
        }
    }
    let mut slug = String::with_capacity(ascii.len());
    if !at_words && ascii.len() >= limit {
        ascii.truncate(limit);
    }
    for c in ascii.chars() {
        let c = if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
        if c != '-' || !slug.ends_with('-') {
            slug.push(c);
        }
    }
    let mut slug = slug.trim_matches(['-', '_']);
    if at_words && slug.len() > limit {
        slug = &slug[..slug[..=limit].rfind('-').unwrap_or(limit)];
    }
    Some(slug.to_owned())
}

fn made<'a>(machine: &mut Machine<'a>, given: &Value<'a>, limit: usize, at_words: bool) -> Outcome<Value<'a>> {
    let given = text(std::slice::from_ref(given), 0)?;
    match slug(given.as_str(), limit, at_words) {
        Some(slug) => super::strings::changed(machine, &given, slug),
        None => Ok(Value::unknown()),
    }
}

fn slugify<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    made(machine, &arguments[0], LABEL, true)
}

/// Argo CD's: the length and whether to cut between words may come before the text.
fn slugify_sized<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    let (mut limit, mut at_words) = (50, false);
    let Some((given, settings)) = arguments.split_last() else {
        return Err(Fault::refused("this takes a text"));
    };
    for setting in settings {
        match setting.shape {
            Shape::Int(number, _) => limit = usize::try_from(number).unwrap_or(limit),
            Shape::Bool(truth) => at_words = truth,
            _ => return Err(Fault::refused(format!("{} says neither length nor manner", setting.title()))),
        }
    }
    made(machine, given, limit, at_words)
}

fn normalize<'a>(machine: &mut Machine<'a>, arguments: &[Value<'a>]) -> Outcome<Value<'a>> {
    const LONGEST_NAME: usize = 253;
    let given = text(arguments, 0)?;
    let name: String = given
        .as_str()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' })
        .take(LONGEST_NAME)
        .collect();
    super::strings::changed(machine, &given, name.trim_matches(['-', '.']).to_owned())
}

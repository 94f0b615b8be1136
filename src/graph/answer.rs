//! Yes, no, or unknown and why.

/// The answer to a question about a cluster that is seen only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Surely so.
    Yes,
    /// Surely not so.
    No,
    /// The repo does not tell, and why.
    Unknown(String),
}

impl Answer {
    /// The answer that is not in doubt.
    pub fn sure(yes: bool) -> Answer {
        if yes { Answer::Yes } else { Answer::No }
    }

    /// Whether both hold. A no settles it whatever the other one is.
    pub fn and(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Yes, other) => other,
            (unknown, _) => unknown,
        }
    }

    /// Whether one of them holds. A yes settles it whatever the other one is.
    pub fn or(self, other: Answer) -> Answer {
        match (self, other) {
            (Answer::Yes, _) | (_, Answer::Yes) => Answer::Yes,
            (Answer::No, other) => other,
            (unknown, _) => unknown,
        }
    }

    /// The same answer, or unknown for `reason` where it was yes.
    pub fn doubted(self, reason: Option<&str>) -> Answer {
        match (self, reason) {
            (Answer::Yes, Some(reason)) => Answer::Unknown(reason.to_owned()),
            (answer, _) => answer,
        }
    }

    /// Whether it is surely so.
    pub fn is_yes(&self) -> bool {
        *self == Answer::Yes
    }

    /// Whether it is surely not so.
    pub fn is_no(&self) -> bool {
        *self == Answer::No
    }
}

/// Whether one of `answers` holds.
pub fn any(answers: impl IntoIterator<Item = Answer>) -> Answer {
    let mut all = Answer::No;
    for answer in answers {
        all = all.or(answer);
        if all.is_yes() {
            break;
        }
    }
    all
}

/// Whether all of `answers` hold.
pub fn all(answers: impl IntoIterator<Item = Answer>) -> Answer {
    let mut all = Answer::Yes;
    for answer in answers {
        all = all.and(answer);
        if all.is_no() {
            break;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_gives_way_only_to_what_settles_it() {
        let doubt = || Answer::Unknown("why".into());
        for (a, b, and, or) in [
            (Answer::Yes, doubt(), doubt(), Answer::Yes),
            (doubt(), Answer::Yes, doubt(), Answer::Yes),
            (Answer::No, doubt(), Answer::No, doubt()),
            (doubt(), Answer::No, Answer::No, doubt()),
            (Answer::Yes, Answer::No, Answer::No, Answer::Yes),
            (Answer::Yes, Answer::Yes, Answer::Yes, Answer::Yes),
            (Answer::No, Answer::No, Answer::No, Answer::No),
        ] {
            assert_eq!(a.clone().and(b.clone()), and, "{a:?} and {b:?}");
            assert_eq!(a.clone().or(b.clone()), or, "{a:?} or {b:?}");
        }
        assert_eq!(any([]), Answer::No);
        assert_eq!(all([]), Answer::Yes);
        assert_eq!(Answer::Yes.doubted(Some("why")), doubt());
        assert_eq!(Answer::No.doubted(Some("why")), Answer::No);
    }
}

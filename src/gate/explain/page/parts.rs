//! Parts of what a page shows: texts that may come from anybody, made visible, and links that lead nowhere else than to
//! the forge.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::super::ids::CommitSha;
use super::super::super::page::{About, Site};
use super::super::super::plain;
use super::super::line::{Line, Piece};
use super::Commit;

/// The longest foreign text that is shown, in characters, as in the check.
const LONGEST: usize = 160;

/// The longest message about a fault in a file that is shown, in characters, as in the check.
const LONGEST_MESSAGE: usize = 500;

/// What stays as it is in a part of an address.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A part of a line. Texts are as they are: whoever renders them escapes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Our own words.
    Text(String),
    /// Our own words, stressed.
    Strong(String),
    /// Foreign text, or something to be copied, with what is invisible made visible.
    Code(String),
    /// A link that may be followed.
    Link {
        /// The words.
        words: String,
        /// `https://`, or the forge's own origin.
        href: String,
    },
    /// An account.
    Person {
        /// Its login, with what is invisible made visible.
        login: String,
        /// Its page at the forge.
        href: Option<String>,
    },
    /// A time.
    Moment(Moment),
}

/// A line.
pub type Words = Vec<Part>;

/// Half a sentence as a whole one.
pub(super) fn sentence(words: Words) -> Words {
    let mut words = capital(words);
    words.push(Part::Text(".".to_owned()));
    words
}

/// Words that begin a line. Foreign text at their beginning stays as it is.
pub(super) fn capital(mut words: Words) -> Words {
    if let Some(Part::Text(first)) = words.first_mut() {
        let mut letters = first.chars();
        *first = letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters).collect();
    }
    words
}

/// A time, for people and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// To the minute.
    pub text: String,
    /// RFC 3339.
    pub datetime: String,
}

impl Moment {
    /// A time.
    pub fn of(at: jiff::Timestamp) -> Self {
        let datetime = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { text: super::super::markdown::moment(at), datetime }
    }
}

/// Foreign text on one line with every invisible character shown, cut to so many characters.
pub(super) fn revealed(text: &str, longest: usize) -> String {
    plain::revealed(text, longest)
}

/// Where things are at the forge.
pub(super) struct Forge<'a> {
    pub(super) about: &'a About,
    pub(super) number: i64,
}

impl Forge<'_> {
    /// An address, if it may be followed from a page.
    pub(super) fn safe(&self, url: &str) -> Option<String> {
        let is_here = url.strip_prefix(self.about.web.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\' | '{' | '}');
        let is_safe = (url.starts_with("https://") || is_here) && url.chars().all(is_plain);
        is_safe.then(|| url.to_owned())
    }

    /// An address at the forge, from parts that are not trusted.
    fn at<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> Option<String> {
        let path = parts.into_iter().map(|part| format!("/{}", utf8_percent_encode(part, PLAIN)));
        self.safe(&format!("{}{}", self.about.web, path.collect::<String>()))
    }

    fn in_repository(&self, parts: &[&str]) -> Option<String> {
        let (owner, name) = self.about.repo_name.split_once('/')?;
        match self.about.site {
            Site::GitHub => self.at([owner, name].into_iter().chain(parts.iter().copied())),
            // What belongs to a project stands behind a dash, as groups may be called like anything else.
            Site::GitLab => {
                let within = if parts.is_empty() { None } else { Some("-") };
                self.at(self.about.repo_name.split('/').chain(within).chain(parts.iter().copied()))
            }
        }
    }

    pub(super) fn repository(&self) -> super::Words {
        let words = revealed(&self.about.repo_name, LONGEST);
        vec![match self.in_repository(&[]) {
            Some(href) => Part::Link { words, href },
            None => Part::Text(words),
        }]
    }

    /// The change.
    pub(super) fn change(&self) -> Option<String> {
        let kind = match self.about.site {
            Site::GitHub => "pull",
            Site::GitLab => "merge_requests",
        };
        self.in_repository(&[kind, &self.number.to_string()])
    }

    /// A comment on the change.
    pub(super) fn comment(&self, comment: i64) -> Option<String> {
        let kind = match self.about.site {
            Site::GitHub => "issuecomment-",
            Site::GitLab => "note_",
        };
        self.change().map(|change| format!("{change}#{kind}{comment}"))
    }

    pub(super) fn branch(&self, name: &str) -> Option<String> {
        // Slashes are part of the name, and of the address.
        self.in_repository(&std::iter::once("tree").chain(name.split('/')).collect::<Vec<_>>())
    }

    pub(super) fn label(&self, name: &str) -> Option<String> {
        match self.about.site {
            Site::GitHub => self.in_repository(&["labels", name]),
            // A label of GitLab's has no page.
            Site::GitLab => None,
        }
    }

    pub(super) fn commit(&self, sha: &CommitSha) -> Commit {
        let href = self.in_repository(&["commit", sha.as_str()]);
        Commit { sha: sha.to_string(), short: sha.short().to_owned(), href }
    }

    /// An account, linked if its login is made of what forges allow in logins.
    pub(super) fn person(&self, login: &str) -> Words {
        let is_plain =
            !login.is_empty() && login.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let href = if is_plain { self.at([login]) } else { None };
        vec![Part::Person { login: revealed(login, LONGEST), href }]
    }

    /// A line of the check.
    pub(super) fn words(&self, line: &Line) -> Words {
        let part = |piece: &Piece| match piece {
            Piece::Text(words) => vec![Part::Text(revealed(words, usize::MAX))],
            Piece::Strong(words) => vec![Part::Strong(words.clone())],
            Piece::Code(text) => vec![Part::Code(revealed(text, LONGEST))],
            Piece::Message(text) => vec![Part::Code(revealed(text, LONGEST_MESSAGE))],
            Piece::Link { words, url } => vec![match url.as_deref().and_then(|url| self.safe(url)) {
                Some(href) => Part::Link { words: words.clone(), href },
                None => Part::Text(words.clone()),
            }],
            Piece::Mention(login) => self.person(login),
            Piece::Moment(at) => vec![Part::Moment(Moment::of(*at))],
        };
        line.pieces().iter().flat_map(part).collect()
    }
}

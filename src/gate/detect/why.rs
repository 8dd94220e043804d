//! Which mark of a tool is behind a piece of evidence, for people who ask.
//!
//! Detection keeps no record of it: marks are tried again, one by one, on the text of the piece. None is found where the
//! reading of a sentence did it without a mark, such as a declaration that names no tool.

use super::catalogue::{Catalogue, Mark, MarkKind, Tool};
use super::evidence::{Channel, Evidence};
use super::identities::login_in;
use super::text::undecorated;
use super::trailers::{people, trailers};

/// The tool, and the mark that matched.
pub fn mark_of<'c>(piece: &Evidence, catalogue: &'c Catalogue) -> Option<(&'c Tool, &'c Mark)> {
    let tool = catalogue.tool(&piece.tool)?;
    let marks = tool.marks.iter().filter(|mark| mark.is_on && may_be_behind(mark.kind, piece.channel));
    // In the order in which detection looks: declarations are read for words, trailers by their keys first.
    let rank = |mark: &&Mark| match mark.kind {
        MarkKind::Words => piece.channel != Channel::Declaration,
        MarkKind::Trailers | MarkKind::Footers | MarkKind::Links => false,
        _ => true,
    };
    let mut matching: Vec<&Mark> = marks.filter(|mark| matches(mark, piece)).collect();
    matching.sort_by_key(rank);
    matching.first().map(|mark| (tool, *mark))
}

fn may_be_behind(kind: MarkKind, channel: Channel) -> bool {
    use MarkKind as K;
    let is_identity =
        matches!(kind, K::Accounts | K::Addresses | K::NamedAddresses | K::Names | K::BareNames | K::NameSuffixes);
    match channel {
        Channel::Opener => kind == K::Accounts,
        Channel::Author | Channel::Committer | Channel::CoAuthor | Channel::Declaration => {
            is_identity || kind == K::Words
        }
        Channel::Trailer => is_identity || kind == K::Trailers,
        Channel::Message => matches!(kind, K::Footers | K::Links),
        Channel::Body => is_identity || matches!(kind, K::Trailers | K::Footers | K::Links | K::Words),
        Channel::Branch => matches!(kind, K::Branches | K::WeakBranches),
        Channel::Label => kind == K::Labels,
        Channel::Note | Channel::Trace | Channel::Command => false,
    }
}

fn matches(mark: &Mark, piece: &Evidence) -> bool {
    let (text, is_opener) = (piece.text.as_str(), piece.channel == Channel::Opener);
    let is_match = |text: &str| mark.regex().is_some_and(|regex| regex.is_match(text));
    let is_anybody = |is: &dyn Fn(&str, &str) -> bool| identities(text).iter().any(|(name, email)| is(name, email));
    let has_with = |text: &str| mark.with.is_none() || mark.regex_with().is_some_and(|regex| regex.is_match(text));
    match mark.kind {
        MarkKind::Accounts => is_anybody(&|name, email| {
            let is_it = |login: &str| login.eq_ignore_ascii_case(&mark.text);
            let number = email.split_once('+').and_then(|(number, _)| number.parse::<i64>().ok());
            let is_numbered = number.is_some() && number == mark.number;
            let by_address =
                login_in(email).is_some_and(|login| is_it(login) && (is_numbered || login.ends_with("[bot]")));
            by_address
                || (name.ends_with("[bot]") && is_it(name))
                || (email.is_empty() && is_opener && is_bot_of(name, mark))
        }),
        MarkKind::Addresses => is_anybody(&|_, email| email.eq_ignore_ascii_case(&mark.text)),
        MarkKind::NamedAddresses => is_anybody(&|name, email| email.eq_ignore_ascii_case(&mark.text) && has_with(name)),
        MarkKind::Names | MarkKind::BareNames => is_anybody(&|name, _| is_match(name)),
        MarkKind::NameSuffixes => {
            is_anybody(&|name, _| name.to_ascii_lowercase().ends_with(&mark.text.to_ascii_lowercase()))
        }
        MarkKind::Trailers => trailers(text)
            .iter()
            .any(|trailer| trailer.key.eq_ignore_ascii_case(&mark.text) && has_with(&trailer.value)),
        MarkKind::Footers => is_match(undecorated(text)),
        MarkKind::Branches | MarkKind::WeakBranches | MarkKind::Labels => is_match(text.trim()),
        MarkKind::Links | MarkKind::Words => is_match(text),
        MarkKind::ExceptNames | MarkKind::NoteTools => false,
    }
}

/// GraphQL names bots without the suffix that REST and git use.
fn is_bot_of(login: &str, mark: &Mark) -> bool {
    login.trim_end_matches("[bot]").eq_ignore_ascii_case(mark.text.trim_end_matches("[bot]"))
}

/// The names and addresses in the text of a piece: a whole trailer, an identity, or a login.
fn identities(text: &str) -> Vec<(String, String)> {
    let of_trailers = trailers(text).into_iter().map(|trailer| trailer.value);
    of_trailers.chain([text.to_owned()]).flat_map(|value| people(&value)).collect()
}

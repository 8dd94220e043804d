//! Why a word does not count, for people. Never says more than the rule's name about what somebody lacks (DESIGN 4.15).

use super::super::contributors::Role;
use super::super::verdict::Why;
use super::markdown::code;

/// Half a sentence.
pub(super) fn reason(why: &Why) -> String {
    match why {
        Why::DeletedAccount => "the account no longer exists".to_owned(),
        Why::NotAPerson => "not a person's account".to_owned(),
        Why::NotInDirectory => "the account is not linked to anybody in the directory".to_owned(),
        Why::DoesNotMeet { rules } if rules.is_empty() => "may not approve here".to_owned(),
        Why::DoesNotMeet { rules } => format!("does not meet {}", names(rules)),
        Why::Contributor { role: Role::Operator | Role::Requester } => "asked an agent for this change".to_owned(),
        Why::Contributor { role } => format!("contributed to this change ({})", role.as_str()),
        Why::OtherCommit => "given for another commit".to_owned(),
        Why::BeforeRetarget => "given before the base branch changed".to_owned(),
        Why::BeforeReopen => "given before the change was reopened".to_owned(),
        Why::BeforePush => "given before this commit was pushed again".to_owned(),
        Why::Superseded => "the same person said something else later".to_owned(),
        Why::Dismissed => "the approval was dismissed".to_owned(),
        Why::ReviewsDoNotCount => "the policy does not take reviews".to_owned(),
        Why::CommandsDoNotCount => "the policy takes reviews only".to_owned(),
        Why::StaleDirectory => "the directory is too old to vouch for anybody".to_owned(),
        Why::NotNeeded => "no rule asks for an approval".to_owned(),
        Why::NoWriteAccessShown { rules } => {
            format!("{} asks for write access, which only a review shows", names(rules))
        }
        Why::NoCommitNamed => "the policy wants the commit named".to_owned(),
        Why::TooSoon => "this check had not stood on the commit for five minutes".to_owned(),
        Why::Edited => "the comment was edited".to_owned(),
        Why::Deleted => "the comment was deleted".to_owned(),
        Why::NotWitnessed => "the comment was found later, and not seen being written".to_owned(),
        Why::ByEmail => "the comment came by e-mail".to_owned(),
        Why::ThroughApp => "the comment was written through an App that the organisation has not listed".to_owned(),
    }
}

/// Names of rules.
pub(super) fn names(rules: &[String]) -> String {
    rules.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")
}

//! Why a word does not count, for people. Never says more than the rule's name about what somebody lacks.

use super::super::contributors::Role;
use super::super::verdict::Why;
use super::line::Line;

/// Half a sentence.
pub(super) fn reason(why: &Why) -> Line {
    match why {
        Why::DeletedAccount => "the account no longer exists".into(),
        Why::NotAPerson => "not a person's account".into(),
        Why::NotInDirectory => "the account is not linked to anybody in the directory".into(),
        Why::DoesNotMeet { rules } if rules.is_empty() => "may not approve here".into(),
        Why::DoesNotMeet { rules } => Line::from("does not meet ").codes(rules),
        Why::Contributor { role: Role::Operator | Role::Requester } => "asked an agent for this change".into(),
        Why::Contributor { role } => Line::new().text(format!("contributed to this change ({})", role.as_str())),
        Why::OtherCommit => "given for another commit".into(),
        Why::BeforeRetarget => "given before the base branch changed".into(),
        Why::BeforeReopen => "given before the change was reopened".into(),
        Why::BeforePush => "given before this commit was pushed again".into(),
        Why::Superseded => "the same person said something else later".into(),
        Why::Dismissed => "the approval was dismissed".into(),
        Why::ReviewsDoNotCount => "the policy does not take reviews".into(),
        Why::CommandsDoNotCount => "the policy takes reviews only".into(),
        Why::StaleDirectory => "the directory is too old to vouch for anybody".into(),
        Why::NotNeeded => "no rule asks for an approval".into(),
        Why::NoWriteAccessShown { rules } => {
            Line::new().codes(rules).text(" asks for write access, which only a review shows")
        }
        Why::NoCommitNamed => "the policy wants the commit named".into(),
        Why::TooSoon => "this check had not stood on the commit for five minutes".into(),
        Why::Edited => "the comment was edited".into(),
        Why::Deleted => "the comment was deleted".into(),
        Why::NotWitnessed => "the comment was found later, and not seen being written".into(),
        Why::ByEmail => "the comment came by e-mail".into(),
        Why::ThroughApp => "the comment was written through an App that the organisation has not listed".into(),
    }
}

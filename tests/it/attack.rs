//! Known ways around a review gate, by their numbers in the catalogue of attacks (A1 to A45), and the decision errors
//! of the best known peer (`policy_bot_1` to `policy_bot_8`). Each story fails when its defence is removed.
//!
//! | room | attacks |
//! | --- | --- |
//! | `contributors` | A5, A6, A25 to A27, A38: whoever shaped a change cannot approve it |
//! | `binding` | A4, A7 to A11, A13, A38, A42: an approval is of one commit, for one base |
//! | `approvers` | A1, A3, A24, A25, A32, A40, A41, A43: only people approve, by number, now and then |
//! | `suggestions` | A39: what only looks like a small suggestion |
//! | `updates` | A8 to A10: what only looks like an update from the base |
//! | `words` | A30: the latest word counts, and a change request stays |
//! | `groups` | A35: a merge group passes only by what it holds |
//! | `shared` | A20: several changes on one commit |
//! | `policy` | A12, A14 to A17, A36, A37: policy comes from the base, and the gate guards itself |
//! | `evidence` | A28, A29: what was seen once is not unseen |
//! | `checks` | A17 to A19, A21, A45: nobody else sets the check, absence blocks, no stale success |
//! | `aftermath` | A17 to A19, A33, A34: what goes around the gate does not stay unseen |
//! | `commands` | A1, A3, A7, A43, A44: only the creation of a comment makes a command, and only as long as it stands |
//! | `overrides` | A31: an override is said outright, by few, for one head, for a while |
//! | `deliveries` | A6, A44: forged, replayed, doubled, reversed, lost, or somebody else's deliveries |
//! | `past` | A5, A6, A28: what was pushed away, lost or merged still counts |
//! | `operators` | A26: what does not settle who asked an agent |
//! | `gitlab` | A1, A2, A4, A7, A22, A26: what only a GitLab has |
//!
//! A8 and A39 as well: neither an update from the base nor an applied suggestion keeps an approval. They only leave people the
//! power to give another.
//!
//! Of A43, a review or a comment that an agent submits with its operator's own token cannot be told from the
//! operator's: GitHub does not show it, and only a second factor would help.
//!
//! Not GitHub's: A2, A22, A23. The last is about external status checks, answered in `gitlab`.

mod aftermath;
mod approvers;
mod binding;
mod checks;
mod commands;
mod contributors;
mod deliveries;
mod evidence;
mod gitlab;
mod groups;
mod operators;
mod overrides;
mod past;
mod policy;
mod shared;
mod suggestions;
mod updates;
mod words;

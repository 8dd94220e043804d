//! Lives of changes, told at random, and what the check must say in the end.
//!
//! What must be said follows from the story alone, by the rules that people read: it is worked out while the story is
//! told, with no help from the product. jo, a junior, opens every change and pushes to it. kim, a senior, pushes to some,
//! and approves only after that, so that she never counts. ana, a senior, approves. lee, a senior, asks for changes, and
//! lifts that by approving.

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use seconder::sandbox::{Account, NewCommit, OpenPull, Opinion, Sandbox};

use crate::world::claude;

/// Another branch that requires the check, beside `main`.
const RELEASE: &str = "release";

const CHECK: &str = "seconder";

/// All that happens.
pub(crate) struct History {
    forge: Sandbox,
    random: StdRng,
    repositories: Vec<String>,
    pub(crate) lives: Vec<Life>,
    /// Changes to which nothing happens any more.
    over: Vec<Life>,
    /// The change to which something happens next, while the server may still look at what happened last.
    next: Option<usize>,
    /// Makes every file, branch and label a different one.
    told: u32,
}

/// A change, and what matters of all that happened to it.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) repository: String,
    pub(crate) number: u64,
    pub(crate) branch: String,
    base: &'static str,
    is_open: bool,
    /// Some commit was written with an AI tool; that it was pushed away since does not matter.
    is_assisted: bool,
    kim_pushed: bool,
    /// ana's latest review that speaks for the change as it stands now.
    ana_approved: Option<u64>,
    lee: Lee,
    /// Every commit that was its head.
    heads: Vec<String>,
    told_at: Timestamp,
}

/// lee's latest word that speaks for or against the change as it stands now.
#[derive(Debug, Clone, Copy)]
enum Lee {
    Silent,
    Approved,
    /// Dismissing the change request lifts nothing.
    Holds {
        review: u64,
        is_dismissed: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Push,
    PushAssisted,
    PushAway,
    KimPushes,
    KimApproves,
    AnaApproves,
    AnaIsDismissed,
    LeeAsksForChanges,
    LeeIsDismissed,
    LeeApproves,
    Retarget,
    Close,
    Reopen,
    Label,
}

impl Life {
    /// What may happen to it next, the likelier the more often it is named.
    fn possible(&self) -> Vec<Act> {
        if !self.is_open {
            return vec![Act::Reopen, Act::Reopen, Act::Label];
        }
        let mut acts = vec![Act::Push, Act::PushAssisted, Act::PushAway, Act::KimPushes, Act::Retarget, Act::Close];
        acts.extend([Act::AnaApproves; 8]);
        acts.extend([Act::Label; 6]);
        if self.kim_pushed {
            acts.push(Act::KimApproves);
        }
        if self.ana_approved.is_some() {
            acts.extend([Act::AnaIsDismissed; 2]);
        }
        match self.lee {
            Lee::Holds { is_dismissed, .. } => {
                acts.extend([Act::LeeApproves; 3]);
                acts.extend((!is_dismissed).then_some(Act::LeeIsDismissed));
            }
            Lee::Silent | Lee::Approved => acts.extend([Act::LeeAsksForChanges; 2]),
        }
        acts
    }

    /// A push, a retarget or a reopening leaves no approval.
    fn void_approvals(&mut self) {
        self.ana_approved = None;
        if matches!(self.lee, Lee::Approved) {
            self.lee = Lee::Silent;
        }
    }

    /// Whether the check must be green. Closed, it is nobody's head, and must not be.
    fn must_pass(&self) -> bool {
        let is_approved = match self.lee {
            Lee::Silent => self.ana_approved.is_some(),
            Lee::Approved => true,
            Lee::Holds { .. } => false,
        };
        self.is_open && (!self.is_assisted || is_approved)
    }
}

impl History {
    /// Makes the repositories, in which nothing has happened yet.
    pub(crate) fn begin(forge: &Sandbox, repositories: &[&str], seed: u64) -> Self {
        let pat = forge.user("pat");
        for repository in repositories {
            if !forge.has_repository(repository) {
                forge.repository(repository);
                forge.require_check(repository, "main", CHECK, Some(forge.app().id));
            }
            let tip = forge.tip(repository, "main").expect("a repository has a main branch");
            forge.push_commit(&pat, repository, RELEASE, &tip);
            forge.require_check(repository, RELEASE, CHECK, Some(forge.app().id));
        }
        Self {
            forge: forge.clone(),
            random: StdRng::seed_from_u64(seed),
            repositories: repositories.iter().map(|name| (*name).to_owned()).collect(),
            lives: Vec::new(),
            over: Vec::new(),
            next: None,
            told: 0,
        }
    }

    fn who(&self, login: &str) -> Account {
        self.forge.user(login)
    }

    /// Something that was never written before.
    fn commit(&mut self, is_assisted: bool) -> NewCommit {
        self.told += 1;
        let subject = format!("Step {}", self.told);
        let message = if is_assisted { claude(&subject) } else { subject };
        NewCommit::new(message).file(format!("src/step_{}.rs", self.told), format!("// {}\n", self.told))
    }

    /// jo opens another change.
    pub(crate) fn open(&mut self) {
        let repository = self.repositories.choose(&mut self.random).cloned().unwrap_or_default();
        let (is_assisted, jo) = (self.random.random_bool(0.7), self.who("jo"));
        let commit = self.commit(is_assisted);
        let branch = format!("life-{}", self.told);
        let head = self.forge.push(&jo, &repository, &branch, commit);
        let number = self.forge.open_pull(&jo, &repository, OpenPull::new(&branch, format!("Life {}", self.told)));
        self.lives.push(Life {
            repository,
            number,
            branch,
            base: "main",
            is_open: true,
            is_assisted,
            kim_pushed: false,
            ana_approved: None,
            lee: Lee::Silent,
            heads: vec![head],
            told_at: self.forge.now(),
        });
    }

    /// Something happens to some change. At most one thing happens to a change in one second of the forge, as nobody
    /// could tell what came first. False if there is none to which anything can happen now.
    pub(crate) fn go_on(&mut self) -> bool {
        let now = self.forge.now();
        let free = |(_, life): &(usize, &Life)| life.told_at < now;
        let free: Vec<usize> = self.lives.iter().enumerate().filter(free).map(|(n, _)| n).collect();
        let Some(n) = self.next.take().or_else(|| free.choose(&mut self.random).copied()) else { return false };
        let mut life = self.lives.remove(n);
        let act = life.possible().choose(&mut self.random).copied().unwrap_or(Act::Label);
        self.tell(act, &mut life);
        if act == Act::Label {
            // It says nothing, so that what follows may come at once.
            self.next = Some(n);
        } else {
            life.told_at = self.forge.now();
        }
        self.lives.insert(n, life);
        true
    }

    /// The changes told of so far are closed, and nothing more happens to them.
    pub(crate) fn all_over(&mut self) {
        self.next = None;
        let jo = self.who("jo");
        for life in self.lives.iter_mut().filter(|life| life.is_open) {
            self.forge.close(&jo, &life.repository, life.number);
            life.is_open = false;
        }
        self.over.append(&mut self.lives);
    }

    /// The changes to which nothing happens any more.
    pub(crate) fn over(&self) -> &[Life] {
        &self.over
    }

    fn tell(&mut self, act: Act, life: &mut Life) {
        let forge = self.forge.clone();
        let (repository, number) = (life.repository.clone(), life.number);
        let review = |login: &str, opinion| forge.review(&forge.user(login), &repository, number, opinion, None);
        let jo = self.who("jo");
        match act {
            Act::Push => self.push(life, "jo", false, false),
            Act::PushAssisted => self.push(life, "jo", true, false),
            Act::PushAway => self.push(life, "jo", false, true),
            Act::KimPushes => self.push(life, "kim", false, false),
            Act::KimApproves => _ = review("kim", Opinion::Approve),
            Act::AnaApproves => life.ana_approved = Some(review("ana", Opinion::Approve)),
            Act::AnaIsDismissed => {
                let review = life.ana_approved.take().expect("it is possible only then");
                forge.dismiss(&self.who("kim"), &repository, number, review, "Not yet");
            }
            Act::LeeAsksForChanges => {
                life.lee = Lee::Holds { review: review("lee", Opinion::RequestChanges), is_dismissed: false };
            }
            Act::LeeIsDismissed => {
                let Lee::Holds { review, is_dismissed } = &mut life.lee else { panic!("it is possible only then") };
                forge.dismiss(&jo, &repository, number, *review, "Never mind");
                *is_dismissed = true;
            }
            Act::LeeApproves => {
                review("lee", Opinion::Approve);
                life.lee = Lee::Approved;
            }
            Act::Retarget => {
                life.base = if life.base == "main" { RELEASE } else { "main" };
                forge.retarget(&jo, &repository, number, life.base);
                life.void_approvals();
            }
            Act::Close => {
                forge.close(&jo, &repository, number);
                life.is_open = false;
            }
            Act::Reopen => {
                forge.reopen(&jo, &repository, number);
                life.is_open = true;
                life.void_approvals();
            }
            Act::Label => {
                self.told += 1;
                forge.label(&jo, &repository, number, &format!("label-{}", self.told));
            }
        }
    }

    fn push(&mut self, life: &mut Life, login: &str, is_assisted: bool, is_forced: bool) {
        let (who, commit) = (self.who(login), self.commit(is_assisted));
        let head = if is_forced {
            self.forge.force_push(&who, &life.repository, &life.branch, commit)
        } else {
            self.forge.push(&who, &life.repository, &life.branch, commit)
        };
        life.heads.push(head);
        life.is_assisted |= is_assisted;
        life.kim_pushed |= login == "kim";
        life.void_approvals();
    }

    /// What is wrong with the check of a change, in words; `None` if it is right.
    pub(crate) fn wrong(&self, life: &Life) -> Option<String> {
        let head = life.heads.last()?;
        let place = format!("{}#{} at {head}", life.repository, life.number);
        for head in &life.heads {
            let states = self.forge.check_runs(&life.repository, head, CHECK);
            let numbers: std::collections::BTreeSet<u64> = states.iter().map(|run| run.id).collect();
            // On GitLab, a status that has ended gives way to another.
            if numbers.len() > 1 && !self.forge.is_gitlab() {
                return Some(format!("{place}: {} check runs on {head}", numbers.len()));
            }
        }
        let check = self.forge.check_run(&life.repository, head, CHECK);
        let says = check.as_ref().and_then(|check| check.conclusion.as_deref());
        let is_right = match (life.must_pass(), life.is_open) {
            (true, _) => says == Some("success"),
            (false, true) => says == Some("action_required"),
            (false, false) => says != Some("success"),
        };
        let text = check.as_ref().and_then(|check| check.title.clone()).unwrap_or_default();
        (!is_right).then(|| format!("{place}: the check says {says:?} ({text}), and this is the change: {life:?}"))
    }
}

//! One small write: what somebody asks of one challan, judged against the row as it stands. Nothing is written here, so a
//! refusal harms nobody who shares the transaction.

use std::borrow::Cow;
use std::collections::HashMap;

use changelog::Log;
use db::Tx;
use domain::challan::{Challan, Field, HIDDEN_RULE, Stage, check, veiled};
use domain::identity::Permission;
use domain::reason::Errors;
use domain::rights::reach;
use poem::http::StatusCode;
use serde_json::{Map, Value};
use service::Problem;
use uuid::Uuid;

use crate::api::caller::Caller;
use crate::api::challans::{one, set};
use crate::api::conflict;
use crate::api::repeat::{Repeat, Reply};
use crate::api::shown::{rendered, shown};
use crate::store::challans::Stored;
use crate::store::customers::Named;
use crate::write::{Context, IN_TRASH, NOT_THEIRS, Planned, VOID, set_customer};

/// A write of one challan, still to be done.
pub(crate) struct Member {
    /// Who asks.
    pub(crate) caller: Caller,
    /// What the log says of it.
    pub(crate) context: Context,
    /// Under which key it may be sent again.
    pub(crate) repeat: Option<Repeat>,
    /// What is asked.
    pub(crate) ask: Ask,
}

/// What is asked of a challan.
pub(crate) enum Ask {
    /// That it be made.
    Make {
        /// The new row, without its customer's id and its number.
        row: Box<Planned>,
        /// The fields as they were sent.
        given: Map<String, Value>,
    },
    /// That it be changed.
    Change {
        /// Which.
        id: Uuid,
        /// From which version.
        wanted: Wanted,
        /// How.
        act: Act,
        /// The fields as they were sent.
        given: Map<String, Value>,
    },
}

/// From which version a change was made.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    /// Exactly this one.
    Exactly(u64),
    /// Merged from this one, field by field.
    Merge(u64),
    /// Whatever stands.
    Any,
}

/// How a challan is changed.
pub(crate) enum Act {
    /// Its facts.
    Update,
    /// All its facts: those that are not sent and not hidden are cleared.
    Replace,
    /// It goes to the trash.
    Delete,
    /// It comes out of the trash.
    Restore,
    /// It takes its number.
    Issue,
    /// It is void, for this reason.
    Void(String),
}

impl Act {
    fn kind(&self) -> &'static str {
        match self {
            Act::Update | Act::Replace => "updated",
            Act::Delete => "deleted",
            Act::Restore => "restored",
            Act::Issue => "issued",
            Act::Void(_) => "voided",
        }
    }

    fn permission(&self) -> Permission {
        match self {
            Act::Delete | Act::Restore => Permission::ChallanDelete,
            Act::Update | Act::Replace | Act::Issue | Act::Void(_) => Permission::ChallanUpdate,
        }
    }

    /// Why nothing of this kind is done to a challan in its state: what lies in the trash is restored first, and what is
    /// void stays as it is.
    fn refused_by_state(&self, c: &Challan) -> Option<Problem> {
        let refuse = |(code, detail)| Some(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail));
        match self {
            Act::Update | Act::Replace | Act::Issue | Act::Void(_) if c.deleted_at.is_some() => refuse(IN_TRASH),
            Act::Update | Act::Replace if c.voided_at.is_some() => refuse(VOID),
            _ => None,
        }
    }

    fn done_to(&self, c: &mut Challan, context: &Context) -> Result<(), Problem> {
        match self {
            Act::Update | Act::Replace => {}
            Act::Delete => {
                if c.deleted_at.is_none() {
                    c.deleted_at = Some(context.now);
                    c.deleted_by = Some(context.actor_name.clone());
                }
            }
            Act::Restore => {
                c.deleted_at = None;
                c.deleted_by = None;
            }
            Act::Issue if c.challan_number.is_some() => {
                return Err(one("challan_number", "has_number", "This challan has its number already."));
            }
            Act::Issue => {}
            Act::Void(_) if c.stage == Stage::Draft => {
                return Err(one("challan_number", "draft", "A draft is deleted, not voided."));
            }
            Act::Void(reason) if c.void_reason.as_ref().is_some_and(|known| known != reason) => {
                return Err(one("reason", "void", "This challan is void already, for another reason."));
            }
            Act::Void(reason) => {
                if c.voided_at.is_none() {
                    c.voided_at = Some(context.now);
                    c.void_reason = Some(reason.clone());
                }
            }
        }
        Ok(())
    }
}

/// A row with the facts that were asked for, whose customer is still to be looked up.
pub(super) struct Draft {
    /// The row as it stands; none for a new one.
    before: Option<Challan>,
    after: Stored,
}

impl Draft {
    /// The customer's name to be looked up, where the row names one anew.
    pub(super) fn customer(&self) -> Option<&str> {
        let name = &self.after.challan.facts.customer;
        self.before.as_ref().is_none_or(|b| b.facts.customer != *name).then_some(name)
    }
}

/// What a write comes to.
pub(super) enum Judged {
    /// A row to be written.
    Row(Box<Planned>),
    /// Nothing changes, so this is the answer, and there is no batch to be found.
    Same(Reply),
}

impl Member {
    /// The row that is to be locked before it is changed.
    pub(super) fn row(&self) -> Option<Uuid> {
        match &self.ask {
            Ask::Make { .. } => None,
            Ask::Change { id, .. } => Some(*id),
        }
    }

    /// The row with what is asked of it. `stored` is the row as it stands, locked; none where it is not there.
    ///
    /// # Errors
    /// The database's own; inside, why it is refused.
    pub(super) async fn draft(
        &self,
        log: &Log,
        tx: &mut Tx,
        stored: Option<Stored>,
    ) -> db::Result<Result<Draft, Problem>> {
        match &self.ask {
            Ask::Make { row, .. } => Ok(Ok(Draft { before: None, after: row.after.clone() })),
            Ask::Change { wanted, act, given, .. } => {
                let Some(stored) = stored else { return Ok(Err(Problem::not_found())) };
                let hidden = match self.may(act.permission(), &stored.challan) {
                    Ok(hidden) => hidden,
                    Err(problem) => return Ok(Err(problem)),
                };
                // Before both sides are shown: one of them is what is hidden.
                if let Err(problem) = refuse_hidden(given, &hidden) {
                    return Ok(Err(problem));
                }
                let given = match act {
                    Act::Replace => Cow::Owned(all_but(&hidden, given)),
                    _ => Cow::Borrowed(given),
                };
                if let Err(problem) = self.agree(log, tx, &stored.challan, *wanted, &given, &hidden).await? {
                    return Ok(Err(problem));
                }
                Ok(changed(stored, &given))
            }
        }
    }

    /// The fields of `challan` that are hidden from who reads it, or from who changes it by `permission`.
    fn may(&self, permission: Permission, challan: &Challan) -> Result<Vec<String>, Problem> {
        let (who, now) = (&self.caller.who, self.caller.now);
        let mut hidden = reach(who, Permission::ChallanRead, challan, now).ok_or_else(Problem::not_found)?;
        let needed = || Problem::forbidden(permission.needed());
        hidden.extend(reach(who, permission, challan, now).ok_or_else(needed)?);
        Ok(hidden)
    }

    /// Refuses a change whose base is not the present row, and shows both sides.
    async fn agree(
        &self,
        log: &Log,
        tx: &mut Tx,
        current: &Challan,
        wanted: Wanted,
        given: &Map<String, Value>,
        hidden: &[String],
    ) -> db::Result<Result<(), Problem>> {
        let (version, status) = match wanted {
            Wanted::Any => return Ok(Ok(())),
            Wanted::Exactly(v) => (v, StatusCode::PRECONDITION_FAILED),
            Wanted::Merge(v) => (v, StatusCode::CONFLICT),
        };
        if version == current.version {
            return Ok(Ok(()));
        }
        let since = conflict::since(log, tx, current, version).await?;
        let found = match &since {
            Some(since) => Some(conflict::conflicts(tx, current, given, since).await?),
            None => None,
        };
        if status == StatusCode::CONFLICT && found.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Ok(()));
        }
        let row = rendered(&self.caller, current).unwrap_or_default();
        let mut found = found.unwrap_or_default();
        if let Some(since) = since.filter(|_| !found.is_empty()) {
            let is_shown = |half: &Value| half["field"].as_str().is_some_and(|f| !hidden.iter().any(|h| h == f));
            found.extend(conflict::other_halves(current, given, &since).into_iter().filter(is_shown));
        }
        let mut problem = conflict::problem(status, current, row, found);
        if version > current.version {
            problem.detail = format!("Version {version} is not one of this challan yet; read it again.");
        }
        Ok(Err(problem))
    }

    /// What the draft comes to, with the customers that were looked up, by folded name.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn judge(&self, draft: Draft, named: &HashMap<String, Named>) -> Result<Judged, Problem> {
        let is_named_anew = draft.customer().is_some();
        let Draft { before, mut after } = draft;
        if is_named_anew {
            after.challan.customer_id = Uuid::nil();
            set_customer(&mut after.challan, named);
        }
        match (&self.ask, before) {
            (Ask::Make { row, given }, _) => {
                let hidden = reach(&self.caller.who, Permission::ChallanCreate, &after.challan, self.caller.now)
                    .ok_or_else(|| Problem::forbidden(NOT_THEIRS))?;
                refuse_hidden(given, &hidden)?;
                let (kind, takes_number) = (row.kind, row.takes_number);
                Ok(Judged::Row(Box::new(Planned { before: None, after, kind, takes_number })))
            }
            (Ask::Change { act, .. }, Some(before)) => self.judge_change(act, before, after),
            (Ask::Change { .. }, None) => Err(Problem::not_found()),
        }
    }

    fn judge_change(&self, act: &Act, before: Challan, mut after: Stored) -> Result<Judged, Problem> {
        let context = &self.context;
        if let Some(problem) = act.refused_by_state(&before) {
            return Err(problem);
        }
        let is_issue = matches!(act, Act::Issue);
        act.done_to(&mut after.challan, context)?;
        if !matches!(act, Act::Delete) {
            let draft = before.challan_number.is_none() && !is_issue;
            if let Err(errors) = check(&after.challan.facts, draft, context.now, context.tz) {
                return Err(self.refused(&errors, Some(&before)));
            }
        }
        if after.challan == before && !is_issue {
            return Ok(Judged::Same(shown(&self.caller, &before, StatusCode::OK, None)));
        }
        if reach(&self.caller.who, act.permission(), &after.challan, self.caller.now).is_none() {
            return Err(Problem::forbidden("This change would move the challan out of your reach."));
        }
        let mut row = Planned::change(before, after, act.kind(), context);
        row.takes_number = is_issue;
        Ok(Judged::Row(Box::new(row)))
    }

    /// The rules that a change of `before` breaks, but for those that weigh what is hidden there.
    pub(super) fn refused(&self, errors: &Errors, before: Option<&Challan>) -> Problem {
        let hidden = before.and_then(|c| reach(&self.caller.who, Permission::ChallanRead, c, self.caller.now));
        let shown = veiled(errors, &hidden.unwrap_or_default());
        if shown.is_empty() {
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, HIDDEN_RULE.0, HIDDEN_RULE.1);
        }
        Problem::refused(&shown)
    }

    /// The answer that shows the written row.
    pub(super) fn reply(&self, row: &Planned) -> Reply {
        let status = if row.before.is_none() { StatusCode::CREATED } else { StatusCode::OK };
        shown(&self.caller, &row.after.challan, status, Some(&self.context))
    }
}

/// The facts that were sent, and nothing for all others that are not hidden.
fn all_but(hidden: &[String], given: &Map<String, Value>) -> Map<String, Value> {
    let mut all = given.clone();
    for field in Field::ALL.iter().map(|field| field.as_str()).filter(|field| !hidden.iter().any(|h| h == field)) {
        all.entry(field).or_insert(Value::Null);
    }
    all
}

/// The row with the facts that were sent.
fn changed(stored: Stored, given: &Map<String, Value>) -> Result<Draft, Problem> {
    let before = stored.challan.clone();
    let mut after = stored;
    set(&mut after.challan.facts, given).map_err(|errors| Problem::refused(&errors))?;
    Ok(Draft { before: Some(before), after })
}

fn refuse_hidden(given: &Map<String, Value>, hidden: &[String]) -> Result<(), Problem> {
    match given.keys().find(|name| hidden.contains(name)) {
        Some(name) => Err(Problem::forbidden(format!("The field {name} is hidden from you."))),
        None => Ok(()),
    }
}

//! The end of every judgement of a row: names, rules, reach and number of the row as it would be.

use db::Tx;
use domain::challan::{Challan, HIDDEN_RULE, check, financial_year, veiled};
use domain::identity::Permission;
use domain::reason::Errors;
use domain::rights::reach;

use super::{Claimed, Desk, Refusal};
use crate::store::challans::Stored;
use crate::store::numbers;
use crate::write::{self, NUMBER_TAKEN, Planned, WriteError};

/// What every one of these permissions hides of a row; none where one of them does not reach it.
pub(super) fn hidden(desk: &Desk<'_>, permissions: &[Permission], row: &Challan) -> Option<Vec<String>> {
    let mut hidden = Vec::new();
    for permission in permissions {
        hidden.extend(reach(desk.who, *permission, row, desk.context.now)?);
    }
    Some(hidden)
}

/// The change from `before` to `after`, or why it is refused; none where both are the same.
pub(super) async fn planned(
    tx: &mut Tx,
    desk: &Desk<'_>,
    before: Challan,
    mut after: Stored,
    kind: &'static str,
    permissions: &[Permission],
    claimed: &mut Claimed,
) -> Result<Result<Option<Planned>, Refusal>, WriteError> {
    let renamed = before.facts.customer != after.challan.facts.customer;
    if renamed && before.customer_id == after.challan.customer_id {
        write::name_customers(tx, [&mut after.challan].into_iter()).await?;
    }
    if after.challan == before {
        return Ok(Ok(None));
    }
    if let Err(errors) = checked(desk, &before, &after.challan, kind) {
        return Ok(Err(refused(desk, &before, &errors)));
    }
    if hidden(desk, permissions, &after.challan).is_none() {
        let detail = "This change would move the challan out of your reach.";
        return Ok(Err(Refusal::row(before.id, "forbidden", detail)));
    }
    if let Some(refusal) = number_taken(tx, &before, &after.challan, claimed).await? {
        return Ok(Err(refusal));
    }
    Ok(Ok(Some(Planned::change(before, after, kind, desk.context))))
}

/// Why rules refuse a change of `before`, without those that weigh what is hidden from who reads it.
pub(super) fn refused(desk: &Desk<'_>, before: &Challan, errors: &Errors) -> Refusal {
    let seen = veiled(errors, &hidden_from_reader(desk, before));
    if seen.is_empty() {
        return Refusal::row(before.id, HIDDEN_RULE.0, HIDDEN_RULE.1);
    }
    Refusal::rule(before.id, &seen)
}

/// What is hidden from who reads this row.
fn hidden_from_reader(desk: &Desk<'_>, row: &Challan) -> Vec<String> {
    reach(desk.who, Permission::ChallanRead, row, desk.context.now).unwrap_or_default()
}

/// Checks the rules of a row that changes its facts or comes out of the trash.
///
/// # Errors
/// The rules that it breaks, hidden ones among them.
pub(super) fn checked(desk: &Desk<'_>, before: &Challan, after: &Challan, kind: &str) -> Result<(), Errors> {
    if before.facts == after.facts && kind != "restored" {
        return Ok(());
    }
    check(&after.facts, before.challan_number.is_none(), desk.context.now, desk.context.tz)
}

async fn number_taken(
    tx: &mut Tx,
    before: &Challan,
    after: &Challan,
    claimed: &mut Claimed,
) -> Result<Option<Refusal>, WriteError> {
    let year = financial_year(after.facts.date);
    let Some(number) = after.challan_number.as_deref().filter(|_| year != financial_year(before.facts.date)) else {
        return Ok(None);
    };
    let is_free = numbers::taken(tx, &[(year, number)]).await?.into_values().all(|by| by == after.id);
    if is_free && claimed.insert((year, number.to_owned())) {
        return Ok(None);
    }
    Ok(Some(Refusal::field(after.id, "date", NUMBER_TAKEN.0, NUMBER_TAKEN.1)))
}

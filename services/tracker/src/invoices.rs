//! Many challans may share one invoice, all of one customer: settled for all rows of a write at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use db::Tx;
use domain::challan::{Challan, financial_year};
use domain::fold::fold;
use domain::reason::{Errors, Reason};
use uuid::Uuid;

use crate::store::invoices::{Invoice, Key};
use crate::store::{customers, invoices};
use crate::write::{Planned, Refused, WriteError};

/// What a write does to one invoice.
#[derive(Default)]
struct Move {
    /// How many challans leave it, or stand on it with another customer than before.
    leaving: i64,
    /// The places of the rows that come to it, or stand on it with another customer than before.
    joining: Vec<usize>,
}

/// What rows that were only judged would have done to invoices, for those that are judged after them.
pub(crate) type Rehearsed = BTreeMap<Key, Invoice>;

/// What invoices come to when rows go from one to another, after what was `rehearsed`. They are locked, in the order of their
/// keys.
///
/// # Errors
/// [`WriteError::Refused`] with every row whose invoice is another customer's, also those that only a refused row keeps from
/// theirs: without all of them the others can be written.
pub(crate) async fn settle(
    tx: &mut Tx,
    rows: &[Planned],
    rehearsed: &Rehearsed,
) -> Result<Vec<(Key, Invoice)>, WriteError> {
    let concerned: Vec<Key> = moves(rows, &BTreeSet::new()).into_keys().collect();
    if concerned.is_empty() {
        return Ok(Vec::new());
    }
    let mut stored = invoices::lock(tx, &concerned).await?;
    stored.extend(concerned.iter().filter_map(|key| Some((key.clone(), *rehearsed.get(key)?))));
    stored.retain(|_, invoice| invoice.challans > 0);
    let (mut left_out, mut refused) = (BTreeSet::new(), Vec::new());
    let mut same = HashMap::new();
    let settled = loop {
        // A refused row stays where it is, which may be another one's way.
        let (settled, found) = tried(tx, rows, &stored, &left_out, &mut same).await?;
        if found.is_empty() {
            break settled;
        }
        left_out.extend(found.iter().map(|row| row.place));
        refused.extend(found);
    };
    if refused.is_empty() { Ok(settled) } else { Err(WriteError::Refused(refused)) }
}

/// What invoices come to without the rows `left_out`, and which of the others are refused.
async fn tried(
    tx: &mut Tx,
    rows: &[Planned],
    stored: &BTreeMap<Key, Invoice>,
    left_out: &BTreeSet<usize>,
    same: &mut HashMap<(Uuid, Uuid), bool>,
) -> Result<(Vec<(Key, Invoice)>, Vec<Refused>), WriteError> {
    let (mut settled, mut refused) = (Vec::new(), Vec::new());
    for (key, moved) in moves(rows, left_out) {
        let stored = stored.get(&key);
        let staying = (stored.map_or(0, |i| i.challans) - moved.leaving).max(0);
        let mut owner = stored.filter(|_| staying > 0).map(|i| i.customer_id);
        let by_neighbour = owner.is_none() || !left_out.is_empty();
        for place in &moved.joining {
            let joining = rows[*place].after.challan.customer_id;
            if let Some(id) = owner {
                let is_same = match same.get(&(id, joining)) {
                    Some(known) => *known,
                    None => is_one(tx, id, joining).await?,
                };
                same.insert((id, joining), is_same);
                if !is_same {
                    refused.push(Refused { place: *place, errors: refusal(), by_neighbour });
                    continue;
                }
            }
            owner = Some(joining);
        }
        let customer_id = owner.or(stored.map(|i| i.customer_id)).unwrap_or_default();
        let challans = staying + i64::try_from(moved.joining.len()).unwrap_or(i64::MAX);
        settled.push((key, Invoice { customer_id, challans }));
    }
    Ok((settled, refused))
}

/// What `rows` do to each invoice, in the order of their keys, but for those at the places `left_out`.
fn moves(rows: &[Planned], left_out: &BTreeSet<usize>) -> BTreeMap<Key, Move> {
    let mut moves: BTreeMap<Key, Move> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate().filter(|(place, _)| !left_out.contains(place)) {
        let after = &row.after.challan;
        let (old, new) = (row.before.as_ref().and_then(key), key(after));
        if old == new && row.before.as_ref().is_some_and(|b| b.customer_id == after.customer_id) {
            continue;
        }
        if let Some(old) = old {
            moves.entry(old).or_default().leaving += 1;
        }
        if let Some(new) = new {
            moves.entry(new).or_default().joining.push(place);
        }
    }
    moves
}

/// Whether a row stands on an invoice, or leaves one.
#[must_use]
pub fn concerns(row: &Planned) -> bool {
    key(&row.after.challan).is_some() || row.before.as_ref().is_some_and(|before| key(before).is_some())
}

/// The invoice that a challan stands on. A void one keeps its facts and stands on none: nobody could take it off again, and the
/// invoice is written anew for whom it is meant.
pub(crate) fn key(challan: &Challan) -> Option<Key> {
    if challan.voided_at.is_some() {
        return None;
    }
    let facts = &challan.facts;
    Some((financial_year(facts.invoice_date?), fold(facts.invoice_number.as_deref()?)))
}

/// Whether both ids are one customer now: challans of a merged customer follow it piece by piece.
async fn is_one(tx: &mut Tx, one: Uuid, other: Uuid) -> Result<bool, WriteError> {
    if one == other {
        return Ok(true);
    }
    let ids = (customers::present(tx, one).await?, customers::present(tx, other).await?);
    Ok(matches!(ids, (Some(a), Some(b)) if a.id == b.id))
}

/// Neither the other customer nor the invoice is named: the writer may not be entitled to know them.
fn refusal() -> Errors {
    let reason = "This invoice is another customer's. All challans of an invoice are of one customer: check the number, or the \
                  customer of this challan.";
    Errors::of("invoice_number", Reason::new("invoice_of_another_customer", reason))
}

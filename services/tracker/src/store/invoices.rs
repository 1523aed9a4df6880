//! Invoices: each a row of its own, with its customer and the number of its challans, those in the trash included.

use db::{Dialect, Text, Tx, on_tx};
use uuid::Uuid;

/// A stored invoice.
#[derive(Clone, Copy, Debug)]
pub struct Invoice {
    /// Whose it is.
    pub customer_id: Uuid,
    /// How many challans are on it.
    pub challans: i64,
}

/// The invoice of a folded number in a financial year, locked until the transaction ends.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut Tx, year: i32, folded: &str) -> db::Result<Option<Invoice>> {
    let sql = match tx.dialect() {
        Dialect::MySql => {
            "SELECT customer_id, challans FROM tracker_invoices WHERE financial_year = ? AND folded = ? FOR UPDATE"
        }
        Dialect::Sqlite => "SELECT customer_id, challans FROM tracker_invoices WHERE financial_year = ? AND folded = ?",
    };
    let row: Option<(Uuid, i64)> = on_tx!(tx, conn => {
        sqlx::query_as(sql).bind(year).bind(Text::from(folded)).fetch_optional(&mut *conn).await?
    });
    Ok(row.map(|(customer_id, challans)| Invoice { customer_id, challans }))
}

/// Sets what stands of an invoice; one without challans is no more. `known` says whether it is stored already.
///
/// # Errors
/// [`db::DbError::Duplicate`] where another writer added it meanwhile: run again.
pub async fn set(tx: &mut Tx, year: i32, folded: &str, invoice: Invoice, known: bool) -> db::Result<()> {
    let folded = Text::from(folded);
    on_tx!(tx, conn => {
        match (known, invoice.challans > 0) {
            (false, false) => {}
            (true, false) => {
                sqlx::query("DELETE FROM tracker_invoices WHERE financial_year = ? AND folded = ?")
                    .bind(year)
                    .bind(folded)
                    .execute(&mut *conn)
                    .await?;
            }
            (known, true) => {
                let sql = if known {
                    "UPDATE tracker_invoices SET customer_id = ?, challans = ? WHERE financial_year = ? AND folded = ?"
                } else {
                    "INSERT INTO tracker_invoices (customer_id, challans, financial_year, folded) VALUES (?, ?, ?, ?)"
                };
                sqlx::query(sql)
                    .bind(invoice.customer_id)
                    .bind(invoice.challans)
                    .bind(year)
                    .bind(folded)
                    .execute(&mut *conn)
                    .await?;
            }
        }
    });
    Ok(())
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowRight } from 'lucide-react';
import { fetchRange } from '../api/challans';
import type { FieldName, Row } from '../api/types';
import { formatValue, type Place } from '../grid/columns';
import { rowsOf } from '../grid/rows';
import { formatAmount } from '../lib/text';

const LENGTH = 8;

export interface ShortListView {
  title: string;
  /** The filter and the order of the list; the heading leads to the whole of it. */
  q: string | undefined;
  sort: string;
  /** The date that the list is about. */
  when: FieldName;
}

/** The first few rows of a list, each leading to its record. */
export function ShortList({ title, q, sort, when, place }: ShortListView & { place: Place }) {
  const columns = ['challan_number', 'customer', 'amount', when];
  const list = useQuery({
    queryKey: ['short', q, sort],
    queryFn: ({ signal }) => fetchRange({ q: q ?? '', sort, limit: LENGTH, columns }, signal),
    retry: false,
  });
  const rows = list.data && rowsOf(list.data);
  return (
    <article className="panel p-4 grid content-start gap-2 min-w-0">
      <h2 className="font-medium">
        <Link
          to="/start/challans"
          search={{ q, sort }}
          className="inline-flex items-center gap-1.5 text-ink-2 hover:text-ink"
        >
          {title}
          <ArrowRight size={14} aria-hidden />
        </Link>
      </h2>
      {rows?.length === 0 && <p className="text-ink-2 py-1">Nothing waits here.</p>}
      <ul className="grid gap-0.5 -mx-2">
        {rows?.map((row) => (
          <li key={row.id}>
            <Entry row={row} when={when} place={place} search={{ q, sort, record: row.id }} />
          </li>
        ))}
      </ul>
    </article>
  );
}

interface EntryProps {
  row: Row;
  when: FieldName;
  place: Place;
  search: { q: string | undefined; sort: string; record: string };
}

function Entry({ row, when, place, search }: EntryProps) {
  return (
    <Link
      to="/start/challans"
      search={search}
      className="grid grid-cols-[1fr_auto] gap-x-3 px-2 py-1.5 rounded-md hover:bg-sunken"
    >
      <span className="truncate font-medium">{row.customer}</span>
      <span className="tabular-nums text-right">
        {row.amount ? `₹ ${formatAmount(row.amount)}` : ''}
      </span>
      <span className="truncate text-ink-2 text-xs">{row.challan_number ?? 'No number'}</span>
      <span className="text-ink-2 text-xs text-right tabular-nums">
        {formatValue(when === 'updated_at' ? 'moment' : 'date', row[when], place)}
      </span>
    </Link>
  );
}

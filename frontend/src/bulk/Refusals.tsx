import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Refusal } from '../api/batches';
import { fetchChallan } from '../api/challans';
import { formatCount, plural } from '../lib/text';
import { labelOf } from '../record/fields';

/** Challans named of each reason. */
const NAMED = 5;
/** Reasons shown. */
const REASONS = 30;

export interface Reason {
  reason: string;
  ids: string[];
}

/** Refusals with the same reason together, the most frequent first. */
export function reasonsOf(refused: Refusal[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const { id, field, detail } of refused) {
    const reason = field ? `${labelOf(field)}: ${detail}` : detail;
    const known = found.get(reason) ?? { reason, ids: [] };
    if (id) known.ids.push(id);
    found.set(reason, known);
  }
  return [...found.values()].sort((a, b) => b.ids.length - a.ids.length);
}

interface RefusalsProps {
  refused: Refusal[];
  /** How many there are, of which `refused` are the first. */
  count: number;
}

/** What is refused and why, reason by reason, with a way to the records. */
export function Refusals({ refused, count }: RefusalsProps) {
  const reasons = reasonsOf(refused);
  return (
    <ul aria-label="Refused" className="grid gap-2">
      {reasons.slice(0, REASONS).map(({ reason, ids }) => (
        <li key={reason} className="grid gap-0.5">
          <span className="text-danger">{reason}</span>
          <span className="flex flex-wrap gap-x-3 gap-y-0.5">
            {ids.slice(0, NAMED).map((id) => (
              <Named key={id} id={id} />
            ))}
            {ids.length > NAMED && (
              <span className="text-ink-2">and {formatCount(ids.length - NAMED)} more</span>
            )}
          </span>
        </li>
      ))}
      {count > refused.length && (
        <li className="text-ink-2">
          The first {plural(refused.length, 'refusal')} of {formatCount(count)}.
        </li>
      )}
    </ul>
  );
}

function Named({ id }: { id: string }) {
  const record = useQuery({
    queryKey: ['challan', id],
    queryFn: ({ signal }) => fetchChallan(id, signal),
    retry: false,
  });
  return (
    <Link
      to="/start/challans"
      search={(before: object) => ({ ...before, record: id })}
      className="text-accent font-medium hover:underline"
    >
      {record.data ? (record.data.challan_number ?? 'No number') : '…'}
    </Link>
  );
}

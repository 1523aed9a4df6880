import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { formatCount } from '../lib/text';
import { labelOf } from '../record/fields';
import { countsOf, type Judged, type Verb } from './outcome';
import type { Refused } from './plan';

/** Reasons shown; the others are counted. */
const SHOWN = 100;

const TITLES: Record<Verb, string> = { paste: 'Paste', fill: 'Fill down', clear: 'Clear cells' };

interface ChangePanelProps {
  judged: Judged;
  onApply: () => void;
  onCancel: () => void;
  /** Goes to the cell that was refused. */
  onGo: (refused: Refused) => void;
}

/** What a paste, a fill or a clear would do, before it does; beside the cells, which show it. */
export function ChangePanel({ judged, onApply, onCancel, onGo }: ChangePanelProps) {
  const { verb, plan, rows, refused } = judged;
  const does = verbOf(judged);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onCancel();
  };
  return (
    <section
      role="dialog"
      aria-label={TITLES[verb]}
      className="floating absolute z-20 bottom-3 right-3 w-[min(400px,calc(100%-24px))] max-h-[min(420px,80%)] flex flex-col"
      onKeyDown={onKeyDown}
    >
      <div className="flex flex-none items-center pl-4 pr-2 pt-2">
        <h2 className="flex-1 font-semibold">{TITLES[verb]}</h2>
        <button type="button" className="btn ghost icon" aria-label="Cancel" onClick={onCancel}>
          <X size={14} aria-hidden />
        </button>
      </div>
      <div className="flex-1 min-h-0 overflow-auto px-4 grid content-start gap-2">
        <p>{countsOf(judged)}.</p>
        {plan.notes.map((note) => (
          <p key={note} className="text-ink-2">
            {note}
          </p>
        ))}
        {rows.some(({ row }) => !row) && <NewRows judged={judged} />}
        {refused.length > 0 && <Reasons refused={refused} onGo={onGo} />}
      </div>
      <div className="flex flex-none justify-end gap-2 p-3">
        {does && (
          <button type="button" className="btn" onClick={onCancel}>
            Cancel
          </button>
        )}
        <button
          ref={first}
          type="button"
          className="btn primary"
          onClick={does ? onApply : onCancel}
        >
          {does ?? 'Close'}
        </button>
      </div>
    </section>
  );
}

/** What the button does; null where there is nothing to do. */
function verbOf({ verb, rows, refused }: Judged): string | null {
  if (rows.length > 0) return refused.length > 0 ? 'Write the others' : 'Write';
  const keeps = refused.some(
    ({ row, field, clash }) => row && field && (verb === 'paste' || clash),
  );
  return keeps ? 'Keep at the cells' : null;
}

/** The first of the challans that would be made, so that a column in the wrong place is seen. */
function NewRows({ judged }: { judged: Judged }) {
  const made = judged.rows.find(({ row }) => !row);
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 rounded-md bg-sunken px-3 py-2">
      {Object.entries(made?.texts ?? {}).map(([field, text]) => (
        <div key={field} className="contents">
          <dt className="text-ink-2">{labelOf(field)}</dt>
          <dd className="truncate">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Reasons({ refused, onGo }: { refused: Refused[] } & Pick<ChangePanelProps, 'onGo'>) {
  return (
    <ul aria-label="Refused" className="grid gap-1">
      {refused.slice(0, SHOWN).map((one) => (
        <li key={`${one.row?.id ?? one.at} ${one.field}`} className="grid">
          {one.row ? (
            <button
              type="button"
              className="justify-self-start text-accent font-medium hover:underline"
              onClick={() => onGo(one)}
            >
              {titleOf(one)}
            </button>
          ) : (
            <b className="font-medium">{titleOf(one)}</b>
          )}
          <span className="text-danger">{one.reason}</span>
        </li>
      ))}
      {refused.length > SHOWN && <li>and {formatCount(refused.length - SHOWN)} more</li>}
    </ul>
  );
}

function titleOf({ row, at, field }: Refused): string {
  const which = row ? (row.challan_number ?? `Row ${at + 1}`) : `Line ${at + 1}`;
  return field ? `${which}, ${labelOf(field)}` : which;
}

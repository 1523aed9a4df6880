import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { announce } from '../lib/announce';
import { formatCount } from '../lib/text';
import { labelOf } from '../record/fields';
import { wayOf } from '../undo/UndoKeys';
import { countsOf, type Judged, type Verb } from './outcome';
import { byRow, type Refused } from './plan';

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
  useEffect(() => {
    // Undo is meant for what is shown here, of which nothing is written: no older step is touched.
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (!wayOf(event)) return;
      event.preventDefault();
      event.stopPropagation();
      onCancel();
      announce('Nothing was written');
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  }, [onCancel]);
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
  const rows = byRow(refused);
  return (
    <ul aria-label="Refused" className="grid gap-1">
      {rows.slice(0, SHOWN).map(([first, ...others]) => (
        <li key={`${first.row?.id} ${first.at}`} className="grid">
          {first.row ? (
            <button
              type="button"
              className="justify-self-start text-accent font-medium hover:underline"
              onClick={() => onGo(first)}
            >
              {titleOf(first)}
            </button>
          ) : (
            <b className="font-medium">{titleOf(first)}</b>
          )}
          {[first, ...others].map(({ field, reason }) => (
            <span key={field} className="text-danger wrap-anywhere">
              {field ? `${labelOf(field)}: ${reason}` : reason}
            </span>
          ))}
        </li>
      ))}
      {rows.length > SHOWN && <li>and {formatCount(rows.length - SHOWN)} more</li>}
    </ul>
  );
}

/** A row by its number, and by the line that was pasted there: those are what the person counts. */
function titleOf({ row, at, line }: Refused): string {
  const name = row && (row.challan_number ?? `Row ${at + 1}`);
  if (line === undefined) return name ?? `Line ${at + 1}`;
  return name ? `Line ${line + 1}, ${name}` : `Line ${line + 1}`;
}

import { X } from 'lucide-react';
import { type BulkBarProps, useActs } from './acts';

/** The same on a phone, at the foot in place of the pages, within reach of a thumb. */
export function BulkFoot(props: BulkBarProps) {
  const { rows, onLeave } = props;
  const { acts, count, counted, all } = useActs(props);
  return (
    <div
      role="toolbar"
      aria-label="Rows chosen"
      className="bulk-foot fixed inset-x-0 bottom-0 z-20 border-t border-line-strong bg-accent-soft pb-[env(safe-area-inset-bottom)]"
    >
      <div className="flex items-center gap-1 h-12 px-1">
        <button
          type="button"
          className="btn ghost icon flex-none"
          aria-label="Stop choosing"
          onClick={onLeave}
        >
          <X size={20} aria-hidden />
        </button>
        <span className="flex-1 min-w-0 font-medium tabular-nums truncate">
          {count === 0 ? 'Tap what you choose' : counted}
        </span>
        {all && (
          <button
            type="button"
            className="btn ghost flex-none text-accent"
            onClick={rows.chooseAll}
          >
            Select all {all}
          </button>
        )}
      </div>
      <div className="flex">
        {acts.map(({ label, icon: Icon, danger, run }) => (
          <button
            key={label}
            type="button"
            disabled={count === 0}
            className={`flex-1 min-w-0 grid justify-items-center content-center gap-0.5 h-14 text-xs disabled:opacity-60 ${danger ? 'text-danger' : ''}`}
            onClick={run}
          >
            <Icon size={20} aria-hidden />
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}

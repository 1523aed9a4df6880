import { X } from 'lucide-react';
import { BULK_BAR, type BulkBarProps, useActs } from './acts';

/** In place of the stages while rows are chosen: how many, and what may be done with them. */
export function BulkBar(props: BulkBarProps) {
  const { rows, onLeave } = props;
  const { acts, counted, all } = useActs(props);
  return (
    <div
      id={BULK_BAR}
      role="toolbar"
      aria-label="Rows chosen"
      className="flex flex-none items-center gap-1 h-11 px-2 border-b border-line bg-accent-soft overflow-x-auto [scrollbar-width:none]"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' && event.key !== 'F6') return;
        event.preventDefault();
        onLeave();
      }}
    >
      <button
        type="button"
        className="btn ghost icon flex-none"
        aria-label="Choose none"
        title="Choose none (Esc)"
        onClick={() => rows.choice.clear()}
      >
        <X size={16} aria-hidden />
      </button>
      <span className="flex-none font-medium tabular-nums pr-1 whitespace-nowrap">{counted}</span>
      {all && (
        <button type="button" className="btn ghost flex-none text-accent" onClick={rows.chooseAll}>
          Select all {all} matching
        </button>
      )}
      <span className="flex-none w-px h-5 mx-1 bg-line-strong" />
      {acts.map(({ label, icon: Icon, danger, run }) => (
        <button
          key={label}
          type="button"
          data-act
          className={`btn ghost flex-none ${danger ? 'danger' : ''}`}
          onClick={run}
        >
          <Icon size={14} aria-hidden />
          {label}
        </button>
      ))}
      <span className="flex-1" />
      <span className="flex-none max-lg:hidden pr-1 text-xs text-ink-2">
        <span className="kbd">F6</span> here and back
      </span>
    </div>
  );
}

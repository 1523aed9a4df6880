import { Ban, Copy, PencilLine, ReceiptText, RotateCcw, Trash2, X } from 'lucide-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { may } from '../api/accounts';
import type { Order } from '../api/batches';
import { BULK_BAR } from '../grid/Grid';
import type { RowStore } from '../grid/rowStore';
import type { ChoosingRows } from '../grid/useRowChoice';
import { formatCount } from '../lib/text';
import { useMe } from '../shell/session';

interface BulkBarProps {
  rows: ChoosingRows;
  store: RowStore;
  isTrash: boolean;
  onAct: (action: Order['action']) => void;
  onCopy: () => void;
  /** Back to the grid. */
  onLeave: () => void;
}

/** In place of the stages while rows are chosen: how many, and what may be done with them. */
export function BulkBar({ rows, store, isTrash, onAct, onCopy, onLeave }: BulkBarProps) {
  const me = useMe();
  useSyncExternalStore(store.subscribe, store.snapshot);
  const { choice, chooseAll } = rows;
  const count = choice.count(store.total);
  const many = may(me, 'challan:bulk');
  const changes = many && may(me, 'challan:update') && !isTrash;
  const deletes = many && may(me, 'challan:delete');
  const more = choice.all && store.totalCapped ? ' or more' : '';
  return (
    <div
      id={BULK_BAR}
      role="toolbar"
      aria-label="Rows chosen"
      className="flex flex-none items-center gap-1 h-11 max-md:h-13 px-2 border-b border-line bg-accent-soft overflow-x-auto [scrollbar-width:none]"
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
        onClick={() => choice.clear()}
      >
        <X size={16} aria-hidden />
      </button>
      <span className="flex-none font-medium tabular-nums pr-1 whitespace-nowrap">
        {choice.all ? 'All ' : ''}
        {formatCount(count)}
        {more} selected
      </span>
      {!choice.all && count < store.total && (
        <button type="button" className="btn ghost flex-none text-accent" onClick={chooseAll}>
          Select all {formatCount(store.total)} matching
        </button>
      )}
      <span className="flex-none w-px h-5 mx-1 bg-line-strong" />
      {changes && (
        <>
          <Act icon={<PencilLine size={14} aria-hidden />} onClick={() => onAct('update')}>
            Edit
          </Act>
          <Act icon={<ReceiptText size={14} aria-hidden />} onClick={() => onAct('link_invoice')}>
            Link invoice
          </Act>
          <Act icon={<Ban size={14} aria-hidden />} onClick={() => onAct('void')}>
            Void
          </Act>
        </>
      )}
      {deletes && isTrash && (
        <Act icon={<RotateCcw size={14} aria-hidden />} onClick={() => onAct('restore')}>
          Restore
        </Act>
      )}
      <Act icon={<Copy size={14} aria-hidden />} onClick={onCopy}>
        Copy
      </Act>
      {deletes && !isTrash && (
        <Act icon={<Trash2 size={14} aria-hidden />} danger onClick={() => onAct('delete')}>
          Delete
        </Act>
      )}
      <span className="flex-1" />
      <span className="flex-none max-lg:hidden pr-1 text-xs text-ink-2">
        <span className="kbd">F6</span> here and back
      </span>
    </div>
  );
}

interface ActProps {
  icon: ReactNode;
  danger?: boolean;
  onClick: () => void;
  children: string;
}

const Act = ({ icon, danger, onClick, children }: ActProps) => (
  <button
    type="button"
    data-act
    className={`btn ghost flex-none ${danger ? 'danger' : ''}`}
    onClick={onClick}
  >
    {icon}
    {children}
  </button>
);

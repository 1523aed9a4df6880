import {
  Ban,
  Copy,
  type LucideIcon,
  PencilLine,
  ReceiptText,
  RotateCcw,
  Trash2,
} from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { may } from '../api/accounts';
import type { Order } from '../api/batches';
import type { RowStore } from '../grid/rowStore';
import type { ChoosingRows } from '../grid/useRowChoice';
import { formatCount } from '../lib/text';
import { useMe } from '../shell/session';

/** The id of the bar of rows chosen, which F6 goes to. */
export const BULK_BAR = 'rows-chosen';

export interface BulkBarProps {
  rows: ChoosingRows;
  store: RowStore;
  isTrash: boolean;
  onAct: (action: Order['action']) => void;
  onCopy: () => void;
  /** Back to the list. */
  onLeave: () => void;
}

interface Act {
  label: string;
  icon: LucideIcon;
  danger?: boolean;
  run: () => void;
}

/** What may be done with the rows chosen, by right, and how they are counted in words. */
export function useActs({ rows, store, isTrash, onAct, onCopy }: BulkBarProps) {
  const me = useMe();
  const { choice } = rows;
  useSyncExternalStore(store.subscribe, store.snapshot);
  useSyncExternalStore(choice.subscribe, choice.snapshot);
  const count = choice.count(store.total);
  const many = may(me, 'challan:bulk');
  const changes = many && may(me, 'challan:update') && !isTrash;
  const deletes = many && may(me, 'challan:delete');
  const act = (label: string, icon: LucideIcon, action: Order['action']): Act => ({
    label,
    icon,
    danger: action === 'delete',
    run: () => onAct(action),
  });
  const acts: Act[] = [];
  if (changes) {
    acts.push(
      act('Edit', PencilLine, 'update'),
      act('Link invoice', ReceiptText, 'link_invoice'),
      act('Void', Ban, 'void'),
    );
  }
  if (deletes && isTrash) acts.push(act('Restore', RotateCcw, 'restore'));
  acts.push({ label: 'Copy', icon: Copy, run: onCopy });
  if (deletes && !isTrash) acts.push(act('Delete', Trash2, 'delete'));
  const more = choice.all && store.totalCapped ? ' or more' : '';
  const counted = `${choice.all ? 'All ' : ''}${formatCount(count)}${more} selected`;
  const all = choice.all || count >= store.total ? null : formatCount(store.total);
  return { acts, count, counted, all };
}

import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { restoreChallan } from '../api/challans';
import type { RowStore } from '../grid/rowStore';
import { boxOf, type Selection } from '../grid/selection';
import { plural } from '../lib/text';
import { toast } from '../ui/toasts';

/** Rows restored by one press at most. */
const MOST = 200;

interface TrashBarProps {
  store: RowStore;
  selection: Selection | null;
  mayRestore: boolean;
}

/** Above the trash: what it is, and bringing chosen rows back. */
export function TrashBar({ store, selection, mayRestore }: TrashBarProps) {
  const [busy, setBusy] = useState(false);
  const box = selection ? boxOf(selection) : { top: 0, bottom: 0 };
  const count = box.bottom - box.top + 1;
  const restore = async () => {
    const rows = Array.from({ length: Math.min(count, MOST) }, (_, i) => store.get(box.top + i));
    setBusy(true);
    let done = 0;
    try {
      for (const row of rows) {
        if (!row?.deleted_at) continue;
        store.put(await restoreChallan(row.id));
        store.markLeft(row.id);
        done += 1;
      }
      toast(done > 0 ? `${plural(done, 'challan')} restored` : 'These are not in the trash.');
    } catch (error) {
      toast(error instanceof Error ? error.message : 'They could not be restored.');
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="flex flex-none items-center gap-3 min-h-10 px-3 py-1 border-b border-line bg-sunken">
      <p className="flex-1 text-ink-2">
        Deleted challans keep their numbers
        {mayRestore ? ', and can be brought back.' : '.'}
      </p>
      {mayRestore && (
        <button
          type="button"
          className="btn max-md:hidden"
          disabled={busy || store.total === 0}
          onClick={() => void restore()}
        >
          <RotateCcw size={14} aria-hidden />
          Restore {plural(Math.min(count, MOST), 'row')}
        </button>
      )}
    </div>
  );
}

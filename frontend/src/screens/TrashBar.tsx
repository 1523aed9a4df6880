import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { carryOut } from '../api/batches';
import { restoreChallan } from '../api/challans';
import { beginJob } from '../bulk/jobs';
import type { RowStore } from '../grid/rowStore';
import { boxOf, type Selection } from '../grid/selection';
import { plural } from '../lib/text';
import { toast } from '../ui/toasts';
import { recorded } from '../undo/steps';

interface TrashBarProps {
  store: RowStore;
  selection: Selection | null;
  mayRestore: boolean;
  /** Whether several may be restored by one request. */
  mayBulk: boolean;
}

/** Above the trash: what it is, and bringing the rows of the range back. */
export function TrashBar({ store, selection, mayRestore, mayBulk }: TrashBarProps) {
  const [busy, setBusy] = useState(false);
  const box = selection ? boxOf(selection) : { top: 0, bottom: 0 };
  const count = mayBulk ? box.bottom - box.top + 1 : 1;
  const restore = async () => {
    const top = mayBulk ? box.top : (selection?.row ?? 0);
    const rows = Array.from({ length: count }, (_, i) => store.get(top + i));
    const ids = rows.flatMap((row) => (row?.deleted_at ? [row.id] : []));
    const [first] = ids;
    if (!first) {
      toast('These are not in the trash.');
      return;
    }
    setBusy(true);
    try {
      if (ids.length === 1) {
        store.put(await restoreChallan(first));
        store.markLeft(first);
        toast('1 challan restored');
      } else {
        const { batch_id } = await carryOut({ action: 'restore', which: { ids } });
        recorded(`restoring ${plural(ids.length, 'challan')}`, true)(batch_id);
        beginJob(batch_id, 'restore', ids.length);
      }
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
      {mayRestore && store.total > 0 && (
        <button
          type="button"
          className="btn max-md:hidden"
          disabled={busy}
          onClick={() => void restore()}
        >
          <RotateCcw size={14} aria-hidden />
          Restore {plural(count, 'row')}
        </button>
      )}
    </div>
  );
}

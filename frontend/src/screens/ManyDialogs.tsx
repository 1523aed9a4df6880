import { lazy, Suspense } from 'react';
import type { Column, Place } from '../grid/columns';
import type { ChoosingRows } from '../grid/useRowChoice';
import type { ManyActs } from './useManyActs';

const CopyDialog = lazy(() =>
  import('../copy/CopyDialog').then((module) => ({ default: module.CopyDialog })),
);
const BulkDialog = lazy(() =>
  import('../bulk/BulkDialog').then((module) => ({ default: module.BulkDialog })),
);

interface ManyDialogsProps {
  acts: ManyActs;
  q: string;
  rows: ChoosingRows;
  /** How many rows are chosen. */
  chosen: number;
  columns: Column[];
  place: Place;
  /** The rows chosen went elsewhere, and so did the choice. */
  onGone: () => void;
}

/** What is asked before many rows are copied or changed. */
export function ManyDialogs(props: ManyDialogsProps) {
  const { acts, q, rows, chosen, columns, place, onGone } = props;
  const { bulk, setBulk, copying } = acts;
  return (
    <Suspense>
      {copying && (
        <CopyDialog columns={columns} place={place} {...copying} onClose={acts.endCopy} />
      )}
      {bulk && (
        <BulkDialog
          action={bulk}
          which={rows.choice.all ? { q } : { ids: rows.choice.list() }}
          count={chosen}
          columns={columns}
          place={place}
          onDone={({ action }) => {
            setBulk(null);
            // What was changed may be changed further; what went is not chosen any more.
            if (action !== 'update' && action !== 'link_invoice') onGone();
          }}
          onClose={() => setBulk(null)}
        />
      )}
    </Suspense>
  );
}

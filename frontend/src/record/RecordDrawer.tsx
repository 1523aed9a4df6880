import { Tabs } from '@base-ui/react/tabs';
import { RotateCcw } from 'lucide-react';
import { may } from '../api/accounts';
import { ProblemError } from '../api/http';
import type { Challan } from '../api/types';
import { placeOf, useMe } from '../shell/session';
import { Drawer, TAB } from '../ui/Drawer';
import { StagePill } from '../ui/StagePill';
import { DetailsForm } from './DetailsForm';
import { HistoryTab } from './HistoryTab';
import { RecordActions } from './RecordActions';
import { useRecord } from './useRecord';

interface RecordDrawerProps {
  /** `new`, or the id of a challan. */
  id: string;
  onClose: () => void;
  onSaved: (saved: Challan, created: boolean) => void;
  onIssued: (issued: Challan) => void;
  onDelete: (record: Challan) => void;
  onRestore: (record: Challan) => void;
}

/** A record beside the grid: its details to change, and its history. */
export function RecordDrawer(props: RecordDrawerProps) {
  const { id, onClose, onSaved, onIssued, onDelete, onRestore } = props;
  const me = useMe();
  const place = placeOf(me);
  const isNew = id === 'new';
  const { record, take } = useRecord(isNew ? null : id);
  const challan = isNew ? null : (record.data ?? null);
  const ready = isNew || challan !== null;

  const title = isNew ? 'New challan' : (challan?.challan_number ?? 'Challan without a number');
  return (
    <Drawer
      key={id}
      title={title}
      ready={ready}
      mark={challan && <StagePill row={challan} />}
      onClose={onClose}
    >
      {record.error && !isNew ? (
        <p role="alert" className="p-4 text-danger">
          {record.error instanceof ProblemError && record.error.status === 404
            ? 'This challan does not exist, or you may not see it.'
            : record.error.message}
        </p>
      ) : (
        ready && (
          <Tabs.Root defaultValue="details" key={id} className="flex-1 min-h-0 flex flex-col">
            {challan && (
              <Tabs.List className="flex flex-none gap-2 px-3 border-b border-line">
                <Tabs.Tab value="details" className={TAB}>
                  Details
                </Tabs.Tab>
                <Tabs.Tab value="history" className={TAB}>
                  History
                </Tabs.Tab>
              </Tabs.List>
            )}
            <Tabs.Panel
              value="details"
              keepMounted
              className="flex-1 min-h-0 flex flex-col data-[hidden]:hidden"
            >
              {challan?.deleted_at && (
                <div className="flex items-center gap-3 px-4 py-2 bg-sunken border-b border-line">
                  <p className="flex-1 text-ink-2">This challan is in the trash.</p>
                  {may(me, 'challan:delete') && (
                    <button type="button" className="btn" onClick={() => onRestore(challan)}>
                      <RotateCcw size={14} aria-hidden />
                      Restore
                    </button>
                  )}
                </div>
              )}
              <DetailsForm
                owner={me.id}
                record={challan}
                place={place}
                mayEdit={isNew || (may(me, 'challan:update') && !challan?.deleted_at)}
                onSaved={(saved, created) => {
                  if (!created) take(saved);
                  onSaved(saved, created);
                }}
                onCurrent={take}
                onClose={onClose}
                actions={
                  challan && (
                    <RecordActions
                      challan={challan}
                      onDelete={onDelete}
                      onIssued={(issued) => {
                        take(issued);
                        onIssued(issued);
                      }}
                    />
                  )
                }
              />
            </Tabs.Panel>
            {challan && (
              <Tabs.Panel value="history" className="flex-1 min-h-0 flex flex-col">
                <HistoryTab id={challan.id} version={challan.version} place={place} />
              </Tabs.Panel>
            )}
          </Tabs.Root>
        )
      )}
    </Drawer>
  );
}
